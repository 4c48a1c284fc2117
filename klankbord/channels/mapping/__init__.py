"""Records of another shape as our events: paths into their JSON, constants, and tables of values."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

import msgspec

from klankbord.channels.mapping.fields import NUMBERS, TEXTS, TIMES
from klankbord.channels.mapping.paths import PRODUCED
from klankbord.channels.mapping.reading import MOST_ENTRIES, UNITS_S, Maps, TopicMap, read_maps
from klankbord.errors import InvalidEvent
from klankbord.events import SCHEMA, Event, decode

__all__ = ["MAX_RECORD_BYTES", "Made", "Maps", "TopicMap", "events_in", "read_maps"]

# What an input topic takes by the topic plan; another shape may say ten times what we need of it.
MAX_RECORD_BYTES: Final = 512 * 1024
# Seconds with at most nine digits behind the point: a longer number in a text is none.
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?")
MOST: Final = 10**18
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Fields: TypeAlias = dict[str, object]


class Made(NamedTuple):
    """What became of one entry of a record: an event, or why there is none."""

    entry: int  # from 1
    event: Event | None = None
    skipped: str = ""
    refused: InvalidEvent | None = None


def events_in(value: bytes | None, of: TopicMap, *, produced_ms: int) -> list[Made]:
    """Each entry of a record that was produced at `produced_ms` since 1970; `InvalidEvent` where it has none."""
    if value is None:
        raise InvalidEvent("invalid_json", "the record has no value")
    if len(value) > MAX_RECORD_BYTES:
        raise InvalidEvent("too_large", f"too large: {len(value)} bytes, at most {MAX_RECORD_BYTES} are read")
    try:
        record = msgspec.json.decode(value)
    except UnicodeDecodeError:
        raise InvalidEvent("invalid_json", "not valid JSON: bytes that are not UTF-8") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidEvent("invalid_json", f"not valid JSON: {error}") from None
    return [_made(number, entry, record, of, produced_ms) for number, entry in enumerate(_entries(record, of), 1)]


def _entries(record: object, of: TopicMap) -> list[object]:
    if of.each is None:
        return [record]
    found = of.each.of(record, record)
    if not isinstance(found, list):
        raise InvalidEvent("unmapped", f"each: there is no list at '{of.each.text}'")
    if len(found) > MOST_ENTRIES:
        raise InvalidEvent("unmapped", f"each: {len(found)} entries, at most {MOST_ENTRIES} are read of one record")
    return found


def _made(number: int, entry: object, record: object, of: TopicMap, produced_ms: int) -> Made:
    why = next(_skips(entry, record, of), "")
    if why:
        return Made(number, skipped=why)
    try:
        return Made(number, decode(msgspec.json.encode(_fields(entry, record, of, produced_ms))))
    except InvalidEvent as error:
        return Made(number, refused=error)


def _skips(entry: object, record: object, of: TopicMap) -> Iterator[str]:
    for path, values in of.skip.items():
        if _word(path.of(entry, record)) in values:
            yield f"skip: '{path.text}'"
    for path, values in of.only.items():
        if _word(path.of(entry, record)) not in values:
            yield f"only: '{path.text}'"


def _word(found: object) -> str:
    """What a table of values calls it; nothing, null and an empty text are the same."""
    if isinstance(found, bool):
        return "true" if found else "false"
    return found if isinstance(found, str) else str(found) if _is_whole(found) else ""


def _is_whole(found: object) -> bool:
    """Whether it is a number that an id may be; JSON knows longer ones, and to write them is slow."""
    return isinstance(found, int) and not isinstance(found, bool) and abs(found) < MOST


def _fields(entry: object, record: object, of: TopicMap, produced_ms: int) -> Fields:
    fields: Fields = {"schema": SCHEMA, **of.constants}
    for name, paths in of.fields.items():
        if paths[0].text == PRODUCED:
            fields[name] = _EPOCH + timedelta(milliseconds=produced_ms)
            continue
        found = [path.of(entry, record) for path in paths]
        if any(one is None for one in found):
            continue
        if name in of.values:
            fields[name] = _of_table(name, _word(found[0]), of.values[name])
        elif name in TIMES:
            fields[name] = _time(name, found[0], of.units.get(name, TIMES[name]))
        else:
            fields[name] = _plain(name, found)
    return fields


def _of_table(name: str, word: str, table: Mapping[str, str]) -> str:
    told = table.get(word, table.get("*"))
    if told is None:
        raise InvalidEvent("unmapped", f"field '{name}': its value is none of values.{name}")
    return told


def _time(name: str, found: object, unit: str) -> object:
    """A moment, or milliseconds since the start."""
    if unit == "iso":
        return found
    number = _number(found)
    if number is None:
        raise InvalidEvent("unmapped", f"field '{name}': is no number of {unit}")
    if name != "at":
        return round(number * UNITS_S[unit] * 1000)
    try:
        return _EPOCH + timedelta(seconds=number * UNITS_S[unit])
    except (OverflowError, ValueError):
        raise InvalidEvent("absurd_time", f"field '{name}': is beyond all years; is its unit right?") from None


def _plain(name: str, found: list[object]) -> object:
    if name in TEXTS:
        # A truth alone is no text; joined to an id it tells a final from its partials.
        if not all(
            isinstance(one, str) or _is_whole(one) or (len(found) > 1 and isinstance(one, bool)) for one in found
        ):
            raise InvalidEvent("unmapped", f"field '{name}': is no text")
        return "-".join(map(_word, found))
    if name in NUMBERS:
        number = _number(found[0])
        if number is None:
            raise InvalidEvent("unmapped", f"field '{name}': is no number")
        return int(number) if number.is_integer() else number
    if _word(found[0]).lower() not in ("true", "false"):
        raise InvalidEvent("unmapped", f"field '{name}': is neither true nor false")
    return _word(found[0]).lower() == "true"


def _number(found: object) -> float | None:
    if isinstance(found, str):
        return float(found) if _NUMBER.fullmatch(found) else None
    number = isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < MOST
    return float(found) if number and isinstance(found, int | float) else None
