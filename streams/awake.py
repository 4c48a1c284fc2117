"""Ends a process that was asleep too long: another has its partitions by now, and a late write of ours would win."""

# Measured on Apache Kafka: a monitor stopped with SIGSTOP for 25 s wrote, when it went on, what it had in hand. Nine
# observations came a second time, and for six conversations the older state was the last one of the changelog.

import sys
import time
from collections.abc import Callable
from typing import Final

from streams.leaving import Leave, leave

# A worker's place in its group outlives its last heartbeat by so much, and heartbeats come so often (streams/app.py).
SESSION_S: Final = 10.0
HEARTBEAT_S: Final = 3.0
# So long after its last sign of life a worker may have lost its place; before, nobody can have taken it.
SURE_S: Final = SESSION_S - HEARTBEAT_S
MARGIN_S: Final = 1.0


def since_boot_s() -> float:
    """Seconds that pass also while a machine sleeps, where the system has such a clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.monotonic()


class Awake:
    """Asked by whoever writes and, once a second, by a thread: the first of them sees how long nobody was there."""

    def __init__(
        self, *, limit_s: float = SURE_S - MARGIN_S, leave: Leave = leave, clock: Callable[[], float] = since_boot_s
    ) -> None:
        self._limit_s = limit_s
        self._leave = leave
        self._clock = clock
        self._seen_s: float | None = None

    def check(self) -> None:
        """End the process if nothing of it ran for longer than it surely kept its place."""
        now_s, seen_s = self._clock(), self._seen_s
        if seen_s is not None and now_s - seen_s > self._limit_s:
            self._leave(f"it was asleep for {now_s - seen_s:.1f} s, and another may have its partitions")
        self._seen_s = now_s
