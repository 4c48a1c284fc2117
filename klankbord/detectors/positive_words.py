"""The customer's words are positive on balance."""

from typing import Final

from klankbord.signals import CustomerWords, Finding, of_emotion
from klankbord.tone import NEUTRAL_BELOW, WORDS_FROM, valence, valence_span


def find(words: CustomerWords) -> Finding | None:
    strength = valence(words)
    if strength < NEUTRAL_BELOW:
        return None
    return Finding(strength, valence_span(words, positive=True) if strength >= WORDS_FROM else None)


positive_words: Final = of_emotion("positive_words", find)
