"""What the words of one line say of each emotion, of valence and of abuse: calibrated, and explained by word."""

import json
import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from klankbord.events import Language
from klankbord.kept import WORDS_KEPT, Kept
from klankbord.models.features import DENIAL_REACH_WORDS, DENIED, NEGATORS, of_word, spans, words

FORMAT: Final = 1
_ONE: Final = np.float32(1.0)  # numpy takes longer to make one of 1.0 than to add it


class Weight(NamedTuple):
    """How much one word of the line speaks for (or, below 0, against) a head, in log-odds."""

    start: int
    end: int
    log_odds: float


class Model:
    """The heads of one language: a dictionary of features, and a row of weights for each."""

    def __init__(self, data: bytes) -> None:
        head, _, body = data.partition(b"\n")
        header = json.loads(head)
        if header["format"] != FORMAT:
            raise ValueError(f"weights are of format {header['format']}, this reader knows {FORMAT}")
        self.header: Final[dict[str, Any]] = header
        self.names: Final[tuple[str, ...]] = tuple(header["heads"])
        names_end = header["feature_bytes"]
        listed = body[:names_end].decode().split("\n")
        count, width = len(listed), len(self.names)
        values = np.frombuffer(body, np.uint8, count, names_end).astype(np.float32) / header["value_steps"]
        weights = np.frombuffer(body, np.int8, count * width, names_end + count).reshape(count, width)
        self._place: Final = {feature: at for at, feature in enumerate(listed)}
        # One row a feature, one a word that is kept; the last column is the row's share in the squared length.
        self._rows: Final = np.zeros((count + WORDS_KEPT, width + 1), np.float32)
        self._rows[:count, :width] = weights * np.array(header["scales"], np.float32)
        self._rows[:count, width] = values**2
        self._count: Final = count
        # Most pairs of neighbours are unknown, and this is known without joining them.
        split = ((feature.partition(" "), at) for feature, at in self._place.items())
        self.pairs: Final = {(left, right): at for (left, _, right), at in split if right}
        self.denied: Final = {
            feature.removeprefix(DENIED): at for feature, at in self._place.items() if feature.startswith(DENIED)
        }
        self._words: Final = Kept(self._new_row)
        self._columns: Final = {name: at for at, name in enumerate(self.names)}
        self._bias: Final = np.array(header["bias"], np.float32)
        self._slope: Final = np.array(header["platt"], np.float32)[:, 0]
        self._offset: Final = np.array(header["platt"], np.float32)[:, 1]

    def read(self, normal: str) -> "Reading":
        """The line read by every head."""
        said = words(normal)
        if len(self._words) + len(said) > WORDS_KEPT:  # no row may be given twice within a line
            self._words.clear()
        rows = list(map(self._words.__getitem__, said))
        pairs = self._pairs(said)
        rows += [row for row, _, _ in pairs]
        moved = self._rows.take(rows, axis=0) if rows else self._rows[:0]
        total = np.add.reduce(moved, axis=0)
        length = math.sqrt(float(total[-1])) or 1.0
        logits = total[:-1]
        logits /= length
        logits += self._bias
        logits *= self._slope
        logits += self._offset
        return Reading(self, normal, moved, pairs, length, logits)

    def _pairs(self, said: list[str]) -> list[tuple[int, int, int]]:
        """The row of each known feature `between` words, in the same order, with the places of both."""
        neighbours = enumerate(map(self.pairs.get, pairwise(said)))
        if NEGATORS.isdisjoint(said):
            return [(row, place, place + 1) for place, row in neighbours if row is not None]
        found = list[tuple[int, int, int]]()
        for place, row in neighbours:
            if row is not None:
                found.append((row, place, place + 1))
            if said[place] in NEGATORS:
                reach = range(place + 1, min(len(said), place + 1 + DENIAL_REACH_WORDS))
                found += [(row, place, at) for at in reach if (row := self.denied.get(said[at])) is not None]
        return found

    def with_lexicon(self, negative: float, compound: float) -> float:
        """The log-odds of negative words from the head's chance and VADER's compound, as fitted together."""
        chance = min(max(negative, 1e-6), 1.0 - 1e-6)
        return math.log(chance / (1.0 - chance)) - self._lexicon * compound

    @cached_property
    def _lexicon(self) -> float:
        slope, _ = self.header["platt"][self.names.index("valence")]
        return float(self.header["fusion"]["lexicon"] * slope)

    def _new_row(self, word: str) -> int:
        row = self._count + len(self._words)
        places = self.features_of(word)
        self._rows[row] = self._rows[places].sum(axis=0) if places else 0.0
        return row

    def features_of(self, word: str) -> list[int]:
        """The rows of the features of one word by itself."""
        return self.rows_of(of_word(word))

    def rows_of(self, features: Iterable[str]) -> list[int]:
        """The rows of those features that are known."""
        return [self._place[feature] for feature in features if feature in self._place]

    def sums(self, rows: list[int], heads: Sequence[str]) -> list[float]:
        """What rows add to each of `heads`, and last to the squared length."""
        columns = [*(self._columns[head] for head in heads), len(self.names)]
        total: list[float] = self._rows[rows][:, columns].sum(axis=0, dtype=np.float64).tolist()
        return total

    def curve(self, head: str) -> tuple[float, float, float]:
        """What makes log-odds of a head's share: its bias, then the slope, then the offset."""
        column = self._columns[head]
        return float(self._bias[column]), float(self._slope[column]), float(self._offset[column])

    def moved(self, reading: "Reading", head: str) -> list[float]:
        """How far each word moved `head`, in log-odds; with the bias they add up to its own."""
        column = self._columns[head]
        share = reading.moved[:, column] * (float(self._slope[column]) / reading.length)
        if not reading.pairs:
            return list(share.tolist())
        # In single precision, as the shares are: half of what two words say together goes to each.
        words = len(share) - len(reading.pairs)
        moved = array("f", share[:words].tobytes())
        for value, (_, left, right) in zip(share[words:].tolist(), reading.pairs, strict=True):
            moved[left] += value / 2
            moved[right] += value / 2
        return moved.tolist()

    def weights(self, reading: "Reading", head: str) -> list[Weight]:
        """How far each word moved `head`, with its place in the line."""
        moved = self.moved(reading, head)
        return [Weight(*span, value) for span, value in zip(spans(reading.normal), moved, strict=True)]

    def bias(self, head: str) -> float:
        """The log-odds of `head` before a word is read."""
        column = self._columns[head]
        return float(self._bias[column] * self._slope[column] + self._offset[column])


@dataclass(eq=False)  # not frozen: that costs half a microsecond a line
class Reading:
    """One line as the heads read it: a row for each word and each known pair, and the log-odds of each head."""

    model: Model
    normal: str
    moved: np.ndarray
    pairs: list[tuple[int, int, int]]
    length: float
    logits: np.ndarray
    _chances: dict[str, float] | None = None

    @property
    def chances(self) -> dict[str, float]:
        """The chance of each head by itself, 0..1."""
        if self._chances is None:  # `cached_property` takes a lock that costs as much as this
            odds = np.negative(self.logits)
            np.exp(odds, odds)
            odds += _ONE
            self._chances = dict(zip(self.model.names, np.reciprocal(odds, odds).tolist(), strict=True))
        return self._chances


@cache
def model(language: Language, kind: str = "heads") -> Model:
    """A model of one language, read at first use: `heads` and `reasons` for customers, `answers` for others."""
    return Model(files("klankbord.models").joinpath(f"{kind}_{language}.bin").read_bytes())


@lru_cache(maxsize=2)  # every detector asks for the same line
def reading(normal: str, language: Language) -> Reading:
    """The line as the heads of its language read it."""
    return model(language).read(normal)


@lru_cache(maxsize=2)
def answering(normal: str, language: Language) -> Reading:
    """An answer as the heads for answers read it: what it means for the customer's work, nothing of who gave it."""
    return model(language, "answers").read(normal)


def heads(normal: str, language: Language) -> dict[str, float]:
    """The chance of each head, 0..1, calibrated on people's labels where there are any."""
    return dict(reading(normal, language).chances)


def weights(normal: str, language: Language, head: str) -> list[Weight]:
    """How far each word of the line moved `head`, in the order they were said."""
    read = reading(normal, language)
    return read.model.weights(read, head)
