"""The customer has been here before about the same matter."""

from collections.abc import Iterator
from typing import Final

from klankbord.events import Context, Role
from klankbord.phrases import Phrases
from klankbord.signals import Finding, Turn, of_effort
from klankbord.tone import tells

# From this many recent contacts on, another one adds nothing: the third call is where customers give up.
FULL_AT_CONTACTS: Final = 3

_NL_ORDINALS: Final = {
    0.6: ("tweede", "2e", "2de"),
    0.8: ("derde", "3e", "3de"),
    1.0: (
        *("vierde", "4e", "4de", "vijfde", "5e", "5de", "zesde", "6e", "6de", "zevende", "7e", "7de"),
        *("achtste", "8e", "8ste", "negende", "9e", "9de", "tiende", "10e", "10de", "zoveelste", "tigste"),
    ),
}
_EN_ORDINALS: Final = {
    0.6: ("second", "2nd"),
    0.8: ("third", "3rd"),
    1.0: (
        *("fourth", "4th", "fifth", "5th", "sixth", "6th", "seventh", "7th", "eighth", "8th", "ninth", "9th"),
        *("tenth", "10th", "umpteenth", "hundredth"),
    ),
}
_NL_TIMES: Final = ("keer dat ik", "keer dat we", "keer dat wij", "keer deze week", "keer deze maand", "maal dat ik")
_NL_CONTACTS: Final = ("telefoontje", "mail", "mailtje", "melding", "bericht")
_EN_TIMES: Final = ("time i", "time we", "time calling", "time this week", "time this month", "time asking")
_EN_CONTACTS: Final = ("call about", "email about", "message about", "call this week", "complaint about")
_NL_COUNTS: Final = {"2": 0.6, "twee": 0.6, "3": 0.8, "drie": 0.8, "4": 1.0, "vier": 1.0, "5": 1.0, "vijf": 1.0}
_EN_COUNTS: Final = {"2": 0.6, "two": 0.6, "3": 0.8, "three": 0.8, "4": 1.0, "four": 1.0, "5": 1.0, "five": 1.0}
_NL_DONE: Final = ("gebeld", "gemaild", "geappt", "gechat", "gevraagd", "gemeld", "contact opgenomen", "doorgegeven")
_EN_DONE: Final = ("called", "called you", "emailed", "emailed you", "contacted you", "written", "chatted", "phoned")


def _numbered_nl() -> Iterator[tuple[str, float]]:
    for strength, ordinals in _NL_ORDINALS.items():
        for ordinal in ordinals:
            yield from ((f"{ordinal} {what}", strength) for what in (*_NL_TIMES, *_NL_CONTACTS))
            yield f"voor de {ordinal} keer", strength
            yield f"al de {ordinal} keer", strength
            yield f"nu de {ordinal} keer", strength
    for count, strength in _NL_COUNTS.items():
        for done in _NL_DONE:
            yield from ((f"{count}{times} {done}", strength) for times in (" keer", "x", " maal"))
        yield f"al {count} mensen gesproken", strength
        yield f"al {count} medewerkers gesproken", strength


def _numbered_en() -> Iterator[tuple[str, float]]:
    for strength, ordinals in _EN_ORDINALS.items():
        for ordinal in ordinals:
            yield from ((f"{ordinal} {what}", strength) for what in (*_EN_TIMES, *_EN_CONTACTS, "time im", "time ive"))
            yield f"for the {ordinal} time", strength
            yield f"this is the {ordinal} time", strength
    for count, strength in _EN_COUNTS.items():
        for done in _EN_DONE:
            yield from ((f"{done} {count}{times}", strength) for times in (" times", "x"))
        yield f"spoken to {count} people", strength
        yield f"{count} times now", strength
    for done in _EN_DONE:
        yield f"{done} twice", 0.6


PHRASES: Final = Phrases.listed(
    nl={
        **dict(_numbered_nl()),
        "vorige week ook al": 0.6,
        "vorige week al": 0.6,
        "vorige maand ook al": 0.6,
        "gisteren ook al": 0.6,
        "gister ook al": 0.6,
        "als gister en vorige week": 0.7,
        "mail van vorige week": 0.6,
        "de vorige keer ook": 0.6,
        "de keer daarvoor": 0.7,
        "was vorige keer ook": 0.5,
        "nu weer hier": 0.6,
        "al vaker gebeld": 0.7,
        "al eerder gebeld": 0.6,
        "al eerder gemeld": 0.6,
        "al eerder contact": 0.6,
        "al meerdere keren": 0.7,
        "al meermaals": 0.7,
        "al verschillende keren": 0.7,
        "bel al weken": 0.9,
        "bel al maanden": 1.0,
        "ben al weken bezig": 0.8,
        "ben hier al weken mee bezig": 0.9,
        "speelt al weken": 0.6,
        "speelt al maanden": 0.7,
        "blijf maar bellen": 0.8,
        "blijven bellen": 0.7,
        "moet ik weer bellen": 0.7,
        "elke keer wordt mij": 0.7,
        "weer hetzelfde probleem": 0.7,
        "dat nummer heb ik gister gebeld": 0.6,
        "dat nummer heb ik gebeld": 0.5,
    },
    en={
        **dict(_numbered_en()),
        "called before": 0.6,
        "contacted you before": 0.6,
        "already called": 0.6,
        "already contacted": 0.6,
        "been calling for weeks": 0.9,
        "been calling for days": 0.8,
        "been calling for months": 1.0,
        "been emailing for weeks": 0.9,
        "been chasing this": 0.8,
        "been going on for weeks": 0.7,
        "been going on for months": 0.8,
        "keep calling you": 0.8,
        "keep having to call": 0.8,
        "have to call again": 0.7,
        "had to call again": 0.7,
        "several times already": 0.7,
        "same problem again": 0.7,
        "same issue again": 0.7,
        "every time someone tells me": 0.7,
        "that's what happened last time": 0.6,
        "told last time": 0.6,
        "called last week": 0.6,
        "i refer to my emails": 0.7,
        "my previous email": 0.5,
        "my previous emails": 0.6,
    },
)


def find(turn: Turn) -> Finding | None:
    if isinstance(turn.event, Context):
        count = turn.event.recent_contacts or 0
        return Finding(min(1.0, count / FULL_AT_CONTACTS), amount=count) if count else None
    words = turn.said_by(Role.CUSTOMER)
    return None if words is None else tells(words, "contacted_before", PHRASES)


repeat_contact: Final = of_effort(
    "repeat_contact", find, cues=(PHRASES, "contacted_before"), where=(Role.CUSTOMER, Context)
)
