"""Whether a line may be told by a head at all, before it is read: most answers tell nothing."""

import math
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final, NamedTuple, TypeAlias

from klankbord.events import Language
from klankbord.models.features import DENIAL_REACH_WORDS, DENIED, NEGATORS, words
from klankbord.models.heads import WORDS_KEPT, Model, model

# What something adds to each of two heads, and its share in the squared length.
Adds: TypeAlias = tuple[float, float, float]

# Over so few words the single precision in which a line is read is off by less than a thousandth.
_MOST_WORDS: Final = 100
_MARGIN: Final = 0.05
# The heads for answers that somebody listens to.
HINTED: Final = ("cannot", "elsewhere")
_NOTHING: Final[dict[str, Adds]] = {}


class _Word(NamedTuple):
    adds: Adds
    # What it adds together with the word after it.
    before: dict[str, Adds]
    # What it adds where it stands after a negation.
    denied: Adds


class Hint:
    """Two heads of a model in plain numbers, near enough to say that neither is more likely than not."""

    def __init__(self, of: Model, first: str, second: str) -> None:
        self._of: Final = of
        self._heads: Final = (first, second)
        self._curves: Final = (of.curve(first), of.curve(second))
        self._words: dict[str, _Word] = {}

    def may_tell(self, normal: str) -> bool:
        """False only where the chance of both heads is below one half."""
        said = words(normal)
        if len(said) > _MOST_WORDS:
            return True
        if len(self._words) + len(said) > WORDS_KEPT:
            self._words = {}
        kept, before = self._words, _NOTHING
        first = second = squared = 0.0
        for word in said:
            if pair := before.get(word):
                first, second, squared = first + pair[0], second + pair[1], squared + pair[2]
            (one, other, share), before, _ = kept.get(word) or self._kept(word)
            first, second, squared = first + one, second + other, squared + share
        if not NEGATORS.isdisjoint(said):
            for one, other, share in self._denied(said):
                first, second, squared = first + one, second + other, squared + share
        length = math.sqrt(squared) or 1.0
        return any(
            (total / length + bias) * slope + offset > -_MARGIN
            for total, (bias, slope, offset) in zip((first, second), self._curves, strict=True)
        )

    def _kept(self, word: str) -> _Word:
        pairs = self._of.pairs_from(word)
        known = _Word(
            self._adds(self._of.features_of(word)),
            {after: self._adds([row]) for after, row in pairs.items()},
            self._adds(self._of.rows_of([DENIED + word])),
        )
        self._words[word] = known
        return known

    def _denied(self, said: list[str]) -> Iterator[Adds]:
        for place, word in enumerate(said):
            if word in NEGATORS:
                for denied in said[place + 1 : place + 1 + DENIAL_REACH_WORDS]:
                    yield self._words[denied].denied

    def _adds(self, rows: list[int]) -> Adds:
        first, second, squared = self._of.sums(rows, self._heads)
        return first, second, squared


@cache
def _hint(language: Language) -> Hint:
    return Hint(model(language, "answers"), *HINTED)


@lru_cache(maxsize=2)  # both detectors that listen to an answer ask for the same line
def may_mean(normal: str, language: Language) -> bool:
    """Whether an answer may refuse or send elsewhere; False only where neither is more likely than not."""
    return _hint(language).may_tell(normal)
