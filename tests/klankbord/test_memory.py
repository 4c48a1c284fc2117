"""What a source repeats has no second effect, what is a little late has its own, and nothing of it grows."""

import random
from typing import Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from klankbord.conversation import Conversation
from klankbord.events import Event, Role, Utterance
from klankbord.memory import (
    KEEP_EVENTS,
    KEEP_PARTIALS,
    KEEP_TIED,
    Memory,
    is_forgotten,
    knows,
    knows_final,
    shortened,
    with_event,
)
from klankbord.observation import observe
from klankbord.policy import Policy
from tests.klankbord.given import utterance, waited

FINALS: Final = KEEP_EVENTS // 2
LATEST_S: Final = 30.0  # so late an event may be and count as if it were not


def after(*events: Event) -> Memory:
    memory: Memory = {}
    for event in events:
        memory = with_event(memory, event)
    return memory


def without_effect(memory: Memory, event: Event) -> bool:
    return knows(memory, event) or is_forgotten(memory, event)


def line(number: int, *, after_s: float | None = None, role: Role = Role.CUSTOMER) -> Utterance:
    return utterance("hello", role, after_s=float(number) if after_s is None else after_s, number=number)


def partial(number: int, *, after_s: float = 0.0) -> Utterance:
    return replace(line(number, after_s=after_s), is_final=False, utterance_id="the-line")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), min_size=1, max_size=120), st.randoms())
def test_what_was_applied_once_is_never_applied_again(story: list[tuple[int, bool]], chance: random.Random) -> None:
    memory: Memory = {}
    told = [
        partial(n, after_s=at_s) if is_partial else line(n, after_s=at_s) for n, (at_s, is_partial) in enumerate(story)
    ]
    for event in told:
        if not without_effect(memory, event):
            memory = with_event(memory, event)

    assert all(without_effect(memory, event) for event in told)


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.AGENT])
def test_what_is_late_by_half_a_minute_is_applied_where_a_side_says_no_more_than_eleven_lines_meanwhile(
    role: Role,
) -> None:
    lines = [line(n, after_s=n * LATEST_S / (FINALS - 1), role=role) for n in range(200)]
    for place, late in enumerate(lines[:-FINALS]):
        assert not without_effect(after(*lines[:place], *lines[place + 1 : place + FINALS]), late)


def test_what_is_later_than_all_that_is_remembered_cannot_be_told_from_a_repeat() -> None:
    late, *others = [line(n) for n in range(FINALS + 2)]

    assert not knows(after(*others), late)
    assert is_forgotten(after(*others), late)


def test_what_is_new_is_never_late_however_long_the_conversation() -> None:
    conversation = Conversation()
    for number in range(1_000):
        seen = observe(conversation, line(number, role=(Role.CUSTOMER, Role.AGENT)[number % 2]), Policy())
        conversation = seen.conversation
        assert not seen.without_effect


def test_partials_of_a_line_push_out_nothing_else() -> None:
    memory = after(line(0), *(partial(n) for n in range(100, 400)))

    assert knows(memory, line(0))


def test_the_partials_of_a_line_may_all_have_one_time() -> None:
    partials = [partial(n) for n in range(KEEP_PARTIALS + KEEP_TIED)]
    memory: Memory = {}
    for one in partials:
        assert not without_effect(memory, one)
        memory = with_event(memory, one)
    assert all(without_effect(memory, one) for one in partials)


def test_the_clock_of_an_agent_that_is_ahead_silences_no_customer() -> None:
    ahead = [line(n, after_s=600.0 + n, role=Role.AGENT) for n in range(1, 100)]

    assert not without_effect(after(*ahead), line(0))


def test_an_event_far_in_the_future_silences_nobody() -> None:
    memory = after(line(9_999, after_s=86_000.0))
    for number in range(200):
        assert not without_effect(memory, line(number))
        memory = with_event(memory, line(number))
    assert knows(memory, line(9_999, after_s=86_000.0))


def test_a_second_final_is_known_by_its_utterance_whoever_is_said_to_have_spoken() -> None:
    corrected = replace(line(1, role=Role.AGENT), event_id="corrected")

    assert knows_final(after(line(1)), corrected)
    assert not knows(after(line(1)), corrected)


def test_a_deadline_that_passes_twice_is_known() -> None:
    passed = replace(waited(60.0), event_id="waited-60")

    assert knows(after(passed, *(partial(n) for n in range(100))), passed)


def test_what_is_shortened_knows_or_refuses_all_that_it_had() -> None:
    told = [*(line(n) for n in range(30)), *(partial(n) for n in range(100, 130))]
    short = shortened(after(*told), keep=5)

    assert all(without_effect(short, event) for event in told)
    assert not without_effect(short, line(40))


def test_the_fullest_memory_of_a_talk_is_small() -> None:
    told = [line(n, role=(Role.CUSTOMER, Role.AGENT)[n % 2]) for n in range(500)]
    partials = [replace(partial(1_000 + n, after_s=n), role=(Role.CUSTOMER, Role.AGENT)[n % 2]) for n in range(500)]

    assert len(msgspec.json.encode(after(*told, *partials))) < 1_150
