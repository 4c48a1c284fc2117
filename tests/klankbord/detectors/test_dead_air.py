"""Nobody says anything for longer than is normal in a call."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from klankbord.conversation import Conversation
from klankbord.detectors.dead_air import find
from klankbord.events import Event, Role
from klankbord.observation import observe
from klankbord.policy import Policy
from tests.klankbord.given import START_S, held, resumed, segment, spoken

HEARD = Conversation(heard_until_ms=20_000)
POLICY = Policy()
NORMAL_WAIT_S = 15.0
# How many seconds past its normal a signal at full strength stands for.
FULL_S = {"dead_air": POLICY.full_silence_s, "long_wait": POLICY.full_wait_s, "hold": POLICY.full_wait_s}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    ("start_ms", "strength", "silent_s"),
    [
        pytest.param(34_000, 0.1, 14.0, id="six seconds past the normal"),
        pytest.param(58_000, 0.5, 38.0, id="half a minute past"),
        pytest.param(200_000, 1.0, 180.0, id="three minutes is full"),
    ],
)
def test_a_silence_weighs_by_its_seconds(start_ms: int, strength: float, silent_s: float, role: Role) -> None:
    finding = find(spoken(start_ms, start_ms + 2_000, role, conversation=HEARD))

    assert finding is not None
    assert finding.strength == pytest.approx(strength)
    assert finding.amount == silent_s


@pytest.mark.parametrize(
    "start_ms",
    [
        pytest.param(28_000, id="eight seconds"),
        pytest.param(19_000, id="an overlap"),
        pytest.param(0, id="a segment that comes late"),
        pytest.param(600_000_000, id="a clock that jumped"),
    ],
)
def test_this_is_no_dead_air(start_ms: int) -> None:
    assert find(spoken(start_ms, start_ms + 1_000, Role.AGENT, conversation=HEARD)) is None


def test_a_call_does_not_begin_with_dead_air() -> None:
    assert find(spoken(50_000, 52_000, Role.AGENT)) is None


def test_a_partial_does_not_end_a_silence() -> None:
    assert find(spoken(50_000, 52_000, Role.AGENT, conversation=HEARD, is_final=False)) is None


def found(*events: Event) -> list[tuple[str, float | None]]:
    """Kind and amount of what counts as silence in these events."""
    now, signals = Conversation(), []
    for event in events:
        seen = observe(now, event, POLICY)
        now = seen.conversation
        signals += [(s.kind, s.amount) for s in seen.signals if s.kind in ("dead_air", "hold", "long_wait")]
    return signals


def test_a_hold_explains_its_silence() -> None:
    asked = segment(0, 5_000, Role.AGENT, "Momentje.", number=1)
    back = segment(106_000, 108_000, Role.AGENT, "Daar ben ik weer.", number=2)

    assert found(asked, held(5), resumed(105), back) == [("hold", 100.0)]
    assert found(asked, held(5), resumed(40), back) == [("dead_air", 66.0)]


def test_a_segment_of_before_the_hold_that_comes_after_it_brings_no_dead_air() -> None:
    late = segment(0, 5_000, Role.AGENT, "Momentje.", number=1)
    back = segment(106_000, 108_000, Role.AGENT, "Daar ben ik weer.", number=2)

    assert found(held(5), resumed(105), late, back) == [("hold", 100.0)]


def test_who_is_still_on_hold_hears_no_dead_air() -> None:
    asked = segment(0, 5_000, Role.AGENT, "Momentje.", number=1)
    still = segment(40_000, 41_000, Role.BOT, "Er zijn nog twee wachtenden voor u.", number=2)

    assert found(asked, held(5), still) == []


def test_of_a_wait_only_what_is_normal_to_wait_can_be_dead_air() -> None:
    asked = segment(0, 5_000, number=1)
    answered = segment(55_000, 55_000, Role.AGENT, "Ik heb het.", number=2)

    assert found(asked, answered) == [("long_wait", 50.0), ("dead_air", 50.0)]
    finding = find(spoken(55_000, 55_000, Role.AGENT, conversation=observe(Conversation(), asked, POLICY).conversation))
    assert finding is not None
    assert finding.strength == pytest.approx((NORMAL_WAIT_S - POLICY.normal_silence_s) / POLICY.full_silence_s)


def test_a_silence_in_which_the_customer_asks_again_is_not_counted_twice() -> None:
    waiting = Conversation(waiting_since=START_S, heard_until_ms=40_000)

    assert find(spoken(60_000, 61_000, conversation=waiting)) is None


steps = st.lists(
    st.tuples(
        st.sampled_from([Role.CUSTOMER, Role.AGENT, Role.BOT, Role.SYSTEM, None]),
        st.sampled_from([0, 1_500, 12_000, 20_000, 40_000, 90_000]),
    ),
    max_size=10,
)


@settings(deadline=None, max_examples=200)
@given(steps)
def test_no_second_of_a_silence_counts_twice(story: list[tuple[Role | None, int]]) -> None:
    """Lines that take no time, with silences between and holds in them: no more seconds count than there are."""
    now, counted_s = observe(Conversation(), segment(0, 0, number=-1), POLICY).conversation, 0.0
    at_ms = 0
    for number, (role, silent_ms) in enumerate(story):
        for event in _told(role, number, at_ms, at_ms + silent_ms):
            seen = observe(now, event, POLICY)
            now = seen.conversation
            counted_s += sum(s.strength * FULL_S[s.kind] for s in seen.signals if s.kind in FULL_S)
        at_ms += silent_ms

    assert counted_s <= at_ms / 1000 + 0.1 * len(story)


def _told(role: Role | None, number: int, start_ms: int, end_ms: int) -> tuple[Event, ...]:
    """A line at the end of the silence; where nobody has a role, a hold as long as the silence."""
    if role is not None:
        return (segment(end_ms, end_ms, role, number=number),)
    return (
        replace(held(start_ms / 1000), event_id=f"held-{number}"),
        replace(resumed(end_ms / 1000), event_id=f"resumed-{number}"),
    )
