"""The lines that people labelled: which sets may teach, and what their labels say of our heads."""

import gzip
import html
import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np

from klankbord.adaptation import DISSATISFIED_FROM
from klankbord.events import Language, Role, Utterance
from klankbord.labels import labelled as labelled_conversation
from klankbord.phrases import clean, normal
from klankbord.policy import EMOTIONS
from training.own_lines import TOLD, OwnLine, WorkLine, read_own, read_work

# What is heard in a line: each emotion, what our scores need beside them, and whether there is feeling in it at all.
HEARD: Final = (
    "frustration", "anger", "anxiety", "confusion", "disappointment", "sadness", "relief", "joy", "gratitude",
    "dissatisfaction", "abuse", "feeling", "valence",
)  # fmt: skip
# What is told in it; only our own lines say so.
NEEDS: Final = (
    "leaving", "bereavement", "illness", "debt", "cannot_pay", "low_literacy", "language_barrier", "threat_self",
    "threat_other",
)  # fmt: skip
HEADS: Final = (*HEARD, *TOLD, *NEEDS)

# Only sets whose licence allows weights to be shipped. What may be measured but not taught is not read here.
LICENCES: Final = {
    "goemotions": "CC BY 4.0",
    "xed": "CC BY 4.0",
    "banking77": "CC BY 4.0",
    "clinc150": "CC BY 3.0",
    "vader-gt": "MIT",
    "convabuse": "CC BY 4.0",
    "hatecheck-nl": "CC BY 4.0",
    "lexicons-nl": "MIT (memolon: a word table, to make Dutch lines of English ones)",
    "multidogo": "CDLA-Permissive-1.0 (customers' lines, labelled by the teacher)",
    "star": "MIT (lines of both sides, labelled by the teacher)",
    "klankbord": "Apache-2.0 (labelled lines and conversations, word values and template lines of our own)",
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
_GOOD: Final = frozenset({"joy", "gratitude", "relief"})
_BAD: Final = frozenset({"frustration", "anger", "anxiety", "disappointment", "sadness"})
SERVICE_LINES: Final = 14_000
PLAIN_LINES: Final = 3_000
# Our conversations to learn from; those to measure by are never read here.
GOLD: Final = Path(__file__).parents[1] / "tests" / "conversations" / "gold" / "train"
_MASK: Final = re.compile(r"\[[A-Z]+\]|@\w+|https?://\S+")


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled line: `labels` says 1 or 0 of each head that its set can judge, and nothing of the others."""

    set: str
    text: str
    labels: dict[str, float]


def targets(lines: list[Line]) -> np.ndarray:
    """Lines x heads; nan where the set does not judge the head."""
    return np.array([[line.labels.get(head, np.nan) for head in HEADS] for line in lines])


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


def hate_cases(data: Path, split: str) -> dict[str, float]:
    """Cases of hate against groups and of what looks like it, with 1 for hate."""
    rows = read(data, "hatecheck-nl/hatecheck-nl", split)
    return {as_said(row["text"]): float(row["label"] == "hateful") for row in rows}


def word_table(data: Path) -> dict[str, str]:
    """English words and the Dutch for them."""
    with gzip.open(data / "lexicons-nl/memolon-en-nl.json.gz", "rt", encoding="utf-8") as file:
        return {english: str(dutch).lower() for english, dutch in json.load(file).items() if dutch}


def own(language: Language | None = None, *, dev: bool) -> list[Line]:
    """The lines that we wrote: those to learn from, or those kept to choose and to measure by."""
    lines = [
        *(
            Line("klankbord", as_said(line.text), _heard(line))
            for line in read_own()
            if _wanted(line, language, dev=dev)
        ),
        *(
            Line("klankbord", as_said(line.text), {mark: float(mark in line.marks) for mark in TOLD})
            for line in read_work()
            if line.role == "customer" and _wanted(line, language, dev=dev)
        ),
    ]
    if not dev:
        lines += [Line("klankbord", text, dict.fromkeys(TOLD, 0.0)) for text in calm(Role.CUSTOMER, language)]
    return [line for line in lines if line.text]


def plain(data: Path) -> list[Line]:
    """Questions to an assistant: nothing is told of earlier work, and nobody is in need."""
    texts = _sample([row["text"] for row in read(data, "clinc150/clinc150", "train")], PLAIN_LINES)
    return [Line("clinc150", text, dict.fromkeys((*TOLD, *NEEDS), 0.0)) for text in texts]


def calm(role: Role, language: Language | None = None) -> list[str]:
    """What either side says in our own conversations that were easy from end to end."""
    found = []
    for path in sorted(GOLD.glob("*.txt")):
        transcript, _ = labelled_conversation(path.read_text(encoding="utf-8"), name=path.stem)
        if transcript.comment.startswith("calm") and language in (None, path.stem[-2:]):
            found += [e.text for e in transcript.events if isinstance(e, Utterance) and e.is_final and e.role is role]
    return sorted({text for line in found if (text := as_said(line))})


def _wanted(line: OwnLine | WorkLine, language: Language | None, *, dev: bool) -> bool:
    return line.is_dev == dev and language in (None, line.language)


def _heard(line: OwnLine) -> dict[str, float]:
    told = {emotion: float(emotion in line.emotions) for emotion in EMOTIONS}
    good = bool(_GOOD & line.emotions.keys())
    bad = line.dissatisfied >= DISSATISFIED_FROM or bool(_BAD & line.emotions.keys())
    if good != bad:
        told["valence"] = float(bad)
    told["dissatisfaction"] = float(line.dissatisfied >= DISSATISFIED_FROM)
    told["feeling"] = float(bool(line.emotions) or line.dissatisfied > 0)
    told["abuse"] = float("abuse" in line.marks)
    told |= {need: float(need in line.marks) for need in NEEDS}
    if not line.dissatisfied and not line.emotions:
        # Whoever is at ease and only asks has no work behind them worth telling.
        told |= dict.fromkeys(TOLD, 0.0)
    return told


def service_texts(data: Path) -> list[str]:
    """What customers say in English service conversations, without labels."""
    said = [row["text"] for row in read(data, "multidogo/multidogo", "train")]
    said += [
        turn["text"] for row in read(data, "star/star", "train") for turn in row["turns"] if turn["role"] == "customer"
    ]
    return _sample(said, SERVICE_LINES)


def answer_texts(data: Path) -> list[str]:
    """What the other side says in them, without labels."""
    turns = (turn for row in read(data, "star/star", "train") for turn in row["turns"])
    return _sample([turn["text"] for turn in turns if turn["role"] == "agent"], SERVICE_LINES // 2)


def _sample(said: list[str], count: int) -> list[str]:
    """The same lines every time, whatever their order: those whose hashes are lowest."""
    texts = sorted({text for line in said if (text := as_said(line))}, key=lambda text: sha256(text.encode()).digest())
    return sorted(texts[:count])
