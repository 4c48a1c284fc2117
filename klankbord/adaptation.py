"""Fit the second stage to conversations that people labelled: one tenant's words, agents and habits."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from klankbord import context
from klankbord.conversation import Conversation
from klankbord.events import Event
from klankbord.fitting import Example, fitted
from klankbord.labels import Label
from klankbord.models.judges import Correction, Judge, Judges
from klankbord.observation import heard, observe
from klankbord.policy import Policy
from klankbord.tone import EMOTION_HEADS

# What a person calls dissatisfied: the customer would complain if asked.
DISSATISFIED_FROM: Final = 2
# Numbers that speak for a customer who is content or soon will be, and such as may speak either way.
CALMING: Final = frozenset({"glad", "positive", "solved"})
SHAPE: Final = frozenset({"opening", "question", "exclamations", "capitals", "few words"})

# How dear a step away from the prior is. A few dozen conversations hold a few hundred turns: they may move a weight,
# not turn the model round.
STRENGTH: Final = 4.0
_HEAD_STRENGTH: Final = 15.0
_FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation with labels by utterance id, and marks by event id: was an alert right there?"""

    events: tuple[Event, ...]
    labels: Mapping[str, Label] = field(default_factory=dict)
    marks: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """One moment that a person judged: what it is judged by, and the label of the turn or the mark of the alert."""

    turn: Mapping[str, float]
    conversation: Mapping[str, float]
    heads: Mapping[str, float]
    label: Label | None
    alerted: bool  # at this turn or an earlier one a supervisor would have wanted to be told


@dataclass(frozen=True, slots=True)
class Gain:
    """How well one judge tells right from wrong on conversations that it was not fitted to; AUC, 0.5 is chance."""

    judge: str
    moments: int
    positives: int
    before: float | None
    after: float | None


def judged(talk: Talk, policy: Policy) -> Iterator[Judged]:
    """Every labelled turn and every marked alert of one conversation, in order."""
    conversation = Conversation()
    alerted = False
    for event in talk.events:
        _, _, words, found = heard(conversation, event, policy)
        numbers = context.of_turn(conversation, words, found, policy)
        observation = observe(conversation, event, policy)
        conversation = observation.conversation
        label = talk.labels.get(observation.utterance_id)
        right = talk.marks.get(event.event_id)
        heads = {signal.kind: signal.strength for signal in found if signal.kind in EMOTION_HEADS}
        if label is not None and numbers:
            alerted = alerted or label.alert
            yield Judged(numbers, context.of_conversation(conversation, policy), heads, label, alerted)
        if right is not None:
            yield Judged({}, context.of_conversation(conversation, policy), {}, None, right)


def of_dissatisfaction(moments: Iterable[Judged], *, share: float = 1.0) -> list[Example]:
    """What the labelled turns say of dissatisfaction."""
    return [Example(one.turn, float(_unhappy(one.label)), share) for one in moments if one.label is not None]


def of_escalation(moments: Iterable[Judged], *, share: float = 1.0) -> list[Example]:
    """What labels and marks say of the need for a supervisor: from the turn that was marked, while unhappy."""
    return [
        Example(one.conversation, float(one.alerted and (one.label is None or _unhappy(one.label))), share)
        for one in moments
    ]


def adapted(talks: Sequence[Talk], policy: Policy) -> Judges:
    """The judges of `policy`, moved as far as the talks ask for: the heads a little, then what listens to them."""
    heads = corrections([one for talk in talks for one in judged(talk, policy)], policy.judges.heads)
    policy = replace(policy, judges=replace(policy.judges, heads=heads))
    moments = [one for talk in talks for one in judged(talk, policy)]
    return replace(
        policy.judges,
        dissatisfaction=_moved(policy.judges.dissatisfaction, of_dissatisfaction(moments)),
        escalation=_moved(policy.judges.escalation, of_escalation(moments)),
    )


def gains(talks: Sequence[Talk], policy: Policy) -> tuple[Gain, ...]:
    """Before and after, each talk judged by what was fitted to the others: in five parts, or one by one if fewer."""
    folds = min(_FOLDS, len(talks))
    seen: dict[str, list[tuple[float, float, float]]] = {"dissatisfaction": [], "escalation": []}
    for fold in range(folds):
        rest = [talk for at, talk in enumerate(talks) if at % folds != fold]
        if not rest:
            continue
        after = replace(policy, judges=adapted(rest, policy))
        for talk in talks[fold::folds]:
            old, new = list(judged(talk, policy)), list(judged(talk, after))
            for judge, make in (("dissatisfaction", of_dissatisfaction), ("escalation", of_escalation)):
                was, now = getattr(policy.judges, judge), getattr(after.judges, judge)
                for a, b in zip(make(old), make(new), strict=True):
                    seen[judge].append((a.truth, was.chance(a.numbers), now.chance(b.numbers)))
    return tuple(
        Gain(
            judge,
            len(rows),
            sum(truth > 0.5 for truth, _, _ in rows),
            auc([before for _, before, _ in rows], [truth for truth, _, _ in rows]),
            auc([after for _, _, after in rows], [truth for truth, _, _ in rows]),
        )
        for judge, rows in seen.items()
    )


def auc(scores: Sequence[float], truths: Sequence[float]) -> float | None:
    """Area under the ROC curve, ties counted half; none where all are alike."""
    positives = [score for score, truth in zip(scores, truths, strict=True) if truth > 0.5]
    negatives = [score for score, truth in zip(scores, truths, strict=True) if truth <= 0.5]
    if not positives or not negatives:
        return None
    won = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    return won / (len(positives) * len(negatives))


def _unhappy(label: Label) -> bool:
    return label.dissatisfied >= DISSATISFIED_FROM


def _moved(judge: Judge, examples: list[Example]) -> Judge:
    return fitted(examples, judge, strength=STRENGTH, lowers=CALMING, free=SHAPE) if examples else judge


def corrections(moments: Sequence[Judged], before: Mapping[str, Correction]) -> dict[str, Correction]:
    """A slope and an offset for each head, near those it has."""
    found = dict(before)
    for kind, emotion in EMOTION_HEADS.items():
        told = [
            Example({"log odds": _log_odds(one.heads[kind])}, float(emotion in one.label.emotions))
            for one in moments
            if one.label is not None and kind in one.heads
        ]
        if any(example.truth for example in told):
            # The moments were heard through the earlier correction, so this one comes on top of it.
            moved = fitted(told, Judge(0.0, {"log odds": 1.0}), strength=_HEAD_STRENGTH)
            earlier = before.get(kind, Correction())
            slope = min(5.0, max(0.2, moved.weights["log odds"]))
            offset = min(5.0, max(-5.0, slope * earlier.offset + moved.bias))
            found[kind] = Correction(round(slope * earlier.slope, 4), round(offset, 4))
    return found


def _log_odds(chance: float) -> float:
    chance = min(max(chance, 1e-6), 1.0 - 1e-6)
    return math.log(chance / (1.0 - chance))
