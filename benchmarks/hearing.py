"""When an event is heard of: as an observation in Kafka, as a row in Redis, as a row in a page's stream.

Another process, told what to do over a pipe. The measure is the event's own time, which is when it was due.
"""

import asyncio
import threading
import time
from array import array
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Final, NamedTuple, cast

import msgspec
from kafka import KafkaConsumer
from redis import Redis

from benchmarks.draining import partitions
from benchmarks.readers import ROW_AT, Asked, Opened, Pages, questions
from benchmarks.talking import RUN
from streams import wire

OBSERVED: Final = "observation"
IN_REDIS: Final = "Redis"
IN_STREAM: Final = "SSE client"
POLL_MS: Final = 20
READ_MOST: Final = 5_000


class Heard(NamedTuple):
    """Milliseconds by stage, in the order in which they came; of observations also when, and in which partition."""

    late_ms: Mapping[str, Sequence[float]]
    at_s: Sequence[float]
    partition: Sequence[int]


class Count(NamedTuple):
    """Events that have an observation, and observations beyond the first of an event."""

    observed: int
    doubled: int
    rows: int


class Seen(msgspec.Struct):
    """What is needed of an observation."""

    event_id: str
    at: float


class _Record(msgspec.Struct):
    observation: Seen


class _Row(msgspec.Struct):
    at: float


_records: Final = msgspec.json.Decoder(_Record)
_rows: Final = msgspec.json.Decoder(_Row)


class Ears(Pages):
    """All that is heard in this process."""

    def __init__(self, broker: str, redis_url: str) -> None:
        super().__init__()
        self._broker = broker
        self._redis_url = redis_url
        self._lock = threading.Lock()
        self._known = bytearray()
        self._observed = self._doubled = self._written = 0
        self.ready = [threading.Event(), threading.Event()]
        self._forget()

    def _forget(self) -> None:
        self._late = {name: array("f") for name in (OBSERVED, IN_REDIS, IN_STREAM)}
        self._at, self._partition = array("d"), array("h")

    def heard_all(self) -> Heard:
        """What came since the last time this was asked."""
        with self._lock:
            said = Heard(self._late, self._at, self._partition)
            self._forget()
        return said

    def counted(self) -> Count:
        """Since the beginning."""
        return Count(self._observed, self._doubled, self._written)

    def read(self, asked: Asked, events: bytes, now: float) -> None:
        """Every row of a piece of the stream."""
        late = [1000 * (now - float(at)) for at in ROW_AT.findall(events)]
        with self._lock:
            self._late[IN_STREAM].extend(late)

    def listen(self) -> None:
        """Begin to read Kafka and Redis, each in a thread."""
        for place, target in enumerate((self._read_kafka, self._read_redis)):
            threading.Thread(target=target, args=(self.ready[place],), daemon=True).start()

    def _read_kafka(self, ready: threading.Event) -> None:
        consumer = KafkaConsumer(
            bootstrap_servers=self._broker,
            group_id=None,
            enable_auto_commit=False,
            fetch_max_wait_ms=POLL_MS,
            check_crcs=False,  # in plain Python they cost 200 us an observation
        )
        consumer.assign(partitions(consumer, wire.OBSERVATIONS))
        consumer.seek_to_end()
        for partition in consumer.assignment():
            consumer.position(partition)
        ready.set()
        while True:
            for where, records in consumer.poll(timeout_ms=POLL_MS).items():
                now = time.time()
                with self._lock:
                    for record in records:
                        if record.value is not None:
                            self.observed(_records.decode(record.value).observation, where.partition, now)

    def observed(self, seen: Seen, partition: int, now: float) -> None:
        """An observation was read at `now`."""
        run, _, number = seen.event_id.rpartition("-")
        if run != RUN:
            return  # what the monitor says by itself
        place = int(number)
        if place >= len(self._known):
            self._known.extend(bytes(max(place + 1, 2 * len(self._known)) - len(self._known)))
        if self._known[place]:
            self._doubled += 1
            return
        self._known[place] = 1
        self._observed += 1
        self._late[OBSERVED].append(1000 * (now - seen.at))
        self._at.append(now)
        self._partition.append(partition)

    def _read_redis(self, ready: threading.Event) -> None:
        with Redis.from_url(self._redis_url) as redis:
            at = b"$"
            newest = cast(list[tuple[bytes, object]], redis.xrevrange(wire.BOARD_CHANGES, count=1))
            at = newest[0][0] if newest else b"0"
            ready.set()
            while True:
                found = redis.xread({wire.BOARD_CHANGES: at}, count=READ_MOST, block=1000)
                for _, entries in cast(list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]], found):
                    at = entries[-1][0]
                    late = [
                        int(entry_id.partition(b"-")[0]) - 1000 * _rows.decode(fields[wire.FIELD]).at
                        for entry_id, fields in entries
                    ]
                    with self._lock:
                        self._late[IN_REDIS].extend(late)
                        self._written += len(late)


def run(pipe: Connection, broker: str, redis_url: str) -> None:
    """Do what the pipe says until it closes: ("open", host, port, streams), ("heard",), ("count",)."""
    asyncio.run(_run(pipe, Ears(broker, redis_url)))


async def _run(pipe: Connection, ears: Ears) -> None:
    loop = asyncio.get_running_loop()
    ears.listen()
    for ready in ears.ready:
        await loop.run_in_executor(None, ready.wait)
    pipe.send("ready")
    async for what, *more in questions(pipe):
        answer: Opened | Heard | Count
        answer = await ears.open(*more) if what == "open" else ears.heard_all() if what == "heard" else ears.counted()
        pipe.send(answer)
