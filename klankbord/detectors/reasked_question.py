"""The customer is asked again for what was given before."""

from typing import Final

from klankbord.conversation import fingerprint, likeness, question
from klankbord.events import ANSWERS, Role
from klankbord.phrases import Phrases
from klankbord.signals import Finding, Turn, Words, of_effort

# One shared word ("your address?", "your e-mail address?") makes no question the same.
MIN_WORDS: Final = 2

# "ik net al gegeven", "dat al doorgegeven": said of oneself; "is het al gestuurd?" asks something else.
_NL_WHAT: Final = (
    "ik",
    "ik net",
    "ik dat",
    "ik dat net",
    "ik u",
    "ik u net",
    "dat",
    "dat net",
    "die net",
    "net allebei",
)
_NL_DONE: Final = (
    *("gegeven", "doorgegeven", "gezegd", "verteld", "gestuurd", "gemaild", "ingevuld", "ingetoetst", "ingesproken"),
    *("beantwoord", "uitgelegd", "laten zien"),
)
_EN_DONE: Final = ("sent", "provided", "answered", "entered", "given", "gave", "told", "said", "filled", "shown")

# "Is there anything else?" and "shall I go on?" ask for nothing that was given: twice is courtesy, not work.
OFFERS: Final = Phrases(
    nl=dict.fromkeys(
        (
            *(
                "nog iets anders",
                "anders nog iets",
                "verder nog iets",
                "nog iets voor",
                "nog iets doen",
                "nog andere vragen",
            ),
            *(
                "verder helpen",
                "anders helpen",
                "nog ergens mee",
                "anders mee helpen",
                "nog vragen",
                "waarmee kan ik",
                "kan ik u helpen",
                "kan ik je helpen",
                "hiermee geholpen",
            ),
            *(
                "wilt u",
                "wil je",
                "wil u",
                "zal ik",
                "zullen we",
                "moet ik",
                "kan ik verder",
                "mag ik verder",
                "hebt u liever",
            ),
        ),
        1.0,
    ),
    en=dict.fromkeys(
        (
            *(
                "anything else",
                "something else i can",
                "any other questions",
                "any more questions",
                "further questions",
            ),
            *("any other requests", "else i can help", "how can i help", "how may i help", "can i help you"),
            *(
                "would you like",
                "can i proceed",
                "shall i",
                "should i",
                "shall we",
                "do you want me",
                "would you prefer",
            ),
        ),
        1.0,
    ),
)

# Weaker than the question itself: it mostly comes right after it, about the same thing.
PHRASES: Final = Phrases.listed(
    nl={
        **{f"{what} al {done}": 0.6 for what in _NL_WHAT for done in _NL_DONE},
        "dat zei ik net": 0.6,
        "dat zei ik al": 0.6,
        "dat zei ik net al": 0.6,
        "dat vroeg je net": 0.6,
        "dat vroeg u net": 0.6,
        "dat vroegen jullie net": 0.6,
        "dat vroeg je al": 0.6,
        "dat vroeg u al": 0.6,
        "dat had u al": 0.5,
        "dat heeft u al": 0.5,
        "die heeft u al": 0.5,
        "staat in het dossier": 0.5,
        "staat in mijn dossier": 0.5,
        "staat hierboven": 0.5,
        "zie hierboven": 0.5,
        "staat ook in mijn mail": 0.6,
        "staat in mijn mail": 0.5,
        "lezen jullie eigenlijk wel": 0.5,
    },
    en={
        **{f"{who} already {done}": 0.6 for who in ("i", "i've", "i have") for done in _EN_DONE},
        "already gave you": 0.6,
        "i gave you that": 0.5,
        "gave both": 0.6,
        "gave it to the machine": 0.6,
        "to the machine": 0.5,
        "already told you": 0.6,
        "i've told you": 0.5,
        "i just told you": 0.6,
        "i just said": 0.6,
        "you just asked": 0.6,
        "you already asked": 0.6,
        "you asked me that": 0.6,
        "same as i put above": 0.6,
        "see above": 0.5,
        "read the chat history": 0.6,
        "it's in your notes": 0.6,
        "it's in the notes": 0.6,
        "were attached to the email": 0.6,
        "attach them once more": 0.7,
        "attach the same": 0.7,
    },
)


def find(turn: Turn) -> Finding | None:
    asked = turn.said_by(*ANSWERS)
    if asked is not None:
        return _asked_again(asked, turn)
    words = turn.said_by(Role.CUSTOMER)
    found = PHRASES.best(words.normal, words.language) if words else None
    return None if found is None else Finding(found.strength, (found.start, found.end))


def _asked_again(words: Words, turn: Turn) -> Finding | None:
    asking = question(words.normal)
    asked = fingerprint(asking)
    if len(asked) < MIN_WORDS or OFFERS.best(asking, words.language) is not None:
        return None
    alike = likeness(asked, turn.conversation.agent_asked)
    if alike < turn.policy.reasked_likeness:
        return None
    return Finding(alike, (0, len(words.normal)), amount=alike)


reasked_question: Final = of_effort("reasked_question", find, cues=(PHRASES,), where=(Role.CUSTOMER, *ANSWERS))
