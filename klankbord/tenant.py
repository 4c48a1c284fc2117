"""What one tenant brings and takes home: events with marks of alerts, and a policy file with judges of its own."""

import gzip
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from klankbord.adaptation import Talk
from klankbord.errors import InvalidEvent
from klankbord.events import Event, Identifier, Tenant, decode
from klankbord.models.judges import Judge, Judges

Key: TypeAlias = tuple[str, str]  # tenant and conversation id

# Fewer teach nothing that a fold could be kept from.
LEAST_TALKS: Final = 5


class Mark(Struct, frozen=True, tag_field="type", tag="mark", forbid_unknown_fields=True, omit_defaults=True):
    """What a person said of an alert that opened at `event_id`: it was right, or it was wrong.

    `klankbord marks` also writes which rule it was, and its value when it opened. Who said it, and in what words, is
    in no mark: a model of alerts needs neither.
    """

    tenant: Tenant
    conversation_id: Identifier
    event_id: Identifier
    right: bool
    rule: str = ""
    rule_version: str = ""
    value: float | None = None
    marked_at: datetime | None = None


class _Tagged(Struct):
    type: Any = None


_mark: Final = msgspec.json.Decoder(Mark)
_tagged: Final = msgspec.json.Decoder(_Tagged)


def read_marked(path: Path, marks: Iterable[Mark] = ()) -> Iterator[Talk]:
    """The conversations of a JSON-lines file of events and marks that have a mark; `InvalidEvent` names the line.

    A mark in the file has its event there. Of `marks`, made elsewhere, those whose event is not there are of others.
    """
    events: dict[Key, list[Event]] = {}
    own: list[Mark] = []
    for piece in _pieces(path):
        if isinstance(piece, Mark):
            own.append(piece)
        else:
            events.setdefault((piece.tenant, piece.conversation_id), []).append(piece)
    known = {key: {event.event_id for event in of_talk} for key, of_talk in events.items()}
    lost = [mark.event_id for mark in own if mark.event_id not in known.get(of_contact(mark), ())]
    if lost:
        raise InvalidEvent("invalid_schema", f"{path}: a mark names event '{min(lost)}', which is not there")
    there = (mark for mark in marks if mark.event_id in known.get(of_contact(mark), ()))
    for key, of_talk in _by_talk([*own, *there]).items():
        yield Talk(tuple(events[key]), marks=of_talk)


def read_marks(path: Path) -> tuple[Mark, ...]:
    """The marks of a file that holds nothing else; of an alert that was marked again, the last one."""
    marks: dict[tuple[Key, str, str], Mark] = {}
    for piece in _pieces(path):
        if not isinstance(piece, Mark):
            raise InvalidEvent(
                "invalid_schema", f"{path}: holds events; what `klankbord marks` writes holds marks only"
            )
        marks[of_contact(piece), piece.event_id, piece.rule] = piece
    return tuple(marks.values())


def of_contact(mark: Mark) -> Key:
    """Which conversation the marked alert is of."""
    return mark.tenant, mark.conversation_id


def _by_talk(marks: Iterable[Mark]) -> dict[Key, dict[str, bool]]:
    """Whether a person wanted to be told at an event: where two alerts opened at once, one that was right is enough."""
    last = {(of_contact(mark), mark.event_id, mark.rule): mark.right for mark in marks}
    found: dict[Key, dict[str, bool]] = {}
    for (key, event_id, _), right in last.items():
        of_talk = found.setdefault(key, {})
        of_talk[event_id] = right or of_talk.get(event_id, False)
    return found


def _pieces(path: Path) -> Iterator[Event | Mark]:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield _as_mark(line) or decode(line)
            except InvalidEvent as error:
                raise InvalidEvent(error.reason, f"{path}, line {number}: {error}") from None


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
