"""Which language a line is in, and when it says nothing about that."""

import subprocess
import sys
from typing import Final

import pytest

from klankbord.events import Language
from klankbord.language import odds
from klankbord.phrases import clean, normal
from klankbord.policy import Policy

BOTH: Final[tuple[Language, ...]] = ("nl", "en")
SETTLED_AT: Final = Policy().language_settled_at


def said(text: str) -> float:
    return odds(normal(clean(text)), BOTH)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Waar blijft mijn pakket?", id="question"),
        pytest.param("Ik heb al drie keer gebeld en krijg niemand te pakken!", id="complaint"),
        pytest.param("ik heb al drie keer gebeld en krijg niemand te pakken", id="transcript"),
        pytest.param("mijn account is blocked en support reageert niet", id="english terms"),
        pytest.param("hallo ik zoek hulp met de premium subscription", id="english product"),
        pytest.param("kan ik even met iemand spreken", id="request"),
    ],
)
def test_one_clear_dutch_line_settles(text: str) -> None:
    assert said(text) >= SETTLED_AT


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Where is my parcel?", id="question"),
        pytest.param("I've called three times and nobody answers!", id="complaint"),
        pytest.param("i've called three times and nobody answers", id="transcript"),
        pytest.param("I’ve been waiting since Monday", id="curly quotes"),
        pytest.param("i ordered a fiets and it has not arrived", id="a dutch word"),
        pytest.param("can i speak to meneer de vries please", id="a dutch name"),
        pytest.param("can someone call me back please", id="request"),
    ],
)
def test_one_clear_english_line_settles(text: str) -> None:
    assert said(text) <= -SETTLED_AT


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("...", id="marks"),
        pytest.param("ok", id="ok"),
        pytest.param("ok ok ok ok", id="ok again"),
        pytest.param("nee", id="nee"),
        pytest.param("John Smith", id="name"),
        pytest.param("Jansen", id="surname"),
        pytest.param("1234 AB 12", id="postcode"),
        pytest.param("06 12 34 56 78", id="number"),
        pytest.param("test@example.com", id="address"),
        pytest.param("order 123456789", id="order number"),
        pytest.param("x" * 16_000, id="one long word"),
    ],
)
def test_a_line_in_no_language_says_nothing(text: str) -> None:
    assert said(text) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("hallo", id="greeting"),
        pytest.param("Maria Garcia Lopez", id="three names"),
        pytest.param("Jan van der Berg", id="dutch name"),
        pytest.param("no no no", id="the same word"),
    ],
)
def test_a_weak_line_does_not_settle(text: str) -> None:
    assert abs(said(text)) < SETTLED_AT


def test_a_pasted_page_counts_as_its_first_words() -> None:
    page = "where is my parcel " * 30 + "waar blijft mijn pakket " * 600

    assert said(page) <= -SETTLED_AT


def test_importing_does_not_load_the_model() -> None:
    loaded = "import sys, klankbord.language; sys.exit('py3langid' in sys.modules or 'numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
