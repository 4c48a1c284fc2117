"""Who has waited long is offered another moment."""

import pytest

from klankbord.suggestions.offer_callback import offer_callback
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["long_wait", "hold", "told_wait"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = offer_callback.why(moment(signal(kind, 0.5)))

    assert reason is not None
    assert reason.kind == kind


@pytest.mark.parametrize("kind", ["long_wait", "hold", "told_wait"])
def test_a_wait_that_is_explained_in_a_word_needs_no_call(kind: str) -> None:
    assert offer_callback.why(moment(signal(kind, 0.49))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert offer_callback.why(moment(signal("dead_end"))) is None
