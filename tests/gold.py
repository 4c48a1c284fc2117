"""The conversations and lines that people labelled by `docs/labelling.md`: what the scores are measured against.

A gold conversation is a transcript with one more line after every line of the customer's, the label of that turn:

    = dissatisfied=2 effort=4 emotions=frustration:2,disappointment:1 alert=yes
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast

from klankbord.channels.transcript import Transcript, read_transcript
from klankbord.events import Language, Role, Utterance

Split: TypeAlias = Literal["train", "dev"]
Kind: TypeAlias = Literal["calm", "mild", "hard"]

FOLDER: Final = Path(__file__).parent / "conversations" / "gold"
EMOTIONS: Final = frozenset("frustration anger anxiety confusion disappointment sadness relief joy gratitude".split())
SPLITS: Final[tuple[Split, ...]] = ("train", "dev")
KINDS: Final = ("calm", "mild", "hard")

_CUSTOMER: Final = re.compile(r"\d+:[0-5]\d\s+customer:")
_LABEL: Final = re.compile(r"= dissatisfied=([0-3]) effort=([1-7]) emotions=(\S+)( alert=yes)?")
_EMOTION: Final = re.compile(r"([a-z]+):([1-3])")


@dataclass(frozen=True, slots=True)
class Label:
    """What a person judged of one customer turn in the conversation so far."""

    dissatisfied: int
    effort: int
    emotions: Mapping[str, int]
    alert: bool


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
        return _customer_turns(self.transcript)

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
    """Every labelled conversation, train before dev, by name; `ValueError` names the file and line that is wrong."""
    return tuple(_conversation(path, split) for split in SPLITS for path in sorted(_files(split)))


def read_lines() -> tuple[Line, ...]:
    """Every labelled line in the order of the file."""
    path = FOLDER / "lines.tsv"
    numbered = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return tuple(_line(row, f"{path.name}, line {number}") for number, row in numbered if not row.startswith("#"))


def labelled(text: str, *, name: str) -> tuple[Transcript, dict[str, Label]]:
    """The transcript that `text` holds, and the label of each customer turn by its utterance id."""
    kept: list[str] = []
    labels: list[Label] = []
    owed = False
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{name}, line {number}"
        is_label = line.startswith("=")
        if is_label != owed:
            raise ValueError(f"{where}: " + ("no customer turn is above this label" if is_label else "a label is due"))
        if is_label:
            labels.append(_label(line, where))
        kept.append("" if is_label else line)
        owed = _CUSTOMER.match(line) is not None
    if owed:
        raise ValueError(f"{name}: the last customer turn has no label")
    transcript = read_transcript("\n".join(kept), name=name)
    turns = _customer_turns(transcript)
    return transcript, {turn.utterance_id: label for turn, label in zip(turns, labels, strict=True)}


def _files(split: Split) -> list[Path]:
    return list((FOLDER / split).glob("*.txt"))


def _conversation(path: Path, split: Split) -> Gold:
    transcript, labels = labelled(path.read_text(encoding="utf-8"), name=path.stem)
    return Gold(path.stem, split, _language(path.stem[-2:], path.name), transcript, labels)


def _customer_turns(transcript: Transcript) -> tuple[Utterance, ...]:
    return tuple(event for event in transcript.events if isinstance(event, Utterance) and event.role == Role.CUSTOMER)


def _label(line: str, where: str) -> Label:
    match = _LABEL.fullmatch(line)
    if match is None:
        raise ValueError(f"{where}: reads '= dissatisfied=0..3 effort=1..7 emotions=name:1..3,...|none [alert=yes]'")
    return Label(int(match[1]), int(match[2]), _emotions(match[3], where), match[4] is not None)


def _emotions(written: str, where: str) -> dict[str, int]:
    if written == "none":
        return {}
    emotions: dict[str, int] = {}
    for one in written.split(","):
        match = _EMOTION.fullmatch(one)
        if match is None or match[1] not in EMOTIONS:
            raise ValueError(f"{where}: '{one}' is no emotion with a strength of 1..3")
        if match[1] in emotions:
            raise ValueError(f"{where}: {match[1]} stands there twice")
        emotions[match[1]] = int(match[2])
    return emotions


def _line(row: str, where: str) -> Line:
    cells = row.split("\t")
    if len(cells) != 7 or not all(cells):
        raise ValueError(f"{where}: has seven columns, none of them empty")
    language, split, family, pair, dissatisfied, emotions, text = cells
    if split not in SPLITS or dissatisfied not in ("0", "1", "2", "3"):
        raise ValueError(f"{where}: the split is train or dev, dissatisfied 0..3")
    return Line(
        _language(language, where),
        split,
        family,
        pair,
        int(dissatisfied),
        _emotions(emotions, where),
        text,
    )


def _language(written: str, where: str) -> Language:
    if written not in ("nl", "en"):
        raise ValueError(f"{where}: the language is nl or en")
    return cast(Language, written)
