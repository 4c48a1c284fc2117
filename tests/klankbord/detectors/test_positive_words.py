"""The customer's words are positive on balance."""

import pytest

from klankbord.detectors.positive_words import find
from klankbord.events import Language
from tests.klankbord.given import customer


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("wat een fantastische service", "nl", id="dutch"),
        pytest.param("what a fantastic service", "en", id="english"),
    ],
)
def test_praise_is_positive_and_points_at_its_word(text: str, language: Language) -> None:
    words = customer(text, language)

    finding = find(words)

    assert finding is not None
    assert finding.strength > 0.3
    assert finding.span is not None
    assert words.normal[slice(*finding.span)].startswith("fantasti")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("wat een waardeloze service", "nl", id="negative dutch"),
        pytest.param("what a terrible service", "en", id="negative english"),
        pytest.param("18422", "nl", id="neutral"),
    ],
)
def test_other_words_are_not_positive(text: str, language: Language) -> None:
    assert find(customer(text, language)) is None
