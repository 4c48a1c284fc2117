"""The golden conversations: every bundled recording, and those that are only for us, with what is seen in them.

Written as a supervisor would read it.

`python -m tests.golden` writes them anew; a changed golden file is explained in its commit.
"""

from pathlib import Path
from typing import Final

from klankbord.channels.transcript import Transcript, read_transcript, recordings
from klankbord.explanation import explanation
from klankbord.parts import taken_apart
from klankbord.policy import Policy

FOLDER: Final = Path(__file__).parent / "conversations"
# Conversations that show one thing and need no place in the package, nor in what the heads are trained on.
WRITTEN: Final = FOLDER / "written"


def transcripts() -> tuple[Transcript, ...]:
    """Every conversation that has a golden file."""
    ours = (read_transcript(path.read_text(encoding="utf-8"), name=path.stem) for path in sorted(WRITTEN.glob("*.txt")))
    return (*recordings(), *ours)


def golden(recording: Transcript) -> str:
    """The whole conversation, turn by turn, with evidence (·), scores (=), alerts (!) and suggestions (>)."""
    began = recording.events[0].at_s
    lines = [recording.title, recording.comment, ""]
    for event, observation, made in taken_apart(recording.events, Policy()):
        lines += explanation(event, observation, made, started_at=began)
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write every golden file and remove those without a recording."""
    FOLDER.mkdir(exist_ok=True)
    wanted = {f"{recording.name}.txt": golden(recording) for recording in transcripts()}
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    for stale in set(path.name for path in FOLDER.glob("*.txt")) - set(wanted):
        (FOLDER / stale).unlink()


if __name__ == "__main__":
    main()
