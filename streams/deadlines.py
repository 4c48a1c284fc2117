"""Silence is evidence too: when a customer has waited too long, an event says so while it can still be answered."""

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass

from klankbord.events import Seconds, Waited
from klankbord.policy import Policy
from klankbord.waiting import next_waited
from streams.wire import Record


@dataclass(frozen=True, slots=True)
class Deadline:
    """`event` is to be written to `partition` of `topic` at `due_s`, on the clock of whoever produces the events."""

    due_s: Seconds
    topic: str
    partition: int
    event: Waited


class Deadlines:
    """The next deadline of each conversation whose customer waits.

    The time of the event is the deadline itself, and its id follows from it: a replay sees the same events, and
    two workers that fire the same deadline make one.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy  # another one counts from the next event of a conversation on
        self._waiting: dict[bytes, Deadline] = {}
        # As in streams/forgetting.py: the earliest are found without a look at all who wait, once a second.
        self._order: list[tuple[Seconds, bytes]] = []
        self._queued: dict[bytes, Seconds] = {}  # which entry of the order is the one that counts

    def __len__(self) -> int:
        return len(self._waiting)

    def follow(self, key: bytes, record: Record) -> None:
        """Take in the newest record of a conversation."""
        deadline = self._next(record)
        if deadline is None:
            self._waiting.pop(key, None)
        else:
            self._waiting[key] = deadline
            # What is due later than it was is found when its old time has come; what is due sooner is not.
            if deadline.due_s < self._queued.get(key, math.inf):
                self._queue(key, deadline.due_s)

    def forget(self, key: bytes) -> None:
        """Nobody waits there any more."""
        self._waiting.pop(key, None)

    def restart(self, records: Iterable[tuple[bytes, Record]]) -> None:
        """Forget everything and take in the state as it is, as after a rebalance."""
        self._waiting.clear()
        self._order.clear()
        self._queued.clear()
        for key, record in records:
            self.follow(key, record)

    def take_due(self, now_s: Seconds) -> list[Deadline]:
        """The deadlines that have passed, earliest first; each is given once."""
        due: list[Deadline] = []
        while self._order and self._order[0][0] <= now_s:
            queued_s, key = heapq.heappop(self._order)
            if self._queued.get(key) != queued_s:
                continue
            del self._queued[key]
            deadline = self._waiting.get(key)
            if deadline is None:
                continue
            if deadline.due_s > now_s:
                self._queue(key, deadline.due_s)
                continue
            del self._waiting[key]
            due.append(deadline)
        return sorted(due, key=lambda deadline: deadline.due_s)

    def _queue(self, key: bytes, due_s: Seconds) -> None:
        heapq.heappush(self._order, (due_s, key))
        self._queued[key] = due_s

    def _next(self, record: Record) -> Deadline | None:
        seen, origin = record.observation, record.origin
        if not origin.timestamp_ms:
            return None
        waited = next_waited(seen.conversation, self.policy, tenant=seen.tenant, conversation_id=seen.conversation_id)
        if waited is None:
            return None
        # Event time and the producer's clock may differ, in a replay by months: the last event says by how much.
        return Deadline(
            due_s=waited.at_s + origin.timestamp_ms / 1000 - seen.at,
            topic=origin.topic,
            partition=origin.partition,
            event=waited,
        )
