"""The language of the conversation is not the customer's: a need for another language or plain words."""

from typing import Final

from klankbord.phrases import Phrases
from klankbord.signals import CustomerWords, Finding, of_need
from klankbord.tone import NEED_FROM, hears

_NL_OTHERS: Final = tuple(
    """engels frans duits spaans arabisch turks pools russisch oekraïens marokkaans berbers tigrinya somalisch farsi
    portugees roemeens bulgaars chinees italiaans papiaments dari pashto""".split()
)
_EN_OTHERS: Final = tuple(
    """dutch french german spanish arabic turkish polish russian ukrainian urdu punjabi bengali somali farsi hindi
    portuguese romanian bulgarian chinese mandarin italian welsh gujarati""".split()
)

# In a Dutch conversation the customer may ask it in English, and the other way round.
_ASKED: Final = {
    "do you speak english": 0.9,
    "can you speak english": 0.9,
    "can we speak english": 0.9,
    "can we do english": 0.9,
    "in english please": 0.8,
    "english please": 0.8,
    "don't speak dutch": 0.9,
    "do not speak dutch": 0.9,
    "not speak dutch": 0.9,
    "no dutch": 0.8,
    "my dutch is": 0.8,
    "spreekt u engels": 0.9,
    "spreekt u nederlands": 0.9,
    "spreekt iemand nederlands": 0.9,
    "sprechen sie deutsch": 0.9,
    "parlez vous français": 0.9,
    "parlez-vous français": 0.9,
    "habla español": 0.9,
    "hablas español": 0.9,
    "mówisz po polsku": 0.9,
    "po polsku": 0.7,
    "türkçe": 0.7,
}

PHRASES: Final = Phrases.listed(
    nl={
        **_ASKED,
        **{f"{ik} {no} nederlands": 0.9 for ik in ("spreek", "praat", "versta", "begrijp", "ken", "kan") for no in
           ("geen", "niet", "niet goed", "niet zo goed", "niet veel", "weinig", "slecht", "een beetje", "beetje",
            "nog niet goed", "nog geen", "maar een beetje", "alleen beetje")},
        **{f"nederlands is {bad}": 0.9 for bad in ("niet goed", "niet zo goed", "slecht", "moeilijk", "nog niet goed",
                                                  "niet perfect", "niet best", "voor mij moeilijk")},
        **{f"nederlands {bad}": 0.8 for bad in ("niet goed", "slecht", "moeilijk voor mij", "niet zo goed",
                                                "nog leren")},
        "mijn nederlands": 0.7,
        "sorry voor mijn nederlands": 0.9,
        "geen nederlands": 0.8,
        "slecht nederlands": 0.7,
        "nederlands leren": 0.7,
        "nederlands aan het leren": 0.9,
        "ben nederlands aan het leren": 0.9,
        "leer nederlands": 0.8,
        "inburgering": 0.7,
        "inburgeren": 0.7,
        "niet mijn taal": 0.9,
        "niet mijn moedertaal": 0.9,
        "moedertaal": 0.7,
        "andere taal": 0.6,
        "in mijn eigen taal": 0.9,
        "in mijn taal": 0.9,
        "kan het in het engels": 0.9,
        **{f"kunnen we {taal}": 0.8 for taal in _NL_OTHERS},
        **{f"{spreekt} {taal}": 0.8 for spreekt in ("spreekt u", "spreek je", "praat u", "praat je", "spreken jullie",
                                                   "iemand die", "spreekt er iemand") for taal in _NL_OTHERS},
        **{f"in het {taal} {praten}": 0.8 for taal in _NL_OTHERS for praten in
           ("praten", "spreken", "verder", "uitleggen", "kan", "alstublieft", "aub", "graag")},
        **{f"alleen {taal}": 0.7 for taal in _NL_OTHERS},
        **{f"liever {taal}": 0.7 for taal in _NL_OTHERS},
        "tolk": 0.9,
        "tolken": 0.7,
        "een vertaler": 0.8,
        "voor mij vertalen": 0.8,
        "vertaalt voor mij": 0.9,
        "vertaalt het voor": 0.8,
        "met google translate": 0.9,
        "google vertalen": 0.8,
        "langzamer praten": 0.8,
        "langzamer spreken": 0.8,
        "wat langzamer": 0.6,
        "langzaam praten": 0.8,
        "niet zo snel praten": 0.8,
        "praat te snel": 0.7,
        "praat te moeilijk": 0.7,
        "gebarentaal": 0.8,
        "gebarentolk": 0.9,
        # A product that lacks a language.
        "internet wat langzamer": 0.0,
        "verbinding wat langzamer": 0.0,
        "geen nederlandse": 0.0,
        # Where somebody lives.
        "woon in nederland": 0.0,
        "wonen in nederland": 0.0,
        "buiten nederland": 0.0,
        "geen nederlands menu": 0.0,
        "alleen engels menu": 0.0,
        "duidelijk nederlands": 0.0,
        "versta je geen nederlands": 0.0,
        "verstaat u geen nederlands": 0.0,
    },
    en={
        **_ASKED,
        **{f"{no} {do} {so}english": 0.9 for no in ("don't", "do not", "can't", "cannot", "doesn't") for do in
           ("speak", "understand", "speak good", "speak much", "speak a lot of", "speak very good", "read") for so in
           ("", "much ", "good ", "any ", "a lot of ")},
        **{f"english is {bad}": 0.9 for bad in ("not", "bad", "poor", "limited", "weak", "not good", "not so good",
                                               "very bad", "terrible")},
        **{f"english isn't {good}": 0.9 for good in ("good", "great", "very good", "my", "so good", "the best")},
        "my english": 0.7,
        "sorry for my english": 0.9,
        "excuse my english": 0.9,
        "no english": 0.8,
        "little english": 0.8,
        "bad english": 0.7,
        "poor english": 0.7,
        "broken english": 0.8,
        "speak english not": 0.8,
        "not speak english": 0.9,
        "not good english": 0.9,
        "learning english": 0.8,
        "not my first language": 0.9,
        "isn't my first language": 0.9,
        "my first language": 0.7,
        "second language": 0.8,
        "not a native speaker": 0.9,
        "my own language": 0.9,
        "in my language": 0.9,
        "another language": 0.6,
        "language barrier": 0.9,
        "interpreter": 0.9,
        "translator": 0.8,
        "google translate": 0.9,
        "translates for me": 0.9,
        "translate for me": 0.9,
        "translating for me": 0.9,
        **{f"{speaks} {language}": 0.8 for speaks in ("do you speak", "anyone speak", "who speaks", "that speaks",
                                                     "can you speak", "anyone who speaks", "only speak", "speak in",
                                                     "anyone speaks", "someone in") for language in _EN_OTHERS},
        "speak slowly": 0.7,
        "speak more slowly": 0.8,
        "speak slower": 0.8,
        "talk slower": 0.8,
        "talk more slowly": 0.8,
        "slow down a bit please": 0.6,
        "speaking too fast": 0.7,
        "talking too fast": 0.7,
        "speak too fast": 0.7,
        "talk too fast": 0.7,
        "sign language": 0.8,
        "don't you speak english": 0.0,
        "don't you understand english": 0.0,
        "can't you read english": 0.0,
        "plain english": 0.0,
        "in plain english please": 0.0,
        "my english teacher": 0.0,
        "my english course": 0.0,
        "my english channel": 0.0,
        "learning english app": 0.0,
    },
)  # fmt: skip


def said(words: CustomerWords) -> Finding | None:
    """What was said outright."""
    found = PHRASES.best(words.normal, words.language)
    return None if found is None else Finding(found.strength, (found.start, found.end))


def find(words: CustomerWords) -> Finding | None:
    return said(words) or hears(words, "language_barrier", at_least=NEED_FROM)


language_barrier: Final = of_need("language_barrier", find, cues=(PHRASES, "language_barrier"))
