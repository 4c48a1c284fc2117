"""What is due for each key, and when."""

import heapq
import math
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

from klankbord.events import Seconds

Key = TypeVar("Key", bound=Hashable)
What = TypeVar("What")


class _Due(NamedTuple, Generic[What]):
    at_s: Seconds
    what: What


class Schedule(Generic[Key, What]):
    """One thing a key. It is found without a look at all of them, and one that is put off adds nothing to the order."""

    def __init__(self) -> None:
        self._due: dict[Key, _Due[What]] = {}
        self._order: list[tuple[Seconds, Key]] = []
        self._queued: dict[Key, Seconds] = {}  # which entry of the order is the one that counts

    def __len__(self) -> int:
        return len(self._due)

    def put(self, key: Key, at_s: Seconds, what: What) -> None:
        """`what` is due for `key` at `at_s`, and nothing else is."""
        self._due[key] = _Due(at_s, what)
        # What is put off is found when its old time has come; what is due sooner is not.
        if at_s < self._queued.get(key, math.inf):
            self._queue(key, at_s)

    def drop(self, key: Key) -> None:
        """Nothing is due for `key`."""
        self._due.pop(key, None)

    def clear(self) -> None:
        """Nothing is due."""
        self._due.clear()
        self._order.clear()
        self._queued.clear()

    def take(self, now_s: Seconds, *, at_most: float = math.inf) -> list[tuple[Key, What]]:
        """What is due by `now_s`, earliest first; each is given once."""
        taken: list[tuple[Key, What]] = []
        while self._order and self._order[0][0] <= now_s and len(taken) < at_most:
            queued_s, key = heapq.heappop(self._order)
            if self._queued.get(key) != queued_s:
                continue
            del self._queued[key]
            due = self._due.get(key)
            if due is None:
                continue
            if due.at_s > queued_s:
                self._queue(key, due.at_s)
                continue
            del self._due[key]
            taken.append((key, due.what))
        return taken

    def _queue(self, key: Key, at_s: Seconds) -> None:
        heapq.heappush(self._order, (at_s, key))
        self._queued[key] = at_s
