"""The customer is put on hold for longer than is ordinary."""

import pytest

from klankbord.conversation import Conversation
from klankbord.detectors.hold import find
from tests.klankbord.given import START_S, happened, held, resumed

ON_HOLD = Conversation(held_since=START_S)


@pytest.mark.parametrize(
    ("after_s", "strength"),
    [
        pytest.param(81.0, 0.1, id="half a minute past the normal"),
        pytest.param(225.0, 0.5, id="almost four minutes"),
        pytest.param(1800.0, 1.0, id="half an hour is full"),
    ],
)
def test_a_long_hold_weighs_by_its_seconds(after_s: float, strength: float) -> None:
    finding = find(happened(resumed(after_s), ON_HOLD))

    assert finding is not None
    assert finding.strength == pytest.approx(strength)
    assert finding.amount == after_s


def test_a_short_hold_is_ordinary() -> None:
    assert find(happened(resumed(45.0), ON_HOLD)) is None


def test_a_hold_counts_when_it_is_over() -> None:
    assert find(happened(held())) is None


def test_an_end_without_a_beginning_is_no_hold() -> None:
    assert find(happened(resumed(900.0))) is None
