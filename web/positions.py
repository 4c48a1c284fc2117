"""Where an entry stands in a Redis stream: ids that can be compared."""

import re
from typing import Final, TypeAlias

Position: TypeAlias = tuple[int, int]

START: Final[Position] = (0, 0)
_ID: Final = re.compile(r"(\d{1,19})-(\d{1,19})", re.ASCII)


def position(raw: bytes | str) -> Position:
    """The position that a stream id names; ValueError for anything else."""
    match = _ID.fullmatch(raw.decode() if isinstance(raw, bytes) else raw)
    if match is None:
        raise ValueError("not the id of a stream entry")
    return int(match[1]), int(match[2])


def stream_id(place: Position) -> str:
    """The id as Redis writes it."""
    return f"{place[0]}-{place[1]}"
