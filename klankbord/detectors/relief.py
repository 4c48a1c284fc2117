"""A weight is off the customer's mind."""

from typing import Final

from klankbord.phrases import Phrases
from klankbord.signals import CustomerWords, Finding, of_emotion

PHRASES: Final = Phrases.listed(
    nl={
        "opluchting": 0.9,
        "wat een opluchting": 1.0,
        "opgelucht": 1.0,
        "gelukkig": 0.5,
        "gelukkig maar": 0.8,
        "pak van mijn hart": 1.0,
        "pak van m'n hart": 1.0,
        "godzijdank": 0.9,
        "goddank": 0.9,
        "oef": 0.6,
        "poeh": 0.5,
        "pfoe": 0.5,
        "valt me alles mee": 0.8,
        "valt mee": 0.5,
        "valt me mee": 0.6,
        "valt niet mee": 0.0,
        "was al bang": 0.7,
        "dat scheelt": 0.6,
        "blij dat het": 0.6,
        "ben ik blij": 0.7,
        "ben zo blij": 0.8,
        "hij doet het weer": 0.8,
        "het doet het weer": 0.8,
        "ie doet het weer": 0.8,
        "het werkt weer": 0.8,
        "hij werkt weer": 0.8,
        "werkt weer niet": 0.0,
        "het werkt weer niet": 0.0,
        "hij werkt weer niet": 0.0,
        "hij doet het weer niet": 0.0,
        "het doet het weer niet": 0.0,
        "ie doet het weer niet": 0.0,
        "eindelijk iemand": 0.6,
        "eindelijk gelukt": 0.7,
        "gerustgesteld": 0.9,
        "gerust gesteld": 0.9,
    },
    en={
        "relief": 0.9,
        "what a relief": 1.0,
        "relieved": 1.0,
        "phew": 0.8,
        "thank god": 0.9,
        "thank goodness": 0.9,
        "thank heavens": 0.9,
        "glad that's sorted": 0.8,
        "glad it's sorted": 0.8,
        "that's sorted": 0.5,
        "sorted now": 0.6,
        "weight off my": 1.0,
        "load off my": 1.0,
        "load off my mind": 1.0,
        "working again": 0.8,
        "works again": 0.8,
        "it works now": 0.8,
        "that fixed it": 0.8,
        "it's approved": 0.7,
        "it's actually approved": 0.9,
        "easier than i": 0.6,
        "simpler than i": 0.6,
        "that was painless": 0.6,
        "i can breathe": 0.9,
        "finally someone": 0.5,
    },
)


def find(words: CustomerWords) -> Finding | None:
    found = PHRASES.best(words.normal, words.language, negatable=True)
    return None if found is None else Finding(found.strength, (found.start, found.end))


relief: Final = of_emotion("relief", find, cues=(PHRASES,))
