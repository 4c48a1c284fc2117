"""One number of a policy, tried at several values."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from klankbord.errors import InvalidConfiguration
from klankbord.policy import Policy
from klankbord.policy_file import read_policy

# Each step is a line of a table and a point of a picture, and its rules are run over every event.
MOST_STEPS: Final = 50
_FORM: Final = "reads PATH=FROM:TO:STEP, such as rules.angry_customer.raise_at=0.5:0.8:0.05"


@dataclass(frozen=True, slots=True)
class Sweep:
    """The path of a number, and the values to try."""

    path: str
    values: tuple[float, ...]


def read_sweep(written: str) -> Sweep:
    """`PATH=FROM:TO:STEP` with both ends in it, or `InvalidConfiguration` saying what is wrong."""
    path, equals, numbers = written.partition("=")
    try:
        first, last, step = (Decimal(number) for number in numbers.split(":"))
    except (ValueError, InvalidOperation):
        raise _wrong(f"'{written}' {_FORM}") from None
    if not equals or not all(number.is_finite() for number in (first, last, step)):
        raise _wrong(f"'{written}' {_FORM}")
    if step <= 0 or last < first:
        raise _wrong(f"'{written}' goes nowhere: the step is above 0, and FROM is not above TO")
    if last - first >= MOST_STEPS * step:
        raise _wrong(f"'{written}' has more than {MOST_STEPS} steps; take a larger one")
    count = int((last - first) / step) + 1
    return Sweep(path.strip(), tuple(float(first + step * number) for number in range(count)))


def varied(text: str, sweep: Sweep, *, source: str) -> tuple[Policy, ...]:
    """The policy of `text` with each value in turn; each is read and checked as a policy file is."""
    document = tomllib.loads(text)
    _complete(document, sweep.path.split("."), read_policy(text, source=source))
    found = []
    for value in sweep.values:
        changed = _set(document, sweep.path.split("."), value)
        found.append(read_policy(_toml(changed), source=f"{source} with {sweep.path}={value:g}"))
    return tuple(found)


def _complete(document: dict[str, Any], path: list[str], policy: Policy) -> None:
    """Check the path, and write into `document` the built-in table that it leads into, if no own one is there."""
    known: Any = _tables(msgspec.to_builtins(policy))
    if path[0] in known and path[0] not in document:
        document[path[0]] = known[path[0]]
    own: Any = document
    for depth, name in enumerate(path):
        names = {**(known if isinstance(known, dict) else {}), **(own if isinstance(own, dict) else {})}
        if name not in names:
            raise _unknown(path, depth, names)
        known = known.get(name) if isinstance(known, dict) else None
        own = own.get(name) if isinstance(own, dict) else None
    value = known if own is None else own
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(f"{'.'.join(path)}: is no number; " + _below(value if known is None else known))


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's own numbers stand in its table, wherever the program keeps them."""
    inner = table.get("numbers")
    return {**{k: v for k, v in table.items() if k != "numbers"}, **(inner if isinstance(inner, dict) else {})}


def _tables(value: Any) -> Any:
    return {name: _tables(one) for name, one in _flat(value).items()} if isinstance(value, dict) else value


def _set(document: Any, path: list[str], value: float) -> dict[str, Any]:
    """A changed copy; what was a whole number stays one where the value is whole."""
    name, *rest = path
    if rest:
        return {**document, name: _set(document.get(name, {}), rest, value)}
    return {**document, name: int(value) if value == int(value) else value}


def _toml(table: Mapping[str, Any]) -> str:
    """TOML that nobody reads but us: one line for each name, tables inline."""
    return "\n".join(f"{json.dumps(name)} = {_value(value)}" for name, value in table.items() if value is not None)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        inside = ", ".join(f"{json.dumps(name)} = {_value(one)}" for name, one in value.items() if one is not None)
        return "{" + inside + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    # A JSON string is a TOML string, except that TOML knows no pairs of surrogates and no bare DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _unknown(path: list[str], depth: int, known: Mapping[str, Any]) -> InvalidConfiguration:
    where, name = ".".join(path[:depth]) or "the policy", path[depth]
    if not known:
        return _wrong(f"{'.'.join(path)}: {where} is a number and holds no '{name}'")
    near = get_close_matches(name, known, n=1, cutoff=0.0)
    return _wrong(f"{'.'.join(path)}: {where} has no '{name}'; did you mean '{near[0]}'?")


def _below(value: Any) -> str:
    numbers = [name for name, one in value.items() if isinstance(one, int | float)] if isinstance(value, dict) else []
    return f"below it are {', '.join(numbers)}" if numbers else "only a number can be swept"


def _wrong(mistake: str) -> InvalidConfiguration:
    return InvalidConfiguration([f"--set: {mistake}"])
