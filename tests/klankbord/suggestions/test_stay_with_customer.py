"""Nobody who may be in danger is left alone."""

import pytest

from klankbord.suggestions.stay_with_customer import stay_with_customer
from tests.klankbord.given import moment, signal


@pytest.mark.parametrize("kind", ["threat_to_self"])
def test_it_is_called_for_by(kind: str) -> None:
    reason = stay_with_customer.why(moment(signal(kind)))

    assert reason is not None
    assert reason.kind == kind


def test_a_veiled_sign_is_enough() -> None:
    assert stay_with_customer.why(moment(signal("threat_to_self", 0.3))) is not None


def test_it_is_not_called_for_by_something_else() -> None:
    assert stay_with_customer.why(moment(signal("anger"), signal("leaving"))) is None
