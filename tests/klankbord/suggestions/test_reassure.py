"""A worried customer hears what is certain."""

import pytest

from klankbord.suggestions.reassure import reassure
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["anxiety"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = reassure.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


@pytest.mark.parametrize("kind", ["anxiety"])
def test_a_weak_sign_is_not_enough(kind: str) -> None:
    assert reassure.why(moment(signal(kind, 0.05, "a word"))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert reassure.why(moment(signal("anger"))) is None
