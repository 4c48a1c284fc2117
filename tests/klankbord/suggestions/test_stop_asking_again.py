"""What was given is used."""

import pytest

from klankbord.suggestions.stop_asking_again import stop_asking_again
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["reasked_question", "repetition"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = stop_asking_again.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


@pytest.mark.parametrize("kind", ["reasked_question", "repetition"])
def test_a_weak_sign_is_not_enough(kind: str) -> None:
    assert stop_asking_again.why(moment(signal(kind, 0.05, "a word"))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert stop_asking_again.why(moment(signal("correction"))) is None
