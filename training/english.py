"""The English heads: one model a set and head, never pooled; where two sets judge the same, their scores add."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression, Ridge

from klankbord.polarity import polarity
from training.corpora import Line
from training.linear import ABUSIVE_LINES, Dictionary, at_rate, auc, dictionary, features, logistic, platt

HEADS: Final = (
    "frustration", "anger", "anxiety", "confusion", "disappointment", "sadness", "relief", "joy", "gratitude",
    "dissatisfaction", "abuse", "feeling", "valence",
)  # fmt: skip
# How many features each set may bring in; sets of one head need few.
QUOTAS: Final = {"goemotions": 21_000, "xed": 8_000, "vader-gt": 5_000, "convabuse": 2_500}
# The share of a set's score beside the first set's: films are less like service than comments are.
SHARES: Final = {"goemotions": 1.0, "xed": 0.5, "convabuse": 1.0}
FOLDS: Final = 3
TAUGHT_SHARE: Final = 1.0  # of the teacher's abuse beside the raters'
# Comments weigh most where the sets' valence is put together: snippets of reviews are many and alike.
VALENCE_TRUST: Final = {"goemotions": 3.0, "xed": 1.0, "vader-gt": 1.0}


@dataclass(frozen=True)
class English:
    """What was fitted: `weights` and `bias` a head over the dictionary's rows, before calibration."""

    words: Dictionary
    weights: np.ndarray
    bias: np.ndarray
    slopes: list[tuple[float, float]]
    fusion: dict[str, float]
    figures: dict[str, float]


def targets(lines: list[Line]) -> np.ndarray:
    """Lines x heads; nan where the set does not judge the head."""
    return np.array([[line.labels.get(head, np.nan) for head in HEADS] for line in lines])


def _heads_of(truth: np.ndarray) -> list[int]:
    return [at for at in range(truth.shape[1]) if not np.isnan(truth[:, at]).all()]


def fit(
    train: Mapping[str, list[Line]], dev: Mapping[str, list[Line]], abuse_taught: Mapping[str, np.ndarray]
) -> English:
    """Fit on train; calibrate and measure on dev. `abuse_taught`: a teacher's log-odds, for 2,400 lines are few."""
    counted = {name: [features(line.text) for line in lines] for name, lines in train.items()}
    truth = {name: targets(lines) for name, lines in train.items()}
    words = dictionary([(counted[n], truth[n][:, _heads_of(truth[n])], QUOTAS[n]) for n in sorted(train)])
    rows = {name: words.rows(found) for name, found in counted.items()}
    parts: dict[tuple[str, str], tuple[np.ndarray, float]] = {}
    for name in sorted(train):
        for at in _heads_of(truth[name]):
            known = np.flatnonzero(~np.isnan(truth[name][:, at]))
            parts[name, HEADS[at]] = logistic(rows[name][known], truth[name][known, at])
    weights, bias = np.zeros((len(words.names), len(HEADS))), np.zeros(len(HEADS))
    for at, head in enumerate(HEADS):
        if head == "valence":
            continue
        for name, share in SHARES.items():
            if (name, head) in parts:
                weights[:, at] += share * parts[name, head][0]
                bias[at] += share * parts[name, head][1]
    place = HEADS.index("abuse")
    student: Any = Ridge(alpha=1.0, solver="sparse_cg", tol=1e-4, random_state=0)
    student.fit(vstack([rows[name] for name in sorted(train)]), np.hstack([abuse_taught[n] for n in sorted(train)]))
    weights[:, place] += TAUGHT_SHARE * student.coef_
    bias[place] += TAUGHT_SHARE * float(student.intercept_)
    shares, lexicon, offset = _fused_valence(train, rows, truth, parts)
    place = HEADS.index("valence")
    for name, share in shares.items():
        weights[:, place] += share * parts[name, "valence"][0]
        bias[place] += share * parts[name, "valence"][1]
    bias[place] += offset
    slopes, figures = _calibrated(dev, words, weights, bias, lexicon)
    fusion = {"lexicon": lexicon, **{name: round(share, 4) for name, share in shares.items()}}
    return English(words, weights, bias, slopes, fusion, figures)


def _fused_valence(
    train: Mapping[str, list[Line]],
    rows: Mapping[str, csr_matrix],
    truth: Mapping[str, np.ndarray],
    parts: Mapping[tuple[str, str], tuple[np.ndarray, float]],
) -> tuple[dict[str, float], float, float]:
    """How the valence of three sets and VADER's compound add up: a logistic fitted on scores of unseen folds."""
    place = HEADS.index("valence")
    names = ("goemotions", "xed", "vader-gt")
    seen, told, weight = [], [], []
    for name in names:
        known = np.flatnonzero(~np.isnan(truth[name][:, place]))
        own, told_here = rows[name][known], truth[name][known, place]
        columns = []
        for other in names:
            if other == name:
                score = np.zeros(len(known))
                for fold in range(FOLDS):
                    out = np.arange(len(known)) % FOLDS == fold
                    fitted, start = logistic(own[~out], told_here[~out])
                    score[out] = own[out] @ fitted + start
            else:
                score = own @ parts[other, "valence"][0] + parts[other, "valence"][1]
            columns.append(score)
        columns.append(np.array([-polarity(train[name][at].text, "en").compound for at in known]))
        seen.append(np.column_stack(columns))
        told.append(told_here)
        weight.append(np.full(len(known), VALENCE_TRUST[name] / len(known)))
    share = np.concatenate(weight)
    fitted = LogisticRegression(C=10.0).fit(
        np.vstack(seen), np.concatenate(told), sample_weight=share * len(share) / share.sum()
    )
    coefficients = [round(float(c), 4) for c in fitted.coef_[0]]
    return dict(zip(names, coefficients[:3], strict=True)), coefficients[3], float(fitted.intercept_[0])


def _calibrated(
    dev: Mapping[str, list[Line]], words: Dictionary, weights: np.ndarray, bias: np.ndarray, lexicon: float
) -> tuple[list[tuple[float, float]], dict[str, float]]:
    slopes, figures = [], {}
    for at, head in enumerate(HEADS):
        judge = "convabuse" if head == "abuse" else "goemotions"
        for name in (judge, *(n for n in ("xed", "vader-gt") if n != judge)):
            lines = [line for line in dev[name] if head in line.labels]
            if not lines:
                continue
            told = np.array([line.labels[head] for line in lines])
            logit = words.rows([features(line.text) for line in lines]) @ weights[:, at] + bias[at]
            if head == "valence":
                logit = logit - lexicon * np.array([polarity(line.text, "en").compound for line in lines])
            figures[f"{head} AUC, {name} dev"] = round(auc(logit, told), 4)
            if name == judge:
                slopes.append(platt(logit, told))
                if head == "abuse":
                    slopes[-1] = at_rate(slopes[-1], seen=float(told.mean()), expected=ABUSIVE_LINES)
    return slopes, figures
