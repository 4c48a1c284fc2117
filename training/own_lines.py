"""The lines that we wrote and labelled ourselves: one line a customer may say, with what a listener makes of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, cast

from klankbord.events import Language
from klankbord.policy import EMOTIONS

FOLDER: Final = Path(__file__).parent / "lines"
MARKS: Final = frozenset(
    """leaving bereavement illness debt cannot_pay low_literacy language_barrier threat_self threat_other
    abuse""".split()
)
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
        return int(sha256(self.text.lower().encode()).hexdigest()[:8], 16) % 100 < DEV_PERCENT


def read_own(folder: Path = FOLDER) -> list[OwnLine]:
    """Every line of every `*.tsv`, by name of file; `ValueError` names the file and line that is wrong."""
    lines: dict[tuple[str, str], OwnLine] = {}
    for path in sorted(folder.glob("*.tsv")):
        for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if row.strip():
                line = _line(row, f"{path.name}, line {number}")
                lines.setdefault((line.language, line.text.lower()), line)
    return list(lines.values())


def _line(row: str, where: str) -> OwnLine:
    cells = [cell.strip() for cell in row.split("\t")]
    if len(cells) != _COLUMNS or not all(cells):
        raise ValueError(f"{where}: has {_COLUMNS} columns with a tab between, none of them empty")
    language, reason, dissatisfied, emotions, marks, text = cells
    if language not in ("nl", "en"):
        raise ValueError(f"{where}: the language is nl or en, not '{language}'")
    if not _REASON.fullmatch(reason):
        raise ValueError(f"{where}: the reason reads 'group.reason' or '-', not '{reason}'")
    if dissatisfied not in ("0", "1", "2", "3"):
        raise ValueError(f"{where}: dissatisfied is 0..3, not '{dissatisfied}'")
    return OwnLine(
        cast(Language, language),
        "" if reason == "-" else reason,
        int(dissatisfied),
        _emotions(emotions, where),
        _marks(marks, where),
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


def _marks(written: str, where: str) -> frozenset[str]:
    marks = frozenset() if written == "none" else frozenset(written.split(","))
    if not marks <= MARKS:
        raise ValueError(f"{where}: {', '.join(sorted(marks - MARKS))} is no mark; one of {', '.join(sorted(MARKS))}")
    return marks
