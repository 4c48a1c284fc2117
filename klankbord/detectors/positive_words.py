"""The customer's words are positive on balance."""

from typing import Final

from klankbord.polarity import polarity
from klankbord.signals import CustomerWords, Finding, of_emotion

# VADER's own border between neutral and positive.
POSITIVE_FROM: Final = 0.05


def find(words: CustomerWords) -> Finding | None:
    read = polarity(words.clean, words.language)
    if read.compound < POSITIVE_FROM:
        return None
    word = next((word for word, value in read.words if value > 0), "")
    start = words.normal.find(word) if word else -1
    return Finding(read.compound, None if start < 0 else (start, start + len(word)))


positive_words: Final = of_emotion("positive_words", find)
