"""The customer says the same thing again."""

from typing import Final

from klankbord.conversation import likeness
from klankbord.events import Role
from klankbord.phrases import Phrases
from klankbord.signals import Finding, Turn, Words, of_effort
from klankbord.tone import tells

PHRASES: Final = Phrases.listed(
    nl={
        "zoals ik al zei": 0.8,
        "zoals ik zei": 0.8,
        "zoals ik al schreef": 0.8,
        "zoals ik schreef": 0.7,
        "zoals gezegd": 0.7,
        "zoals eerder gezegd": 0.8,
        "zoals ik al eerder zei": 0.9,
        "gelijk ik al zei": 0.8,
        "ik zei al": 0.7,
        "ik zei toch": 0.8,
        "ik zeg het nog een keer": 0.9,
        "nog een keer uitleggen": 0.8,
        "nog eens uitleggen": 0.8,
        "weer uitleggen": 0.8,
        "dat nog uitleggen": 0.8,
        "al uitgelegd": 0.8,
        "x uitgelegd": 0.8,
        "keer uitgelegd": 0.8,
        "3x uitgelegd": 0.9,
        "2x uitgelegd": 0.8,
        "nogmaals": 0.6,
        "nogmaals bedankt": 0.0,
        "nogmaals dank": 0.0,
        "nogmaals sorry": 0.0,
        "ik herhaal": 0.8,
        "herhaal het nog": 0.8,
        "van voren af aan": 0.7,
        "opnieuw vertellen": 0.7,
        "opnieuw uitleggen": 0.8,
        "weer opnieuw vertellen": 0.9,
    },
    en={
        "as i said": 0.8,
        "like i said": 0.8,
        "as i've said": 0.8,
        "as i mentioned": 0.7,
        "as i already said": 0.9,
        "as i told you": 0.8,
        "as i wrote": 0.7,
        "as stated": 0.5,
        "that's what i said": 0.8,
        "i already said": 0.8,
        "i've already said": 0.8,
        "i already explained": 0.8,
        "i've already explained": 0.8,
        "i told you": 0.7,
        "i repeat": 0.8,
        "repeating myself": 0.9,
        "repeat myself": 0.9,
        "say it again": 0.7,
        "explain it again": 0.8,
        "explain this again": 0.8,
        "explain everything again": 0.9,
        "explain the whole thing again": 0.9,
        "start all over": 0.7,
        "from the beginning again": 0.8,
        "in the previous one": 0.4,
    },
)


def find(turn: Turn) -> Finding | None:
    words = turn.said_by(Role.CUSTOMER)
    if words is None:
        return None
    alike = _alike(words, turn)
    found = tells(words, "repeats", PHRASES, opening=not turn.conversation.customer_turns)
    if alike is None or (found is not None and found.strength > alike):
        return found
    return Finding(alike, (0, len(words.normal)), amount=alike)


def _alike(words: Words, turn: Turn) -> float | None:
    """How alike this line is to one the customer said before, where that is alike enough to be the same."""
    if len(words.fingerprint) < turn.policy.repetition_min_words:
        return None
    alike = likeness(words.fingerprint, turn.conversation.customer_said)
    return alike if alike >= turn.policy.repetition_likeness else None


repetition: Final = of_effort("repetition", find, where=(Role.CUSTOMER,))
