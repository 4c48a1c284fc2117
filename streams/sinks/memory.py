"""A sink that remembers: for tests and notebooks, under the same contract as the one over Redis."""

from streams.sinks import Batch, New
from streams.wire import AlertMessage, BoardRow, SuggestionMessage


class MemorySink:
    """Keeps what was published, in order."""

    def __init__(self) -> None:
        self.alerts: list[AlertMessage] = []
        self.suggestions: list[SuggestionMessage] = []
        self.board: dict[tuple[str, str], tuple[BoardRow, int]] = {}
        self._once: set[str] = set()
        self._ended: dict[tuple[str, str], int] = {}

    async def publish(self, batch: Batch) -> New:
        """Publish all of `batch`; see `Sink`."""
        alerts = tuple(a for a in batch.alerts if self._first(f"{a.alert.alert_id}:{a.alert.state}"))
        suggestions = tuple(s for s in batch.suggestions if self._first(s.suggestion_id))
        self.alerts += alerts
        self.suggestions += suggestions
        for row, offset in batch.rows:
            key = row.tenant, row.conversation_id
            newest = self.board[key][1] if key in self.board else self._ended.get(key, -1)
            if newest > offset:
                continue
            if row.state == "ended":
                self.board.pop(key, None)
                self._ended[key] = offset
            else:
                self.board[key] = row, offset
        return New(alerts, suggestions)

    async def close(self) -> None:
        """Nothing to let go of."""

    def _first(self, identity: str) -> bool:
        new = identity not in self._once
        self._once.add(identity)
        return new
