"""The customer speaks clearly faster than before."""

import pytest

from klankbord.conversation import Conversation
from klankbord.detectors.pace import find
from klankbord.events import Role
from tests.klankbord.given import spoken

# 100 words in 40 seconds: 150 words a minute.
USUAL = Conversation(paced_words=100, paced_ms=40_000)
TWELVE_WORDS = "ik wil nu gewoon weten waarom het bedrag van deze maand klopt"


@pytest.mark.parametrize(
    ("spoke_ms", "faster"),
    [
        pytest.param(3_600, 1 / 3, id="a third"),
        pytest.param(3_200, 0.5, id="half"),
        pytest.param(2_000, 1.4, id="more than twice as fast"),
    ],
)
def test_faster_than_their_own_turns_counts(spoke_ms: int, faster: float) -> None:
    finding = find(spoken(60_000, 60_000 + spoke_ms, text=TWELVE_WORDS, conversation=USUAL))

    assert finding is not None
    assert finding.strength == pytest.approx(min(1.0, faster))
    assert finding.amount == pytest.approx(faster)


@pytest.mark.parametrize(
    ("spoke_ms", "text"),
    [
        pytest.param(4_800, TWELVE_WORDS, id="as ever"),
        pytest.param(8_000, TWELVE_WORDS, id="slower"),
        pytest.param(3_800, TWELVE_WORDS, id="a little faster"),
        pytest.param(1_000, "ja dat klopt inderdaad", id="too few words"),
        pytest.param(300, TWELVE_WORDS, id="faster than anybody can"),
        pytest.param(0, TWELVE_WORDS, id="no time at all"),
    ],
)
def test_this_is_not_fast(spoke_ms: int, text: str) -> None:
    assert find(spoken(60_000, 60_000 + spoke_ms, text=text, conversation=USUAL)) is None


def test_nobody_is_fast_before_it_is_known_how_they_speak() -> None:
    little = Conversation(paced_words=49, paced_ms=20_000)

    assert find(spoken(60_000, 62_000, text=TWELVE_WORDS, conversation=little)) is None
    assert find(spoken(60_000, 62_000, text=TWELVE_WORDS)) is None


@pytest.mark.parametrize("role", [Role.AGENT, Role.BOT, Role.SYSTEM])
def test_how_fast_anybody_else_speaks_is_not_asked(role: Role) -> None:
    assert find(spoken(60_000, 62_000, role, TWELVE_WORDS, conversation=USUAL)) is None


def test_a_partial_has_no_pace() -> None:
    assert find(spoken(60_000, 62_000, text=TWELVE_WORDS, conversation=USUAL, is_final=False)) is None
