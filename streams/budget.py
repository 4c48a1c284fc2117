"""What an alert asks of the budget for noise: its rank, its team's ceiling, and the cause it may share."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from config.budget import Budget, Weights
from klankbord.alerting import Alert
from klankbord.conversation import Conversation, fingerprint
from klankbord.events import Seconds
from klankbord.phrases import normal
from klankbord.policy import Policy
from streams.wire import HOUR_S, AlertMessage, Record

# Above any rank: what weighs so much is never kept back.
CRITICAL: Final = 1e9
# One person in danger is never a line in a list of many.
NEVER_FOLDED: Final = frozenset({"threat"})
_COUNT: Final = "{n}"
_DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Claim:
    """An alert's claim: `of` is whose budget, `hour` counts event time since 1970, `cause` is what folds.

    `fresh` is one that this very observation opened or cleared. Any other was told before: where Redis does not know
    it and is not whole, for this `partition`, Redis lost it.
    """

    rank: float
    of: str
    hour: int
    ceiling: int
    cause: str = ""
    title: tuple[str, str] = ("", "")
    within_s: Seconds = 0.0
    from_alerts: int = 0
    fresh: bool = True
    partition: int = 0


def rank(weights: Weights, *, severity: str, risk: float, value: float | None, waited_s: Seconds) -> float:
    """Severity x risk (risk_floor to 1) x value (1 to 2, 1 where unknown) x waiting (1 to 2), in steps of 0.1."""
    by_severity = {"info": weights.info, "warning": weights.warning, "critical": weights.critical}
    risky = weights.risk_floor + (1 - weights.risk_floor) * _share(risk)
    valued = 1 + _share((value or 0.0) / weights.value_full)
    waiting = 1 + _share(waited_s / weights.wait_full_s)
    return round(by_severity.get(severity, weights.warning) * risky * valued * waiting, 1)


def rank_of(record: Record, severity: str, weights: Weights) -> float:
    """The rank of an alert of this severity as its conversation stands in `record`."""
    now, at = record.observation.conversation, record.observation.at
    return rank(
        weights,
        severity=severity,
        risk=max(now.escalation, now.threat),
        value=now.lifetime_value,
        waited_s=0.0 if now.waiting_since is None else at - now.waiting_since,
    )


def claim(message: AlertMessage, record: Record, policy: Policy, budget: Budget) -> Claim:
    """What `message` asks; all of it follows from the record, so that a replay asks the same."""
    cause, (dutch, english) = _cause(message, record.observation.conversation, policy)
    opened = {(alert.alert_id, alert.state) for alert in record.observation.alerts}
    return Claim(
        rank=CRITICAL if message.alert.severity == "critical" else message.rank,
        of=f"{message.tenant}/{message.team or ''}",
        hour=int(record.observation.at // HOUR_S),
        ceiling=budget.ceiling(message.tenant, message.team),
        cause=_key(message.tenant, message.team or "", message.alert.rule, cause) if cause else "",
        title=(f"{_COUNT} gesprekken: {dutch}", f"{_COUNT} conversations: {english}"),
        within_s=budget.folding.within_s,
        from_alerts=budget.folding.from_alerts,
        fresh=(message.alert.alert_id, message.alert.state) in opened,
        partition=record.origin.partition,
    )


def _cause(message: AlertMessage, now: Conversation, policy: Policy) -> tuple[str, tuple[str, str]]:
    """What names the cause, "" where none is known, and the cause in Dutch and English."""
    title = message.title["nl"], message.title["en"]
    if message.alert.rule in NEVER_FOLDED:
        return "", title
    if now.reason:
        named = policy.reasons.name(now.reason)
        return f"reason:{now.reason}", (named.nl, named.en)
    return _heard(message.alert, title)


def _heard(alert: Alert, title: tuple[str, str]) -> tuple[str, tuple[str, str]]:
    cause = alert.cause
    if cause is None or not (cause.words or cause.amount is not None):
        return "", title
    if not cause.words:
        return f"fact:{cause.signal}", title
    # The same words in another order, with another order number in them, are the same cause.
    words = sorted({str(number) for number in fingerprint(_DIGITS.sub("", normal(cause.words)))})
    return (f"words:{cause.signal}:{','.join(words)}", title) if words else ("", title)


def _key(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]


def _share(amount: float) -> float:
    return min(1.0, max(0.0, amount))
