"""The customer expected better, or turns away."""

from typing import Final

from klankbord.phrases import Phrases
from klankbord.signals import CustomerWords, Finding, of_emotion

FEELINGS: Final = Phrases.listed(
    nl={
        "teleurgesteld": 0.9,
        "teleurstellend": 0.9,
        "teleurstelling": 0.8,
        "ontgoocheld": 0.9,
        "ontgoocheling": 0.8,
        "jammer": 0.5,
        "erg jammer": 0.6,
        "heel jammer": 0.6,
        "spijtig": 0.5,
        "zonde": 0.4,
        "tegenvaller": 0.6,
    },
    en={
        "disappointed": 0.9,
        "disappointing": 0.9,
        "disappointment": 0.8,
        "let down": 0.9,
        "underwhelming": 0.6,
        "a shame": 0.5,
        "a pity": 0.4,
        "unfortunate": 0.3,
    },
)
PHRASES: Final = Phrases.listed(
    nl={
        "valt tegen": 0.7,
        "valt me tegen": 0.7,
        "valt mij tegen": 0.7,
        "viel tegen": 0.6,
        "had meer verwacht": 0.8,
        "had beter verwacht": 0.8,
        "had ik meer van verwacht": 0.8,
        "had ik niet verwacht van": 0.7,
        "geen vertrouwen meer": 0.8,
        "vertrouwen kwijt": 0.8,
        "in de steek gelaten": 0.9,
        "niet nagekomen": 0.7,
        "wordt mij beloofd": 0.6,
        "is mij beloofd": 0.6,
        "was beloofd": 0.6,
        "slechte service": 0.7,
        "slechte ervaring": 0.7,
        "nooit meer bij jullie": 0.8,
        "nooit meer iets": 0.7,
        "nergens mee geholpen": 0.8,
        "niemand voelt zich geroepen": 0.7,
        "ga wel naar een ander": 0.8,
        "ga naar een ander": 0.7,
        "naar een andere aanbieder": 0.6,
        "naar de concurrent": 0.7,
        "dan zijn we weg": 0.8,
        "dan ben ik weg": 0.8,
        "verlengen we niet": 0.7,
        "verleng ik niet": 0.6,
        "dan zeg ik het op": 0.8,
        "dan zeg ik op": 0.8,
        "dan stap ik over": 0.7,
        "daar betaal ik": 0.4,
        "had wel een omweg nodig": 0.3,
    },
    en={
        "expected better": 0.8,
        "expected more": 0.8,
        "not impressed": 0.7,
        "unimpressed": 0.7,
        "lost faith": 0.8,
        "lost all faith": 0.9,
        "lost trust": 0.8,
        "i was promised": 0.7,
        "you promised": 0.6,
        "was told that": 0.3,
        "broken promises": 0.8,
        "poor service": 0.7,
        "bad service": 0.7,
        "terrible service": 0.8,
        "bad experience": 0.7,
        "never again": 0.7,
        "loyal customer": 0.5,
        "business elsewhere": 0.8,
        "go elsewhere": 0.7,
        "going elsewhere": 0.7,
        "switch provider": 0.6,
        "to a competitor": 0.7,
        "then cancel it": 0.8,
        "cancel the lot": 0.8,
        "cancel everything": 0.7,
        "uninterested in its": 0.7,
        "case closed": 0.3,
        "nobody who can": 0.5,
    },
)


def find(words: CustomerWords) -> Finding | None:
    said = PHRASES.matches(words.normal, words.language)
    felt = FEELINGS.matches(words.normal, words.language, negatable=True)
    found = max((*said, *felt), key=lambda match: match.strength, default=None)
    return None if found is None else Finding(found.strength, (found.start, found.end))


disappointment: Final = of_emotion("disappointment", find, cues=(FEELINGS, PHRASES))
