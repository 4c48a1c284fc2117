"""Who waits too long is told while it can still be answered, on the clock of whoever produces the events."""

from datetime import timedelta
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from klankbord.conversation import Conversation
from klankbord.events import Channel, Ended, Event, Held, Objected, Resumed, Role, Waited
from klankbord.observation import Observation, observe
from klankbord.policy import Policy, Rule
from klankbord.waiting import next_wait, waited
from streams import wire
from streams.deadlines import Deadlines
from tests.klankbord.given import START, START_S, held, resumed, transferred, utterance
from tests.streams.given import PARTITION, PRODUCED_MS, record

# A busy machine is no failure.
UNHURRIED: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
POLICY: Final = Policy()
KEY: Final = b"demo/conversation-1"
NORMAL_S: Final = POLICY.normal_wait_s[Channel.CHAT]
PRODUCED_S: Final = PRODUCED_MS / 1000
FOREVER: Final = float("inf")

ASKED: Final = utterance("waar is mijn pakket", Role.CUSTOMER)
ASKED_LATE: Final = utterance("en nog iets", Role.CUSTOMER, after_s=9, number=9)


def plain(kind: type[Held | Resumed | Ended | Objected], after_s: float) -> Event:
    return kind(
        schema=1,
        event_id=f"event-{kind.__name__}",
        tenant="demo",
        conversation_id="conversation-1",
        channel=Channel.CHAT,
        at=START + timedelta(seconds=after_s),
    )


def answered(after_s: float) -> Event:
    return utterance("ik kijk het na", Role.AGENT, after_s=after_s, number=2)


def seen_after(*events: Event) -> Observation:
    observation = observe(Conversation(), events[0], POLICY)
    for event in events[1:]:
        observation = observe(observation.conversation, event, POLICY)
    return observation


def of(seen: Observation, *, partition: int) -> wire.Record:
    whole = record(seen)
    return replace(whole, origin=replace(whole.origin, partition=partition))


def following(*events: Event, timestamp_ms: int = PRODUCED_MS) -> Deadlines:
    """The deadlines after `events`, of which the last was produced at `timestamp_ms`."""
    deadlines = Deadlines(POLICY)
    deadlines.follow(KEY, record(seen_after(*events), timestamp_ms=timestamp_ms))
    return deadlines


def fired(*events: Event) -> list[Waited]:
    """Every deadline that fires while nobody answers after `events`, each applied before the next."""
    seen, deadlines, found = seen_after(*events), Deadlines(POLICY), list[Waited]()
    deadlines.follow(KEY, record(seen))
    while due := deadlines.take_due(FOREVER):
        found += [deadline.event for deadline in due]
        seen = observe(seen.conversation, found[-1], POLICY)
        deadlines.follow(KEY, record(seen))
    return found


def test_who_waits_is_counted_each_step_past_the_normal_until_it_is_full() -> None:
    assert [event.wait_s for event in fired(ASKED)] == [150.0, 210.0, 270.0, 330.0, 390.0, 450.0]
    assert [event.at_s - START_S for event in fired(ASKED)] == [150.0, 210.0, 270.0, 330.0, 390.0, 450.0]


def test_a_wait_that_a_rule_asks_for_fires_as_well() -> None:
    impatient = Rule(
        when="waited_s >= limit_s || 200 < waited_s", severity="info", nl="x", en="x", numbers={"limit_s": 30}
    )
    policy = Policy(rules={"waits": impatient})
    deadlines, seen, waits = Deadlines(policy), observe(Conversation(), ASKED, policy), list[float]()

    deadlines.follow(KEY, record(seen))
    while due := deadlines.take_due(FOREVER):
        seen = observe(seen.conversation, due[0].event, policy)
        waits.append(due[0].event.wait_s)
        deadlines.follow(KEY, record(seen))

    assert waits == [30.0, 150.0, 201.0, 261.0, 321.0, 381.0, 441.0]
    assert seen.conversation.episodes["waits"].opened_at == START_S + 30


@pytest.mark.parametrize(
    ("when", "opens_after_s"),
    [
        pytest.param("waited_s >= 90", 90, id="at a wait"),
        pytest.param("waited_s > 90", 91, id="beyond a wait"),
        pytest.param("waited_s >= 600", 600, id="past the full wait"),
        pytest.param("3600 <= waited_s", 3600, id="an hour"),
    ],
)
def test_a_rule_opens_at_the_wait_that_it_asks_for_while_everybody_is_silent(when: str, opens_after_s: float) -> None:
    policy = Policy(rules={"waits": Rule(when=when, severity="info", nl="x", en="x")})
    deadlines, seen = Deadlines(policy), observe(Conversation(), ASKED, policy)

    deadlines.follow(KEY, record(seen))
    while due := deadlines.take_due(FOREVER):
        seen = observe(seen.conversation, due[0].event, policy)
        deadlines.follow(KEY, record(seen))

    assert seen.conversation.episodes["waits"].opened_at == START_S + opens_after_s


def test_a_transfer_starts_a_wait_that_is_counted() -> None:
    first, *_ = fired(ASKED, answered(5), replace(transferred(8), channel=Channel.CHAT))

    assert first.at_s == START_S + 8 + NORMAL_S + POLICY.wait_step_s


def test_after_a_hold_the_wait_is_counted_from_its_end() -> None:
    first, *_ = fired(ASKED, plain(Held, 10), plain(Resumed, 70))

    assert first.at_s == START_S + 70 + NORMAL_S + POLICY.wait_step_s


def test_each_channel_has_its_own_patience() -> None:
    first, *_ = fired(replace(ASKED, channel=Channel.VOICE))

    assert first.wait_s == POLICY.normal_wait_s[Channel.VOICE] + POLICY.wait_step_s
    assert first.channel is Channel.VOICE


@pytest.mark.parametrize(
    "events",
    [
        pytest.param((answered(0),), id="nobody asked"),
        pytest.param((ASKED, answered(5)), id="answered"),
        pytest.param((ASKED, plain(Held, 5)), id="on hold"),
        pytest.param((ASKED, plain(Ended, 5)), id="ended"),
        pytest.param((ASKED, plain(Ended, 5), ASKED_LATE), id="asked after the end"),
        pytest.param((ASKED, plain(Objected, 5)), id="objected"),
    ],
)
def test_who_does_not_wait_has_no_deadline(events: tuple[Event, ...]) -> None:
    assert len(following(*events)) == 0


def test_an_answer_takes_the_deadline_away() -> None:
    deadlines = following(ASKED)
    assert len(deadlines) == 1

    deadlines.follow(KEY, record(seen_after(ASKED, answered(5))))

    assert len(deadlines) == 0
    assert deadlines.take_due(FOREVER) == []


def test_the_same_deadline_has_the_same_id_and_each_its_own() -> None:
    first, again = fired(ASKED), fired(ASKED)

    assert first == again
    assert len({event.event_id for event in first}) == len(first)
    assert first[0].event_id != fired(replace(ASKED, conversation_id="conversation-2"))[0].event_id


@UNHURRIED
@given(st.integers(min_value=-4000, max_value=4000))
def test_a_deadline_is_due_on_the_clock_of_the_producer(days: int) -> None:
    shifted = replace(ASKED, at=ASKED.at + timedelta(days=days))
    deadlines = following(shifted)

    assert deadlines.take_due(PRODUCED_S + 149.9) == []
    (due,) = deadlines.take_due(PRODUCED_S + 150.1)
    assert due.event.at == shifted.at + timedelta(seconds=150)


def test_a_deadline_goes_where_its_conversation_came_from() -> None:
    (due,) = following(ASKED).take_due(FOREVER)

    assert (due.topic, due.partition) == (wire.CHAT_MESSAGES, PARTITION)
    assert (due.event.tenant, due.event.conversation_id) == ("demo", "conversation-1")


def test_without_a_time_of_production_there_is_no_deadline() -> None:
    assert len(following(ASKED, timestamp_ms=0)) == 0


def test_a_deadline_is_given_once_and_the_earliest_first() -> None:
    deadlines = following(ASKED, timestamp_ms=PRODUCED_MS + 60_000)
    deadlines.follow(b"demo/conversation-2", record(seen_after(replace(ASKED, conversation_id="conversation-2"))))

    assert [due.event.conversation_id for due in deadlines.take_due(FOREVER)] == ["conversation-2", "conversation-1"]
    assert deadlines.take_due(FOREVER) == []


CHANGES: Final = st.tuples(
    st.sampled_from([b"demo/1", b"demo/2", b"demo/3"]),
    st.integers(0, 400),
    st.sampled_from(["asks", "answered", "look"]),
)


@given(st.lists(CHANGES, max_size=30))
@UNHURRIED
def test_what_is_due_is_what_a_look_at_all_who_wait_finds(changes: list[tuple[bytes, int, str]]) -> None:
    deadlines = Deadlines(POLICY)
    waiting: dict[bytes, Waited] = {}

    for key, after_s, what in changes:
        if what == "look":
            now_s = PRODUCED_S + after_s
            due = sorted(one.at_s for one in waiting.values() if _due_s(one) <= now_s)
            waiting = {its: one for its, one in waiting.items() if _due_s(one) > now_s}
            assert [one.event.at_s for one in deadlines.take_due(now_s)] == due
            continue
        asked = replace(ASKED, at=START + timedelta(seconds=after_s))
        seen = seen_after(asked) if what == "asks" else seen_after(asked, answered(after_s + 1))
        # Produced when it happened: all clocks agree.
        produced_ms = PRODUCED_MS + round((seen.at - START_S) * 1000)
        deadlines.follow(key, record(seen, timestamp_ms=produced_ms))
        wait = next_wait(seen.conversation, POLICY)
        waiting.pop(key, None)
        if wait is not None:
            waiting[key] = waited(wait, tenant=seen.tenant, conversation_id=seen.conversation_id, channel=Channel.CHAT)

    assert len(deadlines) == len(waiting)


def test_a_wait_is_told_of_when_its_partition_was_read_until_then_and_not_before() -> None:
    deadlines = following(ASKED)
    before, after = PRODUCED_S + 149.9, PRODUCED_S + 150.1

    assert deadlines.take_due(FOREVER, reached={PARTITION: before, PARTITION + 1: FOREVER}.__getitem__) == []
    assert len(deadlines.take_due(FOREVER, reached={PARTITION: after}.__getitem__)) == 1


def test_a_partition_that_is_behind_holds_up_no_other() -> None:
    deadlines = Deadlines(POLICY)
    for number in range(4):
        seen = seen_after(replace(ASKED, conversation_id=f"conversation-{number}"))
        deadlines.follow(b"demo/%d" % number, of(seen, partition=number % 2))

    due = deadlines.take_due(FOREVER, reached={0: 0.0, 1: FOREVER}.__getitem__)

    assert [one.event.conversation_id for one in due] == ["conversation-1", "conversation-3"]


def test_who_speaks_elsewhere_waits_by_the_clock_there() -> None:
    deadlines = Deadlines(POLICY)
    for partition in (0, 1):
        deadlines.follow(KEY, of(seen_after(ASKED), partition=partition))

    assert deadlines.take_due(FOREVER, reached={0: FOREVER, 1: 0.0}.__getitem__) == []
    assert [due.partition for due in deadlines.take_due(FOREVER)] == [1]


def _due_s(waited: Waited) -> float:
    return waited.at_s - START_S + PRODUCED_S


def test_a_restart_forgets_what_is_elsewhere_and_knows_what_is_here() -> None:
    deadlines = following(ASKED)

    deadlines.restart([(b"demo/conversation-2", record(seen_after(replace(ASKED, conversation_id="conversation-2"))))])

    assert [due.event.conversation_id for due in deadlines.take_due(FOREVER)] == ["conversation-2"]


def test_a_restart_goes_on_where_the_waiting_was() -> None:
    seen = seen_after(ASKED)
    seen = observe(seen.conversation, fired(ASKED)[0], POLICY)
    deadlines = Deadlines(POLICY)

    deadlines.restart([(KEY, record(seen))])

    assert [due.event for due in deadlines.take_due(FOREVER)] == fired(ASKED)[1:2]


def test_a_deadline_whose_answer_came_first_changes_nothing() -> None:
    (deadline,) = following(ASKED).take_due(FOREVER)
    before = seen_after(ASKED, answered(140)).conversation
    after = observe(before, deadline.event, POLICY)

    assert (after.signals, after.alerts, after.suggestions) == ((), (), ())
    assert after.conversation == replace(before, memory=after.conversation.memory, last_at=deadline.event.at_s)


def test_a_deadline_does_not_count_for_the_next_question() -> None:
    (deadline,) = following(ASKED).take_due(FOREVER)
    asked_again = utterance("en wanneer komt het", Role.CUSTOMER, after_s=145, number=3)
    before = seen_after(ASKED, answered(140), asked_again).conversation
    after = observe(before, deadline.event, POLICY)

    assert after.signals == ()
    assert after.conversation.effort == before.effort


def test_a_wait_is_as_much_evidence_with_deadlines_as_without() -> None:
    def found(*events: Event) -> float:
        now, total = Conversation(), 0.0
        for event in events:
            observation = observe(now, event, POLICY)
            total += sum(signal.strength for signal in observation.signals if signal.kind == "long_wait")
            now = observation.conversation
        return total

    with_deadlines = found(ASKED, *fired(ASKED)[:3], answered(300))

    assert with_deadlines == pytest.approx(found(ASKED, answered(300)), abs=0.001)
    assert with_deadlines == pytest.approx((300 - NORMAL_S) / POLICY.full_wait_s, abs=0.001)


def test_a_hold_on_the_phone_has_no_deadline_until_it_ends() -> None:
    asked = replace(ASKED, channel=Channel.VOICE)

    assert len(following(asked, held(5))) == 0
    assert len(following(asked, held(5), resumed(65))) == 1


@pytest.mark.parametrize("spoke_before", [True, False])
def test_a_rule_may_ask_for_a_hold_and_is_asked_while_it_lasts(spoke_before: bool) -> None:
    long_hold = Rule(when="held_s >= 120 || held_s > 300", severity="warning", nl="x", en="x", cooldown_s=0)
    policy = Policy(rules={"holds": long_hold})
    before = [ASKED] if spoke_before else [ASKED, answered(4)]
    seen = observe(Conversation(), before[0], policy)
    for event in (*before[1:], plain(Held, 5)):
        seen = observe(seen.conversation, event, policy)
    deadlines, found = Deadlines(policy), list[float]()

    deadlines.follow(KEY, record(seen))
    while due := deadlines.take_due(FOREVER):
        found.append(due[0].event.at_s - START_S)
        seen = observe(seen.conversation, due[0].event, policy)
        assert seen.conversation.effort == 1.0
        deadlines.follow(KEY, record(seen))

    assert found == [125.0, 306.0]
    assert seen.conversation.episodes["holds"].opened_at == START_S + 125
    assert observe(seen.conversation, plain(Resumed, 400), policy).conversation.episodes["holds"].cleared_at is not None
