"""The customer says the same thing again."""

import pytest

from klankbord.detectors.repetition import find
from klankbord.events import Language, Role
from tests.klankbord.given import having_said, turn


def test_the_same_words_twice_are_a_repetition() -> None:
    before = having_said("The engineer never came on Monday")

    finding = find(turn("The engineer never came on Monday!", language="en", conversation=before))

    assert finding is not None
    assert finding.strength == 1.0
    assert finding.amount == 1.0


def test_the_same_request_in_other_order_is_a_repetition() -> None:
    before = having_said("kunnen jullie die license gewoon resetten")

    finding = find(turn("resetten jullie die license nu gewoon", conversation=before))

    assert finding is not None
    assert finding.amount is not None
    assert finding.amount >= 0.6


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        pytest.param("ja hoor", "ja hoor", id="two words are too few"),
        pytest.param("waar is mijn bestelling gebleven", "wanneer komt de monteur langs", id="something else"),
    ],
)
def test_this_is_no_repetition(earlier: str, now: str) -> None:
    assert find(turn(now, conversation=having_said(earlier))) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("zoals ik al zei", "nl", id="zoals ik al zei"),
        pytest.param("hoe vaak moet ik dat nog uitleggen", "nl", id="nog uitleggen"),
        pytest.param("as I said", "en", id="as I said"),
        pytest.param("thats what i said", "en", id="no apostrophe"),
    ],
)
def test_saying_that_it_was_said_is_a_repetition(text: str, language: Language) -> None:
    finding = find(turn(text, language=language))

    assert finding is not None
    assert finding.amount is None


def test_an_agent_who_repeats_makes_no_repetition() -> None:
    before = having_said("The engineer never came on Monday")

    assert find(turn("The engineer never came on Monday", Role.AGENT, conversation=before)) is None
