"""A weight is off the customer's mind."""

import pytest

from klankbord.detectors.relief import find
from klankbord.events import Language
from tests.klankbord.given import customer


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("wat een opluchting", "nl", id="opluchting"),
        pytest.param("gelukkig maar", "nl", id="gelukkig"),
        pytest.param("oef", "nl", id="flemish"),
        pytest.param("dat is een pak van m'n hart", "nl", id="pak van m'n hart"),
        pytest.param("phew", "en", id="phew"),
        pytest.param("oh thank goodness", "en", id="thank goodness"),
        pytest.param("it is working again", "en", id="working again"),
    ],
)
def test_relief_is_found(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("hij werkt weer niet", "nl", id="werkt weer niet"),
        pytest.param("niet gelukkig", "nl", id="niet gelukkig"),
        pytest.param("it is not working again", "en", id="not working again"),
    ],
)
def test_this_is_no_relief(text: str, language: Language) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
