"""Poison from a seed: records that nobody can process, each with the reason it must be refused for."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from klankbord.errors import Reason
from klankbord.events import MAX_EVENT_BYTES, MAX_TEXT_CHARS

KEY: Final = "poisoned-1"
GOOD: Final[dict[str, object]] = {
    "type": "utterance",
    "schema": 1,
    "event_id": "e-1",
    "tenant": "demo",
    "conversation_id": KEY,
    "channel": "chat",
    "at": "2026-03-02T09:00:00Z",
    "utterance_id": "u-1",
    "role": "customer",
    "text": "where is it",
}
NEEDED: Final = ("type", "schema", "event_id", "tenant", "conversation_id", "channel", "at", "utterance_id", "role")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A record of an input topic, and why it is refused."""

    kind: str
    key: bytes | None
    value: bytes | None
    reason: Reason


def mutants(seed: int, number: int) -> Iterator[Mutant]:
    """`number` mutants of every kind in turn, each another one."""
    chance = random.Random(seed)
    kinds = list(KINDS.items())
    for place in range(number):
        kind, (reason, make) = kinds[place % len(kinds)]
        made = make(chance, {**GOOD, "event_id": f"e-{seed}-{place}"})
        key, value = made if isinstance(made, tuple) else (KEY.encode(), made)
        yield Mutant(kind, key, value, reason)


Made = bytes | None | tuple[bytes | None, bytes | None]
Make = Callable[[random.Random, dict[str, Any]], Made]


def _written(fields: dict[str, Any], **changes: object) -> bytes:
    return json.dumps({**fields, **changes}, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _raw(fields: dict[str, Any], more: str) -> bytes:
    return _written(fields)[:-1] + b", " + more.encode() + b"}"


def _without(chance: random.Random, fields: dict[str, Any]) -> bytes:
    missing = chance.choice(NEEDED)
    return json.dumps({name: value for name, value in fields.items() if name != missing}).encode()


def _truncated(chance: random.Random, fields: dict[str, Any]) -> bytes:
    whole = _written(fields)
    return whole[: chance.randrange(len(whole))]


def _not_utf8(chance: random.Random, fields: dict[str, Any]) -> bytes:
    return _written(fields, text="wh?re").replace(b"?", chance.choice((b"\xe9", b"\xff\xfe", b"\xc0\x80", b"\xf5")))


def _other_type(chance: random.Random, fields: dict[str, Any]) -> bytes:
    name = chance.choice(("text", "event_id", "tenant", "utterance_id", "at", "channel", "role"))
    return _written(fields, **{name: chance.choice((7, True, [], {}, 1.5, None))})


def _hostile_key(chance: random.Random, fields: dict[str, Any]) -> tuple[bytes | None, bytes]:
    keys = (None, b"", b"\x00", b"\xff\xfe", b"poisoned-2", b"k" * 5000, KEY.encode() + b"\n", chance.randbytes(16))
    return chance.choice(keys), _written(fields)


def _nested(chance: random.Random, fields: dict[str, Any]) -> bytes:
    depth = chance.randrange(5_000, 30_000)
    brackets = chance.choice((("[", "]"), ('{"a":', "1}")))
    depth //= len(brackets[0]) + len(brackets[1])
    return _raw(fields, f'"x": {brackets[0] * depth}{brackets[1] * depth}')


def _large(chance: random.Random, fields: dict[str, Any]) -> bytes:
    return _written(fields, padding="x" * chance.choice((MAX_EVENT_BYTES, 2 * MAX_EVENT_BYTES, 400_000)))


def _twice(chance: random.Random, fields: dict[str, Any]) -> bytes:
    return _raw(fields, chance.choice(('"text": 7', '"schema": 2', '"channel": "fax"', '"tenant": null')))


KINDS: Final[dict[str, tuple[Reason, Make]]] = {
    "truncated": ("invalid_json", _truncated),
    "no UTF-8": ("invalid_json", _not_utf8),
    "lone surrogate, raw": ("invalid_json", lambda chance, good: _written(good, text="where \ud83d is it")),
    "lone surrogate, escaped": ("invalid_json", lambda chance, good: json.dumps({**good, "text": "\udfff"}).encode()),
    "nothing": ("invalid_json", lambda chance, good: b""),
    "no value": ("invalid_json", lambda chance, good: None),
    "no JSON": ("invalid_json", lambda chance, good: b"\x00" + chance.randbytes(40)),
    "more after it": ("invalid_json", lambda chance, good: _written(good) + b"}"),
    "a byte order mark": ("invalid_json", lambda chance, good: b"\xef\xbb\xbf" + _written(good)),
    "NaN": ("invalid_json", lambda chance, good: _raw(good, '"revision": NaN')),
    "infinity": ("invalid_json", lambda chance, good: _raw(good, '"revision": -Infinity')),
    "nested": ("invalid_json", _nested),
    "a number of 4,301 digits": ("invalid_schema", lambda chance, good: _raw(good, f'"revision": {"9" * 4301}')),
    "a large number": (
        "invalid_schema",
        lambda chance, good: _raw(good, f'"revision": {10 ** chance.randrange(7, 300)}'),
    ),
    "an array": ("invalid_schema", lambda chance, good: b"[" + _written(good) + b"]"),
    "a string": ("invalid_schema", lambda chance, good: b'"' + b"x" * chance.randrange(100) + b'"'),
    "another type": ("invalid_schema", _other_type),
    "a field is missing": ("invalid_schema", _without),
    "a type of event to come": ("invalid_schema", lambda chance, good: _written(good, type="sentiment")),
    "a role of nobody": ("invalid_schema", lambda chance, good: _written(good, role="parrot")),
    "another version": ("invalid_schema", lambda chance, good: _written(good, schema=chance.choice((0, 2, 3, "1")))),
    "a hostile id": (
        "invalid_schema",
        lambda chance, good: _written(good, event_id=chance.choice(("a b", "x" * 129, "", "é", 'a"b', "a\nb", "\x00"))),
    ),
    "a time without a zone": ("invalid_schema", lambda chance, good: _written(good, at="2026-03-02T09:00:00")),
    "too many words": (
        "invalid_schema",
        lambda chance, good: _written(good, text="e" * (MAX_TEXT_CHARS + chance.randrange(1, 9))),
    ),
    "a field twice": ("invalid_schema", _twice),
    "NUL": ("invalid_text", lambda chance, good: _written(good, text="a\x00" + "b" * chance.randrange(9))),
    "blank": ("invalid_text", lambda chance, good: _written(good, text=" \t\n\u2003" * chance.randrange(1, 9))),
    "another age": (
        "absurd_time",
        lambda chance, good: _written(good, at=f"{chance.choice((1970, 1999, 2100, 9999))}-01-21T12:20:42Z"),
    ),
    "an end before its start": ("absurd_time", lambda chance, good: _written(good, start_ms=9, end_ms=3)),
    "too many bytes": ("too_large", _large),
    "a hostile key": ("wrong_key", _hostile_key),
}
