"""After a refusal comes what can be done."""

import pytest

from klankbord.suggestions.offer_alternative import offer_alternative
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["dead_end"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = offer_alternative.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


@pytest.mark.parametrize("kind", ["dead_end"])
def test_a_weak_sign_is_not_enough(kind: str) -> None:
    assert offer_alternative.why(moment(signal(kind, 0.05, "a word"))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert offer_alternative.why(moment(signal("channel_hop"))) is None
