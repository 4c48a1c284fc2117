"""The Dutch heads: a student of words that learns what the teacher says of Dutch lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from klankbord.models.features import tokens
from klankbord.phrases import clean
from klankbord.polarity import polarity
from training.corpora import HEADS, Line, as_said, dutch_texts, hate_cases, own, read, targets, word_table
from training.english import DIRECT_SHARES, STUDENT_SHARES, calibrated, direct
from training.linear import Dictionary, auc, dictionary, features
from training.lines_nl import as_dutch, written
from training.teacher import Teacher, encoded

FEATURES: Final = 30_000
# Our own word for it outweighs the teacher's doubt: log-odds at a label of ours.
_SURE: Final = 3.5
# Lines turned word by word are crooked Dutch: four of them count as one.
_CROOKED: Final = 0.25
_KNOWN_FROM: Final = 0.8


@dataclass(frozen=True)
class Dutch:
    """What was fitted, as `english.English` has it."""

    words: Dictionary
    weights: np.ndarray
    bias: np.ndarray
    slopes: list[tuple[float, float]]
    fusion: dict[str, float]
    figures: dict[str, float]
    lines: dict[str, int]
    digest: str


def fit(
    data: Path,
    english: Mapping[str, list[str]],
    rows: Mapping[str, np.ndarray],
    teacher: Teacher,
    of_service: Teacher,
    plain: list[Line],
) -> Dutch:
    """Label Dutch lines by both teachers, fit the student to their log-odds, calibrate on lines it has not seen.

    `english` and `rows`: the English lines to turn into Dutch word by word, and what the encoder makes of them.
    """
    table = word_table(data)
    texts: list[str] = []
    soft: list[np.ndarray] = []
    weight: list[float] = []
    lines: dict[str, int] = {}

    def taught(encoded_rows: np.ndarray) -> np.ndarray:
        return np.asarray(
            teacher.logits(encoded_rows) + STUDENT_SHARES * np.clip(of_service.logits(encoded_rows), -6, 6)
        )

    def add(name: str, said: list[str], logits: np.ndarray, share: float) -> None:
        texts.extend(said)
        soft.append(logits)
        weight.extend([share] * len(said))
        lines[name] = len(said)

    for name, said in dutch_texts(data, "train").items():
        add(name, said, taught(encoded(said)), 1.0)
    labelled = own("nl", dev=False)
    said = [line.text for line in labelled]
    add("klankbord, labelled", said, _corrected(taught(encoded(said)), targets(labelled)), 3.0)
    ours = sorted(dict(written()).items())
    logits = taught(encoded([text for text, _ in ours]))
    for at, (_, told) in enumerate(ours):
        for head, label in told.items():
            place = HEADS.index(head)
            logits[at, place] = max(logits[at, place], _SURE) if label else min(logits[at, place], -_SURE)
    add("klankbord, written", [text for text, _ in ours], logits, 2.0)
    for name in sorted(english):
        turned = [as_dutch([token.text for token in tokens(line)], table) for line in english[name]]
        kept = [at for at, (_, known) in enumerate(turned) if known >= _KNOWN_FROM]
        add(f"{name}, word by word", [turned[at][0] for at in kept], taught(rows[name][kept]), _CROOKED)

    wanted = np.clip(np.vstack(soft), -9, 9)
    counted = [features(text) for text in texts]
    share = np.array(weight)
    straight = np.flatnonzero(share > _CROOKED)
    halves = np.where(wanted > np.median(wanted, axis=0), 1.0, 0.0)
    words = dictionary(
        [
            ([counted[at] for at in straight], halves[straight], int(FEATURES * 0.6)),
            (counted, halves, int(FEATURES * 0.5)),
            ([features(line.text) for line in labelled], targets(labelled), int(FEATURES * 0.3)),
        ]
    )
    matrix = words.rows(counted)
    fitted: Any = Ridge(alpha=0.7, solver="sparse_cg", tol=1e-4, random_state=0)
    fitted.fit(matrix, wanted, sample_weight=share)
    weights, bias = fitted.coef_.T.copy(), fitted.intercept_.copy()
    at = HEADS.index("abuse")
    of_hate, start = _abuse(data, words)
    weights[:, at], bias[at] = weights[:, at] + of_hate, bias[at] + start
    texts_nl = [as_dutch([token.text for token in tokens(line.text)], table)[0] for line in plain]
    crooked = [Line(line.set, text, line.labels) for line, text in zip(plain, texts_nl, strict=True)]
    more, offsets = direct(words, labelled, crooked)
    weights, bias = weights + DIRECT_SHARES * more, bias + DIRECT_SHARES * offsets
    digest = sha256("\n".join(texts).encode()).hexdigest()
    return _calibrated(data, teacher, words, weights, bias, lines, digest)


def _abuse(data: Path, words: Dictionary) -> tuple[np.ndarray, float]:
    """What chatbots hear is not what Dutch abuse is: our own lines and cases of hate teach it."""
    ours = {text: told["abuse"] for text, told in written() if "abuse" in told}
    lines = sorted({**hate_cases(data, "train"), **ours}.items())
    texts, truth = [text for text, _ in lines], np.array([abusive for _, abusive in lines])
    taught: Any = LogisticRegression(C=3.0, max_iter=500).fit(encoded(texts), truth > 0.5)
    others = dutch_texts(data, "train")["xed"]
    heard = np.clip(encoded(others) @ taught.coef_[0] + taught.intercept_[0], -5, 5)
    matrix = words.rows([features(text) for text in [*texts, *others]])
    fitted: Any = Ridge(alpha=0.3, solver="sparse_cg", tol=1e-4, random_state=0)
    fitted.fit(matrix, np.concatenate([np.where(truth > 0.5, 3.0, -4.0), heard]))
    return fitted.coef_, float(fitted.intercept_)


def _calibrated(
    data: Path, teacher: Teacher, words: Dictionary, weights: np.ndarray, bias: np.ndarray,
    lines: dict[str, int], digest: str,
) -> Dutch:  # fmt: skip
    place = HEADS.index("valence")
    fused = {}
    for split in ("train", "dev"):
        aligned = [r for r in read(data, "xed/xed-nl", split) if r.get("align", 1) > 0.5]
        aligned = [r for r in aligned if bool({1, 3, 4, 6} & set(r["labels"])) != bool({5, 8} & set(r["labels"]))]
        said = [as_said(r["text"]) for r in aligned]
        student = words.rows([features(text) for text in said]) @ weights[:, place] + bias[place]
        compound = np.array([-polarity(clean(r["text"]), "nl").compound for r in aligned])
        told = np.array([float(bool({1, 3, 4, 6} & set(r["labels"]))) for r in aligned])
        fused[split] = student, compound, told, teacher.logits(encoded(said))[:, place]
    student, compound, told, _ = fused["train"]
    both = LogisticRegression(C=1.0).fit(np.column_stack([student, compound]), told)
    scale, lexicon = float(both.coef_[0][0]), round(float(both.coef_[0][1]), 4)
    weights[:, place] *= scale
    bias[place] = bias[place] * scale + float(both.intercept_[0])
    student, compound, told, taught = fused["dev"]
    figures = {
        "valence AUC, xed-nl dev aligned: student": round(auc(student, told), 4),
        "valence AUC, xed-nl dev aligned: teacher": round(auc(taught, told), 4),
        "valence AUC, xed-nl dev aligned: lexicon": round(auc(compound, told), 4),
        "valence AUC, xed-nl dev aligned: fused": round(auc(scale * student + lexicon * compound, told), 4),
    }
    dev = own("nl", dev=True)
    told = targets(dev)
    logits = words.rows([features(line.text) for line in dev]) @ weights + bias
    logits[:, place] -= lexicon * np.array([polarity(line.text, "nl").compound for line in dev])
    slopes = []
    for at, head in enumerate(HEADS):
        known = ~np.isnan(told[:, at])
        figures[f"{head} AUC, klankbord dev"] = round(auc(logits[known, at], told[known, at]), 4)
        slopes.append(calibrated(head, logits[known, at], told[known, at]))
    return Dutch(words, weights, bias, slopes, {"lexicon": lexicon, "student": round(scale, 4)}, figures, lines, digest)


def _corrected(logits: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """What a person said of a line outweighs the teacher's doubt."""
    sure = np.where(truth > 0.5, np.maximum(logits, _SURE / 2), np.minimum(logits, -_SURE / 2))
    return np.where(np.isnan(truth), logits, sure)
