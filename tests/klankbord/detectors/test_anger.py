"""The customer is angry: said, shouted or sworn."""

import pytest

from klankbord.detectors.anger import find
from klankbord.events import Language
from tests.klankbord.given import customer


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("dit is echt belachelijk", "nl", id="belachelijk"),
        pytest.param("Ik ben WOEDEND op jullie", "nl", id="woedend"),
        pytest.param("nee dit is schandalig", "nl", id="after a no"),
        pytest.param("ik word hier kwaad van", "nl", id="flemish"),
        pytest.param("this is ridiculous", "en", id="ridiculous"),
        pytest.param("no this is unacceptable", "en", id="after a no"),
        pytest.param("im furious", "en", id="chat spelling"),
        pytest.param("oh for heavens sake", "en", id="transcript form"),
    ],
)
def test_anger_is_found(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.6
    assert finding.span is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("ik ben niet boos hoor", "nl", id="niet boos"),
        pytest.param("I am not angry, merely astonished", "en", id="not angry"),
        pytest.param("waar is mijn pakket", "nl", id="plain question"),
        pytest.param("the madrid office", "en", id="inside a word"),
    ],
)
def test_this_is_no_anger(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
