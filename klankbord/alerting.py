"""Scores become alerts: once per episode, with hysteresis and a cool-down."""

import hashlib
from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from msgspec import Struct

from klankbord.conversation import THREATS, Conversation, Episode, Evidence
from klankbord.events import Seconds
from klankbord.policy import Policy, Rule, driver, rules_in_force

_SIGNALS: Final = {"threat": THREATS, "churn": ("leaving",)}


class Alert(Struct, frozen=True, omit_defaults=True):
    """One change in the life of an alert. `value` is the rule's measure when the episode opened."""

    alert_id: str
    rule: str
    rule_version: str
    severity: str
    episode: int
    state: Literal["opened", "cleared"]
    at: Seconds
    value: float
    cause: Evidence | None = None


def alert_id(tenant: str, conversation_id: str, rule: str, rule_version: str, episode: int) -> str:
    """The same episode has the same id wherever and whenever it is computed: no clock, no chance, no worker."""
    name = "\x1f".join((tenant, conversation_id, rule, rule_version, str(episode)))
    return hashlib.sha256(name.encode()).hexdigest()[:24]


def measured(conversation: Conversation, measure: str) -> float:
    """The value a rule watches: effort 1..7, escalation, churn, threat, an emotion 0..1, or a driver's memory."""
    if measure == "threat":
        return conversation.threat
    if measure == "churn":
        return conversation.churn
    if measure == "effort":
        return conversation.effort
    if measure == "escalation":
        return conversation.escalation
    return conversation.emotions.get(measure, conversation.drivers.get(measure, 0.0))


def follow(conversation: Conversation, policy: Policy, *, at: Seconds, over: bool) -> dict[str, Episode]:
    """The alert episodes after an event at `at`; `over` closes all of them, for nobody can act on an ended contact."""
    if over:
        return {name: _closed(episode, at) for name, episode in conversation.episodes.items()}
    # A rule that was taken out of the policy must not leave its alert open for ever.
    rules = rules_in_force(policy)
    episodes = {
        name: episode if name in rules else _closed(episode, at) for name, episode in conversation.episodes.items()
    }
    for name, rule in rules.items():
        value = measured(conversation, rule.measure)
        episode = episodes.get(name)
        if episode is not None and episode.cleared_at is None:
            if value < rule.release_at:
                episodes[name] = _closed(episode, at)
        elif _raises(rule, value, conversation, episode, at):
            episodes[name] = Episode(
                number=1 if episode is None else episode.number + 1,
                rule_version=rule.version,
                severity=rule.severity,
                opened_at=at,
                value=value,
                cause=_cause(rule, conversation, policy),
            )
    return episodes


def changes(
    tenant: str, conversation_id: str, before: Mapping[str, Episode], after: Mapping[str, Episode]
) -> tuple[Alert, ...]:
    """The alerts that opened or cleared between two states; from an empty `before`, all that ever happened."""
    found = []
    for name, episode in after.items():
        earlier = before.get(name)
        if earlier == episode:
            continue
        is_new = earlier is None or earlier.number != episode.number
        if is_new:
            found.append(_alert(tenant, conversation_id, name, episode, "opened"))
        # That an episode lost its quote to `bounded` is no news.
        if episode.cleared_at is not None and (is_new or earlier is None or earlier.cleared_at is None):
            found.append(_alert(tenant, conversation_id, name, episode, "cleared"))
    return tuple(found)


def _raises(rule: Rule, value: float, conversation: Conversation, last: Episode | None, at: Seconds) -> bool:
    if value < rule.raise_at or conversation.customer_turns < rule.min_customer_turns:
        return False
    # Cool-down counts from the clearing: an alert that flaps is one alert to whoever must act on it.
    return last is None or last.cleared_at is None or at - last.cleared_at >= rule.cooldown_s


def _closed(episode: Episode, at: Seconds) -> Episode:
    return episode if episode.cleared_at is not None else msgspec.structs.replace(episode, cleared_at=at)


def _cause(rule: Rule, conversation: Conversation, policy: Policy) -> Evidence | None:
    """The remembered evidence that speaks most for this rule's measure."""

    def weight(evidence: Evidence) -> float:
        worked = driver(policy, evidence.signal).weight if evidence.signal in conversation.drivers else 0.0
        if rule.measure == "effort":
            return worked * evidence.strength
        if rule.measure == "escalation":  # it weighs everything: the fact or the feeling that stands out
            felt = max(policy.emotion_weights.get(evidence.signal, {}).values(), default=0.0)
            return max(worked, felt) * evidence.strength
        if evidence.signal == rule.measure or evidence.signal in _SIGNALS.get(rule.measure, ()):
            return evidence.strength
        return policy.emotion_weights.get(evidence.signal, {}).get(rule.measure, 0.0) * evidence.strength

    return max(conversation.evidence, key=weight, default=None)


def _alert(
    tenant: str, conversation_id: str, rule: str, episode: Episode, state: Literal["opened", "cleared"]
) -> Alert:
    return Alert(
        alert_id=alert_id(tenant, conversation_id, rule, episode.rule_version, episode.number),
        rule=rule,
        rule_version=episode.rule_version,
        severity=episode.severity,
        episode=episode.number,
        state=state,
        at=episode.opened_at if state == "opened" or episode.cleared_at is None else episode.cleared_at,
        value=episode.value,
        cause=episode.cause,
    )
