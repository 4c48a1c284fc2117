"""The customer tells of being passed around or sent elsewhere."""

from typing import Final

from klankbord.events import Role
from klankbord.phrases import Phrases
from klankbord.signals import Finding, Turn, of_effort
from klankbord.tone import tells

PHRASES: Final = Phrases.listed(
    nl={
        "van het kastje naar de muur": 1.0,
        "kastje naar de muur": 1.0,
        "jullie sturen me": 0.7,
        "stuurde me naar": 0.8,
        "stuurden me naar": 0.8,
        "stuurt me naar": 0.7,
        "verwees me naar": 0.8,
        "verwezen me naar": 0.8,
        "verwijst me naar": 0.8,
        "steeds doorverbonden": 0.9,
        "telkens doorverbonden": 0.9,
        "alweer doorverbonden": 1.0,
        "weer doorverbonden": 0.9,
        "keer doorverbonden": 0.9,
        "zij zeggen dat ik bij jullie": 1.0,
        "zeggen dat ik jullie": 0.8,
        "zei dat ik jullie moest": 0.8,
        "moest ik jullie bellen": 0.7,
        "moest ik bij jullie zijn": 0.8,
        "iedereen zegt iets anders": 0.9,
        "elke keer iemand anders": 0.8,
        "steeds iemand anders": 0.8,
        "wijst naar de ander": 0.9,
        "wijzen naar elkaar": 1.0,
    },
    en={
        "passed around": 1.0,
        "passed from": 0.8,
        "pillar to post": 1.0,
        "sent me to you": 0.8,
        "sent me here": 0.7,
        "told me to call you": 0.8,
        "told me to contact you": 0.8,
        "said to call you": 0.8,
        "said to contact you": 0.7,
        "transferred again": 0.9,
        "transferred three times": 1.0,
        "transferred twice": 0.8,
        "transferred four times": 1.0,
        "keep transferring me": 1.0,
        "keep getting transferred": 1.0,
        "bounced around": 1.0,
        "bounced between": 1.0,
        "different person every time": 0.9,
        "everyone says something different": 0.9,
        "blames the other": 0.8,
        "pointing at each other": 1.0,
        "sent me back": 0.8,
    },
)


def find(turn: Turn) -> Finding | None:
    words = turn.said_by(Role.CUSTOMER)
    return None if words is None else tells(words, "sent_around", PHRASES)


sent_around: Final = of_effort("sent_around", find, cues=(PHRASES, "sent_around"))
