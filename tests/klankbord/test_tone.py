"""Which words of a line are shown for a head."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klankbord.channels.transcript import recordings
from klankbord.detectors import DETECTORS
from klankbord.events import Role, Utterance
from klankbord.phrases import clean
from klankbord.tone import cues_in, strongest_run, valence, valence_span
from tests.klankbord.given import customer, turn


def test_the_run_that_speaks_most_for_a_head_is_shown() -> None:
    assert strongest_run([-0.5, 0.4, -0.1, 0.9, -2.0]) == (1, 3)


def test_where_no_word_speaks_for_it_none_is_shown() -> None:
    assert strongest_run([-0.5]) is None
    assert strongest_run([]) is None


def test_a_run_is_six_words_at_most_and_the_first_of_equals() -> None:
    assert strongest_run([1.0] * 9) == (0, 5)


@given(st.lists(st.sampled_from([-1.5, -0.3, -0.1, 0.0, 0.1, 0.2, 0.7, 1.1]), max_size=40))
def test_no_other_run_of_six_is_stronger(moved: list[float]) -> None:
    runs = [(sum(moved[a : b + 1]), -a, -b) for a in range(len(moved)) for b in range(a, min(a + 6, len(moved)))]
    most = max((total for total, _, _ in runs), default=0.0)

    found = strongest_run(moved)

    assert (found is None) == (most <= 0.0)
    if found is not None:
        assert sum(moved[found[0] : found[1] + 1]) == pytest.approx(most)


def test_a_detector_without_a_cue_in_the_line_would_find_nothing() -> None:
    skipped = 0
    for recording in recordings():
        for event in recording.events:
            if isinstance(event, Utterance) and event.role is Role.CUSTOMER:
                said = turn(clean(event.text), language="nl" if recording.name.endswith("nl") else "en")
                assert said.customer is not None
                cues = cues_in(said.customer)
                for detector in DETECTORS:
                    if detector.cues and detector.cues.isdisjoint(cues):
                        skipped += 1
                        assert detector.find(said) is None, (detector.kind, event.text)
    assert skipped > 1000


def test_numbers_alone_have_no_valence() -> None:
    assert valence(customer("18422 - 33", "nl")) == 0.0


def test_an_emoticon_has() -> None:
    assert valence(customer(":)", "en")) > 0


def test_the_words_of_valence_are_those_of_its_sign() -> None:
    words = customer("the website is terrible", "en")

    span = valence_span(words, positive=False)

    assert span is not None
    assert words.normal[slice(*span)] == "terrible"
