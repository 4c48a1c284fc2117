"""What time alone makes happen in the monitor: a wait that is too long, a conversation that ends or is forgotten."""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Protocol, cast

import faust
from faust.types import TP

from klankbord.errors import InvalidEvent
from klankbord.events import Event, encode
from streams import canary, wire
from streams.deadlines import Deadlines
from streams.forgetting import Forgetting, idle_end, marker
from streams.metrics import MonitorMetrics
from streams.schedule import Reached, everywhere
from streams.tables import Table
from streams.transport import Consumer

EVERY_S: Final = 1.0


class State(Protocol):
    """What a table of ours can do outside of an event."""

    def get(self, key: bytes, /) -> bytes | None:
        """The state under `key`."""
        ...

    def write(self, key: bytes, value: bytes | None) -> None:
        """Set it, or drop it with None."""
        ...


class Clock:
    """Looks every second what is due in `conversations`, and writes events about it to where the others come from."""

    def __init__(
        self,
        app: faust.App,
        conversations: Table,
        deadlines: Deadlines,
        forgetting: Forgetting,
        metrics: MonitorMetrics,
    ) -> None:
        self._app = app
        self._conversations = conversations
        self._deadlines = deadlines
        self._forgetting = forgetting
        self._metrics = metrics
        self._to_restart = True

    def start(self, canary_every_s: float) -> None:
        """Tick with the app; 0 sends no canaries."""
        app = self._app
        app.on_partitions_assigned.connect(self._remember_to_restart, weak=False)
        app.timer(EVERY_S, name="look_at_the_clock")(self.look)
        if canary_every_s:
            app.timer(canary_every_s, name="send_canary")(self.send_canary)

    async def look(self) -> None:
        """Write and forget what is due; not while partitions or states come and go."""
        if self._is_unsettled():
            return
        if self._to_restart:
            self._to_restart = False
            records = readable(self._conversations)
            self._deadlines.restart(records)
            self._forgetting.restart(records)
        now_s, reached = time.time(), self._reached()
        for deadline in self._deadlines.take_due(now_s, reached=reached):
            await self._write(deadline.event, deadline.topic, deadline.partition)
        self._metrics.conversations.set(len(self._conversations))
        left = forget(self._conversations, self._forgetting, self._metrics, now_s=now_s, reached=reached)
        for event, origin in left:
            await self._write(event, origin.topic, origin.partition)

    async def send_canary(self) -> None:
        """Write our own test conversation, where its partition is ours."""
        app = self._app
        if self._is_unsettled() or TP(canary.TOPIC, canary.PARTITION) not in app.consumer.assignment():
            return
        for event in canary.canary(time.time()):
            await self._write(event, canary.TOPIC, canary.PARTITION)
        self._metrics.canaries_sent.inc()

    def _is_unsettled(self) -> bool:
        return bool(self._app.rebalancing or self._app.in_recovery)

    def _reached(self) -> Reached:
        reached = cast(Consumer, self._app.consumer).reached()
        return lambda partition: reached.get(partition, 0.0)

    async def _remember_to_restart(self, *_: object, **__: object) -> None:
        self._to_restart = True

    async def _write(self, event: Event, topic: str, partition: int) -> None:
        await self._app.topic(topic, key_type=bytes, value_type=bytes).send(
            key=wire.input_key(event), value=encode(event), partition=partition
        )


def forget(
    conversations: State,
    forgetting: Forgetting,
    metrics: MonitorMetrics,
    *,
    now_s: float,
    reached: Reached = everywhere,
) -> list[tuple[Event, wire.Origin]]:
    """Let go of what is over, and give the events that end what was idle, with where to write them."""
    ended: list[tuple[Event, wire.Origin]] = []
    for key, step in forgetting.take_due(now_s, reached=reached):
        raw = conversations.get(key)
        if raw is None:
            continue
        record = wire.decode_record(raw)
        if step == "end":
            ended.append((idle_end(record, forgetting.policy), record.origin))
        elif step == "close":
            small = marker(record)
            conversations.write(key, wire.encode(small))
            forgetting.follow(key, small)
        else:
            conversations.write(key, None)
        metrics.left.labels(step).inc()
    return ended


def readable(conversations: Mapping[bytes, bytes]) -> list[tuple[bytes, wire.Record]]:
    """The state as records; what cannot be read waits for an event, which will say so."""
    records = []
    for key, raw in list(conversations.items()):
        with suppress(InvalidEvent):
            records.append((key, wire.read_state(raw)))
    return records
