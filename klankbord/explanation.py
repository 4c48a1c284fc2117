"""Observations as a person reads them: what was said, what was found in it, what that did to the scores."""

from collections.abc import Iterator

from klankbord.conversation import Conversation
from klankbord.events import Ended, Event, Seconds, Utterance
from klankbord.observation import Observation
from klankbord.reasons import answers, lead
from klankbord.redaction import redact
from klankbord.signals import Signal
from klankbord.taxonomy import Question, Taxonomy

_SECONDS = ("long_wait", "hold", "dead_air", "talk_over")
_SHOWN_FROM = 0.1  # weaker emotions are noise to a reader
_COULD_BE: dict[Question, str] = {
    "preventable": "prevented",
    "self_service": "self-served",
    "automatable": "automated",
}


def explanation(
    event: Event, observation: Observation, *, started_at: Seconds, reasons: Taxonomy | None = None
) -> Iterator[str]:
    """The lines about one event: what happened, then evidence (·), the reason of the contact (?) where it became known
    or another, scores (=), alerts (!), suggestions (>), and at the end what could have been done about it (?).
    """
    after = max(0, int(event.at_s - started_at))
    yield f"{after // 60:02d}:{after % 60:02d} {_happened(event)}"
    for signal in observation.signals:
        yield f"      · {signal.kind} {signal.strength:.2f}{_evidence(signal)}"
    if observation.reason is not None:
        yield f"      ? {_reason(observation)}"
    if observation.signals:
        yield f"      = {_scores(observation)}"
    for alert in observation.alerts:
        yield f"      ! {alert.severity}: {alert.rule} {alert.state}"
    for suggestion in observation.suggestions:
        yield f"      > {suggestion.kind} (because of {suggestion.reason.signal if suggestion.reason else 'nothing'})"
    if isinstance(event, Ended) and reasons is not None:
        for line in _could_be(observation, reasons):
            yield f"      ? {line}"


def _happened(event: Event) -> str:
    if isinstance(event, Utterance):
        partial = "" if event.is_final else " (partial)"
        return f"{event.role}{partial}: {redact(event.text)}"
    return f"* {event.__struct_config__.tag}"


def _evidence(signal: Signal) -> str:
    words = f" “{signal.words}”" if signal.words else ""
    if signal.amount is None:
        return words
    unit = " s" if signal.kind in _SECONDS else ""
    return f"{words} ({signal.amount:g}{unit})"


def _reason(observation: Observation) -> str:
    now = observation.conversation
    if not now.reason:
        return "reason unknown again"
    words = f" “{now.reason_words}”" if now.reason_words else ""
    return f"reason {now.reason}, ahead by {lead(now):.2f}{words}"


def _could_be(observation: Observation, reasons: Taxonomy) -> Iterator[str]:
    """One line a question: the label, why, and what of it was seen in this conversation."""
    language = observation.conversation.language or "en"
    for answer in answers(observation.conversation, reasons):
        seen = ", ".join(evidence.signal for evidence in answer.facts)
        why = getattr(answer.why, language)
        yield f"{_COULD_BE[answer.question]}: {answer.label} ({why})" + (f"; seen here: {seen}" if seen else "")


def _scores(observation: Observation) -> str:
    now = observation.conversation
    parts = ", ".join(
        f"{driver} {part:.2f}"
        for driver, part in sorted(observation.effort_parts.items(), key=lambda item: -item[1])
        if part >= 0.005
    )
    feelings = ", ".join(
        f"{emotion} {value:.2f}"
        for emotion, value in sorted(now.emotions.items(), key=lambda item: -item[1])
        if value >= _SHOWN_FROM
    )
    effort = f"effort {now.effort:.2f} = 1 + {parts}" if parts else f"effort {now.effort:.2f}"
    return f"{effort} | valence {now.valence:+.2f} | {feelings or 'no emotion'}{_minded(now)}"


def _minded(now: Conversation) -> str:
    churn = f" | churn {now.churn:.2f}" if now.churn >= _SHOWN_FROM else ""
    needs = ", ".join(f"{kind} {need.sure:.2f}" for kind, need in now.needs.items())
    return f"{churn} | needs: {needs}" if needs else churn
