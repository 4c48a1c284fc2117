"""What is due for each key, and when."""

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from klankbord.events import Seconds

Key = TypeVar("Key", bound=Hashable)
What = TypeVar("What")
Lane: TypeAlias = int  # the number of a partition: each has a clock of its own
# How far the clock of a lane has come.
Reached: TypeAlias = Callable[[Lane], Seconds]


def everywhere(_: Lane) -> Seconds:
    """Every lane has the clock of whoever asks."""
    return math.inf


class _Due(NamedTuple, Generic[What]):
    at_s: Seconds
    what: What


class Schedule(Generic[Key, What]):
    """One thing a key. It is found without a look at all of them, and one that is put off adds nothing to the order."""

    def __init__(self) -> None:
        self._due: dict[Key, _Due[What]] = {}
        self._orders: defaultdict[Lane, list[tuple[Seconds, Key]]] = defaultdict(list)
        self._queued: dict[Key, tuple[Seconds, Lane]] = {}  # which entry of which order is the one that counts

    def __len__(self) -> int:
        return len(self._due)

    def put(self, key: Key, at_s: Seconds, what: What, *, lane: Lane) -> None:
        """`what` is due for `key` at `at_s` by the clock of `lane`, and nothing else is."""
        self._due[key] = _Due(at_s, what)
        # What is put off is found when its old time has come; what is due sooner, or elsewhere, is not.
        queued_s, where = self._queued.get(key, (math.inf, lane))
        if at_s < queued_s or where != lane:
            self._queue(key, at_s, lane)

    def drop(self, key: Key) -> None:
        """Nothing is due for `key`."""
        self._due.pop(key, None)

    def clear(self) -> None:
        """Nothing is due."""
        self._due.clear()
        self._orders.clear()
        self._queued.clear()

    def take(
        self, now_s: Seconds, *, reached: Reached = everywhere, at_most: float = math.inf
    ) -> list[tuple[Key, What]]:
        """What is due by `now_s` and by what its lane has reached, earliest first; each is given once."""
        until = {lane: min(now_s, reached(lane)) for lane in self._orders}
        heads = [(order[0][0], lane) for lane, order in self._orders.items() if order]
        heapq.heapify(heads)
        taken: list[tuple[Key, What]] = []
        while heads and len(taken) < at_most:
            queued_s, lane = heapq.heappop(heads)
            if queued_s > until[lane]:
                continue
            order = self._orders[lane]
            _, key = heapq.heappop(order)
            if self._queued.get(key) == (queued_s, lane):
                del self._queued[key]
                due = self._due.get(key)
                if due is not None and due.at_s > queued_s:
                    self._queue(key, due.at_s, lane)
                elif due is not None:
                    del self._due[key]
                    taken.append((key, due.what))
            if order:
                heapq.heappush(heads, (order[0][0], lane))
        return taken

    def _queue(self, key: Key, at_s: Seconds, lane: Lane) -> None:
        heapq.heappush(self._orders[lane], (at_s, key))
        self._queued[key] = at_s, lane
