"""The contact reasons: a teacher over the encoder that knows both languages, and a student of words for each."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.sparse import csr_matrix

from klankbord.events import Language
from klankbord.models.features import tokens
from klankbord.reasons import FIRST_TURN, MARGIN
from training.corpora import as_said, read, word_table
from training.linear import VALUE_STEPS, Dictionary, features
from training.lines_nl import as_dutch
from training.reason_corpora import LICENCES, NONE, Asked, few, of_sets, own, written
from training.teacher import encoded
from training.weights import write

NAMES: Final = ("none", *sorted({line.reason for line in written()} - {NONE}))
FEATURES: Final = 10_500  # 0.8 MB a language
# What one line of each set weighs: ours are about everything, a bank's are about cards.
SHARES: Final = {
    "own": 4.0, "written": 3.0, "banking77": 0.5, "clinc150": 0.5, "multidogo": 0.4, "cfpb": 0.5, "turned": 0.25,
}  # fmt: skip
# A teacher that saw both languages knows what a line of one is near to: so much of its word beside the label.
TAUGHT: Final = 0.3
SMOOTHING: Final = {"teacher": 1e-5, "student": 1e-5}
_KNOWN_FROM: Final = 0.8  # share of an English line's words that the word table must know


@dataclass(frozen=True)
class Softmax:
    """Log-odds of each of `NAMES` from the rows of lines."""

    weights: np.ndarray
    bias: np.ndarray

    def logits(self, rows: Any) -> np.ndarray:
        """Lines x names."""
        return np.asarray(rows @ self.weights + self.bias)


@dataclass(frozen=True)
class Student:
    """What one weight file holds."""

    words: Dictionary
    fitted: Softmax
    slope: float
    figures: dict[str, float]
    lines: dict[str, int]
    digest: str


def train(data: Path, out: Path) -> None:
    """Fit both students and write their files."""
    lines = [*few(of_sets(data, "train")), *own(dev=False), *written()]
    teacher = _teacher(lines)
    for language in ("en", "nl"):
        student = fit(data, language, lines, teacher)
        rows = student.fitted.weights * (student.words.steps / VALUE_STEPS)[:, None]
        write(out / f"reasons_{language}.bin", student.words, rows, _header(language, student))


def _header(language: Language, student: Student) -> dict[str, Any]:
    return {
        "language": language,
        "heads": list(NAMES),
        "bias": [round(float(value), 5) for value in student.fitted.bias],
        "platt": [[student.slope, 0.0]] * len(NAMES),
        "command": "make train",
        "data": LICENCES | ({"lexicons-nl": "MIT (memolon: a word table)"} if language == "nl" else {}),
        "teacher": "Universal Sentence Encoder multilingual v3 (Apache-2.0), fitted on the same lines",
        "figures": student.figures,
        "lines": student.lines,
        "lines_sha256": student.digest,
    }


def _teacher(lines: Sequence[Asked]) -> Softmax:
    return softmax(_encoded(lines), _truth(lines), _shares(lines), SMOOTHING["teacher"])


def fit(data: Path, language: Language, lines: Sequence[Asked], teacher: Softmax) -> Student:
    """The student of one language: all features first, then those that moved most, fitted again."""
    taught = [line for line in lines if line.language == language]
    truth = (1 - TAUGHT) * _truth(taught) + TAUGHT * chances(teacher.logits(_encoded(taught)))
    if language == "nl":
        english = [line for line in lines if line.language == "en"]
        turned, places = _turned(english, word_table(data))
        told = chances(teacher.logits(_encoded([english[at] for at in places])))
        truth = np.vstack([truth, (1 - TAUGHT) * _truth(turned) + TAUGHT * told])
        taught = [*taught, *turned]
    counted = [features(line.text) for line in taught]
    shares = _shares(taught)
    every = _dictionary(counted)
    first = softmax(every.rows(counted), truth, shares, SMOOTHING["student"], steps=60)
    words = _most_moving(every, counted, first)
    fitted = softmax(words.rows(counted), truth, shares, SMOOTHING["student"])
    judged = {name: [line for line in dev if line.language == language] for name, dev in _dev(data).items()}
    slope = _slope(fitted, words, judged["own lines"])
    figures: dict[str, float] = {}
    for name, dev in judged.items():
        if dev:
            figures |= _figures(name, dev, slope * fitted.logits(words.rows([features(d.text) for d in dev])))
    listed = dict(sorted(Counter(line.set for line in taught).items()))
    digest = sha256("\n".join(line.text for line in taught).encode()).hexdigest()
    return Student(words, fitted, slope, figures, listed, digest)


def softmax(rows: Any, truth: np.ndarray, shares: np.ndarray, smoothing: float, *, steps: int = 120) -> Softmax:
    """The multinomial fit; `truth` may be chances itself."""
    wide, names = rows.shape[1], truth.shape[1]
    share = (shares / shares.sum())[:, None]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = flat[: wide * names].reshape(wide, names), flat[wide * names :]
        logits = np.asarray(rows @ weights + bias)
        told = logits - _log_sum(logits)
        gap = (np.exp(told) - truth) * share
        slope = np.concatenate([(np.asarray(rows.T @ gap) + smoothing * weights).ravel(), gap.sum(axis=0)])
        return float(-(share * truth * told).sum() + smoothing / 2 * (weights**2).sum()), slope

    start = np.zeros((wide + 1) * names)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps}).x
    return Softmax(found[: wide * names].reshape(wide, names), found[wide * names :])


def chances(logits: np.ndarray) -> np.ndarray:
    """The chance of each name."""
    return np.asarray(np.exp(logits - _log_sum(logits)))


def _log_sum(logits: np.ndarray) -> np.ndarray:
    most = logits.max(axis=1, keepdims=True)
    return np.asarray(most + np.log(np.exp(logits - most).sum(axis=1, keepdims=True)))


def _encoded(lines: Sequence[Asked]) -> np.ndarray:
    rows = encoded([line.text for line in lines])
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def _truth(lines: Sequence[Asked]) -> np.ndarray:
    place = {name: at for at, name in enumerate(NAMES)}
    return np.eye(len(NAMES))[[place[line.reason or "none"] for line in lines]]


def _shares(lines: Sequence[Asked]) -> np.ndarray:
    return np.array([SHARES[line.set] for line in lines])


def _turned(lines: Sequence[Asked], table: dict[str, str]) -> tuple[list[Asked], list[int]]:
    """English lines word by word in Dutch, where the table knows most of the words, and which lines they were."""
    turned, places = [], []
    for at, line in enumerate(lines):
        dutch, known = as_dutch([token.text for token in tokens(line.text)], table)
        if known >= _KNOWN_FROM:
            turned.append(Asked("turned", "nl", line.reason, dutch))
            places.append(at)
    return turned, places


def _dictionary(counted: Sequence[Counter[str]]) -> Dictionary:
    """Every feature of two lines or more."""
    seen: Counter[str] = Counter()
    for found in counted:
        seen.update(found.keys())
    names = sorted(name for name, count in seen.items() if count >= 2)
    inverse = np.log((1 + len(counted)) / (1 + np.array([seen[name] for name in names]))) + 1
    return Dictionary(names, np.clip(np.rint(inverse * VALUE_STEPS), 1, 255).astype(np.uint8))


def _most_moving(every: Dictionary, counted: Sequence[Counter[str]], fitted: Softmax) -> Dictionary:
    """The features that move the log-odds of these lines most, all lines together."""
    rows: csr_matrix = every.rows(counted)
    moved = np.asarray(rows.power(2).sum(axis=0)).ravel() * (fitted.weights**2).sum(axis=1)
    order = np.sort(np.lexsort((np.arange(len(moved)), -moved))[:FEATURES])
    return Dictionary([every.names[at] for at in order], every.steps[order])


def _dev(data: Path) -> dict[str, list[Asked]]:
    sets = of_sets(data, "dev")
    outside = [row for row in read(data, "clinc150/clinc150", "dev") if row["label"] == "oos"]
    return {
        "own lines": own(dev=True),
        "banking77": [line for line in sets if line.set == "banking77"],
        "clinc150": [line for line in sets if line.set == "clinc150" and line.reason],
        "multidogo": [line for line in sets if line.set == "multidogo" and line.reason],
        "clinc150 out of scope": [Asked("clinc150", "en", NONE, as_said(row["text"])) for row in outside],
        "xsid": _xsid(data),
    }


def _xsid(data: Path) -> list[Asked]:
    """What people ask an assistant in both languages: none of it is a reason of ours. Measured, never taught."""
    return [
        Asked("xsid", "nl" if row["lang"] == "nl" else "en", NONE, as_said(row["text"]))
        for row in read(data, "xsid/xsid", "dev")
    ]


def _slope(fitted: Softmax, words: Dictionary, dev: Sequence[Asked]) -> float:
    """What makes the log-odds of lines unseen into chances."""
    logits, truth = fitted.logits(words.rows([features(line.text) for line in dev])), _truth(dev)
    cost = lambda slope: -(truth * np.log(chances(slope * logits) + 1e-12)).sum()  # noqa: E731
    return round(float(minimize_scalar(cost, bounds=(0.1, 3.0), method="bounded").x), 4)


def _figures(name: str, dev: Sequence[Asked], logits: np.ndarray) -> dict[str, float]:
    """How often the one line says its reason, and how often it is left unknown as `observe()` would leave it."""
    told = chances(logits)[:, 1:]
    best = told.argmax(axis=1)
    second = np.partition(told, -2, axis=1)[:, -2]
    known = FIRST_TURN * (told.max(axis=1) - second) >= MARGIN
    truth = np.array([NAMES.index(line.reason) - 1 if line.reason else -1 for line in dev])
    asked = truth >= 0
    found = {}
    if asked.any():
        group = np.array([name.split(".")[0] for name in NAMES[1:]])
        right = best[asked] == truth[asked]
        found[f"{name}: lines with a reason"] = float(asked.sum())
        found[f"{name}: accuracy, forced to answer"] = float(right.mean())
        found[f"{name}: accuracy of the group, forced"] = float((group[best[asked]] == group[truth[asked]]).mean())
        found[f"{name}: left unknown"] = float((~known[asked]).mean())
        found[f"{name}: accuracy where known"] = float(right[known[asked]].mean())
    if not asked.all():
        found[f"{name}: lines without a reason left unknown"] = float((~known[~asked]).mean())
    return {figure: round(value, 4) for figure, value in found.items()}


if __name__ == "__main__":  # the reasons by themselves, and their figures
    import argparse
    import sys

    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "klankbord" / "models")
    asked = parser.parse_args()
    train(asked.data, asked.out)
    for path in sorted(asked.out.glob("reasons_*.bin")):
        header = json.loads(path.read_bytes().partition(b"\n")[0])
        sys.stdout.write(json.dumps({path.name: header["figures"]}, indent=1) + "\n")
