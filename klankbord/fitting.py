"""Fit a judge: a logistic model near a prior, with signs that make sense. For `make train` and `klankbord adapt`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from klankbord.models.judges import Judge

_STEPS: Final = 4_000
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Example:
    """One judged moment: its numbers, whether it holds (0..1), and how much it counts."""

    numbers: Mapping[str, float]
    truth: float
    share: float = 1.0


def fitted(
    examples: Sequence[Example], prior: Judge, *, strength: float, lowers: frozenset[str] = frozenset(),
    free: frozenset[str] = frozenset(),
) -> Judge:  # fmt: skip
    """The judge nearest to `prior` that agrees with the examples; `strength` is how dear a step away from it is.

    A number may only raise the chance, or only lower it if it is in `lowers`; those in `free` may do either. So the
    reason that a person reads never says that thanks made a customer angry.
    """
    names = list(prior.weights)
    rows = np.array([[*(example.numbers.get(name, 0.0) for name in names), 1.0] for example in examples])
    truth = np.array([example.truth for example in examples])
    share = np.array([example.share for example in examples])
    start = np.array([*prior.weights.values(), prior.bias])
    low = np.array([*(-np.inf if name in lowers or name in free else 0.0 for name in names), -np.inf])
    high = np.array([*(0.0 if name in lowers else np.inf for name in names), np.inf])
    # The bias says how often, not why: it may go where the examples take it.
    dear = np.array([strength] * len(names) + [strength / 50])
    step = 1.0 / (0.25 * float(np.linalg.eigvalsh((rows * share[:, None]).T @ rows)[-1]) + float(dear.max()))
    at = ahead = np.clip(start, low, high)
    pace = 1.0
    for _ in range(_STEPS):  # accelerated projected gradient: no chance in it, the same bytes everywhere
        chance = 1.0 / (1.0 + np.exp(-(rows @ ahead)))
        slope = rows.T @ (share * (chance - truth)) + dear * (ahead - start)
        after = np.clip(ahead - step * slope, low, high)
        quicker = (1.0 + np.sqrt(1.0 + 4.0 * pace**2)) / 2.0
        at, ahead, pace = after, after + (pace - 1.0) / quicker * (after - at), quicker
    values = [round(float(value), _DIGITS) + 0.0 for value in at]
    return Judge(values[-1], dict(zip(names, values[:-1], strict=True)))
