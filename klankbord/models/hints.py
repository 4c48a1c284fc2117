"""Whether a line may be told by a head at all, before it is read: most answers tell nothing."""

import math
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from klankbord.events import Language
from klankbord.kept import Kept
from klankbord.models.features import DENIAL_REACH_WORDS, MAX_TOKENS, NEGATORS, words, words_in
from klankbord.models.heads import Model, model

# What something adds to each of two heads, and its share in the squared length.
Adds: TypeAlias = tuple[float, float, float]

# Over so few words the single precision in which a line is read is off by less than a hundredth.
_MOST_CHARS: Final = MAX_TOKENS
_MARGIN: Final = 0.05
_NOTHING: Final[dict[str, Adds]] = {}
# The heads for answers that somebody listens to.
HINTED: Final = ("cannot", "elsewhere")


class _Written(NamedTuple):
    """What stands between two spaces: mostly a word, and perhaps a mark after it."""

    adds: Adds
    opens: str
    # What its last word adds together with the one after it.
    before: dict[str, Adds]
    denies: bool


class Hint:
    """Two heads of a model in plain numbers, near enough to say that neither is more likely than not."""

    def __init__(self, of: Model, first: str, second: str) -> None:
        self._of: Final = of
        self._heads: Final = (first, second)
        self._curves: Final = (of.curve(first), of.curve(second))
        self._pairs: Final = {
            left: {right: self._adds([row]) for right, row in after.items()} for left, after in of.pairs.items()
        }
        self._denied: Final = {word: self._adds([row]) for word, row in of.denied().items()}
        self._written: Final = Kept(self._of_written)

    def may_tell(self, normal: str) -> bool:
        """False only where the chance of both heads is below one half."""
        if len(normal) > _MOST_CHARS:
            return True
        kept, before, denies = self._written, _NOTHING, False
        first = second = squared = 0.0
        for written in normal.split():
            (one, other, share), opens, after, denying = kept[written]
            first, second, squared = first + one, second + other, squared + share
            if pair := before.get(opens):
                first, second, squared = first + pair[0], second + pair[1], squared + pair[2]
            before = after
            denies = denies or denying
        if denies:
            for one, other, share in self._under_negation(words(normal)):
                first, second, squared = first + one, second + other, squared + share
        length = math.sqrt(squared) or 1.0
        return any(
            (total / length + bias) * slope + offset > -_MARGIN
            for total, (bias, slope, offset) in zip((first, second), self._curves, strict=True)
        )

    def _of_written(self, written: str) -> _Written:
        said = words_in(written)
        rows = [row for word in said for row in self._of.features_of(word)]
        rows += [row for left, right in pairwise(said) if (row := self._of.pairs.get(left, {}).get(right)) is not None]
        opens, last = (said[0], said[-1]) if said else ("", "")
        return _Written(self._adds(rows), opens, self._pairs.get(last, _NOTHING), not NEGATORS.isdisjoint(said))

    def _under_negation(self, said: list[str]) -> Iterator[Adds]:
        for place, word in enumerate(said):
            if word in NEGATORS:
                for denied in said[place + 1 : place + 1 + DENIAL_REACH_WORDS]:
                    if denied in self._denied:
                        yield self._denied[denied]

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
