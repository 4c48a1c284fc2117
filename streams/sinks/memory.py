"""A sink that remembers: for tests and notebooks, under the same contract as the one over Redis. It has no budget."""

from streams.sinks import Batch, New
from streams.wire import AlertMessage, BoardRow, SuggestionMessage


class MemorySink:
    """Keeps what was published, in order."""

    def __init__(self) -> None:
        self.alerts: list[AlertMessage] = []
        self.suggestions: list[SuggestionMessage] = []
        self.board: dict[tuple[str, str], tuple[BoardRow, int]] = {}
        self.canary: float | None = None
        self._once: set[str] = set()

    async def publish(self, batch: Batch) -> New:
        """Publish all of `batch`; see `Sink`."""
        alerts = tuple(a for a in batch.alerts if self._first(f"{a.alert.alert_id}:{a.alert.state}"))
        suggestions = tuple(s for s in batch.suggestions if self._first(s.suggestion_id))
        self.alerts += alerts
        self.suggestions += suggestions
        for row, offset in batch.rows:
            key = row.tenant, row.conversation_id
            if key in self.board and self.board[key][1] > offset:
                continue
            if row.state == "ended":
                self.board.pop(key, None)
            else:
                self.board[key] = row, offset
        newer = batch.canary is not None and batch.canary > (self.canary or 0.0)
        self.canary = batch.canary if newer else self.canary
        return New(alerts, suggestions, canary=newer)

    async def close(self) -> None:
        """Nothing to let go of."""

    def _first(self, identity: str) -> bool:
        new = identity not in self._once
        self._once.add(identity)
        return new
