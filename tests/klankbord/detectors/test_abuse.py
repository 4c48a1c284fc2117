"""The customer insults or threatens the person who helps."""

import pytest

from klankbord.detectors.abuse import find
from klankbord.events import Language
from tests.klankbord.given import customer


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("wat ben jij een idioot", "nl", id="idioot"),
        pytest.param("hou je bek", "nl", id="hou je bek"),
        pytest.param("ik weet je te vinden", "nl", id="threat nl"),
        pytest.param("onnozelaar", "nl", id="flemish"),
        pytest.param("you're useless", "en", id="useless"),
        pytest.param("youre useless", "en", id="no apostrophe"),
        pytest.param("I know where you live", "en", id="threat en"),
    ],
)
def test_abuse_is_found(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.7
    assert finding.span is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("ik heb idioot lang gewacht", "nl", id="idioot lang"),
        pytest.param("I felt like an idiot", "en", id="of oneself"),
        pytest.param("dit is waardeloos", "nl", id="of the service"),
        pytest.param("this is useless", "en", id="of a thing"),
    ],
)
def test_this_is_no_abuse(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
