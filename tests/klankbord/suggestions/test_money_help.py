"""Who cannot pay hears what can be arranged."""

import pytest

from klankbord.suggestions.money_help import money_help
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["cannot_pay", "debt"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = money_help.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


@pytest.mark.parametrize("kind", ["cannot_pay", "debt"])
def test_a_weak_sign_is_not_enough(kind: str) -> None:
    assert money_help.why(moment(signal(kind, 0.4))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert money_help.why(moment(signal("anger"), signal("leaving"))) is None
