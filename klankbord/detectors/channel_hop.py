"""The customer is sent to another channel, or comes from one."""

from typing import Final

from klankbord.events import ANSWERS, Context, Role
from klankbord.phrases import Phrases
from klankbord.signals import Finding, Turn, of_effort
from klankbord.tone import means

# What an agent's words mean for the customer's work; what the agent feels is nobody's business here.
SENT: Final = Phrases.in_answers(
    nl={
        "ga naar de website": 1.0,
        "gaat u naar de website": 1.0,
        "naar onze website": 0.9,
        "op onze website": 0.8,
        "op de website": 0.8,
        "op onze site": 0.8,
        "op de site": 0.7,
        "via de website": 0.9,
        "via onze website": 0.9,
        "via de site": 0.8,
        "via de app": 0.8,
        "in de app": 0.6,
        "via het portaal": 0.9,
        "via mijn omgeving": 0.8,
        "via uw account": 0.7,
        "via je account": 0.7,
        "alleen online": 0.9,
        "online regelen": 0.8,
        "online aanvragen": 0.8,
        "zelf regelen via": 0.8,
        "bel dit nummer": 1.0,
        "bel het nummer": 1.0,
        "dit nummer bellen": 1.0,
        "nummer bellen": 0.9,
        "algemene nummer": 0.9,
        "contact opnemen met de": 0.8,
        "contact op te nemen met": 0.8,
        "de vervoerder bellen": 0.9,
        "stuur een mail naar": 0.9,
        "stuurt u een mail naar": 0.9,
        "mailen naar": 0.8,
        "een brief sturen": 0.9,
        "afspraak maken bij": 0.7,
        "langskomen bij": 0.7,
        "langs te komen": 0.7,
    },
    en={
        "go to the website": 1.0,
        "go to our website": 1.0,
        "visit our website": 0.9,
        "visit the website": 0.9,
        "on our website": 0.8,
        "on the website": 0.8,
        "via the website": 0.9,
        "via our website": 0.9,
        "through the website": 0.9,
        "through our website": 0.9,
        "through the app": 0.8,
        "via the app": 0.8,
        "in the app": 0.6,
        "use the app": 0.8,
        "through the portal": 0.9,
        "via the portal": 0.9,
        "only online": 0.9,
        "do that online": 0.9,
        "do this online": 0.9,
        "call this number": 1.0,
        "call this line": 1.0,
        "call the number": 1.0,
        "call the depot line": 1.0,
        "you can call the": 0.8,
        "you need to call": 0.9,
        "you'll need to call": 0.9,
        "you will need to call": 0.9,
        "have to call": 0.8,
        "send an email to": 0.9,
        "email us at": 0.9,
        "write to us": 0.8,
        "contact the carrier": 0.9,
        "contact your bank": 0.7,
        "visit a branch": 0.9,
        "visit your local": 0.8,
    },
)
CAME: Final = Phrases.listed(
    nl={
        "al gechat": 0.7,
        "al gemaild": 0.7,
        "al geappt": 0.7,
        "ook al gebeld": 0.7,
        "op de website geprobeerd": 0.7,
        "site geprobeerd": 0.6,
        "daar was ik net": 0.7,
        "dus vandaar dat ik hier": 0.6,
        "bij de webshop moet zijn": 0.7,
        "stuurt mij door naar deze chat": 0.9,
        "verwees me naar": 0.7,
        "dat ik u moest hebben": 0.7,
        "dat ik jullie moest hebben": 0.7,
        "moest ik u bellen": 0.7,
    },
    en={
        "already emailed": 0.7,
        "already chatted": 0.7,
        "already tried the chat": 0.7,
        "already tried the website": 0.7,
        "tried the website": 0.6,
        "tried online": 0.6,
        "told me to contact chat": 0.9,
        "told me to contact you": 0.7,
        "told me to call": 0.7,
        "the website told me": 0.7,
        "the chat told me": 0.7,
        "did that before i messaged": 0.7,
        "sent me to you": 0.6,
    },
)


def find(turn: Turn) -> Finding | None:
    if isinstance(turn.event, Context):
        hopped = turn.event.previous_channel not in (None, turn.event.channel)
        return Finding(1.0) if hopped else None
    words = turn.said_by(*ANSWERS, Role.CUSTOMER)
    if words is None:
        return None
    if words.role is not Role.CUSTOMER:
        return means(words, "elsewhere", SENT)
    found = CAME.best(words.normal, words.language)
    return None if found is None else Finding(found.strength, (found.start, found.end))


channel_hop: Final = of_effort(
    "channel_hop", find, cues=(CAME,), answer_cues=(SENT, "elsewhere"), where=(Role.CUSTOMER, *ANSWERS, Context)
)
