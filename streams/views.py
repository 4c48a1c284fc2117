"""What an observation looks like from outside: alerts and suggestions in words, and its row on the board."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from config.budget import Budget
from config.settings import Wording
from klankbord.alerting import Alert, alert_id, changes
from klankbord.conversation import Episode
from klankbord.events import Seconds
from klankbord.policy import SEVERITIES, Policy, rules_in_force
from streams.budget import Claim, claim, rank_of
from streams.wire import AlertMessage, BoardRow, OpenAlert, Record, Source, SuggestionMessage


@dataclass(frozen=True, slots=True)
class Views:
    """Makes the messages; the words come from the policy and the playbook, so the core stays free of them."""

    policy: Policy
    wording: Wording
    budget: Budget = field(default_factory=Budget)

    def alerts(self, record: Record, published: Mapping[str, Episode]) -> tuple[AlertMessage, ...]:
        """What opened or cleared since `published`. From nothing, all the state knows: Redis refuses what it has.

        The state decides, not the single observation: a reader that missed records to compaction misses no alert.
        """
        seen = record.observation
        # A state near its limit lets go of its quotes; the observation that opened the alert still has them.
        told = {(alert.alert_id, alert.state): alert for alert in seen.alerts}
        return tuple(
            self._message(
                record,
                told.get((alert.alert_id, alert.state), alert),
                # What is over may have left the state.
                (seen.conversation.episodes.get(alert.rule) or published[alert.rule]).opened_at,
                opened_here=(alert.alert_id, "opened") in told,
            )
            for alert in changes(seen.tenant, seen.conversation_id, published, seen.conversation.episodes)
        )

    def worse(self, record: Record, ranks: Mapping[str, float]) -> tuple[AlertMessage, ...]:
        """The open alerts that weigh more than `ranks` says, by rule: one that was kept back may be shown now."""
        seen = record.observation
        risen = {
            rule: episode
            for rule, episode in seen.conversation.episodes.items()
            if episode.cleared_at is None
            and episode.severity != "critical"  # it is shown already
            and self._rank(record, episode.severity) > ranks.get(rule, 0.0)
        }
        # From nothing, each of these has just opened: its time is that of its opening.
        opened = changes(seen.tenant, seen.conversation_id, {}, risen)
        return tuple(self._message(record, alert, alert.at) for alert in opened)

    def claim(self, record: Record, message: AlertMessage) -> Claim:
        """What an alert of this record asks of the budget."""
        return claim(message, record, self.policy, self.budget)

    def _rank(self, record: Record, severity: str) -> float:
        return rank_of(record, severity, self.budget.weights)

    def _message(self, record: Record, alert: Alert, opened_at: Seconds, *, opened_here: bool = False) -> AlertMessage:
        seen = record.observation
        now = seen.conversation
        return AlertMessage(
            alert=alert,
            tenant=seen.tenant,
            conversation_id=seen.conversation_id,
            channel=now.channel,
            title=self._title(alert.rule),
            opened_at=opened_at,
            queue=now.queue,
            team=now.team,
            agent_id=now.agent_id,
            language=now.language,
            link=_link(seen.conversation_id, alert),
            rank=self._rank(record, alert.severity),
            event_id=seen.event_id if opened_here else "",
        )

    def suggestions(self, record: Record) -> tuple[SuggestionMessage, ...]:
        """The candidates of this observation, worded in both languages."""
        seen = record.observation
        return tuple(
            SuggestionMessage(
                suggestion_id=suggestion.suggestion_id,
                kind=suggestion.kind,
                tenant=seen.tenant,
                conversation_id=seen.conversation_id,
                agent_id=suggestion.agent_id,
                at=suggestion.at,
                expires_at=suggestion.expires_at,
                text=self.wording.text[suggestion.kind],
                why=self.wording.why[suggestion.kind],
                source=f"playbook: {suggestion.kind}",
                reason=suggestion.reason,
                articles={
                    language: Source(source.name, source.link)
                    for language, source in self.wording.sources[suggestion.kind].items()
                },
                urgency=suggestion.urgency,
            )
            for suggestion in seen.suggestions
        )

    def row(self, record: Record) -> BoardRow:
        """The conversation's row on the live board; risk is the chance that it needs a supervisor, 0..1."""
        seen = record.observation
        now = seen.conversation
        open_alerts = [
            OpenAlert(
                alert_id=alert_id(seen.tenant, seen.conversation_id, rule, episode.rule_version, episode.number),
                rule=rule,
                severity=episode.severity,
                title=self._title(rule),
            )
            for rule, episode in now.episodes.items()
            if episode.cleared_at is None
        ]
        order: dict[str, int] = {severity: place for place, severity in enumerate(SEVERITIES)}
        return BoardRow(
            tenant=seen.tenant,
            conversation_id=seen.conversation_id,
            channel=now.channel,
            state="open" if now.ended_at is None else "ended",
            at=seen.at,
            started_at=seen.at if now.started_at is None else now.started_at,
            valence=now.valence,
            effort=now.effort,
            # Danger goes before everything; no other need has a say in the order.
            risk=max(now.escalation, now.threat),
            customer_turns=now.customer_turns,
            reason=self.policy.reasons.name(now.reason) if now.reason else None,
            emotions=now.emotions,
            churn=now.churn,
            needs=tuple(now.needs),
            effort_parts=seen.effort_parts,
            evidence=now.evidence,
            timeline=now.timeline,
            alerts=tuple(sorted(open_alerts, key=lambda a: -order.get(a.severity, 0))),
            waiting_since=now.waiting_since,
            queue=now.queue,
            team=now.team,
            agent_id=now.agent_id,
            language=now.language,
        )

    def _title(self, rule: str) -> dict[str, str]:
        known = rules_in_force(self.policy).get(rule)
        return {"nl": known.nl, "en": known.en} if known else {"nl": rule, "en": rule}


def _link(conversation_id: str, alert: Alert) -> str:
    """The supervisor page at the turn that caused the alert."""
    turn = {"turn": alert.cause.utterance_id} if alert.cause and alert.cause.utterance_id else {}
    return "/supervisor#" + urlencode({"conversation": conversation_id, **turn})
