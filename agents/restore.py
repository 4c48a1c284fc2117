"""Makes Redis whole again, from Kafka, when it came back without what it had; what is new goes on meanwhile."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

import structlog

from klankbord.errors import KlankbordError
from streams.metrics import PublisherMetrics
from streams.rebuilding import Lost, Stopped, Stopping
from streams.sinks import Losing, Unavailable

LOOK_EVERY_S: Final = 1.0
# Conversations at a time: between two of these what is new is published, and it may not wait long.
AT_ONCE: Final = 100

log = structlog.get_logger()


class Publishing(Protocol):
    """The publisher, which goes on meanwhile."""

    lost: asyncio.Event

    def reached(self, partition: int) -> int: ...
    def noting(self) -> AbstractAsyncContextManager[None]: ...
    async def again(self, conversations: Sequence[Lost]) -> None: ...
    def done_noting(self) -> AbstractAsyncContextManager[None]: ...


class Read(Protocol):
    """Reads what was published; `streams.rebuilding.read` with the brokers' addresses."""

    def __call__(self, published: Mapping[int, int], /, *, since_ms: float, stopping: Stopping) -> Sequence[Lost]: ...


class Restoring:
    """Watches the partitions of this publisher; each is made whole by whoever has it."""

    def __init__(
        self,
        publisher: Publishing,
        sink: Losing,
        metrics: PublisherMetrics,
        *,
        suggested_s: Callable[[], float],
        read: Read,
    ) -> None:
        self._publisher = publisher
        self._sink = sink
        self._metrics = metrics
        self._suggested_s = suggested_s  # for how long a suggestion stands
        self._read = read
        self._stopped = False

    async def watch(self, assigned: Callable[[], AbstractSet[int]]) -> None:
        """Look again and again, and at once when a batch found that something is gone; ends when it is cancelled."""
        try:
            while True:
                try:
                    await self.look(assigned())
                    self._metrics.redis_up.set(1)
                except Unavailable as error:
                    self._metrics.redis_up.set(0)
                    log.warning("redis could not be made whole, trying again", error=str(error))
                except KlankbordError as error:
                    log.warning("redis could not be made whole, trying again", error=str(error))
                self._publisher.lost.clear()
                try:
                    await asyncio.wait_for(self._publisher.lost.wait(), LOOK_EVERY_S)
                except TimeoutError:
                    pass
        finally:
            self._stopped = True

    async def look(self, partitions: AbstractSet[int]) -> None:
        """Make whole what of these partitions is not."""
        lost = await self._sink.lost(self._reached(partitions))
        if not lost:
            return
        began = time.monotonic()
        mark = f"since {secrets.token_hex(8)}"
        await self._sink.begin(lost, mark)
        async with self._publisher.noting():
            # All of what was handed to Redis so far may be lost; what is handed to it from now on is noted.
            reached = self._reached(lost)
        try:
            conversations = await asyncio.to_thread(
                self._read,
                reached,
                since_ms=(time.time() - self._suggested_s()) * 1000,
                stopping=lambda: self._stopped,
            )
            for start in range(0, len(conversations), AT_ONCE):
                await self._publisher.again(conversations[start : start + AT_ONCE])
            async with self._publisher.done_noting():
                whole = await self._sink.end(self._reached(lost), mark)
        except Stopped:
            return
        took_s = time.monotonic() - began
        if not conversations:
            return
        log.info("redis made again", conversations=len(conversations), took_s=round(took_s, 3), whole=whole)
        if whole:
            self._metrics.redis_rebuilds.inc()
            self._metrics.redis_rebuild_seconds.observe(took_s)

    def _reached(self, partitions: AbstractSet[int]) -> dict[int, int]:
        return {number: self._publisher.reached(number) for number in sorted(partitions)}
