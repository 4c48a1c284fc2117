"""Many conversations at once, at so many events a second whatever becomes of them: a source that does not wait.

It is another process than those that are measured, and is told what to do over a pipe. An event's time is when it was
due, so whoever measures from there misses nothing of what a source that is held up would hide.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Final, NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

from benchmarks.growth import lines
from benchmarks.readers import questions
from streams import wire

TICK_S: Final = 0.005
BATCH_BYTES: Final = 512 * 1024
AT_ONCE: Final = 500  # of what is overdue: they fit into a batch
RUN: Final = "talk"  # what event ids begin with; a number follows


class Floor(NamedTuple):
    """Who talks: so many conversations of one tenant, in so many partitions."""

    tenant: str
    conversations: int
    partitions: int


class Talked(NamedTuple):
    """What was sent, and how late the source itself was at most."""

    events: int
    seconds: float
    behind_ms: float
    cpu_s: float


class Event(NamedTuple):
    """One record to produce."""

    partition: int
    key: bytes
    value: bytes


class Talks:
    """The next event of each conversation in turn: customer and agent, line after line, without an end."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._lines = [(one.role.value, msgspec.json.encode(one.text).decode()) for one in lines()]
        self._heads = [self._head(number) for number in range(floor.conversations)]
        self.number = 0

    def _head(self, number: int) -> tuple[int, bytes, str]:
        name = f"chat-{number:08}"
        partition = (murmur2(name.encode()) & 0x7FFFFFFF) % self._floor.partitions
        said = (
            f'"tenant":"{self._floor.tenant}","conversation_id":"{name}","channel":"chat","queue":"queue-{number % 8}",'
            f'"team":"team-{number % 20:02}","agent_id":"agent-{number:05}","language":"en"'
        )
        return partition, name.encode(), said

    def next(self, due_s: float) -> Event:
        """Who speaks next, as if at `due_s`."""
        turn, conversation = divmod(self.number, self._floor.conversations)
        partition, key, said = self._heads[conversation]
        # Neighbours begin elsewhere in the lines, and everybody's turns alternate.
        role, text = self._lines[(turn + 2 * conversation) % len(self._lines)]
        at = datetime.fromtimestamp(due_s, UTC).isoformat()
        value = (
            f'{{"type":"utterance","schema":1,"event_id":"{RUN}-{self.number}",{said},"at":"{at}",'
            f'"utterance_id":"{turn}","role":"{role}","text":{text}}}'
        )
        self.number += 1
        return Event(partition, key, value.encode())


def run(pipe: Connection, broker: str, floor: Floor) -> None:
    """Do what the pipe says until it closes: ("talk", events a second, seconds)."""
    asyncio.run(_run(pipe, broker, floor))


async def _run(pipe: Connection, broker: str, floor: Floor) -> None:
    talks = Talks(floor)
    async with AIOKafkaProducer(bootstrap_servers=broker, acks=1, linger_ms=0, max_batch_size=BATCH_BYTES) as producer:
        pipe.send("ready")
        async for _, rate, seconds in questions(pipe):
            pipe.send(await _talk(producer, talks, floor, rate, seconds))


async def _talk(producer: AIOKafkaProducer, talks: Talks, floor: Floor, rate: float, seconds: float) -> Talked:
    began, cpu, sent, behind_s = time.time(), time.process_time(), 0, 0.0
    sending: set[asyncio.Future[object]] = set()
    while sent < rate * seconds:
        now = time.time() - began
        batches = {partition: producer.create_batch() for partition in range(floor.partitions)}
        for due_s in due(rate, seconds, sent, now):
            sent += 1
            behind_s = max(behind_s, now - due_s)
            event = talks.next(began + due_s)
            batch = batches[event.partition]
            taken = batch.append(key=event.key, value=event.value, timestamp=round(time.time() * 1000))
            assert taken is not None, "an event did not fit into the batch"
        for partition, batch in batches.items():
            if batch.record_count():
                future = await producer.send_batch(batch, wire.CHAT_MESSAGES, partition=partition)
                sending.add(future)
                future.add_done_callback(sending.discard)
        await asyncio.sleep(max(0.0, TICK_S - (time.time() - began - now)))
    await asyncio.gather(*sending)
    return Talked(sent, time.time() - began, 1000 * behind_s, time.process_time() - cpu)


def due(rate: float, seconds: float, sent: int, now: float) -> Iterator[float]:
    """When the events were due that are due by now, in seconds; of a long delay no more than fit into a batch."""
    for number in range(sent, min(int(now * rate) + 1, round(rate * seconds), sent + AT_ONCE)):
        yield number / rate
