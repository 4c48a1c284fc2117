"""Observations as a person reads them: what was said, what was found in it, what that did to the scores."""

from collections.abc import Iterator, Mapping, Sequence

from klankbord.alerting import Alert
from klankbord.conversation import Conversation
from klankbord.events import Ended, Event, Seconds, Utterance
from klankbord.observation import Observation
from klankbord.parts import BASE, Moved, Parts
from klankbord.reasons import answers, lead
from klankbord.redaction import redact
from klankbord.signals import Signal
from klankbord.taxonomy import Question, Taxonomy

_SECONDS = ("long_wait", "hold", "dead_air", "talk_over")
_SHOWN_FROM = 0.1  # weaker emotions are noise to a reader
_TURN_SHOWN_FROM = 0.3
_PART_SHOWN_FROM = 0.05
_WORDS_SHOWN = 3
_COULD_BE: dict[Question, str] = {
    "preventable": "prevented",
    "self_service": "self-served",
    "automatable": "automated",
}


def explanation(
    event: Event, observation: Observation, made: Parts, *, started_at: Seconds, reasons: Taxonomy | None = None
) -> Iterator[str]:
    """The lines about one event: what happened, then evidence (·), the reason of the contact (?) where it became known
    or another, scores with their parts (=), alerts with their proof (!), suggestions (>), and at the end what could
    have been done about it (?).
    """
    after = max(0, int(event.at_s - started_at))
    yield f"{after // 60:02d}:{after % 60:02d} {_happened(event)}"
    for signal in observation.signals:
        moved = _strongest(made.heads.get(signal.kind, ()))
        yield f"      · {signal.kind} {signal.strength:.2f}{_evidence(signal)}{moved}"
    if observation.reason is not None:
        yield f"      ? {_reason(observation)}"
    if observation.signals:
        yield f"      = {_scores(observation)}"
    for line in _shares(observation, made):
        yield f"      = {line}"
    for alert in observation.alerts:
        yield from _alert(alert)
    for suggestion in observation.suggestions:
        yield f"      > {suggestion.kind} (because of {suggestion.reason.signal if suggestion.reason else 'nothing'})"
    if isinstance(event, Ended) and reasons is not None:
        for line in _could_be(observation, reasons):
            yield f"      ? {line}"


def _alert(alert: Alert) -> Iterator[str]:
    """The alert, and where it opened why: what counted, where it was said, and what will clear it."""
    yield f"      ! {alert.severity}: {alert.rule} {alert.state}"
    if alert.state == "cleared":
        return
    for cause in alert.causes:
        words = f" “{cause.words}”" if cause.words else ""
        yield f"      !   because of {cause.signal} {cause.strength:.2f}{words}{_amount(cause.signal, cause.amount)}"
    if alert.sentence:
        yield f"      !   said: “{_marked(alert.sentence, alert.marks)}”"
    if not alert.until:
        yield "      !   until the conversation ends"
        return
    numbers = ", ".join(f"{name} {number:g}" for name, number in alert.numbers.items())
    yield f"      !   until {alert.until}" + (f" ({numbers})" if numbers else "")


def _marked(sentence: str, marks: Sequence[tuple[int, int]]) -> str:
    for start, end in reversed(marks):
        sentence = f"{sentence[:start]}**{sentence[start:end]}**{sentence[end:]}"
    return sentence


def _happened(event: Event) -> str:
    if isinstance(event, Utterance):
        partial = "" if event.is_final else " (partial)"
        return f"{event.role}{partial}: {redact(event.text)}"
    return f"* {event.__struct_config__.tag}"


def _evidence(signal: Signal) -> str:
    words = f" “{signal.words}”" if signal.words else ""
    return f"{words}{_amount(signal.kind, signal.amount)}"


def _amount(kind: str, amount: float | None) -> str:
    return "" if amount is None else f" ({amount:g}{' s' if kind in _SECONDS else ''})"


def _strongest(moved: Sequence[Moved]) -> str:
    """The words that moved a head most, in log-odds."""
    most = sorted((one for one in moved if one.word != BASE), key=lambda one: -abs(one.log_odds))[:_WORDS_SHOWN]
    return "; " + ", ".join(f"{one.word} {one.log_odds:+.1f}" for one in most) if most else ""


def _shares(observation: Observation, made: Parts) -> Iterator[str]:
    """Each score of the turn that is worth a line, with what it is made of."""
    for emotion, value in sorted(observation.emotions.items(), key=lambda item: -item[1]):
        if value >= _TURN_SHOWN_FROM:
            yield f"{emotion} {value:.2f} = {_sum(made.emotions.get(emotion, {}), plus='')}"
    if made.dissatisfaction:
        unsure = " (not sure)" if observation.unsure else ""
        yield f"dissatisfied {observation.dissatisfaction:.2f}{unsure}, log-odds {_total(made.dissatisfaction)}"
    risk = observation.conversation.escalation
    if risk >= _TURN_SHOWN_FROM and observation.signals:
        yield f"needs a supervisor {risk:.2f}, log-odds {_total(made.escalation)}"


def _total(made: Mapping[str, float]) -> str:
    return f"{sum(made.values()):+.2f} = {_sum(made, plus='+')}"


def _sum(made: Mapping[str, float], *, plus: str) -> str:
    shown = {name: value for name, value in made.items() if abs(value) >= _PART_SHOWN_FROM}
    rest = sum(made.values()) - sum(shown.values())
    if abs(rest) >= 0.005:
        shown["rest"] = rest
    return ", ".join(
        f"{name} {value:{plus}.2f}" for name, value in sorted(shown.items(), key=lambda item: -abs(item[1]))
    )


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
