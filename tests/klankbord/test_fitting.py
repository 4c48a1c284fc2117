"""A judge is fitted near its prior, and never with a sign that makes no sense."""

import math

import pytest

from klankbord.fitting import Example, fitted
from klankbord.models.judges import Judge

PRIOR = Judge(-1.0, {"mood": 1.0, "glad": 0.0})
LOWERS = frozenset({"glad"})


def moments(*, times: int) -> list[Example]:
    """Bad mood is dissatisfied nine times in ten, none is one time in ten."""
    often = [Example({"mood": 1.0}, truth) for truth in (1.0,) * 9 + (0.0,)]
    seldom = [Example({}, truth) for truth in (1.0,) + (0.0,) * 9]
    return (often + seldom) * times


def test_with_many_examples_the_chance_is_what_was_seen() -> None:
    judge = fitted(moments(times=50), PRIOR, strength=0.1, lowers=LOWERS)

    assert judge.chance({"mood": 1.0}) == pytest.approx(0.9, abs=0.01)
    assert judge.chance({}) == pytest.approx(0.1, abs=0.01)


def test_with_few_examples_the_prior_stays() -> None:
    judge = fitted(moments(times=1), PRIOR, strength=1_000.0, lowers=LOWERS)

    assert judge.weights["mood"] == pytest.approx(1.0, abs=0.05)


def test_an_odd_sample_turns_no_sign_round() -> None:
    odd = [Example({"glad": 1.0}, 1.0), Example({"mood": 1.0}, 0.0)] * 20

    judge = fitted(odd, PRIOR, strength=0.1, lowers=LOWERS)

    assert judge.weights == {"mood": 0.0, "glad": 0.0}


def test_the_same_examples_give_the_same_judge() -> None:
    assert fitted(moments(times=3), PRIOR, strength=1.0) == fitted(moments(times=3), PRIOR, strength=1.0)


def test_a_share_counts_as_often_as_it_says() -> None:
    once = [Example({}, 1.0, share=3.0), Example({}, 0.0)]
    thrice = [Example({}, 1.0)] * 3 + [Example({}, 0.0)]

    free = Judge(0.0, {})
    assert fitted(once, free, strength=0.01) == fitted(thrice, free, strength=0.01)
    assert fitted(once, free, strength=0.01).bias == pytest.approx(math.log(3.0), abs=0.01)
