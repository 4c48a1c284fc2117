"""The conversations and lines that people labelled by `docs/labelling.md`: what the scores are measured against.

A gold conversation is a transcript with one more line after every line of the customer's, the label of that turn:

    = dissatisfied=2 effort=4 emotions=frustration:2,disappointment:1 alert=yes

Weights are fitted to `train`. `dev` is what they are measured on; `later` was written by others when they were done.
`second.tsv` has the dev half once more, labelled by somebody else: what no score can be expected to surpass.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast

from klankbord.channels.transcript import Transcript
from klankbord.events import Language, Utterance
from klankbord.labels import Label, customer_turns, labelled, read_emotions

Split: TypeAlias = Literal["train", "dev", "later"]
Kind: TypeAlias = Literal["calm", "mild", "hard"]

FOLDER: Final = Path(__file__).parent / "conversations" / "gold"
FOLDERS: Final[dict[Split, Path]] = {
    "train": FOLDER / "train",
    "dev": FOLDER / "dev",
    "later": FOLDER.parent / "later",
}
SPLITS: Final = tuple(FOLDERS)
OF_LINES: Final[tuple[Split, ...]] = ("train", "dev")
KINDS: Final = ("calm", "mild", "hard")


@dataclass(frozen=True, slots=True)
class Gold:
    """One labelled conversation; `labels` by the utterance id of each customer turn, in their order."""

    name: str
    split: Split
    language: Language
    transcript: Transcript
    labels: Mapping[str, Label]

    @property
    def kind(self) -> Kind:
        """How hard the story is as a whole, from its comment: calm, mild or hard."""
        kind, colon, _ = self.transcript.comment.partition(":")
        if not colon or kind not in KINDS:
            raise ValueError(f"{self.name}: the comment begins with one of {', '.join(KINDS)} and a colon")
        return cast(Kind, kind)

    @property
    def customer_turns(self) -> tuple[Utterance, ...]:
        return customer_turns(self.transcript)

    @property
    def alert_id(self) -> str | None:
        """The utterance at which a supervisor would want to be told, if there is one."""
        return next((utterance_id for utterance_id, label in self.labels.items() if label.alert), None)


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled line without a conversation around it; lines of one `pair` are read against each other."""

    language: Language
    split: Split
    family: str
    pair: str
    dissatisfied: int
    emotions: Mapping[str, int]
    text: str


def read_gold() -> tuple[Gold, ...]:
    """Every labelled conversation by split and name; `ValueError` names the file and line that is wrong."""
    return tuple(_conversation(path, split) for split in SPLITS for path in sorted(_files(split)))


def read_lines() -> tuple[Line, ...]:
    """Every labelled line in the order of the file."""
    path = FOLDER / "lines.tsv"
    numbered = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return tuple(_line(row, f"{path.name}, line {number}") for number, row in numbered if not row.startswith("#"))


def read_second() -> dict[str, tuple[Label, ...]]:
    """The dev conversations labelled a second time, by somebody who had not seen the first labels; turns in order."""
    path = FOLDER / "second.tsv"
    found: dict[str, tuple[Label, ...]] = {}
    for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not row.startswith("#"):
            where = f"{path.name}, line {number}"
            name, turn, dissatisfied, effort, emotions, alert = row.split("\t")
            label = Label(int(dissatisfied), int(effort), read_emotions(emotions, where), alert == "yes")
            found[name] = (*found.get(name, ()), label)
            if len(found[name]) != int(turn):
                raise ValueError(f"{where}: turn {len(found[name])} is due")
    return found


def _files(split: Split) -> list[Path]:
    return list(FOLDERS[split].glob("*.txt"))


def _conversation(path: Path, split: Split) -> Gold:
    transcript, labels = labelled(path.read_text(encoding="utf-8"), name=path.stem)
    return Gold(path.stem, split, _language(path.stem[-2:], path.name), transcript, labels)


def _line(row: str, where: str) -> Line:
    cells = row.split("\t")
    if len(cells) != 7 or not all(cells):
        raise ValueError(f"{where}: has seven columns, none of them empty")
    language, split, family, pair, dissatisfied, emotions, text = cells
    if split not in OF_LINES or dissatisfied not in ("0", "1", "2", "3"):
        raise ValueError(f"{where}: the split is train or dev, dissatisfied 0..3")
    return Line(
        _language(language, where),
        split,
        family,
        pair,
        int(dissatisfied),
        read_emotions(emotions, where),
        text,
    )


def _language(written: str, where: str) -> Language:
    if written not in ("nl", "en"):
        raise ValueError(f"{where}: the language is nl or en")
    return cast(Language, written)
