"""The customer has lost somebody: a need for time and patience."""

from typing import Final

from klankbord.phrases import Phrases, denied
from klankbord.signals import CustomerWords, Finding, of_need
from klankbord.tone import NEED_FROM, hears

_NL_CLOSE: Final = tuple(
    """man vrouw vader moeder pa ma papa mama vake moeke zoon zoontje dochter dochtertje kind kindje baby broer broertje
    zus zusje opa oma bompa bomma partner vriend vriendin verloofde echtgenoot echtgenote schoonmoeder schoonvader
    schoonzus zwager oom tante neef nicht kleinkind kleinzoon kleindochter buurman buurvrouw collega""".split()
)
_EN_CLOSE: Final = tuple(
    """husband wife father mother dad mum mom son daughter child baby brother sister grandad grandpa grandfather gran
    grandma grandmother nan partner boyfriend girlfriend fiance uncle aunt cousin nephew niece grandson granddaughter
    friend neighbour colleague""".split()
)
# Things die too.
_NL_THINGS: Final = tuple(
    "telefoon mobiel laptop computer pc modem router tv wasmachine accu batterij auto app ketel".split()
)
_EN_THINGS: Final = tuple(
    """phone mobile battery laptop computer router modem tv car wifi internet line signal app connection boiler machine
    printer tablet it broadband""".split()
)

_NL: Final = {
    "overleden": 0.9,
    "overlede": 0.8,
    "overleeden": 0.9,
    "overleed": 0.9,
    "overlijd": 0.6,
    "is komen te overlijden": 0.9,
    "overlijden": 0.5,
    "het overlijden van": 0.9,
    "door overlijden": 0.8,
    "wegens overlijden": 0.8,
    "i.v.m. overlijden": 0.8,
    "een overlijden": 0.8,
    "gestorven": 0.8,
    "stierf": 0.7,
    "sterfgeval": 0.9,
    "heengegaan": 0.8,
    "is ontvallen": 0.8,
    "is ingeslapen": 0.8,
    "is er niet meer sinds": 0.6,
    "verongelukt": 0.8,
    "doodgeboren": 0.9,
    "miskraam": 0.8,
    "euthanasie": 0.8,
    "zelfmoord gepleegd": 0.8,
    "begrafenis": 0.8,
    "begraven": 0.7,
    "uitvaart": 0.8,
    "crematie": 0.8,
    "gecremeerd": 0.8,
    "uitvaartondernemer": 0.8,
    "begrafenisondernemer": 0.8,
    "nabestaande": 0.8,
    "nabestaanden": 0.8,
    "weduwe": 0.8,
    "weduwnaar": 0.8,
    "alleen achtergebleven": 0.6,
    "in de rouw": 0.9,
    "aan het rouwen": 0.9,
    "rouw": 0.6,
    "rouwkaart": 0.8,
    "rouwadvertentie": 0.8,
    "overlijdensakte": 0.9,
    "akte van overlijden": 0.9,
    "overlijdensbericht": 0.9,
    "verklaring van erfrecht": 0.8,
    "erfenis": 0.6,
    "erfgenaam": 0.6,
    "erfgenamen": 0.6,
    "nalatenschap": 0.6,
    "wijlen": 0.7,
    **{f"mijn {who} is dood": 0.9 for who in _NL_CLOSE},
    **{f"mijn {who} dood is": 0.9 for who in _NL_CLOSE},
    **{f"mijn {who} is er niet meer": 0.9 for who in _NL_CLOSE},
    **{f"mijn {who} er niet meer is": 0.9 for who in _NL_CLOSE},
    **{f"mijn {who} verloren": 0.9 for who in _NL_CLOSE},
    **{f"mijn {who} verloor": 0.9 for who in _NL_CLOSE},
    **{f"mijn {who} kwijtgeraakt": 0.8 for who in _NL_CLOSE},
    **{f"mijn {who} is weggevallen": 0.8 for who in _NL_CLOSE},
    **{f"{our} {who} verloren": 0.9 for our in ("ons", "onze", "m'n") for who in _NL_CLOSE},
    **{f"{our} {who} is dood": 0.9 for our in ("ons", "onze", "m'n") for who in _NL_CLOSE},
}
_EN: Final = {
    "passed away": 0.9,
    "passing away": 0.8,
    "past away": 0.8,
    "passed on last": 0.6,
    "deceased": 0.9,
    "diseased customer": 0.6,
    "died": 0.6,
    "who died": 0.8,
    "he died": 0.8,
    "she died": 0.8,
    "has died": 0.8,
    "is dying": 0.8,
    "on his deathbed": 0.9,
    "on her deathbed": 0.9,
    "death certificate": 0.9,
    "death in the family": 0.9,
    "the death of": 0.8,
    "his death": 0.8,
    "her death": 0.8,
    "since the death": 0.8,
    "funeral": 0.8,
    "cremation": 0.8,
    "cremated": 0.8,
    "burial": 0.8,
    "undertaker": 0.8,
    "bereaved": 0.9,
    "bereavement": 0.9,
    "widow": 0.8,
    "widowed": 0.9,
    "widower": 0.8,
    "mourning": 0.8,
    "in mourning": 0.9,
    "grieving": 0.8,
    "grief": 0.7,
    "stillborn": 0.9,
    "miscarriage": 0.8,
    "no longer with us": 0.8,
    "took his own life": 0.9,
    "took her own life": 0.9,
    "committed suicide": 0.8,
    "next of kin": 0.6,
    "probate": 0.8,
    "executor of": 0.7,
    "the estate of": 0.7,
    "inheritance": 0.5,
    **{f"my {who} passed": 0.8 for who in _EN_CLOSE},
    **{f"my {who} just passed": 0.8 for who in _EN_CLOSE},
    **{f"my {who} has passed": 0.8 for who in _EN_CLOSE},
    **{f"my {who} is dead": 0.9 for who in _EN_CLOSE},
    **{f"my {who} isn't here anymore": 0.8 for who in _EN_CLOSE},
    **{f"my {who} died": 0.9 for who in _EN_CLOSE},
    **{f"lost my {who}": 0.9 for who in _EN_CLOSE},
    **{f"lost our {who}": 0.9 for who in _EN_CLOSE},
    **{f"losing my {who}": 0.9 for who in _EN_CLOSE},
    **{f"the loss of my {who}": 0.9 for who in _EN_CLOSE},
    **{f"my late {who}": 0.9 for who in _EN_CLOSE},
    **{f"buried my {who}": 0.9 for who in _EN_CLOSE},
    "my late": 0.6,
}

PHRASES: Final = Phrases.listed(
    nl={
        **_NL,
        **denied(_NL, "niet", "geen", "niemand", "niemand is"),
        **{f"{thing} {so}{died}": 0.0 for thing in _NL_THINGS for so in ("", "is ", "was ") for died in
           ("overleden", "gestorven", "stierf", "overleed", "heengegaan")},
        **{f"gestorven van de {what}": 0.0 for what in ("honger", "dorst", "kou", "warmte", "schaamte", "zenuwen")},
        **{f"stierf van de {what}": 0.0 for what in ("honger", "dorst", "kou", "warmte", "schaamte", "zenuwen")},
        "overlijden meeverzekerd": 0.0,
        "dekking bij overlijden": 0.0,
        "begraven onder": 0.0,
    },
    en={
        **_EN,
        **denied(_EN, "not", "hasn't", "nobody", "no one"),
        **{f"{thing} {so}died": 0.0 for thing in _EN_THINGS for so in ("", "just ", "has ", "has just ", "suddenly ",
                                                                      "then ", "completely ", "basically ")},
        **{f"{thing} is dying": 0.0 for thing in _EN_THINGS},
        "died laughing": 0.0,
        "died of embarrassment": 0.0,
        "nearly died": 0.0,
        "almost died": 0.0,
        "died down": 0.0,
        "good grief": 0.0,
        "giving me grief": 0.0,
        "gave me grief": 0.0,
        "my late payment": 0.0,
        "my late fee": 0.0,
        "my late delivery": 0.0,
        "my late reply": 0.0,
        "my late parcel": 0.0,
    },
)  # fmt: skip


def said(words: CustomerWords) -> Finding | None:
    """What was said outright."""
    found = PHRASES.best(words.normal, words.language)
    return None if found is None else Finding(found.strength, (found.start, found.end))


def find(words: CustomerWords) -> Finding | None:
    return said(words) or hears(words, "bereavement", at_least=NEED_FROM)


bereavement: Final = of_need("bereavement", find, cues=(PHRASES, "bereavement"))
