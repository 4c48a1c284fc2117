"""The customer has lost somebody."""

import pytest

from klankbord.detectors.bereavement import find
from klankbord.events import Language
from tests.klankbord.given import customer

SAID: list[tuple[Language, str]] = [
    ("nl", "mijn man is vorige maand overleden en zijn naam staat nog op de rekening"),
    ("nl", "Afgelopen dinsdag overleed ons pap, wat moet ik nu regelen"),
    ("nl", "ik bel vanwege een sterfgeval"),
    ("nl", "we zijn net terug van de begrafenis"),
    ("nl", "mijn moeder is er niet meer, kan haar nummer weg"),
    ("nl", "ik ben sinds kort weduwe"),
    ("nl", "ik heb mijn broertje verloren en mijn hoofd staat er niet naar"),
    ("nl", "hoe moet ik de overlijdensakte opsturen"),
    ("nl", "mijn vrouw is dood en jullie sturen haar nog post"),
    ("nl", "ik regel de nalatenschap van een klant van jullie"),
    ("en", "my husband passed away three weeks ago and the bill is in his name"),
    ("en", "We buried my dad on Friday and I cannot find his policy"),
    ("en", "I lost my mum in March"),
    ("en", "she died last week and I need to close the account"),
    ("en", "I'm calling about a customer who is deceased"),
    ("en", "do you need the death certificate"),
    ("en", "my late wife set this up, I don't know the password"),
    ("en", "the funeral is tomorrow so please keep it short"),
    ("en", "I am a widow now and never did the banking"),
    ("en", "my nan has died and left me with all the paperwork"),
]
NOT_SAID: list[tuple[Language, str]] = [
    ("nl", "mijn telefoon is overleden denk ik"),
    ("nl", "ik lach me dood om die reclame"),
    ("nl", "het was doodsimpel"),
    ("nl", "we zijn bijna gestorven van de honger"),
    ("nl", "niemand is overleden hoor"),
    ("nl", "de batterij is gestorven"),
    ("nl", "ik wil een overlijdensrisicoverzekering"),
    ("en", "my phone died in the middle of the call"),
    ("en", "the battery has died again"),
    ("en", "we nearly died laughing"),
    ("en", "your agent has been giving me grief"),
    ("en", "where do I contest my late fee"),
    ("en", "what is the dead line for returning it"),
    ("en", "the line went dead"),
]


@pytest.mark.parametrize(("language", "text"), SAID)
def test_bereavement_is_found(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None
    assert finding.span[1] <= len(text)


@pytest.mark.parametrize(("language", "text"), NOT_SAID)
def test_this_is_no_bereavement(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
