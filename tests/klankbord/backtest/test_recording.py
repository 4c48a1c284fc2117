"""What can be played: files, folders and compressed files, with labels where people wrote them."""

import gzip
import json
from pathlib import Path

import pytest

from klankbord.backtest.recording import Labelled, Piece, Refused, parts
from klankbord.errors import KlankbordError
from klankbord.events import Started, Utterance, encode
from tests.gold import FOLDER, read_gold
from tests.klankbord.backtest.given import contact

EVENTS = [encode(event) for event in contact("c")]
RECORDING = Path(__file__).parents[3] / "klankbord" / "recordings" / "password-reset-en.txt"


def read(*paths: Path) -> list[Piece]:
    return [piece for part in parts(paths) for piece in part]


def test_a_folder_is_read_with_all_below_it_by_name(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "old.jsonl.gz").write_bytes(gzip.compress(EVENTS[1]))
    (tmp_path / "a.jsonl").write_bytes(EVENTS[0] + b"\n\n")
    (tmp_path / "notes.md").write_text("no recording")

    first, second = read(tmp_path)

    assert isinstance(first, Started)
    assert isinstance(second, Utterance)


def test_a_line_that_is_no_event_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"\n".join([EVENTS[0], b"\xff\xfe", b"{}", EVENTS[1][:-9], EVENTS[2]]))

    found = read(file)

    assert [piece for piece in found if isinstance(piece, Refused)] == [
        *(Refused("invalid_json"), Refused("invalid_schema"), Refused("invalid_json"))
    ]
    assert len(found) == 5


def test_a_mark_of_an_alert_is_neither_an_event_nor_a_mistake(tmp_path: Path) -> None:
    mark = {"type": "mark", "tenant": "demo", "conversation_id": "c", "event_id": "c-2", "right": True}
    file = tmp_path / "a.jsonl"
    file.write_bytes(EVENTS[0] + b"\n" + json.dumps(mark).encode() + b"\n" + json.dumps({**mark, "right": 3}).encode())

    assert [type(piece) for piece in read(file)] == [Started, Refused]


def test_labels_say_at_which_turn_people_wanted_an_alert() -> None:
    labels = {piece.conversation_id: piece for piece in read(FOLDER) if isinstance(piece, Labelled)}

    gold = [one for one in read_gold() if one.split != "later"]
    assert labels.keys() == {one.name for one in gold}
    for one in gold:
        wanted = None if one.alert_id is None else list(one.labels).index(one.alert_id)
        assert (labels[one.name].wanted, labels[one.name].calm) == (wanted, one.kind == "calm")


def test_a_transcript_without_labels_has_none() -> None:
    assert not [piece for piece in read(RECORDING) if isinstance(piece, Labelled)]


@pytest.mark.parametrize("name", ["absent.jsonl", "absent.txt", "absent.jsonl.gz"])
def test_a_file_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(KlankbordError, match=rf"{name}: cannot be read"):
        read(tmp_path / name)


def test_a_file_of_another_kind_and_a_folder_without_recordings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KlankbordError, match=r"one ends in \.txt, \.jsonl, \.jsonl\.gz"):
        read(tmp_path / "month.csv")
    with pytest.raises(KlankbordError, match="no recording in it"):
        read(tmp_path)


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(b"not gzip", id="no gzip"),
        pytest.param(gzip.compress(b"x" * 9999)[:-12], id="cut short"),
        pytest.param(b"\x1f\x8b\x08\x00" + b"\xff" * 40, id="noise"),
    ],
)
def test_a_damaged_file_is_named(damaged: bytes, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(damaged)

    with pytest.raises(KlankbordError, match=r"a\.jsonl\.gz: cannot be read"):
        read(file)
