"""Why an alert opened: the evidence, the sentence it stands in, the way the score came, and what will clear it."""

import re
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from klankbord import needs
from klankbord.alerting import MOST_CAUSES, Alert, causes
from klankbord.conversation import Conversation, Evidence, clip
from klankbord.detectors import DETECTORS
from klankbord.events import Utterance
from klankbord.policy import EMOTIONS
from klankbord.redaction import excerpt, find
from klankbord.signals import Dimension, Signal, Turn

MAX_SENTENCE_CHARS: Final = 200
MAX_PATH: Final = 8
_SAID: Final = "said."
_FELT: Final = ("valence", "mood", "worst_mood", "churn", *EMOTIONS)
_WORKED: Final = ("effort", "escalation", "waited_s", "held_s")
_SENTENCE_END: Final = re.compile(r"[.!?…]+(?=\s)")
_REDACTED_GROWS: Final = 20

Span = tuple[int, int]


def proven(alerts: Sequence[Alert], now: Conversation, turn: Turn, signals: Sequence[Signal]) -> tuple[Alert, ...]:
    """The alerts, those that opened in this turn with their proof; nothing is redacted where none did."""
    if all(alert.state != "opened" for alert in alerts):
        return tuple(alerts)
    evidence = _evidence(now, turn, signals)
    return tuple(_proven(alert, evidence, now, turn) if alert.state == "opened" else alert for alert in alerts)


def _evidence(now: Conversation, turn: Turn, signals: Sequence[Signal]) -> tuple[Evidence, ...]:
    """What is remembered, and all of this event: a line with much in it has more than is remembered."""
    event = turn.event
    utterance_id = event.utterance_id if isinstance(event, Utterance) else ""
    told = [signal for signal in signals if signal.dimension is not Dimension.NEED or needs.is_threat(signal.kind)]
    kinds = {signal.kind for signal in told}
    return (
        *(piece for piece in now.evidence if piece.signal not in kinds),
        *(Evidence(s.kind, s.strength, event.at_s, s.words, s.amount, utterance_id) for s in told),
    )


def _proven(alert: Alert, evidence: Sequence[Evidence], now: Conversation, turn: Turn) -> Alert:
    rule = turn.policy.in_force[alert.rule]
    found = (*_said(alert.rule, turn), *causes(alert.rule, evidence, now, turn.policy))[:MOST_CAUSES]
    sentence, marks = _sentence(found[0], turn) if found else ("", ())
    path_of, path = _path(alert.rule, now, turn)
    return replace(
        alert,
        cause=alert.cause or next(iter(found), None),
        causes=found,
        sentence=sentence,
        marks=marks,
        path_of=path_of,
        path=path,
        when=rule.when,
        until=rule.until or f"!({rule.when})",
        numbers=rule.numbers,
    )


def _said(rule: str, turn: Turn) -> tuple[Evidence, ...]:
    """The phrases of this line that the rule asks for."""
    if turn.words is None or not isinstance(turn.event, Utterance):
        return ()
    lists = [name.removeprefix(_SAID) for name in turn.policy.program.asked[rule].watched if name.startswith(_SAID)]
    places = turn.policy.book.said(turn.words.normal, turn.words.role, turn.words.language) if lists else {}
    private = _private(turn) if places else ()
    return tuple(
        Evidence(
            f"{_SAID}{name}", 1.0, turn.event.at_s, clip(excerpt(turn.words.clean, *places[name])),
            utterance_id=turn.event.utterance_id,
        )
        for name in lists
        if name in places and not _touches(places[name], private)
    )  # fmt: skip


def _sentence(cause: Evidence, turn: Turn) -> tuple[str, tuple[Span, ...]]:
    """The sentence that the cause stands in and the marked place in it; none where it was said earlier.

    None either where the sentence tells what is private: then the words of the cause are all that is shown.
    """
    words, event = turn.words, turn.event
    if words is None or not isinstance(event, Utterance) or event.utterance_id != cause.utterance_id:
        return "", ()
    span = _place(cause, turn)
    if span is None:
        return "", ()
    private = () if needs.is_threat(cause.signal) else _private(turn)
    start, end = _unbroken(words.clean, span)
    left, right = _around(words.clean, start, end)
    if _touches((left, right), private):
        return "", ()
    before, marked, after = (excerpt(words.clean, *piece) for piece in ((left, start), (start, end), (end, right)))
    sentence = (before + marked + after)[:MAX_SENTENCE_CHARS]
    mark = len(before), min(len(before) + len(marked), len(sentence))
    return sentence, (mark,) if mark[0] < mark[1] else ()


def _place(cause: Evidence, turn: Turn) -> Span | None:
    if turn.words is None:
        return None
    if cause.signal.startswith(_SAID):
        book = turn.policy.book
        return book.said(turn.words.normal, turn.words.role, turn.words.language).get(cause.signal.removeprefix(_SAID))
    finding = next((detector.find(turn) for detector in DETECTORS if detector.kind == cause.signal), None)
    return finding.span if finding is not None else None


def _private(turn: Turn) -> tuple[Span, ...]:
    found = (detector.find(turn) for detector in DETECTORS if detector.dimension is Dimension.NEED)
    return tuple(finding.span for finding in found if finding is not None and finding.span is not None)


def _touches(span: Span, others: Sequence[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _unbroken(text: str, span: Span) -> Span:
    """The place, with every piece of personal data that it cuts whole in it."""
    start, end = span
    for piece in find(text):
        if start < piece.end and piece.start < end:
            start, end = min(start, piece.start), max(end, piece.end)
    return start, end


def _around(text: str, start: int, end: int) -> Span:
    """The sentence around a place, and of a long one the words nearest to it."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    left = max((at + 1 for at in ends if at <= start), default=0)
    right = min((at for at in ends if at >= end), default=len(text))
    room = max(0, MAX_SENTENCE_CHARS - _REDACTED_GROWS - (end - start)) // 2
    if start - left > room:
        left = text.find(" ", start - room, start) + 1 or start
    if right - end > room:
        right = max(text.rfind(" ", end, end + room), end)
    left, _ = _unbroken(text, (left, start)) if left < start else (left, start)
    _, right = _unbroken(text, (end, right)) if end < right else (end, right)
    return min(left, start), max(right, end)


def _path(rule: str, now: Conversation, turn: Turn) -> tuple[str, tuple[tuple[int, float], ...]]:
    """The course of the score that the rule watches, or of the one of the two it moves with."""
    watched = turn.policy.program.asked[rule].watched
    points = now.timeline[-MAX_PATH:]
    for name in watched:
        if name in _FELT:
            return "valence", tuple((point.after_s, point.valence) for point in points)
        if name in _WORKED or name in turn.policy.drivers:
            return "effort", tuple((point.after_s, point.effort) for point in points)
    return "", ()
