"""The customer's words are negative on balance."""

import pytest

from klankbord.detectors.negative_words import find
from klankbord.events import Language
from tests.klankbord.given import customer


@pytest.mark.parametrize(
    ("text", "language", "word"),
    [
        pytest.param("wat een waardeloze service", "nl", "waardeloze", id="dutch"),
        pytest.param("what a terrible service", "en", "terrible", id="english"),
    ],
)
def test_blame_is_negative_and_points_at_its_word(text: str, language: Language, word: str) -> None:
    words = customer(text, language)

    finding = find(words)

    assert finding is not None
    assert finding.strength > 0.3
    assert finding.span is not None
    assert words.normal[slice(*finding.span)] == word


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("wat een fantastische service", "nl", id="positive dutch"),
        pytest.param("what a fantastic service", "en", id="positive english"),
        pytest.param("18422", "nl", id="neutral"),
    ],
)
def test_other_words_are_not_negative(text: str, language: Language) -> None:
    assert find(customer(text, language)) is None
