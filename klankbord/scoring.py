"""Signals become emotion and effort: each a number that fades, with the parts that made it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from klankbord.digits import rounded
from klankbord.models.judges import Correction
from klankbord.policy import Policy, driver
from klankbord.signals import Dimension, Signal

_NEGATIVE = ("frustration", "anger", "disappointment")
_SAID_OUTRIGHT = 0.7  # how far a phrase of one of these at full strength settles it
_LIKELY = "turned_away"  # a chance and no fact: it always counts, and is shown where it has words of its own
_RELEASED = ("dead_end", "turned_away")
_BAD = ("frustration", "anger", "anxiety", "confusion", "disappointment", "sadness")


def either(*chances: float) -> float:
    """The chance of at least one of several independent ones, all in [0, 1]."""
    return 1.0 - math.prod([1.0 - c for c in chances])


def corrected(chance: float, correction: Correction | None) -> float:
    """The chance of a head after a tenant's correction of its log-odds, if there is one."""
    if correction is None:
        return chance
    chance = 1e-6 if chance < 1e-6 else 1.0 - 1e-6 if chance > 1.0 - 1e-6 else chance
    log_odds = correction.slope * math.log(chance / (1.0 - chance)) + correction.offset
    return 1.0 / (1.0 + math.exp(-log_odds))


class Felt(NamedTuple):
    """What the words of one customer turn show, weak evidence in it; of anybody else's nothing."""

    emotions: dict[str, float]
    valence: float = 0.0
    dissatisfied: float = 0.0
    abuse: float = 0.0


def felt(found: Iterable[Signal], policy: Policy) -> Felt:
    """What everything that was found in one customer turn says of it."""
    found = tuple(found)
    strengths = {signal.kind: signal.strength for signal in found}
    return Felt(turn_emotions(found, policy), turn_valence(strengths), heard_dissatisfied(strengths), abuse(strengths))


def turn_emotions(signals: Iterable[Signal], policy: Policy) -> dict[str, float]:
    """What one customer turn's signals say of each emotion, 0..1; an emotion without evidence is left out."""
    emotions: dict[str, float] = {}
    weighed, of_emotion = policy.emotion_weights, Dimension.EMOTION  # asking an enumeration takes 0.1 us
    for signal in signals:
        if signal.dimension is of_emotion and (weights := weighed.get(signal.kind)):
            strength = signal.strength
            for emotion, weight in weights.items():
                # `either` of two, written out: this runs some twenty times a turn.
                emotions[emotion] = 1.0 - (1.0 - emotions.get(emotion, 0.0)) * (1.0 - weight * strength)
    return {emotion: rounded(value) for emotion, value in emotions.items()}


def turn_valence(strengths: Mapping[str, float]) -> float:
    """How positive the words of one turn are, -1..1, by the strength of each kind of signal."""
    return rounded(strengths.get("positive_words", 0.0) - strengths.get("negative_words", 0.0))


def faded_emotions(before: Mapping[str, float], turn: Mapping[str, float], policy: Policy) -> dict[str, float]:
    """The conversation's emotions after a customer turn: the old fade, the new add up."""
    soothed = max(turn.get("gratitude", 0.0), turn.get("relief", 0.0))
    keep = policy.emotion_fade
    keep_bad = keep * (1.0 - (1.0 - policy.relief_fade) * soothed)
    after: dict[str, float] = {}
    for emotion in sorted({*before, *turn}):
        faded = before.get(emotion, 0.0) * (keep_bad if emotion in _BAD else keep)
        value = 1.0 - (1.0 - faded) * (1.0 - turn.get(emotion, 0.0))
        if value >= 0.009:
            value = rounded(value)
            if value >= 0.01:
                after[emotion] = value
    return after


def moved(before: float, newest: float, share: float) -> float:
    """A running value after a customer turn, with `share` of the newest in it."""
    return rounded(before + share * (newest - before))


def told(signals: Iterable[Signal], policy: Policy) -> tuple[Signal, ...]:
    """The signals that are shown and remembered: every fact, and such evidence in words as is strong enough."""
    least, effort = policy.evidence_from, Dimension.EFFORT
    return tuple(
        [s for s in signals if (s.strength >= least or s.dimension is effort) and (s.kind != _LIKELY or s.words)]
    )


def heard_dissatisfied(strengths: Mapping[str, float]) -> float:
    """How dissatisfied the words of one turn sound by themselves, 0..1: the head, and what was said outright."""
    said = max([strengths.get(kind, 0.0) for kind in _NEGATIVE])
    return rounded(either(strengths.get("sounds_dissatisfied", 0.0), _SAID_OUTRIGHT * said))


def abuse(strengths: Mapping[str, float]) -> float:
    """How likely one turn is abusive, 0..1."""
    return rounded(either(strengths.get("sounds_abusive", 0.0), strengths.get("abuse", 0.0)))


def faded_drivers(
    before: Mapping[str, float], signals: Sequence[Signal], policy: Policy, *, turn: bool, released: float = 1.0
) -> dict[str, float]:
    """The memory of each effort driver after an event: it fades at turns, grows by a signal, is full at its cap.

    `released` is the share of what was refused that is left where the customer confirms or thanks.
    """
    keep = policy.effort_fade if turn else 1.0
    # Floats throughout: an integer from a policy would come back from JSON as another value, and other bytes.
    if not before and not signals:
        return {}
    after = {kind: float(count * keep) for kind, count in before.items()}
    if released != 1.0:
        for kind in _RELEASED:
            if kind in after:
                after[kind] *= released
    for signal in signals:
        if signal.dimension is Dimension.EFFORT:
            full = float(driver(policy, signal.kind).cap)
            after[signal.kind] = min(full, after.get(signal.kind, 0.0) + signal.strength)
    return {kind: rounded(count) for kind, count in after.items() if count >= 0.01}


def effort_parts(drivers: Mapping[str, float], policy: Policy) -> dict[str, float]:
    """What each driver adds to the effort score; with 1 they add up to it."""
    if not drivers:
        return {}
    loads = _loads(drivers, policy)
    total = sum(loads.values())
    if not total:
        return {}
    above_one = 6.0 * (1.0 - math.exp(-total / policy.effort_scale))
    return {kind: above_one * load / total for kind, load in loads.items()}


def lasting_effort(
    now: Mapping[str, float], hardest: Mapping[str, float], policy: Policy
) -> tuple[float, dict[str, float]]:
    """Effort 1..7 (higher = harder) with its parts: mostly the present, partly the hardest moment so far.

    Form and weights follow the effort-driver studies that `policy.DRIVERS` names; the predicted CES 2.0,
    where higher = easier, is 8 minus this.
    """
    if not now and not hardest:
        return 1.0, {}
    share = policy.effort_now
    mixed = {
        kind: rounded(share * now.get(kind, 0.0) + (1.0 - share) * hardest.get(kind, 0.0))
        for kind in sorted({*now, *hardest})
    }
    return rounded(1.0 + sum(mixed.values())), mixed


def load(drivers: Mapping[str, float], policy: Policy) -> float:
    """How much work is remembered, 0..1: the effort of the moment without its hardest moment before."""
    total = sum(_loads(drivers, policy).values()) if drivers else 0.0
    return 1.0 - math.exp(-total / policy.effort_scale) if total else 0.0


def _loads(drivers: Mapping[str, float], policy: Policy) -> dict[str, float]:
    weighed, other = policy.drivers, policy.other_driver
    return {kind: weighed.get(kind, other).weight * count for kind, count in drivers.items()}
