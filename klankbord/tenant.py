"""What one tenant brings and takes home: events with marks of alerts, and a policy file with judges of its own."""

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from klankbord.adaptation import Talk
from klankbord.errors import InvalidEvent
from klankbord.events import Event, Identifier, decode
from klankbord.models.judges import Judge, Judges

# Fewer teach nothing that a fold could be kept from.
LEAST_TALKS: Final = 5


class Mark(Struct, frozen=True, tag_field="type", tag="mark", forbid_unknown_fields=True):
    """What a person said of an alert that opened at `event_id`: it was right, or it was wrong."""

    tenant: Identifier
    conversation_id: Identifier
    event_id: Identifier
    right: bool


class _Tagged(Struct):
    type: Any = None


_mark: Final = msgspec.json.Decoder(Mark)
_tagged: Final = msgspec.json.Decoder(_Tagged)


def read_marked(path: Path) -> Iterator[Talk]:
    """The conversations of a JSON-lines file of events and marks that have a mark; `InvalidEvent` names the line."""
    events: dict[tuple[str, str], list[Event]] = {}
    marks: dict[tuple[str, str], dict[str, bool]] = {}
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                mark = _as_mark(line)
                event = None if mark is not None else decode(line)
            except InvalidEvent as error:
                raise InvalidEvent(error.reason, f"{path}, line {number}: {error}") from None
            if mark is not None:
                marks.setdefault((mark.tenant, mark.conversation_id), {})[mark.event_id] = mark.right
            elif event is not None:
                events.setdefault((event.tenant, event.conversation_id), []).append(event)
    for key, of_talk in marks.items():
        missing = of_talk.keys() - {event.event_id for event in events.get(key, ())}
        if missing:
            raise InvalidEvent("invalid_schema", f"{path}: a mark names event '{min(missing)}', which is not there")
        yield Talk(tuple(events[key]), marks=of_talk)


def adapted_policy(judges: Judges, talks: int) -> str:
    """A policy file that holds nothing but the judges."""
    head = [
        f"# Fitted by `klankbord adapt` to {talks} conversations of your own. Every number that is not named here is",
        "# the built-in one. Weights move the log-odds; a person may change or remove any of them.",
    ]
    tables = [
        *_judge("dissatisfaction", judges.dissatisfaction),
        *_judge("escalation", judges.escalation),
    ]
    for kind, correction in sorted(judges.heads.items()):
        tables += ["", f"[judges.heads.{kind}]", f"slope = {correction.slope}", f"offset = {correction.offset}"]
    return "\n".join([*head, *tables]) + "\n"


def _as_mark(line: bytes) -> Mark | None:
    """The mark on this line, or none where it is an event's reader that has to say what it is."""
    try:
        if _tagged.decode(line).type != "mark":
            return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    try:
        return _mark.decode(line)
    except msgspec.DecodeError as error:
        raise InvalidEvent("invalid_schema", f"a mark that does not fit: {error}") from None


def _judge(name: str, judge: Judge) -> Iterable[str]:
    yield from ("", f"[judges.{name}]", f"bias = {judge.bias}", "", f"[judges.{name}.weights]")
    yield from (f'"{number}" = {weight}' for number, weight in sorted(judge.weights.items()))
