"""The customer does not follow what is said or what must be done."""

from typing import Final

from klankbord.events import Role
from klankbord.phrases import Phrases
from klankbord.signals import Finding, Turn, of_effort
from klankbord.tone import tells

PHRASES: Final = Phrases.listed(
    nl={
        "ik snap het niet": 0.8,
        "ik snap er niets van": 0.9,
        "ik snap er niks van": 0.9,
        "snap het niet meer": 0.8,
        "ik begrijp het niet": 0.8,
        "begrijp er niets van": 0.9,
        "begrijp er niks van": 0.9,
        "begrijp u niet": 0.7,
        "begrijp niet wat": 0.7,
        "snap niet wat": 0.7,
        "snap niet hoe": 0.7,
        "begrijp niet hoe": 0.7,
        "word er niet wijs uit": 0.9,
        "kan het niet volgen": 0.9,
        "volg het niet": 0.8,
        "volg u niet": 0.8,
        "wat bedoelt u": 0.7,
        "wat bedoel je": 0.7,
        "hoe bedoelt u": 0.6,
        "hoe bedoel je": 0.6,
        "wat betekent dat": 0.6,
        "geen idee wat": 0.6,
        "geen idee waar": 0.6,
        "kan het niet vinden": 0.5,
        "zie het niet staan": 0.5,
        "waar moet ik klikken": 0.6,
        "wat moet ik nu": 0.6,
        "wat moet ik dan": 0.6,
    },
    en={
        "i don't understand": 0.8,
        "don't get it": 0.8,
        "doesn't make sense": 0.7,
        "makes no sense": 0.8,
        "i'm lost": 0.8,
        "you've lost me": 0.9,
        "i'm confused": 0.8,
        "can't follow": 0.9,
        "not following": 0.8,
        "what do you mean": 0.7,
        "what does that mean": 0.7,
        "what is that supposed to mean": 0.8,
        "no idea what": 0.7,
        "no idea where": 0.6,
        "can't find it": 0.5,
        "can't see it": 0.4,
        "where do i click": 0.6,
        "what am i supposed to": 0.7,
        "what do i do now": 0.7,
        "what now": 0.4,
    },
)


def find(turn: Turn) -> Finding | None:
    words = turn.said_by(Role.CUSTOMER)
    return None if words is None else tells(words, "not_following", PHRASES)


not_following: Final = of_effort("not_following", find, cues=(PHRASES, "not_following"))
