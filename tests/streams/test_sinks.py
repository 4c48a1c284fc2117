"""Where observations go: one contract for every sink, and what only the one over Redis promises."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec
import pytest
from redis import Redis

from config.settings import HERE, load_playbook
from klankbord.policy import Policy
from streams import embedded, wire
from streams.sinks import Batch, Sink, Unavailable
from streams.sinks.memory import MemorySink
from streams.sinks.redis import TIMEOUT_S, RedisSink
from streams.views import Views
from streams.wire import AlertMessage, BoardRow, SuggestionMessage
from tests.streams.given import records

VIEWS = Views(Policy(), load_playbook(HERE / "playbook"))
RECORDS = records()
ALERTS = VIEWS.alerts(RECORDS[-1], {})
OPENED = tuple(message for message in ALERTS if message.alert.state == "opened")
CLEARED = tuple(message for message in ALERTS if message.alert.state == "cleared")
SUGGESTIONS = tuple(suggestion for record in RECORDS for suggestion in VIEWS.suggestions(record))
ROWS = tuple(VIEWS.row(record) for record in RECORDS)
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands outside."""

    alerts: tuple[AlertMessage, ...]
    suggestions: tuple[SuggestionMessage, ...]
    board: dict[str, BoardRow]


class Outside(Protocol):
    """A sink, and a look at what came of it."""

    @property
    def sink(self) -> Sink: ...

    def seen(self) -> Seen: ...


@dataclass(frozen=True, slots=True)
class InMemory:
    sink: MemorySink

    def seen(self) -> Seen:
        board = {f"{tenant}/{name}": row for (tenant, name), (row, _) in self.sink.board.items()}
        return Seen(tuple(self.sink.alerts), tuple(self.sink.suggestions), board)


@dataclass(frozen=True, slots=True)
class InRedis:
    sink: RedisSink
    client: "Redis[bytes]"

    def seen(self) -> Seen:
        board = {
            name.decode(): msgspec.json.decode(row, type=BoardRow)
            for name, row in self.client.hgetall(wire.BOARD).items()
        }
        return Seen(
            streamed(self.client, wire.ALERTS, AlertMessage),
            streamed(self.client, wire.SUGGESTIONS, SuggestionMessage),
            board,
        )
