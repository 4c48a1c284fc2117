"""Our Faust table, through Faust's own extension points: its recovery ends, and it holds only what is ours to hold.

`tests/streams/test_tables.py` shows what each of these closes, and knows the source of every method relied on here.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

import faust
from faust.stores import memory
from faust.tables import TableManager as FaustTableManager
from faust.tables.recovery import Recovery as FaustRecovery
from faust.types import TP, EventT
from mode import Service

from streams.recovery import is_older
from streams.transport import Consumer, Producer

LOOK_S: Final = 0.25
# So many answers to fetches without a record, and so long nothing on its way here.
ANSWERS: Final = 3
QUIET_S: Final = 1.0


class Store(memory.Store[bytes, bytes]):
    """Knows of every key which partition it belongs to, and drops it with its partition.

    Faust's knows that of recovered keys only: what was written here stays when the partition leaves, and is there
    again, as old as it is, when the partition comes back.
    """

    def place(self, key: bytes, partition: int) -> None:
        """Remember where `key` lives."""
        self._key_partition[key] = partition

    def partition_of(self, key: bytes) -> int | None:
        """Where `key` lives."""
        return self._key_partition.get(key)

    def displace(self, key: bytes) -> None:
        """`key` lives nowhere any more."""
        self._key_partition.pop(key, None)

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Drop what leaves, and what is left of what comes: all of it is read from the changelog."""
        changelog = self.table.changelog_topic.get_topic_name()
        gone = {tp.partition for tp in revoked | newly_assigned if tp.topic == changelog}
        for key in [key for key, partition in self._key_partition.items() if partition in gone]:
            self.data.pop(key, None)
            del self._key_partition[key]

    def apply_changelog_batch(
        self, batch: Iterable[EventT[bytes]], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
    ) -> None:
        """As Faust's, without records that have no key: nobody of ours writes them, and no state belongs to them."""
        super().apply_changelog_batch([event for event in batch if event.key is not None], to_key, to_value)


class Table(faust.Table[bytes, bytes]):
    """Bytes in memory, with a way to write outside of an event."""

    def _new_store(self) -> Store:
        return Store(
            "memory://",
            self.app,
            self,
            table_name=self.name,
            key_type=self.key_type,
            value_type=self.value_type,
            key_serializer=self.key_serializer,
            value_serializer=self.value_serializer,
            loop=self.loop,
        )

    def apply_changelog_batch(self, batch: Iterable[EventT[Any]]) -> None:
        """Apply what is newer than what is known; Faust's takes the last record, whoever wrote it.

        A worker that was frozen, lost its partitions and wakes up still writes what it had in hand. Kafka does not
        know that it is a zombie: its record lies after newer ones, and recovery would go back to it, past events that
        are committed.
        """
        newest: dict[Any, bytes | None] = {}
        kept = []
        for event in batch:
            key, value = event.message.key, event.message.value
            known = newest[key] if key in newest else self.data.get(key)
            if value is not None and known is not None and is_older(value, known):
                continue
            newest[key] = value
            kept.append(event)
        super().apply_changelog_batch(kept)

    def on_key_get(self, key: bytes) -> None:
        """As Faust's, which counts it for a sensor that nobody asks."""

    def on_key_set(self, key: bytes, value: bytes) -> None:
        """As Faust's, by the short way to the producer."""
        self._change(self._own_partition(key), key, value)

    def on_key_del(self, key: bytes) -> None:
        """As Faust's, by the short way to the producer."""
        self._change(self._own_partition(key), key, None)

    def _own_partition(self, key: bytes) -> int:
        partition = self.partition_for_key(key)
        if partition is None:
            raise TypeError("a table of ours takes its partitions from its events")
        return partition

    def _change(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Write a change behind all changes before it; every one passes here, so here the key gets its place."""
        if not cast(Producer, self.app.producer).send_now(self.changelog_topic_name, key, value, partition):
            self.send_changelog(partition, key, value)
        if value is None:
            self.store.displace(key)
        else:
            self.store.place(key, partition)

    @property
    def store(self) -> Store:
        """The store, by its type."""
        store: Any = self.data
        if not isinstance(store, Store):
            raise TypeError("a table of ours has a store of ours")
        return store

    def write(self, key: bytes, value: bytes | None) -> None:
        """Set `key`, or drop it with None, outside of an event; it must be here."""
        partition = self.store.partition_of(key)
        if partition is None:
            raise KeyError(key)
        if value is None:
            self.store.data.pop(key, None)
        else:
            self.store.data[key] = value
        self._change(partition, key, value)


@dataclass(frozen=True, slots=True)
class Tail:
    """A partition whose last records do not come: since when, and how often Kafka answered meanwhile."""

    offset: int
    asked_at_ms: int
    since_s: float
    answers: int = 0

    @property
    def ended(self) -> bool:
        """Nothing more comes. Kafka is asked anew only when what it had answered was handed on."""
        return self.answers >= ANSWERS


def follow(before: Tail | None, *, offset: int, asked_at_ms: int, now_s: float) -> Tail:
    """Take in one more look at a partition."""
    if before is None or before.offset != offset:
        return Tail(offset, asked_at_ms, now_s)
    answers = before.answers + (asked_at_ms != before.asked_at_ms)
    return Tail(offset, asked_at_ms, before.since_s, answers)


class Recovery(FaustRecovery):
    """Ends where Kafka has no more, too.

    Faust waits for the record before the end of the log. When that one was compacted away, as the tombstone of the
    last conversation is after a week, or is one that no reader gets, it waits for ever (faust-streaming #176).
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self._tails: dict[TP, Tail] = {}

    @Service.task
    async def _look_for_the_end(self) -> None:
        while not self.should_stop:
            await self.sleep(LOOK_S)
            self.look(time.monotonic())

    def look(self, now_s: float) -> None:
        """Count what Kafka answered, and take a partition that has no more for recovered."""
        if not self.in_recovery or not self.tables.changelog_queue.empty():
            self._tails.clear()
            return
        for tp, remaining in self.active_remaining().items():
            asked_at_ms = self._asked(tp) if remaining > 0 else None
            if asked_at_ms is None:
                self._tails.pop(tp, None)
                continue
            tail = follow(self._tails.get(tp), offset=self.active_offsets[tp], asked_at_ms=asked_at_ms, now_s=now_s)
            self._tails[tp] = tail
            if tail.ended and now_s - tail.since_s >= QUIET_S:
                self.log.info("%s records at the end of %s do not exist any more", remaining, tp)
                self.active_offsets[tp] = self.active_highwaters[tp]

    def _asked(self, tp: TP) -> int | None:
        consumer = self.app.consumer
        return consumer.asked_at_ms(tp) if isinstance(consumer, Consumer) else None


class TableManager(FaustTableManager):
    """Recovers with our `Recovery`."""

    @property
    def recovery(self) -> Recovery:
        """As Faust's, with another class."""
        if not isinstance(self._recovery, Recovery):
            self._recovery = Recovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery


def recovery_of(app: faust.App) -> Recovery | None:
    """The recovery, if the app has made it; for other threads, as `streams.transport.consumer_of` is."""
    tables = app.tables
    recovery = tables._recovery if isinstance(tables, TableManager) else None
    return recovery if isinstance(recovery, Recovery) else None
