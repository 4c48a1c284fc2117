"""The customer does not follow."""

import pytest

from klankbord.detectors.confusion import find
from klankbord.events import Language
from tests.klankbord.given import customer


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("ik snap het niet meer", "nl", id="snap het niet"),
        pytest.param("hoe bedoelt u", "nl", id="hoe bedoelt u"),
        pytest.param("ik versta het niet", "nl", id="flemish"),
        pytest.param("I dont understand", "en", id="no apostrophe"),
        pytest.param("you've lost me there", "en", id="lost me"),
        pytest.param("what does that mean?", "en", id="what does it mean"),
    ],
)
def test_confusion_is_found(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("ik snap het", "nl", id="snap het"),
        pytest.param("duidelijk, dank u", "nl", id="duidelijk"),
        pytest.param("I understand", "en", id="understand"),
    ],
)
def test_this_is_no_confusion(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
