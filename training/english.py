"""The English heads: one model a set and head, never pooled; where two sets judge the same, their scores add."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression, Ridge

from klankbord.polarity import polarity
from training.corpora import HEADS, NEEDS, Line, targets
from training.linear import Dictionary, at_rate, auc, dictionary, features, logistic, platt
from training.own_lines import TOLD

# How many features each set may bring in; sets of one head need few.
QUOTAS: Final = {"klankbord": 9_000, "goemotions": 21_000, "xed": 8_000, "vader-gt": 5_000, "convabuse": 2_500}
# The share of a set's score beside the first set's: films are less like service than comments are.
SHARES: Final = {"goemotions": 1.0, "xed": 0.5, "convabuse": 1.0}
FOLDS: Final = 3
TAUGHT_SHARE: Final = 1.0  # of the teacher's abuse beside the raters'
# What our own lines say counts beside comments and films: by the student of the encoder that read them, and by their
# words directly. More makes service better known and comments worse; chosen on the dev lines of both.
OURS: Final[dict[str, tuple[float, float]]] = {
    **dict.fromkeys(HEADS, (0.5, 0.5)),
    **dict.fromkeys((*TOLD, *NEEDS, "feeling"), (1.0, 1.0)),
    "valence": (0.2, 0.2),
    "abuse": (0.5, 0.25),
    # What annoys a commenter is not what annoys a customer.
    "dissatisfaction": (2.0, 1.0),
}
STUDENT_SHARES, DIRECT_SHARES = np.array([OURS[head] for head in HEADS]).T
# Our lines hold more of these than service does, so that they can be learned. Shares of lines, our own guess.
# Four of five of those with a feeling complain, too; what is neither good nor bad is to stand in the middle.
SHARE_OF_LINES: Final = {
    "valence": 0.5,
    **dict.fromkeys(TOLD, 0.04),
    **dict.fromkeys(NEEDS, 0.02),
    "abuse": 0.01,
    "threat_self": 0.002,
    "threat_other": 0.002,
}
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


@dataclass(frozen=True)
class Taught:
    """Lines that a teacher labelled: log-odds of every head, lines x heads, and how much each line counts."""

    texts: list[str]
    logits: np.ndarray
    shares: np.ndarray


def _heads_of(truth: np.ndarray) -> list[int]:
    return [at for at in range(truth.shape[1]) if not np.isnan(truth[:, at]).all()]


def student(words: Dictionary, taught: Taught) -> tuple[np.ndarray, np.ndarray]:
    """Weights and bias of every head that say of words what the teacher says of lines."""
    fitted: Any = Ridge(alpha=0.5, solver="sparse_cg", tol=1e-4, random_state=0)
    fitted.fit(words.rows([features(text) for text in taught.texts]), np.clip(taught.logits, -6, 6), taught.shares)
    return fitted.coef_.T, fitted.intercept_


def direct(words: Dictionary, ours: list[Line], plain: list[Line]) -> tuple[np.ndarray, np.ndarray]:
    """Weights and bias of every head from our own lines, by their words; `plain` lines say what nothing is."""
    lines = [*ours, *plain]
    rows, truth = words.rows([features(line.text) for line in lines]), targets(lines)
    weights, bias = np.zeros((len(words.names), len(HEADS))), np.zeros(len(HEADS))
    for at in range(len(HEADS)):
        known = np.flatnonzero(~np.isnan(truth[:, at]))
        weights[:, at], bias[at] = logistic(rows[known], truth[known, at])
    return weights, bias


def fit(
    train: Mapping[str, list[Line]], dev: Mapping[str, list[Line]], abuse_taught: Mapping[str, np.ndarray],
    taught: Taught, plain: list[Line],
) -> English:  # fmt: skip
    """Fit on train; calibrate on our own dev lines and measure on every dev.

    `train` and `dev` hold our own lines as "klankbord". `abuse_taught`: a teacher's log-odds, for 2,400 lines are few.
    """
    counted = {name: [features(line.text) for line in lines] for name, lines in train.items()}
    truth = {name: targets(lines) for name, lines in train.items()}
    words = dictionary([(counted[n], truth[n][:, _heads_of(truth[n])], QUOTAS[n]) for n in sorted(train)])
    rows = {name: words.rows(found) for name, found in counted.items()}
    parts: dict[tuple[str, str], tuple[np.ndarray, float]] = {}
    for name in sorted(abuse_taught):
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
    abusive: Any = Ridge(alpha=1.0, solver="sparse_cg", tol=1e-4, random_state=0)
    names = sorted(abuse_taught)
    abusive.fit(vstack([rows[name] for name in names]), np.hstack([abuse_taught[name] for name in names]))
    weights[:, place] += TAUGHT_SHARE * abusive.coef_
    bias[place] += TAUGHT_SHARE * float(abusive.intercept_)
    of_sets, lexicon, offset = _fused_valence(train, rows, truth, parts)
    place = HEADS.index("valence")
    for name, share in of_sets.items():
        weights[:, place] += share * parts[name, "valence"][0]
        bias[place] += share * parts[name, "valence"][1]
    bias[place] += offset
    for share, (more, start) in (
        (STUDENT_SHARES, student(words, taught)),
        (DIRECT_SHARES, direct(words, train["klankbord"], plain)),
    ):
        weights += share * more
        bias += share * start
    slopes, figures = _calibrated(dev, words, weights, bias, lexicon)
    fusion = {"lexicon": lexicon, **{name: round(share, 4) for name, share in of_sets.items()}}
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
        for name in ("klankbord", "goemotions", "xed", "vader-gt", "convabuse"):
            lines = [line for line in dev[name] if head in line.labels]
            if not lines:
                continue
            told = np.array([line.labels[head] for line in lines])
            logit = words.rows([features(line.text) for line in lines]) @ weights[:, at] + bias[at]
            if head == "valence":
                logit = logit - lexicon * np.array([polarity(line.text, "en").compound for line in lines])
            figures[f"{head} AUC, {name} dev"] = round(auc(logit, told), 4)
            if name == "klankbord":
                slopes.append(calibrated(head, logit, told))
    return slopes, figures


def calibrated(head: str, logit: np.ndarray, told: np.ndarray) -> tuple[float, float]:
    """Slope and offset that make chances of a head's log-odds; each as often as lines of service hold it."""
    slope = platt(logit, told)
    expected = SHARE_OF_LINES.get(head)
    return slope if expected is None else at_rate(slope, seen=float(told.mean()), expected=expected)
