"""What an answer means in short, before it is read word by word: most tell nothing."""

import math
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from klankbord.events import Language
from klankbord.kept import Kept
from klankbord.models.features import DENIAL_REACH_WORDS, MAX_TOKENS, NEGATORS, words, words_in
from klankbord.models.heads import Model, model

# What something adds to each of three heads, and its share in the squared length.
Adds: TypeAlias = tuple[float, float, float, float]

# Over so few words the single precision in which a line is read is off by less than a hundredth.
_MOST_CHARS: Final = MAX_TOKENS
_MAY_BE_HALF: Final = 0.4875
_NOTHING: Final[dict[str, Adds]] = {}
# The heads for answers that a detector listens to, and the one that says the matter is in hand.
HINTED: Final = ("cannot", "elsewhere")
_SOLVES: Final = "solves"


class _Written(NamedTuple):
    """What stands between two spaces: mostly a word, and perhaps a mark after it."""

    adds: Adds
    opens: str
    # What its last word adds together with the one after it.
    before: dict[str, Adds]
    denies: bool


class Gist(NamedTuple):
    """How likely an answer refuses or sends elsewhere, and solves what was asked, 0..1."""

    denies: float = 0.0
    solves: float = 0.0


class Hint:
    """The heads of a model for answers that count, in plain numbers and near enough."""

    def __init__(self, of: Model) -> None:
        self._of: Final = of
        self._heads: Final = (*HINTED, _SOLVES)
        self._curves: Final = tuple(map(of.curve, self._heads))
        self._pairs: Final[dict[str, dict[str, Adds]]] = {}
        for (left, right), row in of.pairs.items():
            self._pairs.setdefault(left, {})[right] = self._adds([row])
        self._denied: Final = {word: self._adds([row]) for word, row in of.denied.items()}
        self._written: Final = Kept(self._of_written)

    def gist(self, normal: str) -> Gist:
        """Of a line that is not too long to be told in short."""
        if len(normal) > _MOST_CHARS:
            chances = self._of.read(normal).chances
            return Gist(max(chances[head] for head in HINTED), chances[_SOLVES])
        before, denies = _NOTHING, False
        first = second = third = squared = 0.0
        for (one, two, three, share), opens, after, denying in map(self._written.__getitem__, normal.split()):
            # One by one: four at once are made a tuple first, for each word.
            first += one
            second += two
            third += three
            squared += share
            if before and opens in before:
                one, two, three, share = before[opens]
                first += one
                second += two
                third += three
                squared += share
            before = after
            if denying:
                denies = True
        if denies:
            for one, two, three, share in self._under_negation(words(normal)):
                first, second, third, squared = first + one, second + two, third + three, squared + share
        length = math.sqrt(squared) or 1.0
        cannot, elsewhere, solves = [
            (total / length + bias) * slope + offset
            for total, (bias, slope, offset) in zip((first, second, third), self._curves, strict=True)
        ]
        return Gist(_chance(max(cannot, elsewhere)), _chance(solves))

    def _of_written(self, written: str) -> _Written:
        said = words_in(written)
        rows = [row for word in said for row in self._of.features_of(word)]
        rows += [row for left, right in pairwise(said) if (row := self._of.pairs.get((left, right))) is not None]
        opens, last = (said[0], said[-1]) if said else ("", "")
        return _Written(self._adds(rows), opens, self._pairs.get(last, _NOTHING), not NEGATORS.isdisjoint(said))

    def _under_negation(self, said: list[str]) -> Iterator[Adds]:
        for place, word in enumerate(said):
            if word in NEGATORS:
                for denied in said[place + 1 : place + 1 + DENIAL_REACH_WORDS]:
                    if denied in self._denied:
                        yield self._denied[denied]

    def _adds(self, rows: list[int]) -> Adds:
        first, second, third, squared = self._of.sums(rows, self._heads)
        return first, second, third, squared


def _chance(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-odds))


@cache
def _hint(language: Language) -> Hint:
    return Hint(model(language, "answers"))


@lru_cache(maxsize=2)  # both detectors that listen to an answer ask for the same line, and so do the facts
def gist(normal: str, language: Language) -> Gist:
    """What an answer means for the customer, in short."""
    return _hint(language).gist(normal)


def may_mean(normal: str, language: Language) -> bool:
    """Whether an answer may refuse or send elsewhere; False only where neither is more likely than not."""
    return gist(normal, language).denies > _MAY_BE_HALF
