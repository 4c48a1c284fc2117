"""A sink that remembers: for tests and notebooks, under the same contract as the one over Redis. It has no budget."""

from dataclasses import dataclass, field

from klankbord.advice import SAFETY
from klankbord.events import Seconds
from streams.advising import Candidate, Decision, Offer
from streams.sinks import Batch, New
from streams.wire import AlertMessage, Because, BoardRow, SuggestionMessage, WithdrawnMessage


@dataclass
class _Advice:
    """What stands in one conversation and what was shown there; nobody answers a sink in memory."""

    standing: Candidate | None = None
    agent_id: str = ""
    agent_turns: int = 0  # when it was shown
    shown: dict[str, tuple[Seconds, ...]] = field(default_factory=dict)

    def withdrawn_by(self, offer: Offer) -> WithdrawnMessage | None:
        standing = self.standing
        if standing is None or standing.expires_at <= offer.at:
            self.standing = None
            return None
        if offer.all_over:
            return self.withdraw(offer, offer.all_over)
        if offer.agent_id != self.agent_id:
            return self.withdraw(offer, "transferred")
        if offer.confirmed and standing.urgency < SAFETY:
            return self.withdraw(offer, "confirmed")
        passed = standing.signal in offer.passed and offer.agent_turns > self.agent_turns
        return self.withdraw(offer, "over") if passed or {standing.signal, standing.kind} & {*offer.over} else None

    def withdraw(self, offer: Offer, because: Because) -> WithdrawnMessage:
        assert self.standing is not None
        gone, self.standing = self.standing, None
        return WithdrawnMessage(
            gone.suggestion_id, offer.tenant, offer.conversation_id, self.agent_id, offer.at, because
        )

    def may_show(self, one: Candidate, offer: Offer) -> bool:
        before = self.shown.get(one.kind, ())
        rested = not before or offer.at - before[-1] >= offer.cooldown_s
        more_urgent = self.standing is None or one.urgency > self.standing.urgency
        return one.left_ms > 0 and rested and len(before) < offer.most and more_urgent


class MemorySink:
    """Keeps what was published, in order."""

    def __init__(self) -> None:
        self.alerts: list[AlertMessage] = []
        self.suggestions: list[SuggestionMessage] = []
        self.withdrawn: list[WithdrawnMessage] = []
        self.board: dict[tuple[str, str], tuple[BoardRow, int]] = {}
        self.canary: float | None = None
        self._once: set[str] = set()
        self._advice: dict[tuple[str, str], _Advice] = {}
        self._ended: dict[tuple[str, str], int] = {}

    async def publish(self, batch: Batch) -> New:
        """Publish all of `batch`; see `Sink`."""
        alerts = tuple(a for a in batch.alerts if self._first(f"{a.alert.alert_id}:{a.alert.state}"))
        decisions = tuple(self._decide(offer) for offer in batch.offers)
        self.alerts += alerts
        self.suggestions += [one.shown for one in decisions if one.shown is not None]
        self.withdrawn += [one.withdrawn for one in decisions if one.withdrawn is not None]
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
        newer = batch.canary is not None and batch.canary > (self.canary or 0.0)
        self.canary = batch.canary if newer else self.canary
        return New(alerts, decisions, canary=newer)

    async def close(self) -> None:
        """Nothing to let go of."""

    def _decide(self, offer: Offer) -> Decision:
        if not self._first("advice:" + offer.offer_id):
            return Decision()
        told = self._advice.setdefault((offer.tenant, offer.conversation_id), _Advice())
        withdrawn = told.withdrawn_by(offer)
        chosen = next((i for i, one in enumerate(offer.candidates) if told.may_show(one, offer)), None)
        if chosen is None:
            return Decision(withdrawn=withdrawn)
        one = offer.candidates[chosen]
        if told.standing is not None:
            withdrawn = told.withdraw(offer, "replaced")
        told.shown[one.kind] = (*told.shown.get(one.kind, ()), offer.at)
        told.standing, told.agent_id, told.agent_turns = one, offer.agent_id, offer.agent_turns
        return Decision(offer.messages[chosen], withdrawn)

    def _first(self, identity: str) -> bool:
        new = identity not in self._once
        self._once.add(identity)
        return new
