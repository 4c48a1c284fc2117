"""The lines that people labelled: which sets may teach, and what their labels say of our heads."""

import gzip
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from klankbord.phrases import clean, normal

# Only sets whose licence allows weights to be shipped. What may be measured but not taught is not read here.
LICENCES: Final = {
    "goemotions": "CC BY 4.0",
    "xed": "CC BY 4.0",
    "banking77": "CC BY 4.0",
    "clinc150": "CC BY 3.0",
    "vader-gt": "MIT",
    "convabuse": "CC BY 4.0",
    "hatecheck-nl": "CC BY 4.0 (texts only, no label)",
    "lexicons-nl": "MIT (memolon: a word table, to make Dutch lines of English ones)",
    "klankbord": "Apache-2.0 (recordings, phrases, word values and template lines of our own)",
}
_EMOTIONS: Final[dict[str, frozenset[str]]] = {
    "frustration": frozenset({"annoyance", "disapproval", "disgust"}),
    "anger": frozenset({"anger"}),
    "anxiety": frozenset({"fear", "nervousness"}),
    "confusion": frozenset({"confusion"}),
    "disappointment": frozenset({"disappointment"}),
    "sadness": frozenset({"sadness", "grief", "remorse"}),
    "relief": frozenset({"relief"}),
    "joy": frozenset({"joy", "amusement", "excitement", "love", "admiration", "optimism", "pride"}),
    "gratitude": frozenset({"gratitude"}),
    "dissatisfaction": frozenset({"annoyance", "anger", "disappointment", "disapproval", "disgust"}),
}
_POSITIVE: Final = frozenset(
    """admiration amusement approval caring desire excitement gratitude joy love optimism pride relief""".split()
)
_NEGATIVE: Final = frozenset(
    """anger annoyance disappointment disapproval disgust embarrassment fear grief nervousness remorse
    sadness""".split()
)
# XED numbers Plutchik's emotions; several of ours share one of his.
_XED: Final[dict[str, frozenset[int]]] = {
    "frustration": frozenset({1, 3}),
    "anger": frozenset({1}),
    "anxiety": frozenset({4}),
    "sadness": frozenset({6}),
    "joy": frozenset({5}),
    "dissatisfaction": frozenset({1, 3}),
}
_XED_NEGATIVE: Final = frozenset({1, 3, 4, 6})
_XED_POSITIVE: Final = frozenset({5, 8})
_MASK: Final = re.compile(r"\[[A-Z]+\]|@\w+|https?://\S+")


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled line: `labels` says 1 or 0 of each head that its set can judge, and nothing of the others."""

    set: str
    text: str
    labels: dict[str, float]


def as_said(text: str) -> str:
    """A corpus line as our own lines look: no mask tokens, no escapes, in lower case and plain quotes."""
    return normal(clean(_MASK.sub(" ", html.unescape(text))))


def read(data: Path, stem: str, split: str) -> list[dict[str, Any]]:
    """The rows of one split, in the order of the file."""
    with gzip.open(data / f"{stem}.open.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [row for line in lines if (row := json.loads(line))["split"] == split]


def goemotions(data: Path, split: str) -> list[Line]:
    """Reddit comments; valence only where a comment is one-sided."""
    found = []
    for row in read(data, "goemotions/goemotions", split):
        labels = frozenset(row["labels"])
        told = {head: float(bool(labels & meant)) for head, meant in _EMOTIONS.items()}
        good, bad = bool(labels & _POSITIVE), bool(labels & _NEGATIVE)
        if good != bad:
            told["valence"] = float(bad)
        told["feeling"] = float(good or bad)
        found.append(Line("goemotions", as_said(row["text"]), told))
    return found


def xed(data: Path, split: str) -> list[Line]:
    """English film subtitles."""
    found = []
    for row in read(data, "xed/xed-en", split):
        labels = frozenset(row["labels"])
        told = {head: float(bool(labels & meant)) for head, meant in _XED.items()}
        good, bad = bool(labels & _XED_POSITIVE), bool(labels & _XED_NEGATIVE)
        if good != bad:
            told["valence"] = float(bad)
        found.append(Line("xed", as_said(row["text"]), told))
    return found


def rated(data: Path, split: str) -> list[Line]:
    """Snippets with a mean of twenty ratings, -4..4; the middle is left out of valence."""
    found = []
    for row in read(data, "vader-gt/vader-gt", split):
        if abs(row["mean"]) >= 0.4:
            found.append(Line("vader-gt", as_said(row["text"]), {"valence": float(row["mean"] < 0)}))
    return found


def convabuse(data: Path, split: str) -> list[Line]:
    """What people say to chatbots: abuse where the raters' mean says so."""
    found = []
    for row in read(data, "convabuse/convabuse", split):
        if row["severity"]:
            mean = sum(row["severity"]) / len(row["severity"])
            found.append(Line("convabuse", as_said(row["user"]), {"abuse": float(mean < 0)}))
    return found


def questions(data: Path, split: str) -> list[Line]:
    """What people ask a bank or an assistant: plain requests, which tell `feeling` what it is not."""
    return [
        Line(name, as_said(row["text"]), {"feeling": 0.0})
        for name in ("banking77", "clinc150")
        for row in read(data, f"{name}/{name}", split)
    ]


def labelled(data: Path, split: str) -> dict[str, list[Line]]:
    """Every English set that teaches."""
    return {
        # The one label that pools: plain requests beside comments.
        "goemotions": goemotions(data, split) + questions(data, split),
        "xed": xed(data, split),
        "vader-gt": rated(data, split),
        "convabuse": convabuse(data, split),
    }


def dutch_texts(data: Path, split: str) -> dict[str, list[str]]:
    """Dutch lines without their labels: what the teacher is to label."""
    return {
        "xed": [as_said(row["text"]) for row in read(data, "xed/xed-nl", split)],
        "hatecheck-nl": [as_said(row["text"]) for row in read(data, "hatecheck-nl/hatecheck-nl", split)],
    }


def word_table(data: Path) -> dict[str, str]:
    """English words and the Dutch for them."""
    with gzip.open(data / "lexicons-nl/memolon-en-nl.json.gz", "rt", encoding="utf-8") as file:
        return {english: str(dutch).lower() for english, dutch in json.load(file).items() if dutch}
