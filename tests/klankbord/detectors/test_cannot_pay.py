"""The customer cannot pay now."""

import pytest

from klankbord.detectors.cannot_pay import find
from klankbord.events import Language
from tests.klankbord.given import customer

SAID: list[tuple[Language, str]] = [
    ("nl", "ik kan deze maand de huur niet betalen"),
    ("nl", "die naheffing kan ik echt niet opbrengen, geen geld"),
    ("nl", "ik kan het gewoon niet betalen"),
    ("nl", "mijn geld is op tot de 25e"),
    ("nl", "ik kom niet meer rond"),
    ("nl", "kan ik een betalingsregeling krijgen"),
    ("nl", "ik ben mijn baan kwijt sinds mei"),
    ("nl", "het lukt niet, we hebben geen cent over"),
    ("nl", "kunnen we het in termijnen betalen"),
    ("nl", "dat geld heb ik niet"),
    ("en", "I can't pay this until the end of the month"),
    ("en", "we cannot afford the new price at all"),
    ("en", "I'm struggling to pay the last bill"),
    ("en", "I just don't have the money"),
    ("en", "I lost my job in January"),
    ("en", "can I set up a payment plan"),
    ("en", "I'm skint till next week"),
    ("en", "we can't make ends meet"),
    ("en", "there is no money left in the account this month, no money at all"),
    ("en", "I have no income right now"),
]
NOT_SAID: list[tuple[Language, str]] = [
    ("nl", "ik kan niet betalen met mijn creditcard"),
    ("nl", "ik ga dit niet betalen, het klopt niet"),
    ("nl", "ik heb nog geen geld terug"),
    ("nl", "kan ik hier met ideal betalen"),
    ("nl", "geen geld ontvangen van jullie"),
    ("nl", "ik hoef toch niet te betalen"),
    ("en", "I can't pay with my card on your site"),
    ("en", "I refuse to pay for this"),
    ("en", "no money back yet"),
    ("en", "we can't afford to wait another day"),
    ("en", "can I pay online"),
    ("en", "I cannot pay through the app, it freezes"),
]


@pytest.mark.parametrize(("language", "text"), SAID)
def test_cannot_pay_is_found(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None
    assert finding.span[1] <= len(text)


@pytest.mark.parametrize(("language", "text"), NOT_SAID)
def test_this_is_no_cannot_pay(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
