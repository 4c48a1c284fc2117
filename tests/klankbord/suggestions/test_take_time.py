"""A loss or an illness asks for time."""

import pytest

from klankbord.suggestions.take_time import take_time
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["bereavement", "illness"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = take_time.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


@pytest.mark.parametrize("kind", ["bereavement", "illness"])
def test_a_weak_sign_is_not_enough(kind: str) -> None:
    assert take_time.why(moment(signal(kind, 0.4))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert take_time.why(moment(signal("anger"), signal("leaving"))) is None
