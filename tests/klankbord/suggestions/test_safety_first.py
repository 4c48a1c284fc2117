"""A threat is not for the agent alone."""

import pytest

from klankbord.suggestions.safety_first import safety_first
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["threat_to_others"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = safety_first.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


def test_a_veiled_sign_is_enough() -> None:
    assert safety_first.why(moment(signal("threat_to_others", 0.3))) is not None


def test_it_is_not_called_for_by_something_else() -> None:
    assert safety_first.why(moment(signal("anger"), signal("leaving"))) is None
