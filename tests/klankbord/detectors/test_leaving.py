"""The customer means to leave."""

import pytest

from klankbord.detectors.leaving import find
from klankbord.events import Language
from tests.klankbord.given import customer

SAID: list[tuple[Language, str]] = [
    ("nl", "als dit zo doorgaat stap ik over"),
    ("nl", "dan ga ik wel naar de concurrent"),
    ("nl", "jullie raken een klant kwijt"),
    ("nl", "ik ben hier de langste tijd klant geweest"),
    ("nl", "ik zeg mijn abonnement op"),
    ("nl", "ik wil weg bij jullie"),
    ("nl", "dan neem ik het wel bij een ander, ik ga ergens anders heen"),
    ("nl", "mij zien jullie niet meer terug"),
    ("nl", "ik ga overstappen, ik ben het zat"),
    ("nl", "ik bestel hier nooit meer"),
    ("en", "I'll take my business elsewhere"),
    ("en", "I'm switching to another provider next week"),
    ("en", "you are about to lose a customer"),
    ("en", "I will be cancelling after this"),
    ("en", "then I'll go somewhere else"),
    ("en", "I'm done with you people"),
    ("en", "this is the last time I order here"),
    ("en", "thinking of leaving you after ten years"),
    ("en", "I won't be renewing in May"),
    ("en", "I'm moving to one of your competitors"),
]
NOT_SAID: list[tuple[Language, str]] = [
    ("nl", "ik wil mijn afspraak annuleren"),
    ("nl", "bestelling annuleren graag"),
    ("nl", "ik wil niet opzeggen, alleen verhuizen"),
    ("nl", "moet ik in Utrecht overstappen op de trein"),
    ("nl", "wat een slechte service"),
    ("nl", "ik ben teleurgesteld in jullie"),
    ("en", "I want to cancel my order"),
    ("en", "please cancel the appointment on Friday"),
    ("en", "I don't want to cancel, just move house"),
    ("en", "shall I leave you my number"),
    ("en", "this is terrible service"),
    ("en", "I'm disappointed in you"),
]


@pytest.mark.parametrize(("language", "text"), SAID)
def test_wish_to_leave_is_found(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None
    assert finding.span[1] <= len(text)


@pytest.mark.parametrize(("language", "text"), NOT_SAID)
def test_this_is_no_wish_to_leave(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
