"""From where a consumer reads: a seek and a fetch never at once, and nothing out of its place.

Faust fetches in one task and seeks in another, and both wait for the consumer's thread. When a partition is given out,
its inputs may have been fetched and passed over while they were paused; the seek at the end of the recovery goes back
for them. What was fetched before that seek and is handed out after it comes before what it went back for: Faust takes
it for the place up to which it has read, and drops the rest. `tests/streams/test_reading.py` shows each of these, and
knows the source of every method replaced here.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, Final

from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message
from mode.utils.queues import FlowControlEvent

FETCH_S: Final = 1.0  # as Faust's: how long a fetch waits for a first record
AT_ONCE: Final = 100  # as Faust's: so many messages before others have their turn


class FlowControl(FlowControlEvent):
    """Empties the streams' queues when they begin to flow, and never while they do.

    Faust lets flow once to read the changelog and again when that is over. The second time it would throw away what
    was handed out since the seek, and process what comes after it.
    """

    def resume(self) -> None:
        """Let flow what stands still."""
        if not self.is_active():
            super().resume()


class Reading(driver.Consumer):
    """Hands out what was fetched since the last seek of its partition; of inputs nothing before the first."""

    def __init__(self, *args: Any, **kwargs: Any):
        self._positioning = asyncio.Lock()
        self._number = count(1)
        self._sought: dict[TP, int] = {}  # the number of the last seek
        self._fetched_after: dict[TP, int] = {}  # of the last one before the fetch
        self.fetches = 0  # that ended, with messages or without
        super().__init__(*args, **kwargs)

    def _is_input(self, topic: str) -> bool:
        return bool(self.app.topics.acks_enabled_for(topic))

    def _is_in_place(self, message: Message) -> bool:
        sought = self._sought.get(message.tp)
        if sought is None and self._is_input(message.topic):
            return False
        return self._fetched_after.get(message.tp) == sought

    async def _drain_messages(self, fetcher: Any) -> None:
        """As Faust's, which drops what is before the last message, and makes four tasks of each to see the flow stop.

        A message on its way into a full queue is let go then: the seek of the next assignment goes back for it.
        """
        try:
            while not (self.should_stop or fetcher.should_stop):
                await asyncio.sleep(0)
                messages = [message async for _, message in self.getmany(timeout=FETCH_S)]
                self.fetches += 1
                if messages:
                    await self._commit_now_and_then()
                    await self.wait_first(self._hand_out_in_turn(messages), self.suspend_flow.wait())
                if self.flow_active:
                    self._all_is_handed_out()
        except (asyncio.CancelledError, ConsumerStoppedError):
            if not self.app.should_stop:
                raise

    def _all_is_handed_out(self) -> None:
        """After each fetch: nothing is on its way from the other thread, and nothing was kept back."""

    async def _commit_now_and_then(self) -> None:
        if self._commit_every is not None and self._n_acked >= self._commit_every:
            self._n_acked = 0
            await self.commit()

    async def _hand_out_in_turn(self, messages: Sequence[Message]) -> None:
        for number, message in enumerate(messages, 1):
            if not self.flow_active:
                return
            if self._is_in_place(message):
                await self.callback(message)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)

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
