"""A danger to themselves is heard, also where it is veiled."""

import pytest

from klankbord.detectors.threat_to_self import find
from klankbord.events import Language
from tests.klankbord.given import customer

SAID: list[tuple[Language, str]] = [
    ("nl", "ik wil gewoon dood"),
    ("nl", "het heeft voor mij allemaal geen zin meer"),
    ("nl", "ik zie het niet meer zitten"),
    ("nl", "ik ga mezelf iets aandoen als dit zo blijft"),
    ("nl", "soms denk ik aan zelfmoord"),
    ("nl", "ik wil niet meer leven"),
    ("nl", "jullie zijn beter af zonder mij"),
    ("nl", "ik spring voor de trein straks"),
    ("nl", "wat heeft het nog voor zin"),
    ("nl", "ik maak er een eind aan"),
    ("nl", "ik hou het niet meer vol zo"),
    ("nl", "ik wou dat ik dood was"),
    ("nl", "ik kan niet meer"),
    ("nl", "'k zie het nie meer zitten"),
    ("nl", "ik ben het leven zat"),
    ("nl", "ik zie geen uitweg meer"),
    ("nl", "ik ben suicidaal en niemand neemt op"),
    ("nl", "I want to die"),
    ("en", "I want to kill myself"),
    ("en", "I don't want to be here anymore"),
    ("en", "honestly I'd rather be dead"),
    ("en", "there is nothing left to live for"),
    ("en", "I can't go on like this"),
    ("en", "i cant do this anymore"),
    ("en", "everyone would be better off without me"),
    ("en", "sometimes I think about ending my life"),
    ("en", "I've been self harming again"),
    ("en", "what's the point anymore"),
    ("en", "I just want to go to sleep and not wake up"),
    ("en", "you won't have to worry, I won't be here tomorrow"),
    ("en", "no one would miss me if I was gone"),
    ("en", "I wish I was never here, wish i was dead"),
    ("en", "I am going to jump off a bridge"),
    ("en", "I feel suicidal tonight"),
    ("en", "I can't go on"),
    ("en", "ik wil niet meer leven"),
]
NOT_SAID: list[tuple[Language, str]] = [
    ("nl", "ik lach me dood"),
    ("nl", "het is doodsimpel"),
    ("nl", "ik kan niet meer inloggen"),
    ("nl", "ik schrok me dood van die rekening"),
    ("nl", "de lijn is dood"),
    ("nl", "ik verveel me dood in de wacht"),
    ("nl", "mijn telefoon is dood"),
    ("nl", "ik maak het af en stuur het op"),
    ("nl", "wat heeft het voor zin om u te bellen"),
    ("nl", "ik zie het niet meer zitten met jullie"),
    ("nl", "de app wil niet meer starten"),
    ("nl", "ik ga dood van de hitte hier"),
    ("nl", "ik wil niet meer gebeld worden"),
    ("en", "this app is killing me"),
    ("en", "my battery is dead"),
    ("en", "I'm dying to know"),
    ("en", "I can't go on the website"),
    ("en", "I cut myself on the packaging"),
    ("en", "what is the dead line"),
    ("en", "I nearly died laughing"),
    ("en", "I'm not suicidal, I just want my money"),
    ("en", "I shot myself in the foot there"),
    ("en", "please end the call"),
    ("en", "I'm kicking myself for ordering two"),
    ("en", "I don't want to live chat, call me"),
    ("en", "how do I take my life insurance with me"),
]


@pytest.mark.parametrize(("language", "text"), SAID)
def test_threat_to_self_is_found(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None
    assert finding.span[1] <= len(text)


@pytest.mark.parametrize(("language", "text"), NOT_SAID)
def test_this_is_no_threat_to_self(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
