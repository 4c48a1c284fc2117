"""A wait is explained."""

import pytest

from klankbord.suggestions.explain_the_wait import explain_the_wait
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["long_wait", "hold"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = explain_the_wait.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


@pytest.mark.parametrize("kind", ["long_wait", "hold"])
def test_a_weak_sign_is_not_enough(kind: str) -> None:
    assert explain_the_wait.why(moment(signal(kind, 0.05, "a word"))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert explain_the_wait.why(moment(signal("transfer"))) is None
