"""What is made of the times of a call, whatever a source puts in them."""

from itertools import pairwise
from typing import Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from klankbord.conversation import MAX_BYTES, Conversation
from klankbord.events import Event, Role
from klankbord.observation import Observation, observe
from klankbord.policy import Policy
from klankbord.signals import Dimension
from klankbord.speech import LONGEST_SEGMENT_MS, segment_of
from tests.klankbord.given import resumed, segment, transferred
from tests.klankbord.test_observation import happening

# A busy machine is no failure.
UNHURRIED: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
POLICY: Final = Policy()
KINDS: Final = {"talk_over", "interruption", "dead_air", "pace"}
WEEK_MS: Final = 7 * 24 * 3600 * 1000
LINE: Final = "ik wil nu gewoon weten waarom het bedrag van deze maand zo hoog is"


def observed(*events: Event) -> list[Observation]:
    now, seen = Conversation(), []
    for event in events:
        seen.append(observe(now, event, POLICY))
        now = seen[-1].conversation
    return seen


def kinds(*events: Event) -> list[str]:
    return [signal.kind for seen in observed(*events) for signal in seen.signals if signal.kind in KINDS]


@pytest.mark.parametrize(
    ("start_ms", "end_ms"),
    [
        pytest.param(None, None, id="no times"),
        pytest.param(1_000, None, id="no end"),
        pytest.param(None, 1_000, id="no start"),
        pytest.param(2_000, 1_000, id="ends before it begins"),
        pytest.param(-5_000, 1_000, id="before the call"),
        pytest.param(0, LONGEST_SEGMENT_MS + 1, id="longer than anybody speaks"),
    ],
)
def test_times_that_are_missing_or_make_no_sense_are_no_segment(start_ms: int | None, end_ms: int | None) -> None:
    assert segment_of(segment(start_ms, end_ms)) is None


def test_what_is_no_final_utterance_is_no_segment() -> None:
    assert segment_of(segment(0, 1_000, is_final=False)) is None
    assert segment_of(resumed(1)) is None


times = st.none() | st.integers(0, 300_000) | st.sampled_from([0, WEEK_MS - 1, WEEK_MS])
garbage = st.lists(
    st.builds(
        lambda role, start, end, after, final: (role, start, end, after, final),
        st.sampled_from(list(Role)), times, times, st.integers(-500, 500), st.sampled_from([True, True, True, False]),
    ),
    max_size=25,
)  # fmt: skip


def told(story: list[tuple[Role, int | None, int | None, int, bool]]) -> list[Event]:
    return [
        segment(start, end, role, LINE, number=number, after_s=after, is_final=final)
        for number, (role, start, end, after, final) in enumerate(story)
    ]


@settings(UNHURRIED, max_examples=100)
@given(garbage)
def test_garbage_in_the_times_breaks_nothing(story: list[tuple[Role, int | None, int | None, int, bool]]) -> None:
    for seen in observed(*told(story)):
        now = seen.conversation

        assert 1.0 <= now.effort <= 7.0
        assert len(msgspec.json.encode(now)) <= MAX_BYTES
        assert msgspec.json.decode(msgspec.json.encode(now), type=Conversation) == now
        for signal in seen.signals:
            if signal.kind in KINDS:
                assert signal.dimension is Dimension.EFFORT
                assert 0.0 < signal.strength <= 1.0
                assert signal.amount is None or 0.0 < signal.amount <= LONGEST_SEGMENT_MS / 1000
                assert signal.words == ""


@settings(UNHURRIED, max_examples=50)
@given(garbage)
def test_partials_change_nothing(story: list[tuple[Role, int | None, int | None, int, bool]]) -> None:
    events = told(story)
    finals = [event for event in events if getattr(event, "is_final", True)]

    with_partials = [seen.signals for event, seen in zip(events, observed(*events), strict=True) if event in finals]

    assert with_partials == [seen.signals for seen in observed(*finals)]


@settings(UNHURRIED, max_examples=50)
@given(garbage)
def test_times_change_no_feeling(story: list[tuple[Role, int | None, int | None, int, bool]]) -> None:
    timed = told(story)
    untimed = [replace(event, start_ms=None, end_ms=None) for event in timed]

    for with_times, without in zip(observed(*timed), observed(*untimed), strict=True):
        assert with_times.emotions == without.emotions
        assert with_times.conversation.emotions == without.conversation.emotions
        assert with_times.conversation.valence == without.conversation.valence
        # The judge leaves out what the times told, but effort is full at 7: beside it other parts are a hair smaller.
        assert with_times.dissatisfaction == pytest.approx(without.dissatisfaction, abs=1e-3)


@settings(UNHURRIED, max_examples=50)
@given(garbage)
def test_times_never_lower_effort(story: list[tuple[Role, int | None, int | None, int, bool]]) -> None:
    timed = told(story)
    untimed = [replace(event, start_ms=None, end_ms=None) for event in timed]

    for with_times, without in zip(observed(*timed), observed(*untimed), strict=True):
        assert with_times.conversation.effort >= without.conversation.effort - 1e-3


def test_a_second_final_of_a_segment_counts_nothing() -> None:
    customer, agent = segment(0, 10_000, number=1), segment(6_000, 12_000, Role.AGENT, number=2)
    again = replace(agent, event_id="event-3", revision=2, start_ms=30_000, end_ms=34_000)

    assert kinds(customer, agent, again) == ["talk_over"]
    before, after = observed(customer, agent, again)[1:]
    assert after.conversation.heard_until_ms == before.conversation.heard_until_ms == 12_000


def test_a_final_replaces_its_partials() -> None:
    customer = segment(0, 10_000, number=1)
    final = segment(6_000, 12_000, Role.AGENT, number=2)
    partial = replace(final, event_id="event-3", is_final=False, end_ms=9_000)

    assert kinds(customer, partial) == []
    assert kinds(customer, partial, final) == ["talk_over"]


def test_a_late_segment_takes_back_nothing() -> None:
    early, late = segment(0, 2_000, number=1), segment(3_000, 4_000, number=2, after_s=65)
    now, then = segment(60_000, 62_000, number=3), segment(63_000, 64_000, Role.AGENT, number=4)

    assert kinds(early, now) == ["dead_air"]
    assert kinds(now, late, then) == []
    assert observed(now, late)[-1].conversation.heard_until_ms == 62_000


def test_a_segment_with_a_broken_clock_costs_nothing_but_itself() -> None:
    first, broken = segment(0, 2_000, number=1), segment(WEEK_MS - 1_000, WEEK_MS, Role.AGENT, number=2)
    again, silent = segment(5_000, 7_000, number=3), segment(37_000, 38_000, number=4)

    assert kinds(first, broken, again) == []
    assert kinds(first, broken, again, silent) == ["dead_air"]


def test_after_a_transfer_the_clock_may_begin_anew() -> None:
    before, after = segment(90_000, 100_000, number=1), segment(1_000, 6_000, Role.AGENT, number=2, after_s=106)
    next_line = segment(2_000, 9_000, number=3, after_s=109)

    assert kinds(before, transferred(100), after) == []
    assert kinds(before, transferred(100), after, next_line) == ["talk_over"]


def test_what_is_known_of_a_voice_is_erased_by_an_objection() -> None:
    before, after = observed(segment(0, 5_000, text=LINE), happening("objected", 9, 2))
    assert before.conversation.paced_words > 0
    now = after.conversation
    assert (now.paced_words, now.paced_ms, now.customer_spoke, now.helper_spoke) == (0, 0, None, None)
    assert now.heard_until_ms is None


def test_the_same_call_gives_the_same_bytes_from_the_object_and_from_json() -> None:
    events = [segment(n * 9_000, n * 9_000 + 9_900, role, LINE, number=n) for n, role in enumerate([*Role] * 4)]
    kept = Conversation()
    for event, seen in zip(events, observed(*events), strict=True):
        read = msgspec.json.decode(msgspec.json.encode(kept), type=Conversation)
        kept = observe(read, event, POLICY).conversation
        assert msgspec.json.encode(kept) == msgspec.json.encode(seen.conversation)
    heard = [seen.conversation.heard_until_ms or 0 for seen in observed(*events)]
    assert all(earlier <= later for earlier, later in pairwise(heard))
