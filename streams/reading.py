"""From where a consumer reads: a seek and a fetch never at once, and nothing out of its place.

Faust fetches in one task and seeks in another, and both wait for the consumer's thread. When a partition is given out,
its inputs may have been fetched and passed over while they were paused; the seek at the end of the recovery goes back
for them. What was fetched before that seek and is handed out after it comes before what it went back for: Faust takes
it for the place up to which it has read, and drops the rest. `tests/streams/test_reading.py` shows each of these, and
knows the source of every method replaced here.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Any

from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message
from mode.utils.queues import FlowControlEvent


class FlowControl(FlowControlEvent):
    """Empties the streams' queues when they begin to flow, and never while they do.

    Faust lets flow once to read the changelog and again when that is over. The second time it would throw away what
    was handed out since the seek, and process what comes after it.
    """

    def resume(self) -> None:
        """Let flow what stands still."""
        if not self.is_active():
            super().resume()


class ReadOffsets(defaultdict[TP, int | None]):
    """Up to where each partition was read. Who looks one up hears that nobody knows.

    Faust drops what lies before it, and sets it after a message was handed out: also when a seek went back meanwhile.
    """

    def __init__(self) -> None:
        super().__init__(lambda: None)

    def __getitem__(self, tp: TP) -> None:
        return None


class Reading(driver.Consumer):
    """Hands out what was fetched since the last seek of its partition; of inputs nothing before the first."""

    def __init__(self, transport: Any, callback: Callable[[Message], Awaitable[None]], *args: Any, **kwargs: Any):
        self._positioning = asyncio.Lock()
        self._number = count(1)
        self._sought: dict[TP, int] = {}  # the number of the last seek
        self._fetched_after: dict[TP, int] = {}  # of the last one before the fetch
        self._in_place = callback
        super().__init__(transport, self._in_place_only, *args, **kwargs)
        self._read_offset = ReadOffsets()

    def _is_input(self, topic: str) -> bool:
        return bool(self.app.topics.acks_enabled_for(topic))

    def _in_place_only(self, message: Message) -> Awaitable[None]:
        sought = self._sought.get(message.tp)
        if self._fetched_after.get(message.tp) != sought or (sought is None and self._is_input(message.topic)):
            return _read_again()
        return self._in_place(message)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ASYNC109 - as Faust's
        async with self._positioning:
            records = await super()._getmany(active_partitions, timeout)
            self._fetched_after = dict(self._sought)
            return records

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """As Faust's, which moves nothing that has no commit, or one at 0; an input begins then at its beginning."""
        async with self._positioning:
            committed: Mapping[TP, int] = await super().seek_to_committed()
            inputs = {tp: offset for tp, offset in committed.items() if self._is_input(tp.topic)}
            if fresh := [tp for tp, offset in inputs.items() if not offset]:
                await self._thread.seek_to_beginning(*fresh)
            self._note(inputs)
            return committed

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """As Faust's, for changelogs."""
        async with self._positioning:
            await super().seek_wait(partitions)
            self._note(partitions)

    def _note(self, partitions: Mapping[TP, int]) -> None:
        number = next(self._number)
        self._sought.update(dict.fromkeys(partitions, number))

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Begin anew: no input is handed out before it was sought."""
        self._sought.clear()
        await super().on_partitions_assigned(assigned, generation_id)


async def _read_again() -> None:
    """The seek went back behind it."""
