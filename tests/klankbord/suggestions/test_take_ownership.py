"""Who was here before or was handed on meets somebody who takes it on."""

import pytest

from klankbord.suggestions.take_ownership import take_ownership
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["repeat_contact", "transfer"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = take_ownership.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


@pytest.mark.parametrize("kind", ["repeat_contact", "transfer"])
def test_a_weak_sign_is_not_enough(kind: str) -> None:
    assert take_ownership.why(moment(signal(kind, 0.05, "a word"))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert take_ownership.why(moment(signal("hold"))) is None


def test_a_transfer_that_is_only_announced_is_for_the_next_agent() -> None:
    assert take_ownership.why(moment(signal("transfer", 0.6, "ik verbind u door"))) is None
