"""A conversation as a person writes it down: a header, then one line for each thing that happened.

00:12 customer: where is my parcel                       said at 00:12
00:09.5-00:12 customer: where is my parcel               spoken from 00:09.5 to 00:12, known when it ended
00:09.5-00:10.5 customer (partial): where is             a first version of this role's next line
00:40 * held                                             anything else that happens, with its own fields key=value
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Final, TypeAlias, get_args

import msgspec

from klankbord.errors import InvalidEvent
from klankbord.events import SCHEMA, Channel, Event, Role, Seconds

START: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

Fields: TypeAlias = dict[str, str]

_NEEDED: Final = ("title", "channel", "agent", "customer")
_OPTIONAL: Final = ("queue", "team", "language")
_HEADER: Final = re.compile(r"(\w+):\s*(.+)")
_TIME: Final = r"\d+:[0-5]\d(?:\.\d{1,3})?"
_LINE: Final = re.compile(
    rf"(?:(?P<start>{_TIME})-)?(?P<at>{_TIME})\s+"
    r"(?:\*\s+(?P<type>\w+)(?P<fields>.*)|(?P<role>\w+)(?P<partial> \(partial\))?:\s*(?P<text>\S.*))"
)
# What a line after `*` may say: the fields of that event which the header and the line's place do not give.
_COMMON: Final = frozenset(
    "schema event_id tenant conversation_id channel at queue team agent_id customer_key language".split()
)
_OWN_FIELDS: Final = {
    str(kind.__struct_config__.tag): frozenset(kind.__struct_fields__) - _COMMON
    for kind in get_args(Event)
    if kind.__struct_config__.tag != "utterance"
}


@dataclass(frozen=True, slots=True)
class Transcript:
    """One conversation that was written down; `comment` says what it is there to show."""

    name: str
    title: str
    comment: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the conversation is at a line: who helps, in which queue, how far in."""

    agent_id: str | None
    queue: str | None
    after_s: Seconds = 0.0


@dataclass(frozen=True, slots=True)
class _Header:
    fields: Fields
    comment: str
    body: tuple[tuple[int, str], ...] = field(default=())


def read_transcript(text: str, *, name: str, start: datetime = START, tenant: str = "demo") -> Transcript:
    """The events of `text` from `start` on, or `InvalidEvent` naming the line and what is wrong with it."""
    header = _header(text, name)
    common = {"schema": SCHEMA, "tenant": tenant, "conversation_id": name}
    for key, given in (
        ("channel", "channel"),
        ("team", "team"),
        ("language", "language"),
        ("customer_key", "customer"),
    ):
        if given in header.fields:
            common[key] = header.fields[given]
    place = _Place(header.fields["agent"], header.fields.get("queue"))
    events = []
    partials: dict[str, tuple[str, int]] = {}
    for number, (line_number, line) in enumerate(header.body, 1):
        said = _said(line, f"{name}, line {line_number}")
        place = _arrived(place, said, header.fields["agent"], f"{name}, line {line_number}")
        at = start + timedelta(seconds=place.after_s)
        numbered = {"event_id": f"{name}-{number:03d}", "at": at, "queue": place.queue, "agent_id": place.agent_id}
        if said["type"] == "utterance":
            numbered |= _version(said, str(number), partials)
        own = {key: value for key, value in said.items() if key != "after_s"}
        events.append(_event(common | numbered | own, f"{name}, line {line_number}"))
        place = _left(place, said)
    return Transcript(name, header.fields["title"], header.comment, tuple(events))


def recordings() -> tuple[Transcript, ...]:
    """The transcripts that come with the package, by name."""
    folder = files("klankbord").joinpath("recordings")
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".txt")), key=lambda file: file.name)
    return tuple(read_transcript(file.read_text(encoding="utf-8"), name=file.name[:-4]) for file in found)


def _header(text: str, name: str) -> _Header:
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    rule = next((at for at, (_, line) in enumerate(lines) if line == "---"), None)
    if rule is None:
        raise InvalidEvent(
            "invalid_schema", f"{name}, line {len(lines)}: no line '---' between the header and the conversation"
        )
    fields: Fields = {}
    comments = []
    for number, line in lines[:rule]:
        if line.startswith("#"):
            comments.append(line.lstrip("# "))
        elif line:
            key, value = _header_field(line, f"{name}, line {number}")
            fields[key] = value
    for key in _NEEDED:
        if key not in fields:
            raise InvalidEvent("invalid_schema", f"{name}, line {lines[rule][0]}: the header has no '{key}:'")
    if fields["channel"] not in tuple(Channel):
        raise InvalidEvent(
            "invalid_schema", f"{name}, line {lines[rule][0]}: the header's channel is one of {', '.join(Channel)}"
        )
    body = tuple((number, line) for number, line in lines[rule + 1 :] if line and not line.startswith("#"))
    return _Header(fields, " ".join(comments), body)


def _header_field(line: str, where: str) -> tuple[str, str]:
    match = _HEADER.fullmatch(line)
    if match is None:
        raise InvalidEvent("invalid_schema", f"{where}: a header line reads 'key: value'")
    key, value = match.groups()
    if key not in (*_NEEDED, *_OPTIONAL):
        raise InvalidEvent(
            "invalid_schema", f"{where}: unknown key '{key}'; one of {', '.join((*_NEEDED, *_OPTIONAL))}"
        )
    return key, value


def _said(line: str, where: str) -> Fields:
    """One line as the fields of its event, its time as `after_s`."""
    match = _LINE.fullmatch(line)
    if match is None or (match["start"] and match["type"]):
        raise InvalidEvent("invalid_schema", f"{where}: reads 'MM:SS role: text' or 'MM:SS * type key=value'")
    end_ms = _milliseconds(match["at"])
    after_s = str(end_ms / 1000)
    if match["role"] is None:
        return {"after_s": after_s, "type": match["type"], **dict(_own_fields(match["type"], match["fields"], where))}
    if match["role"] not in tuple(Role):
        raise InvalidEvent("invalid_schema", f"{where}: unknown role '{match['role']}'; one of {', '.join(Role)}")
    said = {"after_s": after_s, "type": "utterance", "role": match["role"], "text": match["text"]}
    if match["partial"]:
        said["is_final"] = "false"
    if match["start"] is None:
        return said
    start_ms = _milliseconds(match["start"])
    if end_ms < start_ms:
        raise InvalidEvent("absurd_time", f"{where}: what is said ends before it begins")
    return {**said, "start_ms": str(start_ms), "end_ms": str(end_ms)}


def _milliseconds(written: str) -> int:
    minutes, _, seconds = written.partition(":")
    return 60_000 * int(minutes) + round(1000 * float(seconds))


def _version(said: Fields, number: str, partials: dict[str, tuple[str, int]]) -> dict[str, object]:
    """Which version of which utterance a line is: the partials of a role belong to its next final."""
    utterance_id, revision = partials.pop(said["role"], (number, 0))
    if "is_final" in said:
        partials[said["role"]] = utterance_id, revision + 1
    return {"utterance_id": utterance_id, "revision": revision}


def _own_fields(kind: str, written: str, where: str) -> Iterator[tuple[str, str]]:
    if kind not in _OWN_FIELDS:
        raise InvalidEvent(
            "invalid_schema", f"{where}: unknown event '{kind}'; one of {', '.join(sorted(_OWN_FIELDS))}"
        )
    for pair in written.split():
        key, equals, value = pair.partition("=")
        if not equals or not value or key not in _OWN_FIELDS[kind]:
            may = ", ".join(sorted(_OWN_FIELDS[kind])) or "none"
            raise InvalidEvent("invalid_schema", f"{where}: '{pair}' is no field of '{kind}'; it has: {may}")
        yield key, value


def _arrived(place: _Place, said: Fields, first_agent: str, where: str) -> _Place:
    """The place at this line: later than the one before, and after an open transfer with an agent once one shows."""
    after_s = float(said["after_s"])
    if after_s < place.after_s:
        raise InvalidEvent("invalid_schema", f"{where}: the time lies before that of the line above")
    by_agent = said["type"] in ("joined", "utterance") and said.get("role", Role.AGENT) == Role.AGENT
    agent_id = first_agent if place.agent_id is None and by_agent else place.agent_id
    return replace(place, after_s=after_s, agent_id=agent_id)


def _left(place: _Place, said: Fields) -> _Place:
    """The place after this line: a transfer names the next agent, or leaves the customer without one."""
    if said["type"] != "transferred":
        return place
    return replace(place, queue=said.get("to_queue", place.queue), agent_id=said.get("to_agent"))


def _event(fields: dict[str, object], where: str) -> Event:
    given = {key: value for key, value in fields.items() if value is not None}
    try:
        # Not strict: what is written down is text, "3" and "true" included.
        event: Event = msgspec.convert(given, Event, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidEvent("invalid_schema", f"{where}: {error}") from None
    return event
