"""Illness or a limitation plays a part."""

import pytest

from klankbord.detectors.illness import find
from klankbord.events import Language
from tests.klankbord.given import customer

SAID: list[tuple[Language, str]] = [
    ("nl", "ik kon niet eerder bellen want ik ben ernstig ziek geweest"),
    ("nl", "mijn zoontje ligt in het ziekenhuis"),
    ("nl", "ik zit midden in een chemokuur"),
    ("nl", "mijn vader is dement en doet zelf de post niet meer"),
    ("nl", "ik ben slechtziend, kan het groter"),
    ("nl", "na mijn beroerte lukt typen niet goed"),
    ("nl", "ik zit thuis met een burn-out"),
    ("nl", "ik heb kanker en geen energie voor dit"),
    ("nl", "mijn moeder is opgenomen"),
    ("nl", "kan de monteur rekening houden met mijn rolstoel"),
    ("en", "I've been very ill since Easter"),
    ("en", "my daughter is in hospital tonight"),
    ("en", "I start chemotherapy on Monday"),
    ("en", "dad has dementia and cannot deal with this"),
    ("en", "I'm visually impaired so the chat is hard"),
    ("en", "since my stroke I forget things"),
    ("en", "I use a wheelchair, can the engineer come in"),
    ("en", "I have a heart condition and need the power on"),
    ("en", "my son is autistic and hates phone calls"),
    ("en", "i am depressed and let the post pile up"),
]
NOT_SAID: list[tuple[Language, str]] = [
    ("nl", "ik word ziek van jullie"),
    ("nl", "ik ben niet ziek hoor"),
    ("nl", "daar word je toch doodziek van"),
    ("nl", "wat een ziek gedrag van die bezorger"),
    ("nl", "ik geloof jullie niet blindelings"),
    ("nl", "wat een onzin allemaal"),
    ("nl", "krijg de kanker"),
    ("nl", "de app doet het niet"),
    ("en", "I am sick of waiting"),
    ("en", "I'm sick and tired of this"),
    ("en", "he is not ill"),
    ("en", "ill call you back later"),
    ("en", "my account was disabled last night"),
    ("en", "that makes me sick"),
    ("en", "I was worried sick about that parcel"),
    ("en", "the payment terminal is broken"),
]


@pytest.mark.parametrize(("language", "text"), SAID)
def test_illness_is_found(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None
    assert finding.span[1] <= len(text)


@pytest.mark.parametrize(("language", "text"), NOT_SAID)
def test_this_is_no_illness(language: Language, text: str) -> None:
    finding = find(customer(text, language))

    assert finding is None or finding.strength == 0
