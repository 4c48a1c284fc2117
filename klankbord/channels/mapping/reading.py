"""Reads a file of maps, and says of every mistake on which line it is and what may have been meant."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from klankbord.channels.mapping.fields import FIELDS, KINDS, TEXTS, TIMES, needed
from klankbord.channels.mapping.paths import PRODUCED, Path, read_path
from klankbord.conditions import nearest
from klankbord.errors import InvalidConfiguration
from klankbord.events import Channel, Role
from klankbord.toml import read_toml

MAX_BYTES: Final = 256 * 1024
MOST_TOPICS: Final = 20
MOST_ENTRIES: Final = 500
MOST_JOINED: Final = 4
MOST_VALUES: Final = 1000
UNITS_S: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
_TABLES: Final = ("each", "skip", "only", "fields", "constants", "units", "values")
_CLOSED: Final[Mapping[str, tuple[str, ...]]] = {
    "type": tuple(KINDS),
    "channel": tuple(Channel),
    "previous_channel": tuple(Channel),
    "role": tuple(Role),
}

Where: TypeAlias = tuple[str, ...]
Tables: TypeAlias = Mapping[str, Any]


class TopicMap(Struct, frozen=True):
    """How the records of one topic become events. `values` translates words, `*` standing for all others."""

    each: Path | None
    skip: Mapping[Path, frozenset[str]]
    only: Mapping[Path, frozenset[str]]
    fields: Mapping[str, tuple[Path, ...]]
    constants: Mapping[str, Any]
    units: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]


Maps: TypeAlias = Mapping[str, TopicMap]


def read_maps(text: str, *, source: str) -> Maps:
    """The maps in TOML by topic, or `InvalidConfiguration` with every mistake: file, line, where, what."""
    if len(text) > MAX_BYTES:
        raise InvalidConfiguration([f"{source}: is longer than {MAX_BYTES} characters"])
    tables = read_toml(text, source=source)
    reader = _Reader()
    maps = dict(reader.maps(tables))
    if reader.mistakes:
        lines = _lines(text)
        raise InvalidConfiguration([f"{source}{_line(where, lines)}: {says}" for where, says in reader.mistakes])
    return maps


class _Reader:
    """Collects the mistakes on its way."""

    def __init__(self) -> None:
        self.mistakes: list[tuple[Where, str]] = []

    def maps(self, tables: Tables) -> Iterator[tuple[str, TopicMap]]:
        for name in tables.keys() - {"topics"}:
            self._wrong((name,), f"is not known{nearest(name, ('topics',))}; a map stands under [topics.NAME]")
        topics = self._table((), tables, "topics")
        if not topics:
            self._wrong((), "names no topic: a map begins with [topics.NAME]")
        if len(topics) > MOST_TOPICS:
            self._wrong(("topics",), f"names more than {MOST_TOPICS} topics")
            return
        for topic, table in topics.items():
            where = ("topics", topic)
            if not _is_topic(topic):
                self._wrong(where, "is no name of a topic: up to 249 letters, digits, '.', '_' and '-'")
            if not isinstance(table, dict):
                self._wrong(where, "is no table")
                continue
            yield topic, self._topic(where, table)

    def _topic(self, where: Where, table: Tables) -> TopicMap:
        for name in table.keys() - set(_TABLES):
            self._wrong((*where, name), f"is not known{nearest(name, _TABLES)}")
        each = table.get("each")
        constants = self._constants((*where, "constants"), self._table(where, table, "constants"))
        values = self._values((*where, "values"), self._table(where, table, "values"))
        fields = self._fields((*where, "fields"), self._table(where, table, "fields"))
        self._is_whole(where, fields, constants, values)
        return TopicMap(
            each=None if each is None else self._path((*where, "each"), each),
            skip=self._choice((*where, "skip"), self._table(where, table, "skip")),
            only=self._choice((*where, "only"), self._table(where, table, "only")),
            fields=fields,
            constants=constants,
            units=self._units((*where, "units"), self._table(where, table, "units"), fields),
            values=values,
        )

    def _fields(self, where: Where, table: Tables) -> dict[str, tuple[Path, ...]]:
        fields: dict[str, tuple[Path, ...]] = {}
        for name, given in table.items():
            here = (*where, name)
            if not self._is_field(here, name):
                continue
            if given == PRODUCED:
                if name != "at":
                    self._wrong(here, f"'{PRODUCED}' is when the record was produced, and stands for 'at' only")
                fields[name] = (Path((), text=PRODUCED),)
                continue
            paths = given if isinstance(given, list) else [given]
            if not 1 <= len(paths) <= MOST_JOINED or (len(paths) > 1 and name not in TEXTS):
                self._wrong(here, f"is one path, or for a text up to {MOST_JOINED}, which are joined by '-'")
                continue
            found = [self._path(here, path) for path in paths]
            fields[name] = tuple(path for path in found if path is not None)
        return fields

    def _constants(self, where: Where, table: Tables) -> dict[str, Any]:
        for name, value in table.items():
            if self._is_field((*where, name), name):
                self._fits((*where, name), name, value)
        return dict(table)

    def _values(self, where: Where, table: Tables) -> dict[str, dict[str, str]]:
        for name, words in table.items():
            here = (*where, name)
            if not self._is_field(here, name):
                continue
            if name not in TEXTS:
                self._wrong(here, "only a text is translated")
            if not isinstance(words, dict) or not 1 <= len(words) <= MOST_VALUES:
                self._wrong(here, f"is a table of 1 to {MOST_VALUES} words")
                continue
            for word, ours in words.items():
                self._fits((*here, word), name, ours)
        return {name: words for name, words in table.items() if isinstance(words, dict)}

    def _units(self, where: Where, table: Tables, fields: Mapping[str, object]) -> dict[str, str]:
        for name, unit in table.items():
            here, known = (*where, name), ("iso", *UNITS_S) if name == "at" else tuple(UNITS_S)
            if name not in TIMES:
                self._wrong(here, f"has no unit; those that have: {', '.join(TIMES)}")
            elif unit not in known:
                self._wrong(here, f"'{unit}' is no unit; one of {', '.join(known)}")
            elif name not in fields:
                self._wrong(here, "has a unit and no path in 'fields'")
        return dict(table)

    def _choice(self, where: Where, table: Tables) -> dict[Path, frozenset[str]]:
        chosen: dict[Path, frozenset[str]] = {}
        for text, words in table.items():
            here = (*where, text)
            if isinstance(words, dict):
                self._wrong(here, f'a path of several steps is quoted, such as "{text}.{next(iter(words), "name")}"')
                continue
            path = self._path(here, text)
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                self._wrong(here, 'is a list of words, such as ["note"]; "" stands for nothing there')
            elif path is not None:
                chosen[path] = frozenset(words)
        return chosen

    def _path(self, where: Where, given: object) -> Path | None:
        if not isinstance(given, str):
            self._wrong(where, "is no path")
            return None
        try:
            return read_path(given)
        except ValueError as error:
            self._wrong(where, f"'{given[:80]}': {error}")
            return None

    def _is_field(self, where: Where, name: str) -> bool:
        if name == "schema":
            self._wrong(where, "is ours to set")
        elif name != "type" and name not in FIELDS:
            self._wrong(where, f"is no field of an event{nearest(name, ('type', *FIELDS))}")
        else:
            return True
        return False

    def _fits(self, where: Where, name: str, value: object) -> None:
        """Whether an event takes this value in that field."""
        closed = _CLOSED.get(name)
        if closed is not None:
            if value not in closed:
                near = nearest(value, closed) if isinstance(value, str) else ""
                self._wrong(where, f"'{value}' is none of {', '.join(closed)}{near}")
            return
        try:
            msgspec.convert(value, FIELDS[name].type)
        except msgspec.ValidationError as error:
            self._wrong(where, str(error))

    def _is_whole(self, where: Where, fields: Tables, constants: Tables, values: Tables) -> None:
        """Every kind of event that may come has a place for all that it needs."""
        for name in fields.keys() & constants.keys():
            self._wrong((*where, "constants", name), "is a path in 'fields', too: one of the two")
        for name in values.keys() - fields.keys():
            self._wrong((*where, "values", name), "translates what 'fields' has no path for")
        told = [constants["type"]] if "type" in constants else [*values.get("type", {}).values()]
        if not told and "type" not in fields:
            self._wrong(where, "has no 'type'; where every record is one thing said: constants.type = \"utterance\"")
        there = fields.keys() | constants.keys()
        for kind in sorted({kind for kind in told if isinstance(kind, str)} & KINDS.keys()):
            for name in sorted(needed(kind) - there):
                self._wrong(where, f"has no '{name}', which every event of type '{kind}' needs{nearest(name, there)}")

    def _table(self, where: Where, table: Tables, name: str) -> Tables:
        found = table.get(name, {})
        if isinstance(found, dict):
            return found
        self._wrong((*where, name), "is no table")
        return {}

    def _wrong(self, where: Where, says: str) -> None:
        self.mistakes.append((where, f"{'.'.join(where)}: {says}" if where else says))


def _is_topic(name: str) -> bool:
    return 0 < len(name) <= 249 and name.isascii() and name.replace(".", "").replace("_", "").replace("-", "").isalnum()


def _line(where: Where, lines: Mapping[Where, int]) -> str:
    """The line of what is meant, or of the table that it is missing in."""
    for length in range(len(where), 0, -1):
        if where[:length] in lines:
            return f", line {lines[where[:length]]}"
    return ""


def _lines(text: str) -> dict[Where, int]:
    """On which line each table and key begins, as far as they are written a line each."""
    lines: dict[Where, int] = {}
    table: Where = ()
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("["):
            table = _keys(line)
            found = table
        else:
            found = (*table, *_keys(line.partition("=")[0] + "= 0")) if "=" in line else ()
        for length in range(1, len(found) + 1):
            lines.setdefault(found[:length], number)
    return lines


def _keys(line: str) -> Where:
    try:
        found: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    keys: list[str] = []
    while isinstance(found, dict) and found:
        key, found = next(iter(found.items()))
        keys.append(key)
    return tuple(keys)
