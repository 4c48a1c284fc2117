"""That an answer tells nothing is said without reading it, and only where reading it says so too."""

import pytest

from klankbord.channels.transcript import recordings
from klankbord.events import ANSWERS, Language, Utterance
from klankbord.models.features import NEGATORS, words
from klankbord.models.heads import answering
from klankbord.models.hints import HINTED, gist, may_mean
from klankbord.phrases import clean, normal

ANSWERED: list[tuple[str, Language]] = [
    (normal(clean(event.text)), "nl" if recording.name.endswith("nl") else "en")
    for recording in recordings()
    for event in recording.events
    if isinstance(event, Utterance) and event.role in ANSWERS
]


def _denied(line: str, language: Language) -> str:
    """The line with a negation in the middle of it."""
    said = line.split()
    said.insert(len(said) // 2, "niet" if language == "nl" else "not")
    return " ".join(said)


@pytest.mark.parametrize("denied", [False, True])
def test_what_is_not_read_would_have_told_nothing(denied: bool) -> None:
    lines = [(_denied(line, language) if denied else line, language) for line, language in ANSWERED]
    unread = [(line, language) for line, language in lines if not may_mean(line, language)]

    assert len(unread) > len(lines) / 2
    assert any(not NEGATORS.isdisjoint(words(line)) for line, _ in unread)
    for line, language in unread:
        chances = answering(line, language).chances
        assert max(chances[head] for head in HINTED) < 0.5, line


@pytest.mark.parametrize("line", ["", "?", "a" * 3_000, " ".join(["helaas"] * 101)])
def test_any_line_can_be_asked_about(line: str) -> None:
    assert may_mean(line, "nl") in (True, False)


def test_a_refusal_is_read() -> None:
    assert may_mean("helaas kan ik daar niets meer aan doen", "nl")


@pytest.mark.parametrize("denied", [False, True])
def test_in_short_an_answer_means_what_it_means_read_word_by_word(denied: bool) -> None:
    lines = [(_denied(line, language) if denied else line, language) for line, language in ANSWERED]

    for line, language in lines:
        told, chances = gist(line, language), answering(line, language).chances
        assert told.solves == pytest.approx(chances["solves"], abs=0.01), line
        assert told.denies == pytest.approx(max(chances[head] for head in HINTED), abs=0.01), line


def test_a_very_long_answer_is_read() -> None:
    line = " ".join(["het is nu voor u geregeld en u krijgt het vandaag terug"] * 40)

    assert gist(line, "nl").solves == answering(line, "nl").chances["solves"]
