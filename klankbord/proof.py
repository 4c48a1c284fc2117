"""Why an alert opened: the evidence, the sentence it stands in, the way the score came, and what will clear it."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from msgspec.structs import replace

from klankbord import needs
from klankbord.alerting import MOST_CAUSES, Alert, causes
from klankbord.conversation import Conversation, Evidence, clip
from klankbord.detectors import DETECTORS
from klankbord.events import Utterance
from klankbord.listeners import asked
from klankbord.policy import EMOTIONS
from klankbord.redaction import excerpt, find
from klankbord.signals import Dimension, Signal, Turn

MAX_SENTENCE_CHARS: Final = 200
MAX_PATH: Final = 8
_SAID: Final = "said."
# What is heard in the whole of the words, beside what is listed.
_HEARD: Final = ("sounds_", "negative_words", "positive_words", "told_trouble")
_SIGNS: Final = " ,;:.!?…-"
_FELT: Final = ("valence", "mood", "worst_mood", "churn", *EMOTIONS)
_WORKED: Final = ("effort", "escalation", "waited_s", "held_s")
_SENTENCE_END: Final = re.compile(r"[.!?…]+(?=\s)")
_REDACTED_GROWS: Final = 20
_BY_KIND: Final = {detector.kind: detector for detector in DETECTORS}

Span = tuple[int, int]


def proven(alerts: Sequence[Alert], now: Conversation, turn: Turn, signals: Sequence[Signal]) -> tuple[Alert, ...]:
    """The alerts, those that opened in this turn with their proof; nothing is redacted where none did."""
    if all(alert.state != "opened" for alert in alerts):
        return tuple(alerts)
    evidence = _evidence(now, turn, signals)
    return tuple([_proven(alert, evidence, now, turn) if alert.state == "opened" else alert for alert in alerts])


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
    sentence, marks = _sentence(found, turn) if found else ("", ())
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
        until="" if alert.rule == "threat" else rule.until or f"!({rule.when})",
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


def _sentence(found: Sequence[Evidence], turn: Turn) -> tuple[str, tuple[Span, ...]]:
    """The sentence that the causes stand in and their marked places in it; none where the first was said earlier.

    None either where the sentence tells what is private: then the words of the causes are all that is shown.
    """
    words, event = turn.words, turn.event
    if words is None or not isinstance(event, Utterance) or event.utterance_id != found[0].utterance_id:
        return "", ()
    places = _places([cause for cause in found if cause.utterance_id == event.utterance_id], turn)
    if not places:
        return "", ()
    private = () if needs.is_threat(found[0].signal) else _private(turn)
    left, right = _around(words.clean, *places[0])
    if _touches((left, right), private):
        return "", ()
    return _redacted(words.clean, left, right, _merged([place for place in places if left <= place[0] < right]))


def _places(found: Sequence[Evidence], turn: Turn) -> list[Span]:
    """Where the causes stand in the line, those whose very words were listed alone where there are any.

    A head listens to the whole of the line: the run of words that speaks most for it may begin and end anywhere.
    """
    text = "" if turn.words is None else turn.words.clean
    spans = [(cause, span) for cause in found if (span := _place(cause, turn)) is not None]
    listed = [span for cause, span in spans if not cause.signal.startswith(_HEARD)]
    return [_unbroken(text, _within_sentence(text, span)) for span in listed or [span for _, span in spans]]


def _within_sentence(text: str, span: Span) -> Span:
    """The longest piece of a place that is in one sentence, in whole words and without the signs around it."""
    start, end = span
    ends = [start, *(match.end() for match in _SENTENCE_END.finditer(text, start, end)), end]
    start, end = max(pairwise(ends), key=lambda piece: piece[1] - piece[0])
    piece = text[start:end].rstrip(_SIGNS)
    start, end = start + len(piece) - len(piece.lstrip(_SIGNS)), start + len(piece)
    while 0 < start < end and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while start < end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    return start, end


def _merged(places: Sequence[Span]) -> list[Span]:
    merged = list[Span]()
    for start, end in sorted(places):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _redacted(text: str, left: int, right: int, places: Sequence[Span]) -> tuple[str, tuple[Span, ...]]:
    """`text[left:right]` without personal data, no longer than one reads, and the places in it."""
    sentence, marks, at = "", list[Span](), left
    for start, end in [*places, (right, right)]:
        sentence += excerpt(text, at, start)
        begun, at = len(sentence), min(end, right)
        sentence += excerpt(text, start, at)
        marks.append((begun, len(sentence)))
    kept = ((start, min(end, MAX_SENTENCE_CHARS)) for start, end in marks)
    return sentence[:MAX_SENTENCE_CHARS], tuple((start, end) for start, end in kept if start < end)


def _place(cause: Evidence, turn: Turn) -> Span | None:
    if turn.words is None:
        return None
    if cause.signal.startswith(_SAID):
        book = turn.policy.book
        return book.said(turn.words.normal, turn.words.role, turn.words.language).get(cause.signal.removeprefix(_SAID))
    detector = _BY_KIND.get(cause.signal)
    finding = None if detector is None else detector.find(turn)
    return None if finding is None else finding.span


def _private(turn: Turn) -> tuple[Span, ...]:
    found = [detector.find(turn) for detector in asked(turn) if detector.dimension is Dimension.NEED]
    return tuple([finding.span for finding in found if finding is not None and finding.span is not None])


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
    room = max(0, MAX_SENTENCE_CHARS - _REDACTED_GROWS - (end - start))
    before = max(room // 2, room - (right - end))  # what one side leaves free is the other's
    after = max(room // 2, room - (start - left))
    if start - left > before:
        left = text.find(" ", start - before, start) + 1 or start
    if right - end > after:
        right = max(text.rfind(" ", end, end + after), end)
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
