"""The customer is cut off."""

import pytest

from klankbord.conversation import Conversation, Segment
from klankbord.detectors.interruption import find
from klankbord.detectors.talk_over import find as talk_over
from klankbord.events import Role
from tests.klankbord.given import spoken

CUSTOMER_SPOKE = Conversation(customer_spoke=Segment(10_000, 20_000))


@pytest.mark.parametrize("role", [Role.AGENT, Role.BOT])
@pytest.mark.parametrize("start_ms", [pytest.param(19_200, id="just"), pytest.param(18_001, id="just not talked over")])
def test_who_stops_when_another_begins_was_cut_off(start_ms: int, role: Role) -> None:
    turn = spoken(start_ms, 25_000, role, conversation=CUSTOMER_SPOKE)

    finding = find(turn)

    assert finding is not None
    assert finding.strength == 1.0
    assert talk_over(turn) is None


def test_it_is_seen_whichever_segment_comes_last() -> None:
    assert find(spoken(10_000, 20_000, conversation=Conversation(helper_spoke=Segment(19_000, 25_000)))) is not None


@pytest.mark.parametrize(
    ("start_ms", "end_ms"),
    [
        pytest.param(20_500, 25_000, id="after a pause"),
        pytest.param(19_300, 25_000, id="a turn that changes quickly"),
        pytest.param(18_900, 20_300, id="a nod at the end"),
        pytest.param(15_000, 16_200, id="a nod in between"),
        pytest.param(18_000, 25_000, id="long enough to be talk-over"),
    ],
)
def test_this_is_no_interruption(start_ms: int, end_ms: int) -> None:
    assert find(spoken(start_ms, end_ms, Role.AGENT, conversation=CUSTOMER_SPOKE)) is None


def test_who_began_at_the_same_time_did_not_cut_off() -> None:
    both = Conversation(customer_spoke=Segment(10_000, 11_500))

    assert find(spoken(10_200, 15_000, Role.AGENT, conversation=both)) is None


def test_a_customer_who_interrupts_is_no_signal() -> None:
    assert find(spoken(18_900, 25_000, conversation=Conversation(helper_spoke=Segment(10_000, 20_000)))) is None


def test_a_partial_is_no_interruption() -> None:
    assert find(spoken(19_000, 25_000, Role.AGENT, conversation=CUSTOMER_SPOKE, is_final=False)) is None
