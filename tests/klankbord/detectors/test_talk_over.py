"""The customer and whoever helps talk at the same time."""

import pytest

from klankbord.conversation import Conversation, Segment
from klankbord.detectors.interruption import find as interruption
from klankbord.detectors.talk_over import find
from klankbord.events import Role
from tests.klankbord.given import spoken

CUSTOMER_SPOKE = Conversation(customer_spoke=Segment(10_000, 20_000))
HELPER_SPOKE = Conversation(helper_spoke=Segment(10_000, 20_000))


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "strength", "seconds"),
    [
        pytest.param(18_000, 25_000, 0.5, 2.0, id="the shortest"),
        pytest.param(17_000, 25_000, 0.75, 3.0, id="three seconds"),
        pytest.param(12_000, 15_000, 0.75, 3.0, id="within the turn of the other"),
        pytest.param(5_000, 90_000, 1.0, 10.0, id="all of it is full"),
    ],
)
def test_seconds_at_the_same_time_weigh_whoever_began(
    start_ms: int, end_ms: int, strength: float, seconds: float
) -> None:
    for turn in (
        spoken(start_ms, end_ms, Role.AGENT, conversation=CUSTOMER_SPOKE),
        spoken(start_ms, end_ms, Role.BOT, conversation=CUSTOMER_SPOKE),
        spoken(start_ms, end_ms, Role.CUSTOMER, conversation=HELPER_SPOKE),
    ):
        finding = find(turn)

        assert finding is not None
        assert finding.strength == pytest.approx(strength)
        assert finding.amount == seconds
        assert interruption(turn) is None


@pytest.mark.parametrize(
    ("start_ms", "end_ms"),
    [
        pytest.param(20_000, 25_000, id="right after"),
        pytest.param(18_500, 25_000, id="a second and a half"),
        pytest.param(13_000, 13_600, id="a nod in between"),
        pytest.param(1_000, 9_000, id="late and long before"),
        pytest.param(15_000, 15_000, id="no time at all"),
    ],
)
def test_a_change_of_turns_is_no_talk_over(start_ms: int, end_ms: int) -> None:
    assert find(spoken(start_ms, end_ms, Role.AGENT, conversation=CUSTOMER_SPOKE)) is None


def test_a_side_does_not_talk_over_itself_and_an_announcement_over_nobody() -> None:
    assert find(spoken(12_000, 18_000, Role.CUSTOMER, conversation=CUSTOMER_SPOKE)) is None
    assert find(spoken(12_000, 18_000, Role.SYSTEM, conversation=CUSTOMER_SPOKE)) is None


def test_seconds_that_one_side_said_twice_are_shared_once() -> None:
    twice = Conversation(customer_spoke=Segment(10_000, 20_000), helper_spoke=Segment(12_000, 17_000))

    finding = find(spoken(12_000, 20_000, Role.AGENT, conversation=twice))

    assert finding is not None
    assert finding.amount == 3.0


def test_a_partial_is_no_talk_over() -> None:
    assert find(spoken(12_000, 18_000, Role.AGENT, conversation=CUSTOMER_SPOKE, is_final=False)) is None
