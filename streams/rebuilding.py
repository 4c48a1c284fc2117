"""What Redis is made again from: the newest state of every conversation, and what was suggested of late."""

# Everything here waits for a network: call it in a thread, never on a worker's loop.

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import kafka
import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from config.access import OPEN, Access
from streams import wire
from streams.permissions import PUBLISHER_GROUP
from streams.topics import BrokerUnavailable
from streams.verify import reading

POLL_MS: Final = 500
ANSWER_S: Final = 30.0  # a broker that gives nothing for so long, though there is more, is not going to

Stopping: TypeAlias = Callable[[], bool]
Lost: TypeAlias = tuple[wire.Record, Sequence[wire.Record]]  # the newest of a conversation, and its recent ones


class Stopped(Exception):
    """Nobody waits for it any more."""


class _Kind(msgspec.Struct, frozen=True):
    type: str


class _Head(msgspec.Struct, frozen=True):
    """As much of a record as says whether it counts."""

    observation: _Kind
    origin: wire.Origin
    fence: dict[str, int]

    @property
    def progress(self) -> int:
        return sum(self.fence.values())


_heads: Final = msgspec.json.Decoder(_Head)


@dataclass(slots=True)
class _Told:
    progress: int
    newest: bytes
    recent: list[bytes]


@dataclass(slots=True)
class Kept:
    """Conversations that are not forgotten: the newest record of each, and those since `since_ms` in their order."""

    since_ms: float
    _told: dict[bytes, _Told] = field(default_factory=dict)

    def take(self, key: bytes, value: bytes | None) -> None:
        """The next record of its partition."""
        head = None if value is None else _heads.decode(value)
        if value is None or head is None or head.observation.type == wire.CLOSED:
            self._told.pop(key, None)
            return
        told = self._told.setdefault(key, _Told(-1, value, []))
        # A worker that was frozen may have written an older state after a newer one.
        if head.progress >= told.progress:
            told.progress, told.newest = head.progress, value
        if head.origin.timestamp_ms >= self.since_ms:
            told.recent.append(value)

    def conversations(self) -> list[Lost]:
        """All of them, in the order in which their first alerts opened: so the budget of an hour was given out."""
        found = [
            (wire.decode_record(told.newest), [wire.decode_record(value) for value in told.recent])
            for told in self._told.values()
        ]
        return sorted(found, key=lambda one: _first_opened(one[0]))


def _first_opened(record: wire.Record) -> float:
    return min((episode.opened_at for episode in record.observation.conversation.episodes.values()), default=0.0)


def read(
    bootstrap_servers: str,
    published: Mapping[int, int],
    *,
    since_ms: float,
    stopping: Stopping,
    access: Access = OPEN,
) -> list[Lost]:
    """Everything that the group has published: `published` by partition, or further where it has committed more.

    What lies behind is not lost: it is still to come, and is told as new.
    """
    with reading(bootstrap_servers, PUBLISHER_GROUP, access=access) as reader:
        ends = {
            TopicPartition(wire.OBSERVATIONS, number): max(offset, _committed(reader, number))
            for number, offset in published.items()
        }
    kept = Kept(since_ms)
    try:
        asyncio.run(_read_all(bootstrap_servers, access, ends, kept, stopping))
    except KafkaError as error:
        raise BrokerUnavailable(f"Kafka at {bootstrap_servers} did not answer as it should: {error}") from error
    return kept.conversations()


def _committed(reader: kafka.KafkaConsumer, number: int) -> int:
    return reader.committed(kafka.TopicPartition(wire.OBSERVATIONS, number)) or 0


async def _read_all(
    bootstrap_servers: str, access: Access, ends: Mapping[TopicPartition, int], kept: Kept, stopping: Stopping
) -> None:
    # Not kafka-python: it computes the checksum of every batch in Python, and takes seven times as long.
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=None, enable_auto_commit=False, **access)
    await consumer.start()
    try:
        consumer.assign(list(ends))
        await consumer.seek_to_beginning()
        answered = time.monotonic()
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            if stopping():
                raise Stopped
            fetched = await consumer.getmany(timeout_ms=POLL_MS)
            if fetched:
                answered = time.monotonic()
            elif time.monotonic() - answered > ANSWER_S:
                raise BrokerUnavailable(
                    f"nothing of {wire.OBSERVATIONS} came within {ANSWER_S:g} s, though there is more"
                )
            for tp, records in fetched.items():
                for record in records:
                    if record.offset < ends[tp]:
                        kept.take(record.key, record.value)
    finally:
        await consumer.stop()
