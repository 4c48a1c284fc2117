"""The second stage: small logistic models whose parts add up, with signs that a person can believe."""

import json
import math
from importlib.resources import files

import pytest

from klankbord.models.judges import SHIPPED, Judge, read
from klankbord.policy import DRIVERS, PRIORS

JUDGE = Judge(-1.0, {"mood": 2.0, "glad": -1.5})


def test_the_parts_add_up_to_the_chance() -> None:
    numbers = {"mood": 0.5, "glad": 0.2, "unknown": 3.0}

    total = JUDGE.bias + sum(JUDGE.parts(numbers).values())

    assert JUDGE.chance(numbers) == pytest.approx(1.0 / (1.0 + math.exp(-total)))


def test_what_is_missing_counts_as_nought() -> None:
    assert JUDGE.parts({}) == {}
    assert JUDGE.chance({}) == pytest.approx(1.0 / (1.0 + math.e))


def test_the_shipped_file_says_where_it_comes_from() -> None:
    assert SHIPPED.command == "make train"
    assert set(SHIPPED.data) == {"klankbord", "star"}
    assert SHIPPED.figures["conversations"] > 150


@pytest.mark.parametrize("judge", [SHIPPED.judges.dissatisfaction, SHIPPED.judges.escalation])
def test_bad_signs_only_raise_and_thanks_only_lower(judge: Judge) -> None:
    assert all(judge.weights[name] <= 0.0 for name in ("glad", "solved"))
    assert all(judge.weights[name] >= 0.0 for name in ("mood", "anger", "frustration", "turned away"))


def test_no_driver_lowers_effort_and_every_one_is_fitted_or_keeps_its_prior() -> None:
    assert set(SHIPPED.effort) <= set(PRIORS)
    assert all(driver.weight >= 0.0 for driver in DRIVERS.values())


def test_a_file_of_another_format_is_refused() -> None:
    shipped = json.loads(files("klankbord.models").joinpath("judges.json").read_bytes())

    with pytest.raises(ValueError, match="format 2, this reader knows 1"):
        read(json.dumps({**shipped, "format": 2}).encode())
