"""A way into a JSON value: names and numbers, and nothing that could be slow."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

MAX_CHARS: Final = 200
MAX_STEPS: Final = 12
PRODUCED: Final = "@produced"
_STEP: Final = re.compile(r'"([^"]+)"|([^."]+)')


class Path(NamedTuple):
    """From the record, or from one entry of the list in it."""

    steps: tuple[str, ...]
    of_record: bool = False
    text: str = ""

    def of(self, entry: object, record: object) -> object:
        """What lies there; None where nothing does."""
        found = record if self.of_record else entry
        for step in self.steps:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and step.isdecimal() and len(step) < 6 and int(step) < len(found):
                found = found[int(step)]
            else:
                return None
        return found


def read_path(text: str) -> Path:
    """The path in `text`, or `ValueError` that says why it is none."""
    if len(text) > MAX_CHARS:
        raise ValueError(f"a path has at most {MAX_CHARS} characters")
    of_record = text.startswith("/")
    steps = tuple(_steps(text.removeprefix("/")))
    if len(steps) > MAX_STEPS:
        raise ValueError(f"a path has at most {MAX_STEPS} steps")
    return Path(steps, of_record, text)


def _steps(text: str) -> Iterator[str]:
    at = 0
    while True:
        match = _STEP.match(text, at)
        if match is None:
            raise ValueError('a path reads name.name, name.0.name or "a.name".name')
        yield match[1] or match[2]
        at = match.end()
        if at == len(text):
            return
        if text[at] != ".":
            raise ValueError("a dot stands between two steps of a path")
        at += 1
