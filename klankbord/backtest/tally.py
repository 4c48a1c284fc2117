"""What came of a recording under one policy, counted while it plays."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from klankbord.alerting import Alert
from klankbord.backtest.recording import Labelled
from klankbord.conversation import Conversation
from klankbord.events import Seconds

HOUR_S: Final = 3600
# The alert that came one turn of the customer before or after the one that people marked came in time.
NEAR_TURNS: Final = 1


@dataclass(frozen=True, slots=True)
class Flag:
    """The first alert of one rule in a conversation; `words` are redacted, and empty where a fact caused it."""

    rule: str
    severity: str
    at: Seconds
    turn: int
    signal: str
    words: str
    amount: float | None


@dataclass(slots=True)
class Hits:
    """Labelled conversations with an alert: those in which people wanted one, and all."""

    right: int = 0
    flagged: int = 0

    def add(self, *, right: bool) -> None:
        self.flagged += 1
        self.right += right


@dataclass(slots=True)
class Timing:
    """When the first alert came, against the turn at which people wanted it."""

    near: int = 0
    earlier: int = 0
    later: int = 0
    never: int = 0


@dataclass(slots=True)
class Tally:
    """Counts by team, hour and rule; nothing here grows with the number of calm conversations."""

    alerts: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    critical: Counter[tuple[str, int]] = field(default_factory=Counter)
    conversations: Counter[str] = field(default_factory=Counter)
    flagged: int = 0
    calm_alerted: int = 0
    hits: Hits = field(default_factory=Hits)
    hits_by_rule: dict[str, Hits] = field(default_factory=dict)
    timing: Timing = field(default_factory=Timing)

    def open(self, alert: Alert, team: str) -> None:
        """Count an alert that opened."""
        hour = int(alert.at // HOUR_S)
        self.alerts[team, hour, alert.rule] += 1
        self.critical[team, hour] += alert.severity == "critical"

    def settle(self, flags: Mapping[str, Flag], label: Labelled | None) -> None:
        """Count a conversation that is over."""
        self.flagged += bool(flags)
        self.conversations.update(flags.keys())
        if label is not None:
            self._judge(flags, label)

    def _judge(self, flags: Mapping[str, Flag], label: Labelled) -> None:
        right = label.wanted is not None
        for rule in flags:
            self.hits_by_rule.setdefault(rule, Hits()).add(right=right)
        if flags:
            self.hits.add(right=right)
            self.calm_alerted += label.calm
        if label.wanted is None:
            return
        if not flags:
            self.timing.never += 1
            return
        late = min(flag.turn for flag in flags.values()) - label.wanted
        if abs(late) <= NEAR_TURNS:
            self.timing.near += 1
        elif late < 0:
            self.timing.earlier += 1
        else:
            self.timing.later += 1


def flag(alert: Alert, conversation: Conversation) -> Flag:
    """What a person is shown of an alert."""
    cause = alert.cause
    return Flag(
        rule=alert.rule,
        severity=alert.severity,
        at=alert.at,
        turn=max(0, conversation.customer_turns - 1),
        signal=cause.signal if cause else "",
        words=cause.words if cause else "",
        amount=cause.amount if cause else None,
    )
