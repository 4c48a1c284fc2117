"""The customer has to put right what the other side understood."""

from typing import Final

from klankbord.events import Role
from klankbord.phrases import Phrases
from klankbord.signals import Finding, Turn, of_effort
from klankbord.tone import tells

PHRASES: Final = Phrases.listed(
    nl={
        "dat bedoel ik niet": 0.9,
        "bedoelde ik niet": 0.8,
        "dat zei ik niet": 0.9,
        "dat heb ik niet gezegd": 0.9,
        "dat vroeg ik niet": 0.9,
        "dat vraag ik niet": 0.9,
        "is niet wat ik": 0.9,
        "niet wat ik bedoel": 0.9,
        "niet wat ik vroeg": 0.9,
        "nee ik bedoel": 0.7,
        "nee, ik bedoel": 0.7,
        "nee ik bedoelde": 0.7,
        "nee, ik bedoelde": 0.7,
        "ik bedoel juist": 0.6,
        "dat klopt niet": 0.8,
        "klopt helemaal niet": 0.9,
        "klopt niks van": 0.9,
        "dat is niet juist": 0.8,
        "is niet waar": 0.8,
        "begrijpt me verkeerd": 0.9,
        "begrijpt mij verkeerd": 0.9,
        "begrijpt me niet": 0.8,
        "begrijpt mij niet": 0.8,
        "begrijpt het niet": 0.7,
        "verstaat me niet": 0.7,
        "verkeerd begrepen": 0.8,
        "misverstand": 0.6,
        "is niet mijn vraag": 0.9,
        "was niet mijn vraag": 0.9,
        "mijn vraag was": 0.7,
        "daar gaat het niet om": 0.8,
        "gaat niet om": 0.5,
        "u vergist zich": 0.8,
        "je vergist je": 0.8,
        "verkeerde afdeling": 0.6,
    },
    en={
        "that's not what i": 0.9,
        "that is not what i": 0.9,
        "that isn't what i": 0.9,
        "not what i said": 0.9,
        "not what i asked": 0.9,
        "not what i meant": 0.9,
        "i didn't say that": 0.9,
        "i never said": 0.8,
        "i didn't ask": 0.8,
        "i didn't mean": 0.7,
        "no i mean": 0.7,
        "no, i mean": 0.7,
        "no i meant": 0.7,
        "no, i meant": 0.7,
        "you misunderstood": 0.8,
        "you've misunderstood": 0.8,
        "you misunderstand": 0.8,
        "you're not listening": 0.9,
        "you are not listening": 0.9,
        "you don't understand": 0.7,
        "you're not understanding": 0.8,
        "that's wrong": 0.7,
        "that is wrong": 0.7,
        "that's incorrect": 0.8,
        "that is incorrect": 0.8,
        "that's not right": 0.7,
        "that's not correct": 0.8,
        "that's not true": 0.8,
        "that is not true": 0.8,
        "my question was": 0.7,
        "that's not my question": 0.9,
        "that wasn't my question": 0.9,
        "but it's not about": 0.7,
        "neither. i": 0.6,
        "wrong place": 0.6,
        "wrong department": 0.6,
        "your own acknowledgement says": 0.6,
    },
)


def find(turn: Turn) -> Finding | None:
    words = turn.said_by(Role.CUSTOMER)
    return None if words is None else tells(words, "corrects", PHRASES, opening=not turn.conversation.customer_turns)


correction: Final = of_effort("correction", find, cues=(PHRASES, "corrects"))
