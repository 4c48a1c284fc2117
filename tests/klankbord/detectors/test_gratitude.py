"""The customer thanks, and means it."""

import pytest

from klankbord.detectors.gratitude import find
from klankbord.events import Language
from tests.klankbord.given import customer


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("bedankt!", "nl", id="bedankt"),
        pytest.param("dankuwel", "nl", id="one word"),
        pytest.param("hartstikke bedankt", "nl", id="hartstikke"),
        pytest.param("merci he", "nl", id="flemish"),
        pytest.param("thank you so so much", "en", id="so so much"),
        pytest.param("thx", "en", id="chat"),
        pytest.param("much appreciated", "en", id="appreciated"),
    ],
)
def test_gratitude_is_found(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.4
    assert finding.span is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("bedankt voor niets", "nl", id="bedankt voor niets"),
        pytest.param("bedankt voor niks", "nl", id="bedankt voor niks"),
        pytest.param("thanks for nothing", "en", id="thanks for nothing"),
        pytest.param("thank you for wasting my afternoon", "en", id="wasting"),
        pytest.param("I should be grateful for an explanation", "en", id="formula"),
    ],
)
def test_this_is_no_gratitude(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
