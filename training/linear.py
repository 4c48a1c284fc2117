"""Lines as sparse rows, the choice of features, and linear heads over them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_matrix, diags
from scipy.stats import rankdata
from sklearn.feature_selection import chi2
from sklearn.linear_model import LogisticRegression

from klankbord.models.features import LETTERS, between, of_word, tokens

VALUE_STEPS: Final = 16  # a feature's value is a byte of so many steps to one
# Letters within words are many a word: at full value they drown the words.
LETTERS_SHARE: Final = 0.45
SEED: Final = 7
STEEPEST: Final = 12.0  # slope of a calibration; single precision has no exponential of more than 88


@cache
def _of_word(word: str) -> tuple[str, ...]:
    return tuple(of_word(word))


def features(text: str) -> Counter[str]:
    """The features of a line with their counts, as the reader finds them."""
    words = [token.text for token in tokens(text)]
    found: Counter[str] = Counter()
    for word in words:
        found.update(_of_word(word))
    found.update(feature for feature, _, _ in between(words))
    return found


@dataclass(frozen=True)
class Dictionary:
    """The chosen features and the value of each, in steps."""

    names: list[str]
    steps: np.ndarray

    def rows(self, counted: Sequence[Counter[str]]) -> csr_matrix:
        """Each line as a row of length 1."""
        place = {name: at for at, name in enumerate(self.names)}
        counts = _counts(counted, place)
        value = self.steps.astype(np.float64) / VALUE_STEPS
        length = np.sqrt(counts @ (value**2))
        length[length == 0] = 1.0
        return (diags(1.0 / length) @ counts @ diags(value)).tocsr()


def _counts(counted: Sequence[Counter[str]], place: dict[str, int]) -> csr_matrix:
    starts, columns, values = [0], [], []
    for found in counted:
        known = sorted((place[name], count) for name, count in found.items() if name in place)
        columns += [column for column, _ in known]
        values += [count for _, count in known]
        starts.append(len(columns))
    shape = (len(counted), len(place))
    return csr_matrix((np.array(values, np.float64), np.array(columns), np.array(starts)), shape=shape)


def dictionary(groups: Sequence[tuple[list[Counter[str]], np.ndarray, int]]) -> Dictionary:
    """The features that tell most: of each group (lines, 0/1 targets with nan for unknown, how many)."""
    everywhere: Counter[str] = Counter()
    total = 0
    for counted, _, _ in groups:
        total += len(counted)
        for found in counted:
            everywhere.update(found.keys())
    chosen: set[str] = set()
    for counted, targets, quota in groups:
        seen: Counter[str] = Counter()
        for found in counted:
            seen.update(found.keys())
        names = sorted(name for name, count in seen.items() if count >= (5 if name[0] == LETTERS else 3))
        present = _counts(counted, {name: at for at, name in enumerate(names)})
        present.data[:] = 1.0
        best = np.zeros(len(names))
        for column in range(targets.shape[1]):
            known = ~np.isnan(targets[:, column])
            score = np.nan_to_num(chi2(present[known], targets[known, column] > 0.5)[0])
            best = np.maximum(best, score)
        order = np.lexsort((np.arange(len(names)), -best))
        chosen.update(names[at] for at in order[:quota])
    names = sorted(chosen)
    inverse = np.log((1 + total) / (1 + np.array([everywhere[name] for name in names]))) + 1
    share = np.array([LETTERS_SHARE if name[0] == LETTERS and len(name) > 1 else 1.0 for name in names])
    return Dictionary(names, np.clip(np.rint(inverse * share * VALUE_STEPS), 1, 255).astype(np.uint8))


def logistic(rows: csr_matrix, truth: np.ndarray, *, strength: float = 4.0) -> tuple[np.ndarray, float]:
    """Weights and bias of one head."""
    fitted: Any = LogisticRegression(C=strength, solver="liblinear", random_state=SEED, tol=1e-3, max_iter=200)
    fitted.fit(rows, truth > 0.5)
    return fitted.coef_[0], float(fitted.intercept_[0])


def platt(logit: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Slope and offset that make chances of `logit`; `truth` may be chances itself.

    A few positives that all lie above the rest are no reason to be sure without end.
    """
    slope, offset = 1.0, 0.0
    for _ in range(100):
        chance = 1 / (1 + np.exp(-(slope * logit + offset)))
        gap, spread = chance - truth, np.maximum(chance * (1 - chance), 1e-9)
        first = np.array([(gap * logit).sum() + 1e-3 * (slope - 1), gap.sum()])
        cross = (spread * logit).sum()
        second = np.array([[(spread * logit**2).sum() + 1e-3, cross], [cross, spread.sum() + 1e-6]])
        step = np.linalg.solve(second, first)
        step *= min(1.0, 2.0 / (np.abs(step).max() + 1e-12))
        slope, offset = min(slope - step[0], STEEPEST), offset - step[1]
        if np.abs(step).max() < 1e-8:
            break
    return round(float(slope), 5), round(float(offset), 5)


def at_rate(slope_offset: tuple[float, float], *, seen: float, expected: float) -> tuple[float, float]:
    """The same chances where a share `expected` of lines is positive instead of the share `seen`."""
    moved = np.log(expected / (1 - expected)) - np.log(seen / (1 - seen))
    return slope_offset[0], round(slope_offset[1] + float(moved), 5)


def auc(score: np.ndarray, truth: np.ndarray) -> float:
    """Area under the ROC curve, ties counted half."""
    rank, hit = rankdata(score), truth > 0.5
    p, n = int(hit.sum()), int((~hit).sum())
    return float((rank[hit].sum() - p * (p + 1) / 2) / (p * n)) if p and n else float("nan")


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Rank correlation, ties at their mean rank."""
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])
