"""The heads for answers: what an agent's or a bot's words mean for the customer's work, never how the agent did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from klankbord.events import Language, Role
from klankbord.models.features import tokens
from training.corpora import as_said, calm
from training.linear import Dictionary, auc, dictionary, features, logistic, platt
from training.lines_nl import as_dutch
from training.own_lines import ANSWERS, WorkLine, read_work
from training.teacher import encoded

FEATURES: Final = 7_000
LANGUAGES: Final[tuple[Language, ...]] = ("en", "nl")
# What easy conversations are full of, so that their answers say nothing against it.
_EASY: Final = ("asks", "solves", "wait")
_KNOWN_FROM: Final = 0.8


@dataclass(frozen=True)
class Answers:
    """What was fitted for one language, as `english.English` has it."""

    words: Dictionary
    weights: np.ndarray
    bias: np.ndarray
    slopes: list[tuple[float, float]]
    figures: dict[str, float]


def _lines(*, dev: bool) -> list[WorkLine]:
    return [line for line in read_work() if line.role == "agent" and line.is_dev == dev]


def _calm() -> list[WorkLine]:
    """What is answered in easy conversations: what no mark but a question or a solution stands for."""
    return [
        WorkLine(language, "agent", frozenset(), text) for language in LANGUAGES for text in calm(Role.AGENT, language)
    ]


def _truth(lines: list[WorkLine]) -> np.ndarray:
    return np.array([[float(mark in line.marks) for mark in ANSWERS] for line in lines])


def fit(unlabelled: list[str], table: Mapping[str, str]) -> dict[Language, Answers]:
    """Both languages: the encoder learns from the lines of both, and a student of words from the encoder."""
    ours, dev = _lines(dev=False), _lines(dev=True)
    easy = _calm()
    texts, truth = [as_said(line.text) for line in (*ours, *easy)], _truth([*ours, *easy])
    truth[len(ours) :, [ANSWERS.index(mark) for mark in _EASY]] = np.nan
    ours = [*ours, *easy]
    rows, told = encoded(texts), encoded(unlabelled)
    taught = []
    for at in range(len(ANSWERS)):
        known = ~np.isnan(truth[:, at])
        fitted: Any = LogisticRegression(C=3.0, max_iter=500).fit(rows[known], truth[known, at] > 0.5)
        taught.append(np.clip(np.vstack([told, rows]) @ fitted.coef_[0] + fitted.intercept_[0], -6, 6))
    both = np.array(taught).T
    logits, guessed = both[: len(unlabelled)], both[len(unlabelled) :]
    turned = [as_dutch([token.text for token in tokens(text)], dict(table)) for text in unlabelled]
    kept = [at for at, (_, known) in enumerate(turned) if known >= _KNOWN_FROM]
    more: dict[Language, tuple[list[str], np.ndarray]] = {
        "en": (unlabelled, logits),
        "nl": ([turned[at][0] for at in kept], logits[kept]),
    }
    return {
        language: _fit(
            [at for at, line in enumerate(ours) if line.language == language], texts, truth, guessed, *more[language],
            [line for line in dev if line.language == language],
        )
        for language in LANGUAGES
    }  # fmt: skip


def _fit(
    own: list[int],
    texts: list[str],
    truth: np.ndarray,
    mine_logits: np.ndarray,
    more: list[str],
    logits: np.ndarray,
    dev: list[WorkLine],
) -> Answers:
    said = [texts[at] for at in own]
    counted, others = [features(text) for text in said], [features(text) for text in more]
    halves = np.where(logits > np.median(logits, axis=0), 1.0, 0.0)
    wanted = np.where(np.isnan(truth[own]), mine_logits[own], np.where(truth[own] > 0.5, 3.0, -3.0))
    words = dictionary([(counted, truth[own], FEATURES), (others, halves, FEATURES // 2)])
    mine = words.rows(counted)
    # A line of ours counts as twenty that the encoder labelled.
    student: Any = Ridge(alpha=0.5, solver="sparse_cg", tol=1e-4, random_state=0)
    share = np.concatenate([np.full(len(own), 2.0), np.full(len(more), 0.1)])
    student.fit(words.rows([*counted, *others]), np.vstack([wanted, logits]), share)
    weights, bias = student.coef_.T.copy(), student.intercept_.copy()
    judged = words.rows([features(as_said(line.text)) for line in dev])
    told, slopes, figures = _truth(dev), [], {}
    for at, mark in enumerate(ANSWERS):
        known = np.flatnonzero(~np.isnan(truth[own, at]))
        direct, start = logistic(mine[known], truth[own][known, at])
        weights[:, at], bias[at] = weights[:, at] + direct, bias[at] + start
        logit = judged @ weights[:, at] + bias[at]
        figures[f"{mark} AUC, our own dev lines"] = round(auc(logit, told[:, at]), 4)
        slopes.append(platt(logit, told[:, at]))
    return Answers(words, weights, bias, slopes, figures)
