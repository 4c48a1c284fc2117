"""What of a line the models look at: words, neighbouring words, denied words, and letters within words."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, pairwise
from typing import Final, NamedTuple, TypeAlias

# 400 words are more than anyone says in a turn of a chat; the rest of an e-mail adds time, not insight.
MAX_TOKENS: Final = 400
LETTERS: Final = "~"  # before a run of letters within a word
DENIED: Final = "¬"  # before a word that stands up to three words after a negation
_LONGEST_WORD: Final = 24
_SIZES: Final = (3, 4, 5)
_DENIAL_REACH_WORDS: Final = 3
_TOKEN: Final = re.compile(r"([^\W\d_]+(?:'[^\W\d_]+)*|\d+|([^\w\s])\2*)")
# The same for plain letters, which most lines are made of, in half the time.
_PLAIN_TOKEN: Final = re.compile(r"([a-zA-Z]+(?:'[a-zA-Z]+)*|[0-9]+|([^\w\s])\2*)")
_NEGATORS: Final = frozenset(
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


class Line(NamedTuple):
    """The words of a line, numbers and marks among them, and the features that take two of them."""

    words: list[str]
    pairs: list[Pair]


def tokens(normal: str) -> tuple[Token, ...]:
    """The tokens of a line in lower case with plain quotes (`klankbord.phrases.normal`)."""
    return tuple(Token(word, *span) for word, span in zip(line(normal).words, spans(normal), strict=True))


@lru_cache(maxsize=2)  # every model reads the same line
def line(normal: str) -> Line:
    """What the models look at in a line; where it stands, which is seldom asked, is for `spans`."""
    found = (_PLAIN_TOKEN if normal.isascii() else _TOKEN).findall(normal)
    words = [text if text.isalpha() and len(text) <= _LONGEST_WORD else _shape(text) for text, _ in found[:MAX_TOKENS]]
    return Line(words, list(between(words)))


@lru_cache(maxsize=2)  # several signals may quote the same line
def spans(normal: str) -> list[tuple[int, int]]:
    """The places of the tokens of a line."""
    return [match.span() for match in islice(_TOKEN.finditer(normal), MAX_TOKENS)]


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


def between(words: Sequence[str]) -> Iterable[Pair]:
    """The features that take two words, with the places of both."""
    neighbours = [(f"{left} {right}", at, at + 1) for at, (left, right) in enumerate(pairwise(words))]
    return neighbours if _NEGATORS.isdisjoint(words) else _with_denied(neighbours, words)


def _with_denied(neighbours: Iterable[Pair], words: Sequence[str]) -> Iterator[Pair]:
    for pair in neighbours:
        yield pair
        _, place, _ = pair
        if words[place] in _NEGATORS:
            for denied in range(place + 1, min(len(words), place + 1 + _DENIAL_REACH_WORDS)):
                yield DENIED + words[denied], place, denied
