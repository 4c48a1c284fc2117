"""The customer puts right what was understood."""

import pytest

from klankbord.detectors.correction import find
from klankbord.events import Language, Role
from tests.klankbord.given import turn


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("nee, dat bedoel ik niet", "nl", id="bedoel ik niet"),
        pytest.param("dat klopt niet", "nl", id="klopt niet"),
        pytest.param("u begrijpt me verkeerd", "nl", id="verkeerd"),
        pytest.param("no, that's not what I said", "en", id="not what I said"),
        pytest.param("thats wrong", "en", id="no apostrophe"),
        pytest.param("no i mean the other one", "en", id="transcript form"),
    ],
)
def test_correction_is_found(text: str, language: Language) -> None:
    finding = find(turn(text, Role.CUSTOMER, language=language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("dat klopt", "nl", id="klopt"),
        pytest.param("o ja sorry typfoutje", "nl", id="own mistake"),
        pytest.param("that's right", "en", id="right"),
    ],
)
def test_this_is_no_correction(text: str, language: Language) -> None:
    finding = find(turn(text, Role.CUSTOMER, language=language))

    assert finding is None or finding.strength == 0


def test_the_other_side_does_not_make_it() -> None:
    assert find(turn("nee, dat bedoel ik niet", Role.AGENT)) is None
