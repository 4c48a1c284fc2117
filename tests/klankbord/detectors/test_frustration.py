"""The customer is worn down, or thanks for nothing."""

import pytest

from klankbord.detectors.frustration import find
from klankbord.events import Language
from tests.klankbord.given import customer


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("ik ben er helemaal klaar mee", "nl", id="klaar mee"),
        pytest.param("bedankt voor niets", "nl", id="thanks for nothing nl"),
        pytest.param("lekker dan", "nl", id="lekker dan"),
        pytest.param("nou fijn is anders", "nl", id="fijn is anders"),
        pytest.param("ik ben het beu", "nl", id="flemish"),
        pytest.param("thanks for nothing", "en", id="thanks for nothing en"),
        pytest.param("great, just great", "en", id="just great"),
        pytest.param("im fed up with this", "en", id="fed up"),
        pytest.param("we are going round in circles", "en", id="circles"),
        pytest.param("dont pass me on again", "en", id="no apostrophe"),
    ],
)
def test_frustration_is_found(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("niet vervelend hoor", "nl", id="niet vervelend"),
        pytest.param("I'm not annoyed at all", "en", id="not annoyed"),
        pytest.param("het maakt niet uit", "nl", id="maakt niet uit"),
        pytest.param("great, thanks", "en", id="plain thanks"),
    ],
)
def test_this_is_no_frustration(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
