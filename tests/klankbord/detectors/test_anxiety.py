"""The customer is worried."""

import pytest

from klankbord.detectors.anxiety import find
from klankbord.events import Language
from tests.klankbord.given import customer


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("ik maak me grote zorgen, ik ben echt bang", "nl", id="bang"),
        pytest.param("ik lig er 's nachts wakker van", "nl", id="wakker"),
        pytest.param("ik zit ermee in", "nl", id="flemish"),
        pytest.param("ben bezorgd om mijn moeder", "nl", id="bezorgd om"),
        pytest.param("I'm really worried about tonight", "en", id="worried"),
        pytest.param("my hands are shaking", "en", id="shaking"),
        pytest.param("i cant sleep", "en", id="no apostrophe"),
    ],
)
def test_anxiety_is_found(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("het pakket is bezorgd op de 4e", "nl", id="a parcel that is bezorgd"),
        pytest.param("ik was al bang dat het een week zou duren", "nl", id="fear that is over"),
        pytest.param("ik ben niet bang", "nl", id="niet bang"),
        pytest.param("I'm afraid that is wrong", "en", id="polite afraid"),
        pytest.param("I was in a proper panic", "en", id="panic that is over"),
        pytest.param("I'm not worried", "en", id="not worried"),
    ],
)
def test_this_is_no_anxiety(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
