"""A customer who wants somebody else is handed over."""

import pytest

from klankbord.suggestions.hand_over import hand_over
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["asks_for_human"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = hand_over.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


@pytest.mark.parametrize("kind", ["asks_for_human"])
def test_a_weak_sign_is_not_enough(kind: str) -> None:
    assert hand_over.why(moment(signal(kind, 0.05, "a word"))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert hand_over.why(moment(signal("anger"))) is None
