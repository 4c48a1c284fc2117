"""Who does not know how it goes on is told the next step."""

import pytest

from klankbord.suggestions.explain_next_step import explain_next_step
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["still_unsolved", "gives_up", "told_wait"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = explain_next_step.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


@pytest.mark.parametrize("kind", ["still_unsolved", "gives_up", "told_wait"])
def test_a_weak_sign_is_not_enough(kind: str) -> None:
    assert explain_next_step.why(moment(signal(kind, 0.3, "a word"))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert explain_next_step.why(moment(signal("anxiety"))) is None
