"""The file of a policy: read from TOML, with every mistake in it and the line where it stands."""

import re
from collections.abc import Iterator, Mapping
from enum import EnumMeta
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin

import msgspec
from msgspec import Struct

from klankbord.conditions import LARGEST, WOKEN, Unreadable, nearest
from klankbord.errors import InvalidConfiguration
from klankbord.events import Channel, Role
from klankbord.policy import EMOTIONS, MOST_CRITICAL, MOST_PATIENT, THREAT, Policy, Rule
from klankbord.rules import MOST_WAITS, Asked, PhraseList, asked, vocabulary, waits_of
from klankbord.taxonomy import Taxonomy
from klankbord.toml import read_toml

_NO_REASONS: Final = Taxonomy()


class Mistake(NamedTuple):
    """What is wrong with `key` of the table `table`; "" is the top of the file."""

    table: str
    key: str
    says: str

    @property
    def where(self) -> str:
        """The table and the key as one path."""
        return ".".join(part for part in (self.table, self.key) if part)


def mistakes_in(policy: Policy) -> Iterator[Mistake]:
    """What the types cannot refuse."""
    yield from _mistakes_in_rules(policy)
    for channel in Channel:
        if channel not in policy.normal_wait_s:
            yield Mistake("normal_wait_s", channel, "is missing; name every channel")
        if channel not in policy.idle_after_s:
            yield Mistake("idle_after_s", channel, "is missing; name every channel")
    for signal, weights in policy.emotion_weights.items():
        for emotion in weights.keys() - set(EMOTIONS):
            says = f"'{emotion}' is no emotion; one of {', '.join(EMOTIONS)}"
            yield Mistake(f"emotion_weights.{signal}", "", says)
    for name, phrases in policy.phrases.items():
        yield from _mistakes_in_phrases(f"phrases.{name}", phrases)
    if policy.unsure_from > policy.unsure_to:
        yield Mistake("", "unsure_from", f"{policy.unsure_from} lies above unsure_to {policy.unsure_to}")
    if not policy.languages:
        yield Mistake("", "languages", "name at least one")


def _mistakes_in_phrases(table: str, phrases: PhraseList) -> Iterator[Mistake]:
    if not phrases.nl and not phrases.en:
        yield Mistake(table, "", "holds no phrase")
    for language, listed in (("nl", phrases.nl), ("en", phrases.en)):
        for phrase in listed:
            if not any(letter.isalnum() for letter in phrase):
                yield Mistake(table, language, f"'{phrase}' has no word in it that anybody could say")


def _mistakes_in_rules(policy: Policy) -> Iterator[Mistake]:
    for name, rule in policy.rules.items():
        yield from _mistakes_in_rule(f"rules.{name}", rule, policy)
    if _unworded(policy.rules.get("threat", THREAT)) != _unworded(THREAT):
        yield Mistake("rules.threat", "", "only 'nl' and 'en' may differ; a threat always alerts")
    rules = [rule for name, rule in policy.rules.items() if name != "threat"]
    if sum(rule.severity == "critical" for rule in rules) > MOST_CRITICAL:
        yield Mistake("rules", "", f"at most {MOST_CRITICAL} may be critical besides 'threat'")
    if sum(rule.for_turns > 1 for rule in rules) > MOST_PATIENT:
        yield Mistake("rules", "", f"at most {MOST_PATIENT} may have for_turns above 1")
    read = [found for rule in rules if (found := _asked(rule, policy)) is not None]
    for name in WOKEN:
        waits = {wait for rule in read for wait in waits_of(rule, name)}
        if len(waits) > MOST_WAITS:
            listed = ", ".join(f"{wait:g}" for wait in sorted(waits))
            yield Mistake("rules", "", f"compare {name} with at most {MOST_WAITS} different numbers, not {listed}")


def _asked(rule: Rule, policy: Policy) -> Asked | None:
    try:
        return asked(rule, vocabulary(policy.words), {})
    except Unreadable:
        return None


def _mistakes_in_rule(table: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    for language, title in (("nl", rule.nl), ("en", rule.en)):
        if not title.strip():
            yield Mistake(table, language, "is empty; a supervisor reads it")
    if rule.until.strip() and rule.until.split() == rule.when.split():
        yield Mistake(table, "until", "is the same as 'when': the alert would clear at the next event")
    for name, number in rule.numbers.items():
        if name in policy.words:
            yield Mistake(table, name, "is a name of our own; call your number something else")
        if not abs(number) <= LARGEST:
            yield Mistake(table, name, f"{number:g} is no number that can be compared")
    try:
        read = asked(rule, vocabulary(policy.words, policy.reasons.counted), {})
    except Unreadable as error:
        for mistake in error.mistakes:
            field, _, says = mistake.partition(": ")
            yield Mistake(table, field, says)
        return
    known = {field for field in Rule.__struct_fields__ if field != "numbers"}
    for name in rule.numbers.keys() - read.when.numbers - read.until.numbers:
        yield Mistake(table, name, f"neither condition uses it{nearest(name, known)}")
    raise_at, release_at = rule.numbers.get("raise_at"), rule.numbers.get("release_at")
    if raise_at is not None and release_at is not None and _is_upward(rule) and release_at > raise_at:
        yield Mistake(table, "release_at", f"{release_at} lies above raise_at {raise_at}: it would flap")


def _is_upward(rule: Rule) -> bool:
    return rule.when.endswith(">= raise_at") and rule.until.endswith("< release_at")


def read_policy(text: str, *, source: str, reasons: Taxonomy = _NO_REASONS) -> Policy:
    """A policy from TOML, or `InvalidConfiguration` with every mistake: file, line, where in the policy, what.

    `reasons` become the policy's; where there are any, a rule may compare `reason` with these only.
    """
    tables = read_toml(text, source=source)
    found = list[Mistake]()
    fields = _fields(tables, found)
    try:
        policy = msgspec.structs.replace(msgspec.convert(fields, Policy), reasons=reasons)
    except msgspec.ValidationError as error:
        found.append(_complaint(str(error), "", Policy))
        raise InvalidConfiguration(_located(found, text, source)) from None
    told = {mistake.where for mistake in found}
    found += [mistake for mistake in mistakes_in(policy) if mistake.where not in told]
    if not found:
        try:
            policy.program.tried()
        except (TypeError, ValueError, RuntimeError, LookupError, ArithmeticError) as error:
            # We read conditions more strictly than CEL does, so this is a mistake of ours; better here than live.
            raise InvalidConfiguration([f"{source}: rules: CEL refuses them: {error}"]) from None
        return policy
    raise InvalidConfiguration(_located(found, text, source))


def _fields(tables: Mapping[str, Any], found: list[Mistake]) -> dict[str, Any]:
    """The fields of a policy that can be read, each by itself, so that one mistake does not hide another."""
    types = {field.name: field.type for field in msgspec.structs.fields(Policy) if field.name != "reasons"}
    fields = dict[str, Any]()
    for name, value in tables.items():
        if name == "reasons":
            found.append(Mistake("", name, "stand in a file of their own, reasons.toml"))
        elif name not in types:
            found.append(Mistake("", name, f"is not known{nearest(name, types)}"))
        elif (of := _entries(types[name])) is not None and isinstance(value, dict):
            fields[name] = _read_entries(name, value, of, found)
        else:
            _read(value, types[name], Mistake("", name, ""), fields, found)
    return fields


def _entries(type_: Any) -> tuple[Any, Any] | None:
    """The types of the keys and of the values, where a field is a table of tables or numbers."""
    plain = get_args(type_)[0] if get_origin(type_) is Annotated else type_
    return get_args(plain) if get_origin(plain) is dict else None


def _read_entries(table: str, entries: Mapping[str, Any], of: tuple[Any, Any], found: list[Mistake]) -> dict[str, Any]:
    read = dict[str, Any]()
    for name, value in entries.items():
        try:
            msgspec.convert(name, of[0])
        except msgspec.ValidationError as error:
            found.append(Mistake(table, name, _said(str(error), of[0], name)))
            continue
        if of[1] is Rule:
            if not isinstance(value, dict):
                found.append(Mistake(table, name, "is no table"))
                continue
            if "measure" in value:
                found.append(Mistake(f"{table}.{name}", "measure", _AS_CONDITION))
                continue
            value = _with_numbers(value)
        _read(value, of[1], Mistake(table, name, ""), read, found)
        if of[1] is PhraseList and name not in read:
            read[name] = PhraseList(role=Role.CUSTOMER, nl=(name,))  # who asks for it makes no second mistake
    return read


def _read(value: object, type_: Any, place: Mistake, into: dict[str, Any], found: list[Mistake]) -> None:
    try:
        into[place.key] = msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        complaint = _complaint(str(error), place.where, type_)
        found.append(complaint if complaint.key else Mistake(place.table, place.key, complaint.says))


_AS_CONDITION: Final = 'is written as conditions now: when = "anger >= raise_at" and until = "anger < release_at"'
_PATH: Final = re.compile(r" - at `(?:key` in `)?\$(?:\.([A-Za-z_]+))?[^`]*`\Z")
_FIELD: Final = re.compile(r"Object (contains unknown|missing required) field `([^`]+)`\Z")


def _complaint(message: str, table: str, type_: Any) -> Mistake:
    """What msgspec complains of, in words for whoever wrote the file."""
    path = _PATH.search(message)
    key = path[1] or "" if path is not None else ""
    says = message[: path.start(0)] if path is not None else message
    names = {field.name: field.type for field in msgspec.structs.fields(type_)} if _is_struct(type_) else {}
    if field := _FIELD.match(says):
        where = f"{table}.{key}" if key else table
        known = f" is not known{nearest(field[2], names)}" if field[1].startswith("contains") else " is missing"
        return Mistake(where, field[2], known.strip())
    return Mistake(table, key, _said(says, names.get(key, type_)))


def _is_struct(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, Struct)


_NO_NAME: Final = "is no name: a-z, 0-9 and _, at most 32 characters; of phrases at most 16, from a letter on"


def _said(message: str, type_: Any, value: str | None = None) -> str:
    """The complaint, with what it may be where that is a closed set."""
    enum = re.match(r"Invalid enum value '([^']*)'", message)
    if enum is None:
        says = _PATH.sub("", message)
        return says if value is None else _NO_NAME
    choices = _choices(type_)
    return f"'{enum[1]}' is none of {', '.join(choices)}{nearest(enum[1], choices)}"


def _choices(type_: Any) -> list[str]:
    """What a closed set holds, or a list of it."""
    if isinstance(type_, EnumMeta):
        members: Mapping[str, Any] = type_.__members__
        return [str(member.value) for member in members.values()]
    inner: tuple[Any, ...] = get_args(type_)
    if get_origin(type_) is Literal:
        return [str(one) for one in inner]
    return _choices(inner[0]) if inner else []


def _with_numbers(table: Mapping[str, Any]) -> dict[str, Any]:
    """The table of a rule with every further number of it among `numbers`."""
    own = {
        name: _as_float(value)
        for name, value in table.items()
        if name not in Rule.__struct_fields__ and isinstance(value, int | float) and not isinstance(value, bool)
    }
    return {**{name: value for name, value in table.items() if name not in own}, **({"numbers": own} if own else {})}


def _as_float(value: float) -> float:
    # A whole number with hundreds of digits is none that can be compared, and is refused with the others.
    return float(value) if abs(value) <= LARGEST else float("inf")


def _located(found: list[Mistake], text: str, source: str) -> list[str]:
    lines = _lines(text)
    located = []
    for mistake in dict.fromkeys(found):
        places = ((mistake.table, mistake.key), (mistake.where, ""), (mistake.table, ""))
        line = next((lines[place] for place in places if place in lines), None)
        located.append(f"{source}{f', line {line}' if line else ''}: {mistake.where}: {mistake.says}")
    return located


_HEADER: Final = re.compile(r"""\s*\[\s*([A-Za-z0-9_."' -]+?)\s*\]""")
_ENTRY: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


def _lines(text: str) -> dict[tuple[str, str], int]:
    """On which line each table and key stands, as far as they are written plainly."""
    lines, table = dict[tuple[str, str], int](), ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header[1].replace('"', "").replace("'", "")
            lines.setdefault((table, ""), number)
            lines.setdefault((table.split(".")[0], ""), number)
        elif entry := _ENTRY.match(line):
            lines.setdefault((table, entry[1]), number)
    return lines


def _unworded(rule: Rule) -> Rule:
    return msgspec.structs.replace(rule, nl="", en="")
