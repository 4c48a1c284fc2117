"""What of a line the models look at: words, neighbouring words, denied words, and letters within words."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Final, NamedTuple, TypeAlias

from klankbord.kept import Kept

# 400 words are more than anyone says in a turn of a chat; the rest of an e-mail adds time, not insight.
MAX_TOKENS: Final = 400
LETTERS: Final = "~"  # before a run of letters within a word
DENIED: Final = "¬"  # before a word that stands up to three words after a negation
_LONGEST_WORD: Final = 24
_SIZES: Final = (3, 4, 5)
DENIAL_REACH_WORDS: Final = 3
_TOKEN: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+|([^\w\s])\1*")
NEGATORS: Final = frozenset(
    """niet geen nooit nergens niks niets zonder nauwelijks niemand
    not no never nothing without hardly cannot isn't wasn't don't doesn't didn't aren't won't can't couldn't wouldn't
    shouldn't ain't haven't hasn't hadn't isnt wasnt dont doesnt didnt arent wont cant couldnt wouldnt""".split()
)


Pair: TypeAlias = tuple[str, int, int]


class Token(NamedTuple):
    """A word, a number (all are alike) or a run of one mark, at `normal[start:end]`."""

    text: str
    start: int
    end: int


def tokens(normal: str) -> tuple[Token, ...]:
    """The tokens of a line in lower case with plain quotes (`klankbord.phrases.normal`)."""
    return tuple(Token(word, *span) for word, span in zip(words(normal), spans(normal), strict=True))


@lru_cache(maxsize=2)  # every model reads the same line
def words(normal: str) -> list[str]:
    """The texts of the tokens of a line; where they stand, which is seldom asked, is for `spans`."""
    return list(chain.from_iterable(map(_words, normal.split())))[:MAX_TOKENS]


def words_in(written: str) -> tuple[str, ...]:
    """The texts of the tokens of what stands between two spaces; no token holds a space."""
    return tuple(_shape(match[0]) for match in _TOKEN.finditer(written))


@lru_cache(maxsize=2)  # several signals may quote the same line
def spans(normal: str) -> list[tuple[int, int]]:
    """The places of the tokens of a line."""
    return list(map(re.Match.span, islice(_TOKEN.finditer(normal), MAX_TOKENS)))


_words: Final = Kept(words_in).__getitem__


def _shape(text: str) -> str:
    if text[0].isdigit():
        return "0"
    return text[:_LONGEST_WORD] if text[0].isalpha() else text[:3]


def of_word(word: str) -> Iterator[str]:
    """The features of one word by itself: these never depend on its neighbours, so their sum can be kept."""
    yield word
    if len(word) > 1 and word[0].isalpha():
        padded = f" {word} "
        for size in _SIZES:
            for start in range(len(padded) - size + 1):
                yield LETTERS + padded[start : start + size]


def between(words: Sequence[str]) -> Iterator[Pair]:
    """The features that take two words, with the places of both."""
    for place in range(len(words) - 1):
        yield f"{words[place]} {words[place + 1]}", place, place + 1
        if words[place] in NEGATORS:
            for denied in range(place + 1, min(len(words), place + 1 + DENIAL_REACH_WORDS)):
                yield DENIED + words[denied], place, denied
