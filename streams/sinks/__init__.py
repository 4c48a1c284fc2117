"""Where observations go: what every sink can do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from streams.advising import Decision, Offer
from streams.budget import Claim
from streams.wire import AlertMessage, BoardRow, SuggestionMessage


class Unavailable(Exception):
    """The other side does not answer or does not take more; the same batch may be given again, whole."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a run of observations changes outside; rows hold the latest per conversation, with its progress.

    `produced` goes with the rows, place by place: when the newest event of each came into Kafka, in seconds since
    1970; none where rows are made again.
    `claims` go with the alerts, place by place; an alert without one is shown whatever was shown before. An alert
    may be given again to say that its rank rose.
    `over` are alerts that cleared before Redis lost them: nobody is told, and they never come back.
    `reached` says by partition of the observations how far Redis is, as this publisher left it, and how far it is with
    this batch.
    `canary` is when the newest canary that came through was sent.
    """

    alerts: Sequence[AlertMessage] = ()
    offers: Sequence[Offer] = ()
    rows: Sequence[tuple[BoardRow, int]] = ()
    claims: Sequence[Claim] = ()
    over: Sequence[tuple[AlertMessage, Claim]] = ()
    reached: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    canary: float | None = None
    produced: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class New:
    """What of a batch had not been published before, and how often the budget decided what.

    `whole` is false where what was published earlier is not all there any more.
    """

    alerts: tuple[AlertMessage, ...]
    decisions: tuple[Decision, ...]
    verdicts: Mapping[str, int] = field(default_factory=dict)
    canary: bool = False
    whole: bool = True

    @property
    def suggestions(self) -> tuple[SuggestionMessage, ...]:
        """The suggestions that are shown from now on."""
        return tuple(decision.shown for decision in self.decisions if decision.shown is not None)


class Sink(Protocol):
    """Publishing is idempotent: an alert that was published, an offer that was decided is not again."""

    async def publish(self, batch: Batch) -> New:
        """Publish all of `batch`, or raise `Unavailable` having published some of it."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Losing(Sink, Protocol):
    """A sink that may come back without what it had, and knows by partition of the observations what it lacks."""

    async def lost(self, reached: Mapping[int, int]) -> frozenset[int]:
        """Of these partitions, with how far each was when this publisher left it, those that are not whole."""
        ...

    async def begin(self, partitions: Iterable[int], mark: str) -> None:
        """What follows makes these whole; whoever begins later takes over."""
        ...

    async def end(self, reached: Mapping[int, int], mark: str) -> bool:
        """They are whole; false where something was lost meanwhile, or another began."""
        ...
