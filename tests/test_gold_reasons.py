"""The reason of a whole conversation, against what a reader makes of it; floors lie below what was measured."""

import pytest

from klankbord.models.reasons import known
from tests.gold import read_gold
from tests.gold_reasons import REASONS, figures


def test_every_reason_given_is_one_that_exists() -> None:
    assert set(REASONS.values()) <= set(known())


def test_the_conversations_named_exist() -> None:
    assert set(REASONS) <= {gold.name for gold in read_gold()}


@pytest.mark.parametrize(
    ("figure", "floor"),
    [
        ("right by most votes", 0.42),
        ("right group by most votes", 0.50),
        ("right where known", 0.60),
        ("right group where known", 0.70),
    ],
)
def test_the_reason_agrees_with_a_reader(figure: str, floor: float) -> None:
    assert figures("train")[figure] >= floor


def test_not_everything_is_unknown() -> None:
    assert figures("train")["left unknown"] <= 0.65
