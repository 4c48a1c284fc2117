"""A strong feeling is acknowledged first."""

import pytest

from klankbord.suggestions.acknowledge_feeling import acknowledge_feeling
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["anger", "frustration", "disappointment"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = acknowledge_feeling.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


@pytest.mark.parametrize("kind", ["anger", "frustration", "disappointment"])
def test_a_weak_sign_is_not_enough(kind: str) -> None:
    assert acknowledge_feeling.why(moment(signal(kind, 0.05, "a word"))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert acknowledge_feeling.why(moment(signal("anxiety"))) is None


def test_the_strongest_feeling_is_the_reason() -> None:
    reason = acknowledge_feeling.why(moment(signal("anger", 0.7), signal("disappointment", 0.9)))

    assert reason is not None
    assert reason.kind == "disappointment"
