"""The whole path of one event: what it means, and the conversation as it now stands."""

from collections.abc import Sequence
from typing import Final, NamedTuple, get_args

from msgspec import Struct
from msgspec.structs import replace

from klankbord import context, facts, needs, proof, scoring
from klankbord.advice import MOST_CANDIDATES, SAFETY, Moment, Suggester, Suggestion, situation, suggestion_id
from klankbord.alerting import Alert, changes, follow, phrased
from klankbord.alerting import Heard as Told
from klankbord.conversation import (
    KEEP_EVIDENCE,
    KEEP_POINTS,
    Conversation,
    Evidence,
    Point,
    bounded,
    clip,
    fingerprint,
)
from klankbord.detectors import DETECTORS
from klankbord.digits import rounded, to_hundredths
from klankbord.events import ANSWERS, Event, Joined, Role, Seconds, Transferred, Utterance
from klankbord.listeners import asked
from klankbord.memory import with_event
from klankbord.models.heads import reading
from klankbord.phrases import clean, normal
from klankbord.policy import THREAT_FROM, Policy
from klankbord.reasons import voted
from klankbord.redaction import excerpt
from klankbord.signals import CustomerWords, Detector, Dimension, Finding, Signal, Turn, Words, customer_words
from klankbord.spelled import spells_out
from klankbord.suggestions import SUGGESTIONS
from klankbord.suggestions.ask_if_solved import asks
from klankbord.tone import GOOD, believed

SCHEMA: Final = 1
_QUOTE_MARGIN_CHARS: Final = 20
_CONFIRMING: Final = ("gratitude", "relief", "joy")
_TYPES: Final = {kind: str(kind.__struct_config__.tag) for kind in get_args(Event)}
_HEADS: Final = tuple((one.kind, one.head, one.head in GOOD) for one in DETECTORS if one.head)


class Observation(Struct, frozen=True, omit_defaults=True):
    """What one event led to. `emotions`, `dissatisfaction`, `abuse` judge this turn; `conversation` holds what lasts.

    `effort_parts` add up to `conversation.effort - 1`. `reason` is the conversation's where this event changed it,
    "" for unknown again. A `duplicate` changed nothing and is not published; nor is what is `late`: not newer than
    events that are forgotten, and perhaps one of them.
    """

    event_id: str
    conversation_id: str
    tenant: str
    type: str
    at: Seconds
    conversation: Conversation
    schema: int = SCHEMA
    role: Role | None = None
    utterance_id: str = ""
    signals: tuple[Signal, ...] = ()
    emotions: dict[str, float] = {}
    valence: float = 0.0
    dissatisfaction: float = 0.0
    unsure: bool = False  # whether that is too close to call
    abuse: float = 0.0
    effort_parts: dict[str, float] = {}
    reason: str | None = None
    alerts: tuple[Alert, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    duplicate: bool = False
    late: bool = False

    @property
    def without_effect(self) -> bool:
        """Whether the event changed nothing."""
        return self.duplicate or self.late


def observe(conversation: Conversation, event: Event, policy: Policy) -> Observation:
    """Fold one event into a conversation. Pure: time comes from the event, the same input gives the same bytes."""
    if facts.is_duplicate(conversation, event):
        return replace(_observation(event, conversation), duplicate=True)
    if facts.is_late(conversation, event):
        return replace(_observation(event, conversation), late=True)
    event, now, words, found = heard(conversation, event, policy)
    placed = now
    if now.objected:
        return _objection(event, conversation, facts.erased(now), policy)

    at, by_customer = event.at_s, words is not None and words.role is Role.CUSTOMER
    signals = _told(found, policy)
    now = voted(facts.counted(now, event, words, asked=_asks(event, words)), words, policy.reasons)
    felt = scoring.felt(found, policy) if by_customer else scoring.Felt({})
    now, parts = _scored(now, event, at, words, felt, found, signals, policy)
    numbers = context.judged_by(conversation, words, found, felt, policy)
    now = _needed(now, at, signals, policy, by_customer=by_customer)
    dissatisfaction = rounded(policy.judges.dissatisfaction.chance(numbers)) if numbers else 0.0
    told = Told(signals, customer_turn=by_customer)
    now = follow(phrased(now, words, policy), policy, at=at, over=now.ended_at is not None, heard=told)
    alerts = changes(event.tenant, event.conversation_id, conversation.episodes, now.episodes)
    if alerts:
        alerts = proof.proven(alerts, now, Turn(placed, event, words, customer_words(words), policy), signals)
    return Observation(
        event_id=event.event_id,
        conversation_id=event.conversation_id,
        tenant=event.tenant,
        type=_TYPES[type(event)],
        at=at,
        conversation=bounded(now),
        role=event.role if isinstance(event, Utterance) else None,
        utterance_id=event.utterance_id if isinstance(event, Utterance) else "",
        signals=signals,
        emotions=felt.emotions,
        valence=felt.valence,
        dissatisfaction=dissatisfaction,
        unsure=policy.unsure_from < dissatisfaction < policy.unsure_to,
        abuse=felt.abuse,
        effort_parts=parts,
        reason=now.reason if now.reason != conversation.reason else None,
        alerts=alerts,
        suggestions=_advised(now, event, at, signals, dissatisfaction, policy),
    )


class Heard(NamedTuple):
    """What is found in an event before anything is scored; `found` holds weak evidence too."""

    event: Event
    placed: Conversation
    words: Words | None
    found: tuple[Signal, ...]


def heard(conversation: Conversation, event: Event, policy: Policy) -> Heard:
    """The event as it counts, the conversation with its place in it, and the evidence; none after an objection."""
    memory = with_event(conversation.memory, event)
    event = facts.spoken_once(conversation, event)
    now = facts.placed(conversation, event, memory)
    if now.objected:
        return Heard(event, now, None, ())
    now, words = _words(now, event, policy)
    return Heard(event, now, words, _signals(Turn(conversation, event, words, customer_words(words), policy)))


def _observation(event: Event, conversation: Conversation) -> Observation:
    said = event if isinstance(event, Utterance) else None
    return Observation(
        event_id=event.event_id,
        conversation_id=event.conversation_id,
        tenant=event.tenant,
        type=_TYPES[type(event)],
        at=event.at_s,
        conversation=conversation,
        role=said.role if said else None,
        utterance_id=said.utterance_id if said else "",
    )


def _objection(event: Event, before: Conversation, now: Conversation, policy: Policy) -> Observation:
    now = follow(now, policy, at=event.at_s, over=True)
    return replace(
        _observation(event, now), alerts=changes(event.tenant, event.conversation_id, before.episodes, now.episodes)
    )


def _words(now: Conversation, event: Event, policy: Policy) -> tuple[Conversation, Words | None]:
    """What is to be scored of this event: a partial is not."""
    if not isinstance(event, Utterance) or not event.is_final:
        return now, None
    cleaned = clean(event.text)
    lowered = normal(cleaned)
    now, language = facts.spoken_in(now, event, lowered, policy)
    if language is None or not cleaned:
        return now, None
    # Who helps is compared by what was asked, not by all that was said (`facts.counted`).
    said = fingerprint(lowered) if event.role is Role.CUSTOMER else ()
    return now, Words(cleaned, lowered, language, event.role, said)


def _asks(event: Event, words: Words | None) -> bool:
    """Whether an answer asks if it was solved, also one in a language that is not scored."""
    if not isinstance(event, Utterance) or not event.is_final or event.role not in ANSWERS:
        return False
    return asks(normal(clean(event.text)) if words is None else words.normal)


def _signals(turn: Turn) -> tuple[Signal, ...]:
    weak = {} if turn.customer is None else _weak(turn.customer, turn.policy)
    found = list[tuple[Detector, Finding | Signal]]()
    private = list[tuple[int, int]]()
    for one in asked(turn):
        if heard := weak.get(one.kind):
            found.append((one, heard))
        elif (finding := one.find(turn)) is not None and finding.strength > 0:
            found.append((one, finding))
            if finding.span and one.dimension is Dimension.NEED:
                private.append(finding.span)
    return tuple([of if isinstance(of, Signal) else _signal(turn, one, of, private) for one, of in found])


def _weak(words: CustomerWords, policy: Policy) -> dict[str, Signal]:
    """What the heads hear of emotion that nobody is shown, at once: in most lines that is all they hear."""
    if spells_out(words.normal):
        return {}
    chances, corrections = reading(words.normal, words.language).chances, policy.judges.heads
    weak = dict[str, Signal]()
    shown_from, of_emotion = policy.evidence_from, Dimension.EMOTION
    for kind, head, is_good in _HEADS:
        chance = believed(words, head, chances[head]) if is_good else chances[head]
        strength = rounded(scoring.corrected(chance, corrections.get(kind)))
        if chance > 0.0 and strength < shown_from:
            weak[kind] = Signal(kind, of_emotion, strength)
    return weak


def _signal(turn: Turn, detector: Detector, finding: Finding, private: Sequence[tuple[int, int]]) -> Signal:
    policy = turn.policy
    strength = rounded(min(1.0, scoring.corrected(finding.strength, policy.judges.heads.get(detector.kind))))
    # Redaction costs more than all else here, and nobody is shown the words of weak evidence.
    if detector.dimension is Dimension.EMOTION and strength < policy.evidence_from:
        return Signal(detector.kind, detector.dimension, strength)
    return Signal(
        kind=detector.kind,
        dimension=detector.dimension,
        strength=strength,
        words=_quote(turn.words, finding, () if needs.is_threat(detector.kind) else private),
        amount=None if finding.amount is None else to_hundredths(float(finding.amount)),
    )


def _told(found: Sequence[Signal], policy: Policy) -> tuple[Signal, ...]:
    """The signals that are shown; no policy is so strict that a threat is not."""
    told = scoring.told(found, policy)
    if policy.evidence_from <= THREAT_FROM:
        return told
    return (*told, *(signal for signal in found if needs.alerts(signal) and signal not in told))


def _needed(
    conversation: Conversation, at: Seconds, signals: Sequence[Signal], policy: Policy, *, by_customer: bool
) -> Conversation:
    """The conversation with what the customer means to do and needs; of a need, nothing is left after the end."""
    if conversation.ended_at is not None:
        return needs.over(conversation)
    churn = needs.churned(conversation.churn, signals, policy) if by_customer else conversation.churn
    remembered = needs.remembered(conversation, signals, policy, at=at)
    if not by_customer and remembered == conversation.needs:
        return conversation
    return replace(conversation, churn=churn, needs=remembered)


def _quote(words: Words | None, finding: Finding, private: Sequence[tuple[int, int]]) -> str:
    """The words that were found with a little around them, redacted; nothing where that touches what is private."""
    if words is None or finding.span is None:
        return ""
    start, end = finding.span
    left = words.clean.rfind(" ", 0, max(0, start - _QUOTE_MARGIN_CHARS)) + 1
    right = words.clean.find(" ", min(len(words.clean), end + _QUOTE_MARGIN_CHARS))
    right = len(words.clean) if right < 0 else right
    if private and any(left < private_end and private_start < right for private_start, private_end in private):
        return ""
    return clip(excerpt(words.clean, left, right))


def _scored(
    conversation: Conversation, event: Event, at: Seconds, words: Words | None, felt: scoring.Felt,
    found: Sequence[Signal], signals: Sequence[Signal], policy: Policy,
) -> tuple[Conversation, dict[str, float]]:  # fmt: skip
    by_customer = words is not None and words.role is Role.CUSTOMER
    turn = scoring.turn_emotions(signals, policy) if by_customer else {}
    emotions, valence, mood = conversation.emotions, conversation.valence, conversation.mood
    if by_customer:
        emotions = scoring.faded_emotions(emotions, turn, policy)
        valence = scoring.moved(valence, felt.valence, policy.valence_newest)
        mood = scoring.moved(mood, felt.dissatisfied, policy.mood_newest)
    released = 1.0
    if turn and any(turn.get(feeling, 0.0) >= 0.5 for feeling in _CONFIRMING):
        released = policy.dead_end_thanked if conversation.refused else policy.dead_end_released
    # A notice of the system is nobody's turn: "you are third in line" must not make a wait forgotten.
    turn_taken = words is not None and words.role is not Role.SYSTEM
    drivers = scoring.faded_drivers(conversation.drivers, found, policy, turn=turn_taken, released=released)
    now = scoring.effort_parts(drivers, policy)
    hardest = conversation.hardest
    if now and sum(now.values()) > sum(hardest.values()):
        hardest = {driver: rounded(part) for driver, part in now.items()}
        effort, parts = scoring.lasting_effort(now, now, policy)
    else:
        effort, parts = scoring.lasting_effort(now, hardest, policy)
    timeline = conversation.timeline
    if words is not None or effort != conversation.effort:
        # An event may come late, with a time before the start.
        after_s = max(0, int(at - (conversation.started_at or at)))
        timeline = (*timeline, Point(after_s, to_hundredths(valence), to_hundredths(effort)))[-KEEP_POINTS:]
    scored = replace(
        conversation,
        emotions=emotions,
        valence=valence,
        drivers=drivers,
        hardest=hardest,
        effort=effort,
        mood=mood,
        worst_mood=max(mood, conversation.worst_mood),
        refused=_refused(signals) if words is not None and words.role in ANSWERS else conversation.refused,
        evidence=_evidence(conversation, event, at, signals) if signals else conversation.evidence,
        timeline=timeline,
    )
    risk = policy.judges.escalation.chance(context.of_conversation(scored, policy)) if scored.customer_turns else 0.0
    return replace(scored, escalation=rounded(risk)), parts


def _refused(signals: Sequence[Signal]) -> bool:
    return bool(signals) and any(signal.kind == "dead_end" and signal.strength >= 0.5 for signal in signals)


def _evidence(conversation: Conversation, event: Event, at: Seconds, signals: Sequence[Signal]) -> tuple[Evidence, ...]:
    """The latest evidence of each kind, newest last."""
    signals = [signal for signal in signals if signal.dimension is not Dimension.NEED or needs.is_threat(signal.kind)]
    kinds = {signal.kind for signal in signals}
    kept = [evidence for evidence in conversation.evidence if evidence.signal not in kinds]
    return (*kept, *(_as_evidence(event, signal, at) for signal in signals))[-KEEP_EVIDENCE:]


def _as_evidence(event: Event, signal: Signal, at: Seconds) -> Evidence:
    utterance_id = event.utterance_id if isinstance(event, Utterance) else ""
    return Evidence(signal.kind, signal.strength, at, signal.words, signal.amount, utterance_id)


def _advised(
    conversation: Conversation, event: Event, at: Seconds, signals: Sequence[Signal], dissatisfaction: float,
    policy: Policy,
) -> tuple[Suggestion, ...]:  # fmt: skip
    """The help that applies now for the agent who has the conversation, in prior order; safety comes alone."""
    unsure = dissatisfaction if policy.unsure_from < dissatisfaction < policy.unsure_to else None
    arrived = isinstance(event, Joined | Transferred)
    if conversation.agent_id is None or conversation.ended_at is not None or not (signals or unsure or arrived):
        return ()
    asked_at = float("-inf") if conversation.asked_at is None else conversation.asked_at
    moment = Moment(
        conversation,
        {signal.kind: signal for signal in signals},
        at,
        unsure,
        lately_asked=at - asked_at < policy.ask_again_s,
        arrived=arrived,
    )
    called = [
        _suggestion(suggester, cause, moment, event, policy)
        for suggester in SUGGESTIONS
        if (not suggester.of or not suggester.of.isdisjoint(moment.signals))
        and (suggester.for_takeover or not conversation.bot_helps)
        and (cause := suggester.why(moment)) is not None
    ]
    most = 1 if called and called[0].urgency == SAFETY else MOST_CANDIDATES
    return tuple(called[:most])


def _suggestion(
    suggester: Suggester[Signal | Evidence], cause: Signal | Evidence, moment: Moment, event: Event, policy: Policy
) -> Suggestion:
    now = moment.conversation
    return Suggestion(
        suggestion_id=suggestion_id(event.tenant, event.conversation_id, suggester.kind, event.event_id),
        kind=suggester.kind,
        agent_id=now.agent_id or "",
        at=moment.at,
        expires_at=moment.at + policy.suggestion_expires_s,
        reason=cause if isinstance(cause, Evidence) else _as_evidence(event, cause, moment.at),
        situation=situation(now),
        urgency=suggester.urgency,
        language=now.language,
    )
