"""The customer's words are negative on balance."""

from typing import Final

from klankbord.signals import CustomerWords, Finding, of_emotion
from klankbord.tone import NEUTRAL_BELOW, WORDS_FROM, valence, valence_span


def find(words: CustomerWords) -> Finding | None:
    strength = -valence(words)
    if strength < NEUTRAL_BELOW:
        return None
    return Finding(strength, valence_span(words, positive=False) if strength >= WORDS_FROM else None)


negative_words: Final = of_emotion("negative_words", find)
