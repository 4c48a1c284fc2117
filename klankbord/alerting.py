"""Rules become alerts: once per episode, with hysteresis and a cool-down."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from klankbord.conversation import KEEP_EPISODES, THREATS, Conversation, Episode, Evidence
from klankbord.events import Seconds
from klankbord.policy import SEVERITIES, Policy, Rule, driver
from klankbord.rules import Answers, Moment, turns
from klankbord.signals import Signal, Words

_SIGNALS: Final = {
    "threat": THREATS,
    "churn": ("leaving",),
    "waited_s": ("long_wait",),
    "held_s": ("hold",),
    "mood": ("sounds_dissatisfied",),
}
MOST_CAUSES: Final = 3


class Alert(Struct, frozen=True, omit_defaults=True):
    """One change in the life of an alert, with its proof where this event opened it.

    `value` is the first number that the rule watches, as it was when the episode opened. `causes` speak most for the
    rule, the strongest first. `sentence` is the redacted sentence of this event in which the first stands, `marks` the
    places in it of the words that count. `path` is how the score `path_of` came here, in seconds since the start.
    `when` opened it, `until` will clear it, where it is empty the end of the conversation, and `numbers` are those that
    both name.
    """

    alert_id: str
    rule: str
    rule_version: str
    severity: str
    episode: int
    state: Literal["opened", "cleared"]
    at: Seconds
    value: float
    cause: Evidence | None = None
    causes: tuple[Evidence, ...] = ()
    sentence: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    path_of: str = ""
    path: tuple[tuple[int, float], ...] = ()
    when: str = ""
    until: str = ""
    numbers: dict[str, float] = {}


def alert_id(tenant: str, conversation_id: str, rule: str, rule_version: str, episode: int) -> str:
    """The same episode has the same id wherever and whenever it is computed: no clock, no chance, no worker."""
    name = "\x1f".join((tenant, conversation_id, rule, rule_version, str(episode)))
    return hashlib.sha256(name.encode()).hexdigest()[:24]


def phrased(conversation: Conversation, words: Words | None, policy: Policy) -> Conversation:
    """The conversation with the phrase lists that this line has a phrase of, at the turn that it is."""
    if words is None or not policy.phrases:
        return conversation
    said = policy.book.said(words.normal, words.role, words.language)
    if not said:
        return conversation
    known = {name: turn for name, turn in conversation.said.items() if name in policy.phrases}
    return replace(conversation, said={**known, **dict.fromkeys(said, turns(conversation))})


class Heard(NamedTuple):
    """What rules are told of an event besides the conversation after it."""

    signals: Sequence[Signal] = ()
    customer_turn: bool = False


def follow(
    conversation: Conversation, policy: Policy, *, at: Seconds, over: bool, heard: Heard | None = None
) -> Conversation:
    """The conversation with its alert episodes after an event at `at`.

    `over` closes all of them, for nobody can act on an ended contact.
    """
    if over:
        closed = {name: _closed(episode, at) for name, episode in conversation.episodes.items()}
        return replace(conversation, episodes=closed, said={}, streaks={})
    heard = heard or Heard()
    episodes, outdated, any_open = _continued(conversation, policy, at)
    signals = {signal.kind: signal.strength for signal in heard.signals}
    answers = policy.program.answers(Moment(conversation, at, signals), any_open=any_open)
    streaks = _streaks(conversation.streaks, policy, answers, customer_turn=heard.customer_turn)
    if not any_open and not outdated and streaks == conversation.streaks and True not in answers.when:
        return conversation
    now = replace(conversation, episodes=episodes, streaks=streaks)
    raised = list[str]()
    for place, (name, rule) in enumerate(policy.in_force.items()):
        episode = episodes.get(name)
        if episode is not None and episode.cleared_at is None:
            if answers.until[place]:
                episodes[name] = _closed(episode, at)
        elif answers.when[place] and name not in outdated and _raises(name, rule, now, policy, at):
            raised.append(name)
    if len(episodes) + len(raised) > KEEP_EPISODES:  # not all may find a place
        raised.sort(key=lambda name: -SEVERITIES.index(policy.in_force[name].severity))
    for name in raised:
        now = _opened(name, now, policy, value=policy.program.value(name, answers), at=at)
    return now


def _continued(
    conversation: Conversation, policy: Policy, at: Seconds
) -> tuple[dict[str, Episode], Collection[str], bool]:
    """The episodes, those of rules that are no longer what they were closed; the names of these; if any is open."""
    before = conversation.episodes
    if not before:
        return {}, (), False
    # A rule that was taken out of the policy, or changed in it, must not leave its alert open for ever.
    outdated = {name for name, episode in before.items() if not _in_force(name, episode, policy)}
    episodes = {name: _closed(episode, at) if name in outdated else episode for name, episode in before.items()}
    return episodes, outdated, any([episode.cleared_at is None for episode in episodes.values()])


def changes(
    tenant: str, conversation_id: str, before: Mapping[str, Episode], after: Mapping[str, Episode]
) -> tuple[Alert, ...]:
    """The alerts that opened or cleared between two states; from an empty `before`, all that ever happened."""
    if before is after:  # as at most events
        return ()
    found = []
    for name, episode in after.items():
        earlier = before.get(name)
        if earlier is episode or earlier == episode:
            continue
        is_new = earlier is None or earlier.number != episode.number
        if is_new:
            found.append(_alert(tenant, conversation_id, name, episode, "opened"))
        # That an episode lost its quote to `bounded` is no news.
        if episode.cleared_at is not None and (is_new or earlier is None or earlier.cleared_at is None):
            found.append(_alert(tenant, conversation_id, name, episode, "cleared"))
    for name, episode in before.items():  # in their order, which a set of names would not keep
        if name not in after and episode.cleared_at is None:
            # What was open and is not remembered gave its place to the one that opened last.
            last = max((newer.opened_at for newer in after.values()), default=0.0)
            found.append(_alert(tenant, conversation_id, name, _closed(episode, last), "cleared"))
    return tuple(found)


def causes(rule: str, evidence: Sequence[Evidence], conversation: Conversation, policy: Policy) -> tuple[Evidence, ...]:
    """Of `evidence` what speaks most for what a rule watches, the strongest first."""
    watched = policy.program.asked[rule].watched
    weighed = [
        (max((_weight(name, piece, conversation, policy) for name in watched), default=0.0), piece)
        for piece in evidence
    ]
    heaviest = sorted((pair for pair in weighed if pair[0] > 0.0), key=lambda pair: -pair[0])
    return tuple(piece for _, piece in heaviest[:MOST_CAUSES])


def _in_force(name: str, episode: Episode, policy: Policy) -> bool:
    # A threat holds until the end, whatever a policy calls it by then.
    if episode.cleared_at is not None or name == "threat":
        return True
    return policy.versions.get(name) == episode.rule_version


def _streaks(before: dict[str, int], policy: Policy, answers: Answers, *, customer_turn: bool) -> dict[str, int]:
    """By rule version, how many customer turns in a row a rule that waits for some has held."""
    if not customer_turn:
        return before
    return {
        version: min(for_turns, before.get(version, 0) + 1)
        for place, version, for_turns in policy.patient
        if answers.when[place]
    }


def _raises(name: str, rule: Rule, now: Conversation, policy: Policy, at: Seconds) -> bool:
    version = policy.versions[name]
    if now.customer_turns < rule.min_customer_turns:
        return False
    if rule.for_turns > 1 and now.streaks.get(version, 0) < rule.for_turns:
        return False
    last = now.episodes.get(name)
    # Cool-down counts from the clearing: an alert that flaps is one alert to whoever must act on it.
    if last is None or last.cleared_at is None or last.rule_version != version:
        return True
    return at - last.cleared_at >= rule.cooldown_s


def _opened(name: str, now: Conversation, policy: Policy, *, value: float, at: Seconds) -> Conversation:
    rule, last = policy.in_force[name], now.episodes.get(name)
    episodes, forgotten = dict(now.episodes), now.forgotten
    others = [other for other in episodes if other not in (name, "threat")]
    if name != "threat" and len(others) >= KEEP_EPISODES:
        victim = _expendable(others, episodes, is_critical=rule.severity == "critical")
        if victim is None:
            return now
        forgotten = max(forgotten, episodes.pop(victim).number)
    episodes[name] = Episode(
        number=(forgotten if last is None else last.number) + 1,
        rule_version=policy.versions[name],
        severity=rule.severity,
        opened_at=at,
        value=value,
        cause=next(iter(causes(name, now.evidence, now, policy)), None),
    )
    return replace(now, episodes=episodes, forgotten=forgotten)


def _expendable(names: Sequence[str], episodes: Mapping[str, Episode], *, is_critical: bool) -> str | None:
    """The episode that was cleared first; where all are open, one that is not critical, for one that is."""
    cleared = [(at, name) for name in names if (at := episodes[name].cleared_at) is not None]
    if cleared:
        return min(cleared)[1]
    lesser = [name for name in names if episodes[name].severity != "critical"]
    if not is_critical or not lesser:
        return None
    order: dict[str, int] = {severity: place for place, severity in enumerate(SEVERITIES)}
    return min(lesser, key=lambda name: (order[episodes[name].severity], episodes[name].opened_at))


def _closed(episode: Episode, at: Seconds) -> Episode:
    # By a clock that went back it would have cleared before it opened.
    return episode if episode.cleared_at is not None else replace(episode, cleared_at=max(at, episode.opened_at))


def _weight(watched: str, evidence: Evidence, conversation: Conversation, policy: Policy) -> float:
    """How much a piece of evidence speaks for one name that a rule watches."""
    worked = driver(policy, evidence.signal).weight if evidence.signal in conversation.drivers else 0.0
    if watched == "effort":
        return worked * evidence.strength
    if watched == "escalation":  # it weighs everything: the fact or the feeling that stands out
        felt = max(policy.emotion_weights.get(evidence.signal, {}).values(), default=0.0)
        return max(worked, felt) * evidence.strength
    watched = watched.removeprefix("signals.")
    if evidence.signal == watched or evidence.signal in _SIGNALS.get(watched, ()):
        return evidence.strength
    return policy.emotion_weights.get(evidence.signal, {}).get(watched, 0.0) * evidence.strength


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
