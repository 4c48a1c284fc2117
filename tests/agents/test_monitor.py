"""One input record becomes one observation, one dead letter, or nothing if it was applied before."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from prometheus_client import CollectorRegistry, generate_latest
from structlog.testing import capture_logs

from agents.monitor import step
from klankbord.conversation import Conversation
from klankbord.errors import InvalidEvent, Reason
from klankbord.events import MAX_EVENT_BYTES, MAX_TEXT_CHARS, Event, encode
from klankbord.observation import observe
from klankbord.policy import Policy
from klankbord.replay import replay
from streams import canary, wire
from streams.deadletters import MAX_AHEAD_S, Incoming, dead_letter
from streams.metrics import MonitorMetrics
from tests.klankbord.given import START_S, utterance
from tests.streams.given import conversation

POLICY: Final = Policy()
KEY: Final = b"conversation-1"
STATE: Final = b"demo/conversation-1"
NOW_MS: Final = round(START_S * 1000)
# A word that nobody else uses: where it turns up, a customer's words turned up.
CANARY: Final = "kanariegeel"

Fields = dict[str, object]


@dataclass
class Monitor:
    """A monitor with a dictionary for its table and a list for its dead letters."""

    policy: Policy = POLICY
    table: dict[bytes, bytes] = field(default_factory=dict)
    buried: list[tuple[Incoming, InvalidEvent]] = field(default_factory=list)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.metrics = MonitorMetrics(self.registry, reason_groups=("returns",))

    async def take(self, *arrivals: Incoming) -> None:
        for incoming in arrivals:
            await step(incoming, self.table, bury=self._bury, policy=self.policy, metrics=self.metrics)

    async def _bury(self, incoming: Incoming, error: InvalidEvent) -> None:
        self.buried.append((incoming, error))

    def record(self, key: bytes = STATE) -> wire.Record:
        return wire.decode_record(self.table[key])

    def counted(self, metric: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"klankbord_{metric}_total", labels) or 0.0


@pytest.fixture
def monitor() -> Monitor:
    return Monitor()


def arrived(
    value: bytes | Event | None,
    *,
    offset: int = 0,
    topic: str = wire.CHAT_MESSAGES,
    key: bytes | None = KEY,
    timestamp_ms: int = NOW_MS,
) -> Incoming:
    raw = value if value is None or isinstance(value, bytes) else encode(value)
    return Incoming(topic, 2, offset, timestamp_ms, key, raw)


def fields(**changes: object) -> Fields:
    """A good event with `changes`, and CANARY among its words."""
    good: Fields = msgspec.to_builtins(utterance(f"where is it, {CANARY}"))
    return {**good, **changes}


def written(**changes: object) -> bytes:
    return json.dumps(fields(**changes)).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in fields().items() if key != name}).encode()


async def test_an_event_becomes_the_observation_that_the_core_makes_of_it(monitor: Monitor) -> None:
    events = conversation()

    await monitor.take(*(arrived(event, offset=offset) for offset, event in enumerate(events)))

    *_, last = replay(events, POLICY)
    assert monitor.record().observation == last
    assert monitor.buried == []


async def test_every_event_writes_one_record_with_where_it_came_from(monitor: Monitor) -> None:
    seen = []
    for offset, event in enumerate(conversation()):
        await monitor.take(arrived(event, offset=10 + offset))
        seen.append(monitor.record())

    assert [one.observation.event_id for one in seen] == [event.event_id for event in conversation()]
    assert [one.origin for one in seen] == [wire.Origin("chat.messages", 2, 10 + n, NOW_MS) for n in range(len(seen))]
    assert monitor.counted("observations") == len(seen)
    assert list(monitor.table) == [STATE]


async def test_equal_ids_of_two_tenants_are_two_conversations(monitor: Monitor) -> None:
    one = utterance("hello there")

    await monitor.take(arrived(one, offset=0), arrived(replace(one, tenant="other"), offset=1))

    assert set(monitor.table) == {b"demo/conversation-1", b"other/conversation-1"}


async def test_what_kafka_delivers_again_is_skipped(monitor: Monitor) -> None:
    arrivals = [arrived(utterance("where is it", number=n), offset=n) for n in range(5)]
    await monitor.take(*arrivals)
    before = dict(monitor.table)

    await monitor.take(*arrivals)

    assert monitor.table == before
    assert monitor.counted("duplicates", kind="fence") == 5
    assert monitor.counted("observations") == 5


async def test_the_fence_of_one_topic_does_not_hide_what_comes_in_another(monitor: Monitor) -> None:
    chat = arrived(utterance("where is it", number=1), offset=70)
    call = arrived(utterance("I said where is it", number=2), offset=3, topic=wire.CALL_TRANSCRIPTS)

    await monitor.take(chat, call)

    assert monitor.record().fence == {wire.CHAT_MESSAGES: 70, wire.CALL_TRANSCRIPTS: 3}
    assert monitor.record().observation.conversation.customer_turns == 2


async def test_what_a_source_sends_twice_writes_nothing(monitor: Monitor) -> None:
    said = utterance("where is it")
    await monitor.take(arrived(said, offset=0))
    before = dict(monitor.table)

    await monitor.take(arrived(said, offset=1))

    assert monitor.table == before
    assert monitor.counted("duplicates", kind="event_id") == 1
    assert monitor.buried == []


async def test_what_comes_later_than_can_be_told_from_a_repeat_is_counted_and_writes_nothing(monitor: Monitor) -> None:
    first = utterance("where is it", number=0)
    more = [utterance("hello", number=n, after_s=n) for n in range(1, 20)]
    await monitor.take(*(arrived(one, offset=n) for n, one in enumerate([first, *more])))
    before = dict(monitor.table)

    never_heard = utterance("I am furious", number=99, after_s=1)
    await monitor.take(arrived(first, offset=20), arrived(never_heard, offset=21))

    assert monitor.table == before
    assert (monitor.counted("late_events"), monitor.counted("observations")) == (2, 20)
    assert monitor.buried == []


async def test_a_record_without_a_time_of_production_is_taken(monitor: Monitor) -> None:
    await monitor.take(arrived(utterance("where is it"), timestamp_ms=0))

    assert monitor.record().origin.timestamp_ms == 0


async def test_a_clock_that_is_a_day_ahead_is_still_believed(monitor: Monitor) -> None:
    await monitor.take(arrived(utterance("where is it", after_s=MAX_AHEAD_S)))

    assert monitor.buried == []


async def test_a_conversation_that_ends_is_counted_once_by_the_group_of_its_reason(monitor: Monitor) -> None:
    events = conversation()
    again = replace(events[-1], event_id="ended again")

    await monitor.take(*(arrived(event, offset=offset) for offset, event in enumerate((*events, again))))

    assert monitor.record().observation.conversation.reason == "returns.refund_status"
    assert monitor.counted("conversations_ended", reason_group="returns") == 1
    assert monitor.counted("conversations_ended", reason_group="unknown") == 0


async def test_a_group_that_is_not_in_the_taxonomy_is_counted_as_unknown(monitor: Monitor) -> None:
    monitor.metrics.count_ended("delivery.late")

    assert monitor.counted("conversations_ended", reason_group="unknown") == 1


@dataclass(frozen=True, slots=True)
class Bad:
    """What may arrive, and what a person reads about it."""

    incoming: Incoming
    reason: Reason
    says: str


def bad(value: bytes | Event | None, reason: Reason, says: str, *, key: bytes | None = KEY) -> Bad:
    return Bad(arrived(value, offset=1, key=key), reason, says)


BAD: Final = {
    "no JSON": bad(f"hello {CANARY}".encode(), "invalid_json", "not valid JSON: JSON is malformed"),
    "half a record": bad(written()[:-7], "invalid_json", "not valid JSON: Input data was truncated"),
    "no bytes": bad(b"", "invalid_json", "not valid JSON"),
    "no UTF-8": bad(written().replace(b"where", b"wh\xe9re"), "invalid_json", "bytes that are not UTF-8"),
    "a lone surrogate, escaped": bad(written(text=f"where \ud83d is it {CANARY}"), "invalid_json", "surrogate"),
    "a lone surrogate, raw": bad(
        written().replace(b"where", b"\xed\xa0\xbd"), "invalid_json", "bytes that are not UTF-8"
    ),
    "no object": bad(b"[1, 2]", "invalid_schema", "Expected `object`, got `array`"),
    "a word for a number": bad(
        written(revision=CANARY), "invalid_schema", "Expected `int`, got `str` - at `$.revision`"
    ),
    "a number for words": bad(written(text=7), "invalid_schema", "Expected `str`, got `int` - at `$.text`"),
    "a type of event nobody knows": bad(written(type=CANARY), "invalid_schema", "Invalid value - at `$.type`"),
    "no type": bad(without("type"), "invalid_schema", "missing required field `type`"),
    "a channel nobody knows": bad(written(channel=CANARY), "invalid_schema", "Invalid enum value - at `$.channel`"),
    "a role nobody knows": bad(written(role=CANARY), "invalid_schema", "Invalid enum value - at `$.role`"),
    "a schema to come": bad(written(schema=2), "invalid_schema", "Invalid enum value - at `$.schema`"),
    "a space in an id": bad(written(event_id=f"{CANARY} 1"), "invalid_schema", "at `$.event_id`"),
    "no time": bad(without("at"), "invalid_schema", "missing required field `at`"),
    "a time without a zone": bad(
        written(at="2026-03-02T09:00:00"), "invalid_schema", "a timezone component - at `$.at`"
    ),
    "a time as a number": bad(written(at=NOW_MS), "invalid_schema", "Expected `datetime`, got `int` - at `$.at`"),
    "seconds read as milliseconds": bad(
        written(at="1970-01-21T12:20:42Z"), "absurd_time", "lies in the year 1970; is its unit right?"
    ),
    "a time in the year 1": bad(written(at="0001-01-01T00:00:00Z"), "absurd_time", "lies in the year 1;"),
    "a time that ends time": bad(written(at="9999-12-31T23:59:59-14:00"), "absurd_time", "lies in the year 9999"),
    "a time far ahead of the record": bad(
        utterance(f"hello {CANARY}", after_s=MAX_AHEAD_S + 60), "absurd_time", "more than a day after the record"
    ),
    "an end before its start": bad(written(start_ms=9, end_ms=3), "absurd_time", "'end_ms' lies before 'start_ms'"),
    "no words": bad(written(text=""), "invalid_schema", "length >= 1 - at `$.text`"),
    "blank words": bad(written(text=" \t\n "), "invalid_text", "field 'text' is empty"),
    "too many words": bad(
        written(text="e" * (MAX_TEXT_CHARS + 1)), "invalid_schema", f"length <= {MAX_TEXT_CHARS} - at `$.text`"
    ),
    "a NUL": bad(written(text=f"{CANARY}\x00"), "invalid_text", "holds a NUL character"),
    "too many bytes": bad(
        written(padding=CANARY + "x" * MAX_EVENT_BYTES), "too_large", f"at most {MAX_EVENT_BYTES} are read"
    ),
    "no key": bad(written(), "wrong_key", "key is not its conversation_id", key=None),
    "another conversation's key": bad(written(), "wrong_key", "key is not its conversation_id", key=b"conversation-2"),
    "a key of other bytes": bad(written(), "wrong_key", "key is not its conversation_id", key=b"\xff\x00"),
    "the canary's tenant": bad(
        written(tenant=wire.CANARY_TENANT), "reserved_tenant", "is the name of our own canary, and no tenant's"
    ),
    "no value": bad(None, "invalid_json", "the record has no value"),
}


@pytest.fixture(params=BAD)
def poison(request: pytest.FixtureRequest) -> Bad:
    return BAD[str(request.param)]


async def test_what_cannot_be_processed_becomes_one_dead_letter_that_says_why(monitor: Monitor, poison: Bad) -> None:
    await monitor.take(poison.incoming)

    ((incoming, error),) = monitor.buried
    assert (incoming, error.reason) == (poison.incoming, poison.reason)
    assert poison.says in str(error)
    assert monitor.table == {}
    assert monitor.counted("dead_letters", reason=poison.reason) == 1
    assert monitor.counted("observations") == 0


async def test_the_neighbours_of_a_dead_letter_are_observed_as_if_it_had_not_come(
    monitor: Monitor, poison: Bad
) -> None:
    before, after = utterance("where is it", number=7), utterance("still nothing", number=8, after_s=5)

    await monitor.take(arrived(before, offset=0), poison.incoming, arrived(after, offset=2))

    *_, last = replay((before, after), POLICY)
    assert monitor.record().observation == last
    assert len(monitor.buried) == 1


async def test_a_dead_letter_names_its_origin_and_tells_no_words_of_a_customer(monitor: Monitor, poison: Bad) -> None:
    with capture_logs() as logs:
        await monitor.take(poison.incoming)

    ((incoming, error),) = monitor.buried
    told = dead_letter(incoming, error).headers
    assert told["reason"] == poison.reason.encode()
    assert [told[f"origin_{name}"] for name in ("topic", "partition", "offset", "timestamp_ms")] == [
        b"chat.messages", b"2", b"1", str(NOW_MS).encode(),
    ]  # fmt: skip
    assert len(told["sha256"]) == 64
    assert [entry["event"] for entry in logs] == ["dead letter"]
    assert CANARY.encode() not in b"".join(told.values())
    assert CANARY not in str(logs)


# Nobody may configure it: the policy's reader refuses a scale of nought. It stands for a defect of ours.
BROKEN: Final = Policy(effort_scale=0.0)
HARD: Final = utterance(f"let me speak to your supervisor now {CANARY}", number=2)


def test_the_broken_policy_fails_where_there_is_effort_and_nowhere_else() -> None:
    calm, *_ = replay((utterance("hello there"),), BROKEN)

    assert calm.conversation.effort == 1.0
    with pytest.raises(ZeroDivisionError):
        observe(calm.conversation, HARD, BROKEN)


async def test_a_defect_of_ours_costs_one_event_its_score_and_no_more() -> None:
    monitor = Monitor(BROKEN)
    before, after = utterance("hello there"), utterance("it is about my bill", number=3, after_s=5)

    with capture_logs() as logs:
        await monitor.take(arrived(before, offset=0), arrived(HARD, offset=1), arrived(after, offset=2))

    ((incoming, error),) = monitor.buried
    assert (incoming.offset, error.reason) == (1, "failed")
    assert str(error) == "observe() failed with ZeroDivisionError"
    assert CANARY not in str(logs)
    *_, last = replay((before, after), BROKEN)
    assert monitor.record().observation == last


async def test_a_dead_letter_that_cannot_be_sent_is_not_forgotten(monitor: Monitor) -> None:
    async def away(incoming: Incoming, error: InvalidEvent) -> None:
        raise ConnectionError("broker away")

    with pytest.raises(ConnectionError):
        await step(arrived(b"{"), monitor.table, bury=away, policy=POLICY, metrics=monitor.metrics)


def _values() -> st.SearchStrategy[bytes]:
    """Any bytes, and good events with one field changed to anything that JSON can hold."""
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    )
    changed = st.builds(
        lambda name, value: json.dumps({**fields(), name: value}).encode(), st.sampled_from(sorted(fields())), anything
    )
    said = st.text(alphabet=st.characters(exclude_categories=[]), max_size=200).map(lambda text: written(text=text))
    return st.one_of(st.binary(max_size=200), changed, said)


_KEYS: Final = st.one_of(st.none(), st.just(KEY), st.binary(max_size=20))


@settings(max_examples=300, deadline=None)
@given(value=st.none() | _values(), key=_KEYS)
def test_whatever_arrives_becomes_one_record_or_one_dead_letter(value: bytes | None, key: bytes | None) -> None:
    monitor = Monitor()

    asyncio.run(monitor.take(arrived(value, key=key)))

    assert len(monitor.table) + len(monitor.buried) == 1


@settings(max_examples=50, deadline=None)
@given(text=st.text(min_size=1, max_size=500) | st.sampled_from(["'", '"', "'\"", " - at `$.text`", "\n"]))
def test_words_never_leave_by_the_headers_of_a_dead_letter(text: str) -> None:
    monitor = Monitor()
    marked = f"{CANARY}{text}"

    with capture_logs() as logs:
        asyncio.run(monitor.take(arrived(written(text=marked, channel=marked), offset=0)))

    ((incoming, error),) = monitor.buried
    assert CANARY.encode() not in b"".join(dead_letter(incoming, error).headers.values())
    assert CANARY not in str(logs)


async def test_a_canary_is_observed_and_when_it_is_over_nothing_of_it_is_left(monitor: Monitor) -> None:
    said, over = canary.canary(START_S)
    state = wire.conversation_key(wire.CANARY_TENANT, canary.CONVERSATION)

    await monitor.take(arrived(said, offset=0, key=b"canary"))
    sent_at = canary.heard(monitor.record(state))
    await monitor.take(arrived(over, offset=1, key=b"canary"))

    assert sent_at == START_S
    assert monitor.table == {}
    assert monitor.buried == []


async def test_a_canary_is_counted_nowhere_but_where_canaries_are(monitor: Monitor) -> None:
    before = generate_latest(monitor.registry)

    for offset, event in enumerate((*canary.canary(START_S), *canary.canary(START_S + 30))):
        await monitor.take(arrived(event, offset=offset, key=b"canary"))

    assert generate_latest(monitor.registry) == before


def test_a_canary_that_is_not_heard_to_be_angry_did_not_come_through() -> None:
    (said, _) = canary.canary(START_S)

    deaf = observe(Conversation(), replace(said, text="Good morning, thank you."), POLICY)

    assert canary.heard(wire.Record(deaf, wire.Origin(wire.CHAT_MESSAGES, 0, 0, NOW_MS), {})) is None
