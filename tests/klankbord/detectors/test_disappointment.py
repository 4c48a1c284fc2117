"""The customer expected better."""

import pytest

from klankbord.detectors.disappointment import find
from klankbord.events import Language
from tests.klankbord.given import customer


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("dat valt me tegen", "nl", id="valt tegen"),
        pytest.param("ik ben ontgoocheld", "nl", id="flemish"),
        pytest.param("dan ga ik wel naar de concurrent", "nl", id="concurrent"),
        pytest.param("I'm so disappointed", "en", id="disappointed"),
        pytest.param("I expected better from you", "en", id="expected better"),
        pytest.param("then cancel it", "en", id="cancel"),
    ],
)
def test_disappointment_is_found(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.4
    assert finding.span is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("niet teleurgesteld", "nl", id="niet teleurgesteld"),
        pytest.param("I'm not disappointed", "en", id="not disappointed"),
        pytest.param("kan ik hier opzeggen?", "nl", id="routine question"),
    ],
)
def test_this_is_no_disappointment(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
