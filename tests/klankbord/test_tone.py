"""Which words of a line are shown for a head."""

from klankbord.models.heads import Weight
from klankbord.tone import strongest, valence, valence_span
from tests.klankbord.given import customer


def test_the_run_that_speaks_most_for_a_head_is_shown() -> None:
    moved = [Weight(0, 2, -0.5), Weight(3, 6, 0.4), Weight(7, 9, -0.1), Weight(10, 14, 0.9), Weight(15, 20, -2.0)]

    assert strongest(moved) == (3, 14)


def test_where_no_word_speaks_for_it_none_is_shown() -> None:
    assert strongest([Weight(0, 2, -0.5)]) is None
    assert strongest([]) is None


def test_numbers_alone_have_no_valence() -> None:
    assert valence(customer("18422 - 33", "nl")) == 0.0


def test_an_emoticon_has() -> None:
    assert valence(customer(":)", "en")) > 0


def test_the_words_of_valence_are_those_of_its_sign() -> None:
    words = customer("the website is terrible", "en")

    span = valence_span(words, positive=False)

    assert span is not None
    assert words.normal[slice(*span)] == "terrible"
