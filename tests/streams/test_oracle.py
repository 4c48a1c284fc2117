"""The oracle names each kind of damage, and says what it cannot judge."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec
import pytest

from klankbord import facts
from klankbord.events import Event, encode
from klankbord.replay import replay
from streams import canary, wire
from streams.forgetting import marker
from streams.oracle import Found, Input, Place, Shown, Verdict, Written, judge
from tests.klankbord.given import utterance
from tests.streams.given import PARTITION, POLICY, PRODUCED_MS, conversation

EVENTS: Final = conversation()
TALK: Final = "demo", "conversation-1"


def told(events: Sequence[Event], *, first: int = 0) -> list[Input]:
    return [
        Input(Place(wire.CHAT_MESSAGES, PARTITION, first + n), 0, wire.input_key(event), encode(event))
        for n, event in enumerate(events)
    ]


def written(events: Sequence[Event]) -> list[Written]:
    return [
        Written(
            PARTITION,
            n,
            wire.encode(
                wire.Record(one, wire.Origin(wire.CHAT_MESSAGES, PARTITION, n, PRODUCED_MS), {wire.CHAT_MESSAGES: n})
            ),
        )
        for n, one in enumerate(replay(events, POLICY))
    ]


def shown(events: Sequence[Event]) -> list[Shown]:
    return [Shown(TALK, f"{a.alert_id}:{a.state}") for one in replay(events, POLICY) for a in one.alerts]


RIGHT: Final = Found(told(EVENTS), written(EVENTS), [], shown(EVENTS))


def wrong(found: Found) -> set[str]:
    return {name for name, keys in judge(found, POLICY).wrong.items() if keys}


def test_what_is_right_is_clean() -> None:
    verdict = judge(RIGHT, POLICY)

    assert verdict == Verdict(judged=1)
    assert verdict.clean
    assert RIGHT.shown


def changed(one: Written, **fields: object) -> Written:
    record = wire.decode_record(one.value)
    state = msgspec.structs.replace(record.observation.conversation, **fields)
    observation = msgspec.structs.replace(record.observation, conversation=state)
    return one._replace(value=wire.encode(msgspec.structs.replace(record, observation=observation)))


def again(one: Written, *, offset: int) -> Written:
    """The same event counted once more, from another place."""
    record = wire.decode_record(one.value)
    elsewhere = msgspec.structs.replace(record.origin, offset=offset)
    return one._replace(offset=len(EVENTS), value=wire.encode(msgspec.structs.replace(record, origin=elsewhere)))


LOG: Final = list(RIGHT.written)
DAMAGE: Final = {
    "an observation is gone": (
        replace(RIGHT, written=[w._replace(offset=n) for n, w in enumerate(LOG[:4] + LOG[5:])]), {"lost"}),
    "the last observation is gone": (replace(RIGHT, written=LOG[:-1]), {"lost", "state_mismatch"}),
    "an observation of nothing": (replace(RIGHT, inputs=RIGHT.inputs[:-1]), {
        "phantom", "state_mismatch", "alert_extra"}),
    "a changed state": (replace(RIGHT, written=[*LOG[:-1], changed(LOG[-1], customer_turns=99)]), {
        "conflict", "state_mismatch"}),
    "two copies that differ": (replace(RIGHT, written=[*LOG, changed(LOG[3], effort=6.5)]), {
        "conflict", "state_mismatch"}),
    "counted twice": (replace(RIGHT, written=[*LOG, again(LOG[-1], offset=50)], inputs=[
        *RIGHT.inputs, RIGHT.inputs[-1]._replace(place=Place(wire.CHAT_MESSAGES, PARTITION, 50))]), {"effective_dup"}),
    "out of order": (replace(RIGHT, written=[LOG[1], LOG[0], *LOG[2:]]), {"order"}),
    "an alert too few": (replace(RIGHT, shown=RIGHT.shown[1:]), {"alert_missing"}),
    "an alert too many": (replace(RIGHT, shown=[*RIGHT.shown, Shown(TALK, "another:opened")]), {"alert_extra"}),
    "an alert twice": (replace(RIGHT, shown=[*RIGHT.shown, RIGHT.shown[0]]), {"alert_twice"}),
    "a dead letter of a good event": (replace(RIGHT, letters=[RIGHT.inputs[0].place]), {"phantom"}),
    "poison without a dead letter": (replace(RIGHT, inputs=[
        *RIGHT.inputs, Input(Place(wire.CHAT_MESSAGES, PARTITION, 90), 0, b"x", b"{")]), {"lost"}),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_kind_of_damage_has_its_name(damage: str) -> None:
    found, says = DAMAGE[damage]

    assert wrong(found) == says


def test_a_copy_that_is_the_same_is_no_damage() -> None:
    verdict = judge(replace(RIGHT, written=[*LOG, LOG[-1]._replace(offset=len(LOG))]), POLICY)

    assert verdict.clean
    assert verdict.physical_dup == 1


def test_what_the_source_says_twice_is_expected_once() -> None:
    twice = [*RIGHT.inputs, RIGHT.inputs[-1]._replace(place=Place(wire.CHAT_MESSAGES, PARTITION, len(EVENTS)))]

    assert judge(replace(RIGHT, inputs=twice), POLICY).clean


def test_the_canary_is_nobodys_conversation() -> None:
    [said, over] = [encode(event) for event in canary.canary(1_772_442_000.0)]
    own = [
        Input(Place(wire.CHAT_MESSAGES, 0, n), 0, canary.CONVERSATION.encode(), raw)
        for n, raw in enumerate([said, over])
    ]

    assert judge(replace(RIGHT, inputs=[*RIGHT.inputs, *own]), POLICY) == Verdict(judged=1)


def test_under_the_canarys_name_anybody_elses_conversation_is_poison() -> None:
    event = msgspec.structs.replace(utterance("hello"), tenant=wire.CANARY_TENANT)

    assert wrong(replace(RIGHT, inputs=[*RIGHT.inputs, *told([event], first=90)])) == {"lost"}


def closing(records: Sequence[Written], *, offset: int) -> Written:
    """The marker that takes the place of the last of these."""
    last = wire.decode_record(records[-1].value)
    return Written(PARTITION, offset, wire.encode(marker(last)))


def test_the_marker_of_an_ended_conversation_is_nothing_but_its_end() -> None:
    closed = closing(LOG, offset=len(LOG))

    assert judge(replace(RIGHT, written=[*LOG, closed]), POLICY) == Verdict(judged=1)
    assert judge(replace(RIGHT, written=[closed]), POLICY).clean  # compacted


def test_a_marker_of_another_end_is_seen() -> None:
    closed = changed(closing(LOG, offset=len(LOG)), ended_at=1.0)

    assert wrong(replace(RIGHT, written=[*LOG, closed])) == {"state_mismatch"}


def test_what_is_heard_of_a_conversation_after_it_was_let_go_of_is_not_judged_by_a_fold() -> None:
    late = utterance("and this", number=90, after_s=170.0)
    found = replace(RIGHT, written=[*LOG, closing(LOG, offset=len(LOG))], inputs=[
        *RIGHT.inputs, *told([late], first=len(EVENTS))])  # fmt: skip

    verdict = judge(found, POLICY)

    assert verdict.clean
    assert verdict.unjudged == {"events after a conversation was let go of": 1}


def many(late: Event) -> list[Event]:
    return [*(utterance("hello", number=n, after_s=float(n)) for n in range(1, 20)), late]


def test_what_is_too_late_to_be_told_from_a_repeat_has_no_observation() -> None:
    events = many(utterance("where is it", number=99))
    right = Found(told(events), written(events[:-1]), [], shown(events[:-1]))

    verdict = judge(right, POLICY)

    assert verdict.clean
    assert verdict.unjudged == {"events too late to tell from a repeat": 1}
    assert "phantom" in wrong(replace(right, written=written(events)))


def test_what_is_a_little_late_has_one() -> None:
    events = many(utterance("where is it", number=99, after_s=15.5))
    found = Found(told(events), written(events[:-1]), [], shown(events[:-1]))

    assert "lost" in wrong(found)
    assert judge(replace(found, written=written(events), shown=shown(events)), POLICY).clean


def test_a_monitor_that_calls_late_what_is_not_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    events = many(utterance("where is it", number=99, after_s=15.5))
    monkeypatch.setattr(facts, "is_late", lambda conversation, event: event.event_id == "event-99")

    assert "lost" in wrong(Found(told(events), written(events[:-1]), [], shown(events[:-1])))


def test_a_hole_that_compaction_left_is_not_called_a_loss() -> None:
    compacted = judge(replace(RIGHT, written=[LOG[0], *LOG[5:]]), POLICY)

    assert compacted.clean
    assert compacted.unjudged == {"events whose observation may be compacted": 4}


def test_a_conversation_that_began_before_the_range_is_not_judged_by_a_fold() -> None:
    later = replace(RIGHT, inputs=RIGHT.inputs[4:], since={(wire.CHAT_MESSAGES, PARTITION): 4})

    verdict = judge(later, POLICY)

    assert verdict.clean
    assert (verdict.judged, verdict.unjudged) == (0, {"conversations that began before the first offset": 1})


def test_what_is_lost_in_such_a_conversation_is_still_seen() -> None:
    log = [w._replace(offset=n) for n, w in enumerate(LOG[:-1])]
    later = replace(RIGHT, inputs=RIGHT.inputs[4:], written=log, since={(wire.CHAT_MESSAGES, PARTITION): 4})

    assert wrong(later) == {"lost"}


def test_what_is_in_work_is_not_yet_lost() -> None:
    working = replace(RIGHT, written=LOG[:-2], done={(wire.CHAT_MESSAGES, PARTITION): len(EVENTS) - 2}, shown=[
        one for one in RIGHT.shown if one.alert in {s.alert for s in shown(EVENTS[:-2])}])  # fmt: skip

    verdict = judge(working, POLICY)

    assert verdict.clean
    assert verdict.unjudged == {"events still in work": 2}


def test_a_conversation_in_two_topics_is_folded_as_it_was_applied() -> None:
    chat, call = EVENTS[:5], EVENTS[5:]
    inputs = told(chat) + [
        one._replace(place=Place(wire.CALL_TRANSCRIPTS, PARTITION, n)) for n, one in enumerate(told(call))
    ]
    log = []
    for n, one in enumerate(LOG):
        record = wire.decode_record(one.value)
        topic, offset = (wire.CHAT_MESSAGES, n) if n < 5 else (wire.CALL_TRANSCRIPTS, n - 5)
        origin = msgspec.structs.replace(record.origin, topic=topic, offset=offset)
        log.append(one._replace(value=wire.encode(msgspec.structs.replace(record, origin=origin))))

    assert judge(replace(RIGHT, inputs=inputs, written=log), POLICY).clean


def test_an_unknown_conversation_is_a_phantom() -> None:
    stranger = [w._replace(offset=len(LOG)) for w in written([utterance("hello")])]

    assert "phantom" in wrong(replace(RIGHT, inputs=[], written=stranger, shown=[]))
