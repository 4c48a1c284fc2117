"""Which words of a line are shown for a head."""

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klankbord.channels.transcript import recordings
from klankbord.detectors import DETECTORS
from klankbord.events import Language, Role, Utterance
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


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "nl",
            [
                "mijn klantnummer is 88 12 345",
                "het is 1234 AB huisnummer 12",
                "jansen met een s",
                "ja dat klopt",
                "het gaat om factuur 20261142",
                "nee hoor dat was het",
                "maandag tussen 8 en 12",
                "hoe laat gaan jullie open",
                "ik wil een nieuwe pas aanvragen",
                "wanneer komt mijn pakket",
            ],
        ),
        (
            "en",
            [
                "my customer number is 88 12 345",
                "it's SW1A 1AA, number 12",
                "smith with an i",
                "yes that's right",
                "it's about invoice 20261142",
                "one moment let me get it",
                "monday between 8 and 12",
                "what time do you open",
                "i would like to order a new card",
                "when will my parcel arrive",
            ],
        ),
    ],
)
def test_what_is_neither_good_nor_bad_stands_in_the_middle(language: Language, lines: list[str]) -> None:
    values = [valence(customer(line, language)) for line in lines]

    assert abs(fmean(values)) < 0.15, values
    assert min(values) > -0.7, values


def test_an_emoticon_has() -> None:
    assert valence(customer(":)", "en")) > 0


def test_the_words_of_valence_are_those_of_its_sign() -> None:
    words = customer("the website is terrible", "en")

    span = valence_span(words, positive=False)

    assert span is not None
    assert words.normal[slice(*span)] == "terrible"
