"""Who cannot read it is helped along."""

import pytest

from klankbord.suggestions.read_along import read_along
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["low_literacy", "language_barrier"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = read_along.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


@pytest.mark.parametrize("kind", ["low_literacy", "language_barrier"])
def test_a_weak_sign_is_not_enough(kind: str) -> None:
    assert read_along.why(moment(signal(kind, 0.4))) is None


def test_it_is_not_called_for_by_something_else() -> None:
    assert read_along.why(moment(signal("anger"), signal("leaving"))) is None
