"""Lines that only spell something out, and lines that look alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klankbord.conversation import Conversation
from klankbord.observation import observe
from klankbord.phrases import clean, normal
from klankbord.policy import Policy
from klankbord.spelled import spells_out
from tests.klankbord.given import utterance


@pytest.mark.parametrize(
    "line",
    [
        "Vierendertig nul acht twee.",
        "nul zes een twee drie vier vijf zes zeven acht",
        "twaalf juni negentienvijfentachtig",
        "eenentwintigste mei",
        "half drie",
        "J-a-n-s-e-n",
        "1234 AB",
        "14:30 uur",
        "06 12345678",
        "SW1A 1AA",
        "the twelfth of June nineteen eighty-five",
        "oh seven seven double oh nine",
    ],
)
def test_it_only_spells_something_out(line: str) -> None:
    assert spells_out(normal(clean(line)))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "een",
        "I",
        "oh",
        "gr8",
        "10/10",
        "tien!",
        "1 ster",
        "acht weken",
        "twee keer niks",
        "nu al 3 weken",
        "voor de derde keer",
        "for the third time",
        "at last",
        "one of the",
    ],
)
def test_it_says_something_too(line: str) -> None:
    assert not spells_out(normal(clean(line)))


@pytest.mark.parametrize("text", ["acht drie zeven nul nul vier", "vierendertig nul acht twee", "j a n s e n"])
def test_there_is_no_feeling_in_it(text: str) -> None:
    seen = observe(Conversation(), utterance(text), Policy())

    assert (seen.valence, seen.emotions) == (0.0, {})
    assert seen.dissatisfaction < 0.15


@given(st.text(alphabet="een1-. ,:/ë", max_size=300))
def test_one_word_more_says_something_too(text: str) -> None:
    assert not spells_out(f"{text} klaar")
