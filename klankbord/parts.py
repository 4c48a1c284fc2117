"""Where every score of a turn comes from: parts that add up to it, down to the words."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from klankbord import context, scoring
from klankbord.conversation import Conversation
from klankbord.events import Event, Role
from klankbord.models.heads import reading
from klankbord.models.judges import Correction, Judge
from klankbord.observation import Observation, heard, observe
from klankbord.policy import Policy
from klankbord.redaction import redact
from klankbord.signals import Dimension, Signal, Words
from klankbord.tone import EMOTION_HEADS

BASE: Final = "base"
_HEADS: Final = {**EMOTION_HEADS, "sounds_dissatisfied": "dissatisfaction", "sounds_abusive": "abuse"}
_ALMOST_SURE: Final = 1.0 - 1e-9


class Moved(Struct, frozen=True, array_like=True):
    """One word and how far it moved a head, in log-odds."""

    word: str
    log_odds: float


class Parts(Struct, frozen=True, omit_defaults=True):
    """What made the scores of one event.

    `emotions`: the share of each signal; they add up to the emotion of the turn, 0..1. `heads`: for each signal of a
    head its words and its base in log-odds; they add up to the log-odds of the signal, corrections in them, before a
    good feeling is doubted because the whole of the words is bad. `dissatisfaction` and
    `escalation`: log-odds, with the base they add up to those of the score. `effort`: with 1 they add up to it.
    """

    emotions: dict[str, dict[str, float]] = {}
    heads: dict[str, tuple[Moved, ...]] = {}
    dissatisfaction: dict[str, float] = {}
    escalation: dict[str, float] = {}
    effort: dict[str, float] = {}


def parts(before: Conversation, event: Event, observation: Observation, policy: Policy) -> Parts:
    """The parts of what `observe(before, event, policy)` found."""
    now = observation.conversation
    if observation.without_effect or now.objected:
        return Parts()
    _, _, words, found = heard(before, event, policy)
    numbers = context.of_turn(before, words, found, policy)
    so_far = context.of_conversation(now, policy)
    return Parts(
        emotions=_emotions(found, policy),
        heads=_heads(words, found, policy),
        dissatisfaction=_judged(policy.judges.dissatisfaction, numbers) if numbers else {},
        escalation=_judged(policy.judges.escalation, so_far) if now.customer_turns else {},
        effort=observation.effort_parts,
    )


def taken_apart(events: Iterable[Event], policy: Policy) -> Iterator[tuple[Event, Observation, Parts]]:
    """Every event with its observation and the parts of it; conversations are told apart by tenant and id."""
    conversations: dict[tuple[str, str], Conversation] = {}
    for event in events:
        key = event.tenant, event.conversation_id
        before = conversations.get(key, Conversation())
        observation = observe(before, event, policy)
        conversations[key] = observation.conversation
        yield event, observation, parts(before, event, observation, policy)


def _emotions(found: Iterable[Signal], policy: Policy) -> dict[str, dict[str, float]]:
    """Chances do not add up, but the logarithms of their opposites do: a signal's share is its share in those."""
    doubts: dict[str, dict[str, float]] = {}
    for signal in found:
        if signal.dimension is Dimension.EMOTION:
            for emotion, weight in policy.emotion_weights.get(signal.kind, {}).items():
                doubt = -math.log1p(-min(_ALMOST_SURE, weight * signal.strength))
                if doubt:
                    doubts.setdefault(emotion, {})[signal.kind] = doubt
    scores = scoring.turn_emotions(found, policy)
    return {
        emotion: {kind: scores[emotion] * doubt / sum(shares.values()) for kind, doubt in shares.items()}
        for emotion, shares in doubts.items()
    }


def _heads(words: Words | None, found: Iterable[Signal], policy: Policy) -> dict[str, tuple[Moved, ...]]:
    if words is None or words.role is not Role.CUSTOMER:
        return {}
    corrections = policy.judges.heads
    kinds = [signal.kind for signal in found if signal.kind in _HEADS]
    return {kind: _words(words, _HEADS[kind], corrections.get(kind, Correction())) for kind in kinds}


def _words(words: Words, head: str, correction: Correction) -> tuple[Moved, ...]:
    """Every word with what it moved; one that redaction takes away is shown as it leaves it."""
    read = reading(words.normal, words.language)
    shown = redact(words.clean)
    said = ((words.clean[at.start : at.end], correction.slope * at.log_odds) for at in read.model.weights(read, head))
    moved = [Moved(word if word in shown else "…", log_odds) for word, log_odds in said]
    return (*moved, Moved(BASE, correction.slope * read.model.bias(head) + correction.offset))


def _judged(judge: Judge, numbers: Mapping[str, float]) -> dict[str, float]:
    return {**judge.parts(numbers), BASE: judge.bias}
