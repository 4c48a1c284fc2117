"""Reading, writing or screens are hard."""

import pytest

from klankbord.detectors.low_literacy import find
from klankbord.events import Language
from tests.klankbord.given import customer

SAID: list[tuple[Language, str]] = [
    ("nl", "ik kan niet zo goed lezen dus die brief zegt me niks"),
    ("nl", "ik ben dyslectisch"),
    ("nl", "ik ben een echte digibeet"),
    ("nl", "ik heb geen computer en geen smartphone"),
    ("nl", "ik ben niet zo handig met computers"),
    ("nl", "kunt u mij helpen met invullen"),
    ("nl", "ik snap die brieven niet"),
    ("nl", "ik heb nooit leren lezen"),
    ("nl", "al die moeilijke woorden"),
    ("nl", "het kan toch ook zonder app, ik heb geen e-mailadres"),
    ("en", "I can't read very well, what does the letter say"),
    ("en", "I'm dyslexic so take it slow"),
    ("en", "I never learned to read properly"),
    ("en", "I'm hopeless with computers"),
    ("en", "I haven't got a smartphone"),
    ("en", "could someone help me fill in the form"),
    ("en", "my daughter does it for me normally"),
    ("en", "too many big words for me"),
    ("en", "I am not good with the internet"),
    ("en", "I don't have an email address"),
]
NOT_SAID: list[tuple[Language, str]] = [
    ("nl", "ik kan de pdf niet lezen, het bestand is stuk"),
    ("nl", "de scanner leest de code niet"),
    ("nl", "ik lees net uw bericht"),
    ("nl", "ik heb geen moeite met internet"),
    ("nl", "u heeft mijn brief niet gelezen"),
    ("en", "I can't read the pdf you sent"),
    ("en", "I have read your letter twice"),
    ("en", "the machine can't read the card"),
    ("en", "I don't have an email from you yet"),
    ("en", "please read my message"),
]


@pytest.mark.parametrize(("language", "text"), SAID)
def test_low_literacy_is_found(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None
    assert finding.span[1] <= len(text)


@pytest.mark.parametrize(("language", "text"), NOT_SAID)
def test_this_is_no_low_literacy(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
