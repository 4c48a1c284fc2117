"""The customer tells of a long wait: on the line, for an answer, for somebody who was to come."""

from typing import Final

from klankbord.events import Role
from klankbord.phrases import Phrases
from klankbord.signals import Finding, Turn, of_effort
from klankbord.tone import tells

PHRASES: Final = Phrases.listed(
    nl={
        "al weken aan het wachten": 0.9,
        "al weken wachten": 0.9,
        "al dagen aan het wachten": 0.8,
        "al maanden aan het wachten": 1.0,
        "wacht al weken": 0.9,
        "wacht al dagen": 0.8,
        "wacht al maanden": 1.0,
        "wachten al weken": 0.9,
        "wachten al maanden": 1.0,
        "uur in de wacht": 0.9,
        "minuten in de wacht": 0.7,
        "kwartier in de wacht": 0.7,
        "half uur in de wacht": 0.9,
        "halfuur in de wacht": 0.9,
        "uur aan de lijn": 0.8,
        "minuten aan de lijn": 0.5,
        "in de wachtrij": 0.5,
        "de hele dag gewacht": 0.8,
        "hele dag zitten wachten": 0.9,
        "hele dag thuis gebleven": 0.9,
        "vrij genomen om": 0.6,
        "vrije dag voor opgenomen": 0.8,
        "vrije dagen voor opgenomen": 0.9,
        "lang moeten wachten": 0.7,
        "zo lang wachten": 0.6,
        "zo lang duurt": 0.5,
        "duurt te lang": 0.6,
        "duurt eeuwen": 0.8,
        "nooit teruggebeld": 0.8,
        "niet teruggebeld": 0.7,
        "niemand teruggebeld": 0.8,
        "geen antwoord gekregen": 0.7,
        "niets meer gehoord": 0.7,
        "niks meer gehoord": 0.7,
        "nog niets gehoord": 0.6,
        "nog niks gehoord": 0.6,
        "al die tijd niks gehoord": 0.8,
    },
    en={
        "been waiting for weeks": 0.9,
        "been waiting for days": 0.8,
        "been waiting for months": 1.0,
        "been waiting for ages": 0.9,
        "waiting since": 0.5,
        "waited all day": 0.8,
        "stayed home all day": 0.8,
        "stayed in all day": 0.8,
        "took the day off": 0.8,
        "took a day off": 0.8,
        "on hold for": 0.8,
        "half an hour on hold": 0.9,
        "an hour on hold": 1.0,
        "in the queue for": 0.6,
        "queued for": 0.6,
        "have to wait so long": 0.7,
        "taking too long": 0.6,
        "takes forever": 0.7,
        "taking forever": 0.8,
        "taken forever": 0.8,
        "never called back": 0.8,
        "nobody called back": 0.8,
        "no one called back": 0.8,
        "never rang back": 0.8,
        "haven't heard back": 0.6,
        "not heard back": 0.6,
        "haven't heard anything": 0.6,
        "still waiting for a reply": 0.7,
        "no reply": 0.5,
    },
)


def find(turn: Turn) -> Finding | None:
    words = turn.said_by(Role.CUSTOMER)
    return None if words is None else tells(words, "waited", PHRASES)


told_wait: Final = of_effort("told_wait", find, cues=(PHRASES, "waited"))
