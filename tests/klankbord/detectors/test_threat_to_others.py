"""A danger to others is heard, also where it is veiled."""

import pytest

from klankbord.detectors.threat_to_others import find
from klankbord.events import Language
from tests.klankbord.given import customer

SAID: list[tuple[Language, str]] = [
    ("nl", "ik maak je af"),
    ("nl", "ik weet jullie te vinden"),
    ("nl", "ik weet waar je woont"),
    ("nl", "ik kom langs met een honkbalknuppel"),
    ("nl", "ik steek die hele tent in de fik"),
    ("nl", "ik sla je in elkaar"),
    ("nl", "daar krijg je spijt van"),
    ("nl", "dan kom ik verhaal halen"),
    ("nl", "als hij nog een keer komt vermoord ik hem"),
    ("nl", "ik schiet jullie allemaal overhoop, ik heb een pistool"),
    ("nl", "dan gebeuren er ongelukken"),
    ("nl", "wacht maar"),
    ("nl", "ik ga die monteur iets aandoen"),
    ("nl", "ik sta niet meer voor mezelf in"),
    ("nl", "ik doe mijn ex wat aan"),
    ("nl", "kijk maar uit als je naar buiten loopt"),
    ("nl", "jullie gaan eraan"),
    ("nl", "ik ga iemand pijn doen"),
    ("en", "I'll come down there"),
    ("en", "I will find you"),
    ("en", "I know where you live"),
    ("en", "I'm going to kill him"),
    ("en", "I swear I'll burn your office down"),
    ("en", "someone is going to get hurt"),
    ("en", "you'll regret this"),
    ("en", "I'll break your legs"),
    ("en", "watch your back"),
    ("en", "I'm coming down there with a bat"),
    ("en", "I could strangle you"),
    ("en", "I'll smash your face in"),
    ("en", "your engineer better not come back or I'll hurt him"),
    ("en", "I've got a gun"),
    ("en", "you won't like what happens next"),
    ("en", "I'll make you pay for this"),
    ("en", "somebody will get hurt if this goes on"),
    ("en", "I know where you work"),
]
NOT_SAID: list[tuple[Language, str]] = [
    ("nl", "ik maak het af"),
    ("nl", "wanneer maak je af wat je begon"),
    ("nl", "ik sla hem op in mijn contacten"),
    ("nl", "wacht maar even"),
    ("nl", "dat kost een bom geld"),
    ("nl", "ik maak de doos open met een mes opengemaakt"),
    ("nl", "kunnen jullie hier iets aan doen"),
    ("nl", "ik weet u te vinden op de site"),
    ("nl", "ik kom morgen naar de winkel"),
    ("nl", "de kogel is door de kerk"),
    ("nl", "mijn vrouw vermoordt me als ik dit vergeet"),
    ("nl", "ik krijg niemand te pakken"),
    ("nl", "we zijn bang voor brand"),
    ("en", "this app is killing me"),
    ("en", "it would not kill you to call back"),
    ("en", "I'll shoot you an email"),
    ("en", "it cost a bomb"),
    ("en", "I'll find you the order number"),
    ("en", "can you beat their price"),
    ("en", "I'll come to your store to collect it"),
    ("en", "let's see what happens"),
    ("en", "my phone was on fire with messages"),
    ("en", "payback period of two years"),
    ("en", "do you know where you are with my order"),
    ("en", "I'm dead serious"),
    ("en", "what a killer deal"),
]


@pytest.mark.parametrize(("language", "text"), SAID)
def test_threat_to_others_is_found(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None
    assert finding.span[1] <= len(text)


@pytest.mark.parametrize(("language", "text"), NOT_SAID)
def test_this_is_no_threat_to_others(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
