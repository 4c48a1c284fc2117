"""The lines that we wrote and labelled ourselves: one line a customer may say, with what a listener makes of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, cast

from klankbord.events import Language
from klankbord.policy import EMOTIONS

FOLDER: Final = Path(__file__).parent / "lines"
MARKS: Final = frozenset(
    """leaving bereavement illness debt cannot_pay low_literacy language_barrier threat_self threat_other
    abuse""".split()
)
# What a customer's words tell of the customer's work, and what an agent's words mean for it.
TOLD: Final = (
    *("contacted_before", "waited", "tried", "repeats", "corrects", "still", "gives_up", "wants_human"),
    *("not_following", "sent_around"),
)
ANSWERS: Final = ("cannot", "elsewhere", "hand_over", "asks", "wait", "solves")
DEV_PERCENT: Final = 20

_REASON: Final = re.compile(r"[a-z_]+\.[a-z_]+|-")
_EMOTION: Final = re.compile(r"([a-z]+):([1-3])")
_COLUMNS: Final = 6


@dataclass(frozen=True, slots=True)
class OwnLine:
    """One line by itself: `reason` is empty where a listener could not tell; dissatisfied 0..3, emotions 1..3."""

    language: Language
    reason: str
    dissatisfied: int
    emotions: Mapping[str, int]
    marks: frozenset[str]
    text: str

    @property
    def is_dev(self) -> bool:
        """Whether the line is kept from every fit, to choose and to measure by: one in five, told by its text."""
        return _is_dev(self.text)


@dataclass(frozen=True, slots=True)
class WorkLine:
    """One line of either side with the marks of `TOLD` or `ANSWERS` that hold for it."""

    language: Language
    role: Literal["customer", "agent"]
    marks: frozenset[str]
    text: str

    @property
    def is_dev(self) -> bool:
        """Whether the line is kept from every fit."""
        return _is_dev(self.text)


def read_own(folder: Path = FOLDER) -> list[OwnLine]:
    """Every line of every `*.tsv`, by name of file; `ValueError` names the file and line that is wrong."""
    lines: dict[tuple[str, str], OwnLine] = {}
    for cells, where in _rows(folder, _COLUMNS):
        line = _line(cells, where)
        lines.setdefault((line.language, line.text.lower()), line)
    return list(lines.values())


def read_work(folder: Path = FOLDER / "work") -> list[WorkLine]:
    """Every line that tells of the customer's work; `ValueError` names the file and line that is wrong."""
    lines: dict[tuple[str, str, str], WorkLine] = {}
    for (written, role, marks, text), where in _rows(folder, 4):
        language = _language(written, where)
        if role not in ("customer", "agent"):
            raise ValueError(f"{where}: the role is customer or agent, not '{role}'")
        known = frozenset(TOLD if role == "customer" else ANSWERS)
        line = WorkLine(language, cast(Literal["customer", "agent"], role), _marks(marks, where, known), text)
        lines.setdefault((language, role, text.lower()), line)
    return list(lines.values())


def _is_dev(text: str) -> bool:
    return int(sha256(text.lower().encode()).hexdigest()[:8], 16) % 100 < DEV_PERCENT


def _rows(folder: Path, columns: int) -> Iterator[tuple[list[str], str]]:
    for path in sorted(folder.glob("*.tsv")):
        for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if row.strip():
                cells = [cell.strip() for cell in row.split("\t")]
                where = f"{path.name}, line {number}"
                if len(cells) != columns or not all(cells):
                    raise ValueError(f"{where}: has {columns} columns with a tab between, none of them empty")
                yield cells, where


def _language(written: str, where: str) -> Language:
    if written not in ("nl", "en"):
        raise ValueError(f"{where}: the language is nl or en, not '{written}'")
    return cast(Language, written)


def _line(cells: list[str], where: str) -> OwnLine:
    written, reason, dissatisfied, emotions, marks, text = cells
    language = _language(written, where)
    if not _REASON.fullmatch(reason):
        raise ValueError(f"{where}: the reason reads 'group.reason' or '-', not '{reason}'")
    if dissatisfied not in ("0", "1", "2", "3"):
        raise ValueError(f"{where}: dissatisfied is 0..3, not '{dissatisfied}'")
    return OwnLine(
        language,
        "" if reason == "-" else reason,
        int(dissatisfied),
        _emotions(emotions, where),
        _marks(marks, where, MARKS),
        text,
    )


def _emotions(written: str, where: str) -> dict[str, int]:
    found = {}
    for one in [] if written == "none" else written.split(","):
        match = _EMOTION.fullmatch(one)
        if match is None or match[1] not in EMOTIONS:
            raise ValueError(f"{where}: '{one}' is no emotion with a strength of 1..3")
        found[match[1]] = int(match[2])
    return found


def _marks(written: str, where: str, known: frozenset[str]) -> frozenset[str]:
    marks = frozenset() if written == "none" else frozenset(written.split(","))
    if not marks <= known:
        raise ValueError(f"{where}: {', '.join(sorted(marks - known))} is no mark; one of {', '.join(sorted(known))}")
    return marks
