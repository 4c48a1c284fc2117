"""What is seen in the bundled conversations stays what it was, until a commit says why not."""

import pytest

from klankbord.channels.transcript import Transcript
from tests.golden import FOLDER, golden, transcripts

_RECORDINGS = [pytest.param(recording, id=recording.name) for recording in transcripts()]


@pytest.mark.parametrize("recording", _RECORDINGS)
def test_a_conversation_is_seen_as_its_golden_file_says(recording: Transcript) -> None:
    assert golden(recording) == (FOLDER / f"{recording.name}.txt").read_text(encoding="utf-8")


def test_every_golden_file_has_its_conversation() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {recording.name for recording in transcripts()}
