"""Ends a worker that does no work while there is work: progress, not "process up"."""

# Kafka cannot do it: the heartbeats go on from a thread of their own, whatever becomes of the loop that works.

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

import faust
from faust.types import TP

from streams.awake import Awake
from streams.leaving import Leave, leave
from streams.tables import recovery_of
from streams.transport import consumer_of

EVERY_S: Final = 1.0
Limit: TypeAlias = Literal["outside", "recovery", "still", "fetch", "commit"]
LIMITS: Final[tuple[Limit, ...]] = get_args(Limit)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each state may last, in seconds."""

    # A broker may be away for 70 s and a group may need a minute to come together again.
    outside_s: float = 150.0
    # Without one more record recovered; the whole recovery may take as long as it makes progress.
    recovery_s: float = 120.0
    # Nothing processed while events wait in hand or more of them arrive in Kafka.
    still_s: float = 120.0
    # No fetch ended, with events or without, while nothing is in hand. What has arrived is not known then, and a static
    # member that fetches nothing stays a member.
    fetch_s: float = 120.0
    # Of some partition nothing committed while events are processed: a crash would read all of them again.
    commit_s: float = 150.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a worker. `processed` and `recovered` only grow while it works."""

    at_s: float
    member: bool
    recovering: bool
    recovered: int
    processed: int
    in_hand: int
    lag: int
    fetches: int = 0  # that ended
    # Of each partition of which more was handed out than is committed: up to where it is.
    committed: Mapping[TP, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Track:
    """The last look, and since when what it saw has been so."""

    seen: Seen
    outside_since_s: float | None = None
    recovered_at_s: float | None = None
    still_since_s: float | None = None
    lag_when_still: int = 0
    silent_since_s: float | None = None
    uncommitted_since_s: Mapping[TP, float] = field(default_factory=dict)


def follow(before: Track | None, seen: Seen) -> Track:
    """Take in one more look."""
    last = before.seen if before else seen
    outside = None if seen.member else _since(before.outside_since_s if before else None, seen)
    recovered = _since(before.recovered_at_s if before else None, seen) if seen.recovering else None
    if seen.recovered != last.recovered or not last.recovering:
        recovered = seen.at_s if seen.recovering else None
    # Work of a worker that has none, recovers or is outside is not overdue: these have limits of their own.
    idle = seen.processed != last.processed or seen.recovering or not seen.member or not (seen.in_hand or seen.lag)
    still = None if idle else _since(before.still_since_s if before else None, seen)
    fetches = seen.fetches != last.fetches or seen.in_hand or seen.recovering or not seen.member
    silent = None if fetches else _since(before.silent_since_s if before else None, seen)
    lag = before.lag_when_still if before and before.still_since_s is not None else seen.lag
    return Track(seen, outside, recovered, still, lag, silent, _uncommitted(before, seen))


def _uncommitted(before: Track | None, seen: Seen) -> dict[TP, float]:
    """Since when events were processed without a commit of each partition; what recovers begins anew."""
    if before is None or seen.recovering or not seen.member:
        return {}
    known, last = before.uncommitted_since_s, before.seen
    as_before = [tp for tp, offset in seen.committed.items() if last.committed.get(tp) == offset]
    works = seen.processed != last.processed
    return {tp: known.get(tp, seen.at_s) for tp in as_before if works or tp in known}


def trouble(track: Track, limits: Limits) -> str:
    """Why this worker must end, or nothing."""
    seen = track.seen
    if _over(track.outside_since_s, limits.outside_s, seen):
        return f"it has not been a member of its group for {limits.outside_s:g} s"
    if _over(track.recovered_at_s, limits.recovery_s, seen):
        return f"no record of its state was recovered for {limits.recovery_s:g} s"
    if _over(track.still_since_s, limits.still_s, seen) and (seen.in_hand or seen.lag > track.lag_when_still):
        return (
            f"nothing was processed for {limits.still_s:g} s with {seen.in_hand} events in hand and {seen.lag} behind"
        )
    if _over(track.silent_since_s, limits.fetch_s, seen):
        return f"no fetch ended for {limits.fetch_s:g} s"
    for tp, since_s in track.uncommitted_since_s.items():
        if _over(since_s, limits.commit_s, seen):
            return f"nothing of {tp.topic} {tp.partition} was committed for {limits.commit_s:g} s of work"
    return ""


def patience(track: Track | None, limits: Limits) -> dict[Limit, float]:
    """How much of each limit is used, 0 to 1; at 1 the process ends."""
    if track is None:
        return dict.fromkeys(LIMITS, 0.0)
    since = {
        "outside": (track.outside_since_s, limits.outside_s),
        "recovery": (track.recovered_at_s, limits.recovery_s),
        "still": (track.still_since_s, limits.still_s),
        "fetch": (track.silent_since_s, limits.fetch_s),
        "commit": (min(track.uncommitted_since_s.values(), default=None), limits.commit_s),
    }
    used = {name: 0.0 if at is None else (track.seen.at_s - at) / limit for name, (at, limit) in since.items()}
    return {name: min(1.0, used[name]) for name in LIMITS}


class Watchdog:
    """Looks at `app` once a second, from a thread of its own, from the start of its worker."""

    def __init__(
        self,
        app: faust.App,
        *,
        limits: Limits = Limits(),
        leave: Leave = leave,
        look: Callable[[], Seen] | None = None,
        awake: Awake | None = None,
    ) -> None:
        self._limits = limits
        self._awake = awake
        self._leave = leave
        self._look = look or (lambda: look_at(app))
        self._track: Track | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.watch, name="watchdog", daemon=True)
        app.on_worker_init.connect(self._on_worker_init, weak=False)

    def _on_worker_init(self, *_: object, **__: object) -> None:
        if not self._thread.is_alive():  # Faust's command line prepares an app twice
            self._thread.start()

    def watch(self, *, every_s: float = EVERY_S) -> None:
        """Look until there is trouble, and then end the process."""
        while not self._stopping.wait(every_s):
            if self._awake is not None:
                self._awake.check()
            try:
                self._track = follow(self._track, self._look())
                why = trouble(self._track, self._limits)
            except Exception as error:
                # A watchdog that has died is a promise nobody keeps.
                why = f"the watchdog cannot see: {type(error).__name__}: {error}"
            if why:
                self._leave(why)
                return

    def patience(self) -> dict[Limit, float]:
        """How much of each limit is used, 0 to 1."""
        return patience(self._track, self._limits)

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()


def look_at(app: faust.App) -> Seen:
    """What can be seen of `app` from another thread without asking its loop, which may not turn."""
    consumer, recovery = consumer_of(app), recovery_of(app)
    if consumer is None:
        return Seen(time.monotonic(), member=False, recovering=False, recovered=0, processed=0, in_hand=0, lag=0)
    member = consumer.member()
    return Seen(
        at_s=time.monotonic(),
        member=member,
        recovering=member and bool(app.in_recovery or app.rebalancing),
        recovered=sum(offset or 0 for offset in list(recovery.active_offsets.values())) if recovery else 0,
        processed=consumer.processed(),
        in_hand=consumer.in_hand(),
        lag=consumer.lag(),
        fetches=consumer.fetches,
        committed=consumer.uncommitted(),
    )


def _since(before_s: float | None, seen: Seen) -> float:
    return seen.at_s if before_s is None else before_s


def _over(since_s: float | None, limit_s: float, seen: Seen) -> bool:
    return since_s is not None and seen.at_s - since_s > limit_s
