"""Recorded events through `observe()`, for the command line, golden tests, benchmarks and backtests."""

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec
from msgspec.structs import replace

from klankbord.conversation import Conversation
from klankbord.errors import InvalidEvent
from klankbord.events import Event, decode
from klankbord.observation import Observation, observe
from klankbord.policy import Policy


def replay(events: Iterable[Event], policy: Policy) -> Iterator[Observation]:
    """One observation for each event, in their order; conversations are told apart by tenant and id."""
    conversations: dict[tuple[str, str], Conversation] = {}
    for event in events:
        key = event.tenant, event.conversation_id
        observation = observe(conversations.get(key, Conversation()), event, policy)
        conversations[key] = observation.conversation
        yield observation


def read_events(path: Path) -> Iterator[Event]:
    """The canonical events of a JSON-lines file (`.jsonl`, `.jsonl.gz`); `InvalidEvent` names the line."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield decode(line)
                except InvalidEvent as error:
                    raise InvalidEvent(error.reason, f"{path.name}, line {number}: {error}") from None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no event, with the ids it names: a judge of the rest needs to know which it was."""

    event_id: str
    conversation_id: str
    error: str


class _Ids(msgspec.Struct):
    event_id: str = ""
    conversation_id: str = ""


def replay_lines(path: Path, policy: Policy) -> Iterator[Observation | Unreadable]:
    """An observation for each line of a JSON-lines file, and an `Unreadable` in place of a line that is no event."""
    conversations: dict[tuple[str, str], Conversation] = {}
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for line in filter(bytes.strip, lines):
            try:
                event = decode(line)
            except InvalidEvent as error:
                yield _unreadable(line, error)
                continue
            key = event.tenant, event.conversation_id
            observation = observe(conversations.get(key, Conversation()), event, policy)
            conversations[key] = observation.conversation
            yield observation


def _unreadable(line: bytes, error: InvalidEvent) -> Unreadable:
    try:
        ids = msgspec.json.decode(line, type=_Ids)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        ids = _Ids()
    return Unreadable(ids.event_id, ids.conversation_id, str(error))


def shifted(event: Event, seconds: float) -> Event:
    """The same event, `seconds` later."""
    return replace(event, at=event.at + timedelta(seconds=seconds))
