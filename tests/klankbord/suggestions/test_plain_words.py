"""Who does not follow hears it in plain words."""

import pytest

from klankbord.suggestions.plain_words import plain_words
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["confusion"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = plain_words.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


@pytest.mark.parametrize("kind", ["confusion"])
def test_a_weak_sign_is_not_enough(kind: str) -> None:
    assert plain_words.why(moment(signal(kind, 0.05, "a word"))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert plain_words.why(moment(signal("anxiety"))) is None
