"""The customer gives up: leaves it, will see to it alone, or walks away without what they came for."""

from typing import Final

from klankbord.events import Role
from klankbord.phrases import Phrases
from klankbord.signals import Finding, Turn, of_effort
from klankbord.tone import tells

PHRASES: Final = Phrases.listed(
    nl={
        "laat maar": 0.9,
        "laat dan maar": 1.0,
        "laat maar zitten": 1.0,
        "laat maar waaien": 0.9,
        "laat u maar": 0.7,
        "dan maar niet": 0.8,
        "dan niet": 0.6,
        "hoeft niet meer": 0.8,
        "hoeft al niet meer": 0.9,
        "ik geef het op": 1.0,
        "geef het op": 0.9,
        "ik stop ermee": 0.9,
        "houd ermee op": 0.8,
        "hou ermee op": 0.8,
        "zoek het zelf wel uit": 0.9,
        "ik zoek het zelf wel": 0.8,
        "los het zelf wel op": 0.9,
        "regel het zelf wel": 0.8,
        "doe het zelf wel": 0.7,
        "heeft geen zin meer": 0.9,
        "heeft geen zin": 0.7,
        "heeft toch geen zin": 0.9,
        "ik heb er genoeg van": 0.8,
        "ik kap ermee": 0.9,
        "zo komen we er niet": 0.7,
        "komen er niet uit": 0.6,
        "dit wordt niks": 0.8,
        "laat maar komen": 0.0,
        "laat maar weten": 0.0,
        "laat maar horen": 0.0,
        "laat maar zien": 0.0,
        "laat maar sturen": 0.0,
    },
    en={
        "never mind": 0.8,
        "nevermind": 0.8,
        "forget it": 0.9,
        "forget about it": 0.8,
        "i give up": 1.0,
        "giving up": 0.8,
        "don't bother": 0.7,
        "not worth it": 0.6,
        "no point": 0.8,
        "what's the point": 0.8,
        "i'll sort it myself": 0.9,
        "i'll do it myself": 0.7,
        "i'll figure it out": 0.6,
        "i'll find someone else": 0.8,
        "leave it then": 0.9,
        "just leave it": 0.8,
        "let's leave it": 0.8,
        "had enough of this": 0.8,
        "this is going nowhere": 0.9,
        "going nowhere": 0.7,
        "getting nowhere": 0.9,
        "waste of my time": 0.8,
        "i'm done with this": 0.8,
        "don't forget it": 0.0,
        "never mind the": 0.0,
    },
)


def find(turn: Turn) -> Finding | None:
    words = turn.said_by(Role.CUSTOMER)
    return None if words is None else tells(words, "gives_up", PHRASES)


gives_up: Final = of_effort("gives_up", find, cues=(PHRASES, "gives_up"))
