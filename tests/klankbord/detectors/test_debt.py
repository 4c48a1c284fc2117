"""Money worries."""

import pytest

from klankbord.detectors.debt import find
from klankbord.events import Language
from tests.klankbord.given import customer

SAID: list[tuple[Language, str]] = [
    ("nl", "ik zit diep in de schulden"),
    ("nl", "er stond vanochtend een deurwaarder voor de deur"),
    ("nl", "ik loop achter met de huur en met jullie"),
    ("nl", "mijn bewindvoerder betaalt de rekeningen"),
    ("nl", "we eten van de voedselbank"),
    ("nl", "er is loonbeslag op mijn salaris"),
    ("nl", "ik heb een betalingsachterstand bij drie bedrijven"),
    ("nl", "ik sta rood en het is pas de tiende"),
    ("nl", "we hebben financiële problemen sinds de scheiding"),
    ("nl", "ik krijg alleen nog leefgeld"),
    ("en", "I'm up to my neck in debt"),
    ("en", "there are bailiffs coming on Thursday"),
    ("en", "I am two months in arrears with the rent"),
    ("en", "we get our food from a food bank"),
    ("en", "my cards are maxed out"),
    ("en", "I've fallen behind with everything"),
    ("en", "they are about to repossess the car"),
    ("en", "I'm having financial difficulties since the divorce"),
    ("en", "I might go bankrupt over this"),
    ("en", "I've got a CCJ already"),
]
NOT_SAID: list[tuple[Language, str]] = [
    ("nl", "dat is jullie schuld"),
    ("nl", "het is niet mijn schuld"),
    ("nl", "ik heb geen schulden"),
    ("nl", "wat doet de automatische incasso"),
    ("nl", "jullie staan bij mij in het krijt"),
    ("nl", "dit is een dure grap"),
    ("en", "you owe me forty euros"),
    ("en", "I'm not in debt, I just want to know"),
    ("en", "we are debt free"),
    ("en", "how does direct debit work"),
    ("en", "the delivery is late"),
    ("en", "I'd be forever in your debt"),
]


@pytest.mark.parametrize(("language", "text"), SAID)
def test_debt_is_found(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None
    assert finding.span[1] <= len(text)


@pytest.mark.parametrize(("language", "text"), NOT_SAID)
def test_this_is_no_debt(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
