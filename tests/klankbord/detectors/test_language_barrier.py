"""The language is not the customer's."""

import pytest

from klankbord.detectors.language_barrier import find
from klankbord.events import Language
from tests.klankbord.given import customer

SAID: list[tuple[Language, str]] = [
    ("nl", "ik spreek niet goed nederlands sorry"),
    ("nl", "mijn nederlands is slecht"),
    ("nl", "kunt u wat langzamer praten alstublieft"),
    ("nl", "spreekt u engels misschien"),
    ("nl", "is er een tolk"),
    ("nl", "sorry do you speak english"),
    ("nl", "ik ben nederlands aan het leren"),
    ("nl", "heeft u iemand die arabisch spreekt, iemand die arabisch"),
    ("nl", "nederlands is niet mijn moedertaal"),
    ("nl", "mijn dochter vertaalt voor mij"),
    ("en", "sorry my english is not good"),
    ("en", "I don't speak much English"),
    ("en", "can I get an interpreter"),
    ("en", "do you have anyone who speaks Polish"),
    ("en", "English is not my first language"),
    ("en", "please speak more slowly"),
    ("en", "I am still learning English"),
    ("en", "I use google translate to write this"),
    ("en", "spreekt u nederlands"),
    ("en", "is there someone in spanish, I only speak spanish"),
]
NOT_SAID: list[tuple[Language, str]] = [
    ("nl", "de handleiding is alleen in het duits"),
    ("nl", "verstaat u geen nederlands of zo"),
    ("nl", "de app staat ineens in het engels"),
    ("nl", "ik woon in nederland"),
    ("nl", "de taal van de site kan ik niet wijzigen"),
    ("en", "can you say that in plain english"),
    ("en", "don't you speak english"),
    ("en", "the manual is in German"),
    ("en", "I live in England"),
    ("en", "what language is the website in"),
]


@pytest.mark.parametrize(("language", "text"), SAID)
def test_language_barrier_is_found(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None
    assert finding.span[1] <= len(text)


@pytest.mark.parametrize(("language", "text"), NOT_SAID)
def test_this_is_no_language_barrier(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
