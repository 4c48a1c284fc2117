"""How often one subject may ask: a bucket of tokens each, bounded in number."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

# A person clicks a few times a second at most; a page asks a handful of things when it opens.
PER_S: Final = 20.0
BURST: Final = 60.0
MOST_SUBJECTS: Final = 10_000


class Buckets:
    """A bucket for each key; the one that was asked longest ago is forgotten first, and is full by then."""

    def __init__(
        self, *, per_s: float = PER_S, burst: float = BURST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """Take one: 0 when there was one, else the seconds until there is."""
        now = self._clock()
        left, at = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_s)
        short = max(0.0, 1.0 - left)
        self._left[key] = (left if short else left - 1.0, now)
        if len(self._left) > MOST_SUBJECTS:
            self._left.popitem(last=False)
        return short / self._per_s
