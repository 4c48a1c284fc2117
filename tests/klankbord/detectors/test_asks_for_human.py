"""The customer asks for a person or a superior."""

import pytest

from klankbord.detectors.asks_for_human import find
from klankbord.events import Language, Role
from tests.klankbord.given import turn


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("ik wil een leidinggevende spreken", "nl", id="leidinggevende"),
        pytest.param("kan ik een mens spreken", "nl", id="mens"),
        pytest.param("ik wil een klacht indienen", "nl", id="klacht"),
        pytest.param("dan stap ik naar de geschillencommissie", "nl", id="geschillencommissie"),
        pytest.param("mag ik uw verantwoordelijke spreken", "nl", id="flemish"),
        pytest.param("can I speak to a manager", "en", id="manager"),
        pytest.param("I want a real person", "en", id="real person"),
        pytest.param("need a human", "en", id="human"),
        pytest.param("I'll file a complaint", "en", id="complaint"),
        pytest.param("you will hear from my lawyer", "en", id="lawyer"),
    ],
)
def test_asks_for_human_is_found(text: str, language: Language) -> None:
    finding = find(turn(text, Role.CUSTOMER, language=language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("ik ben ook maar een mens", "nl", id="only human"),
        pytest.param("iedereen op het werk", "nl", id="iedereen"),
        pytest.param("my manager bought it", "en", id="own manager"),
    ],
)
def test_this_is_no_asks_for_human(text: str, language: Language) -> None:
    finding = find(turn(text, Role.CUSTOMER, language=language))

    assert finding is None or finding.strength == 0


def test_the_other_side_does_not_make_it() -> None:
    assert find(turn("ik wil een leidinggevende spreken", Role.AGENT)) is None
