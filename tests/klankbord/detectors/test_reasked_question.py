"""The customer is asked again for what was given before."""

import pytest

from klankbord.detectors.reasked_question import find
from klankbord.events import Language, Role
from tests.klankbord.given import having_asked, turn


@pytest.mark.parametrize("role", [Role.AGENT, Role.BOT])
def test_the_same_question_twice_is_asked_again(role: Role) -> None:
    before = having_asked("Mag ik uw klantnummer en uw geboortedatum?")

    finding = find(turn("Mag ik uw klantnummer en uw geboortedatum?", role, conversation=before))

    assert finding is not None
    assert finding.amount == 1.0


def test_an_apology_before_it_does_not_hide_that_it_is_asked_again() -> None:
    before = having_asked("Goedemiddag, wat vervelend. Heeft u het modem al herstart?")

    finding = find(turn("Excuus voor het wachten. Heeft u het modem al herstart?", Role.AGENT, conversation=before))

    assert finding is not None


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        pytest.param("Wat is uw adres?", "Wat is uw adres?", id="one word is too few"),
        pytest.param("Mag ik uw klantnummer en postcode?", "Welke lampjes branden er?", id="another question"),
        pytest.param("Heeft u het modem herstart?", "U heeft het modem herstart.", id="no question"),
    ],
)
def test_this_is_not_asked_again(earlier: str, now: str) -> None:
    assert find(turn(now, Role.AGENT, conversation=having_asked(earlier))) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("dat heb ik net al gegeven", "nl", id="net al gegeven"),
        pytest.param("JA dat vroeg je net ook al", "nl", id="vroeg je net"),
        pytest.param("I already gave you that", "en", id="already gave you"),
        pytest.param("88-20416, same as I put above", "en", id="above"),
    ],
)
def test_a_customer_says_that_it_was_asked_before(text: str, language: Language) -> None:
    finding = find(turn(text, language=language))

    assert finding is not None
    assert 0.4 <= finding.strength < 1.0


@pytest.mark.parametrize(
    ("offer", "language"),
    [
        pytest.param("Is there anything else I can help you with today?", "en", id="closing"),
        pytest.param("Turn left at the church. Can I proceed or do you require more detail?", "en", id="going on"),
        pytest.param("Kan ik u verder nog met iets anders helpen vandaag?", "nl", id="closing in Dutch"),
        pytest.param("Zal ik de bestelling voor u bevestigen?", "nl", id="an offer"),
    ],
)
def test_an_offer_made_twice_asks_for_nothing_that_was_given(offer: str, language: Language) -> None:
    assert find(turn(offer, Role.AGENT, language=language, conversation=having_asked(offer))) is None
