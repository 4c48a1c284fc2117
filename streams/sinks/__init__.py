"""Where observations go: what every sink can do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from streams.wire import AlertMessage, BoardRow, SuggestionMessage


class Unavailable(Exception):
    """The other side does not answer or does not take more; the same batch may be given again, whole."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a run of observations changes outside; rows hold the latest per conversation, with its progress."""

    alerts: Sequence[AlertMessage] = ()
    suggestions: Sequence[SuggestionMessage] = ()
    rows: Sequence[tuple[BoardRow, int]] = ()
    suggestion_ttl_ms: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class New:
    """What of a batch had not been published before."""

    alerts: tuple[AlertMessage, ...]
    suggestions: tuple[SuggestionMessage, ...]


class Sink(Protocol):
    """Publishing is idempotent: an alert or suggestion that was published is not published again."""

    async def publish(self, batch: Batch) -> New:
        """Publish all of `batch`, or raise `Unavailable` having published some of it."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
