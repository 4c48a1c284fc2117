"""Conversations that are over leave the state, late words find out that they are late, and memory is bounded."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from agents.clock import forget, readable
from agents.monitor import step
from klankbord.events import Channel, Ended, Event, encode
from klankbord.policy import Policy
from streams import wire
from streams.deadletters import Incoming
from streams.forgetting import Forgetting, Keep, marker
from streams.metrics import MonitorMetrics
from streams.recovery import is_older
from streams.views import Views
from tests.agents.test_monitor import Monitor
from tests.klankbord.given import START_S, utterance
from tests.streams.given import POLICY, conversation

KEEP: Final = Keep(whole_s=600.0, marker_s=86_400.0)
HOUR_S: Final = 3600.0
KEY: Final = b"demo/conversation-1"


@dataclass
class Floor:
    """A monitor with a clock: it takes events as they are produced, and looks at the clock between them."""

    policy: Policy = POLICY
    table: dict[bytes, bytes] = field(default_factory=dict)
    offset: int = 0
    tombstones: int = 0

    def __post_init__(self) -> None:
        self.metrics = MonitorMetrics(CollectorRegistry())
        self.forgetting = Forgetting(self.policy, KEEP)

    def get(self, key: bytes, /) -> bytes | None:
        return self.table.get(key)

    def write(self, key: bytes, value: bytes | None) -> None:
        if value is None:
            del self.table[key]
            self.tombstones += 1
        else:
            self.table[key] = value

    async def takes(self, *events: Event, at_s: float | None = None) -> None:
        for event in events:
            produced_ms = round((event.at_s if at_s is None else at_s) * 1000)
            incoming = Incoming(wire.CHAT_MESSAGES, 0, self.offset, produced_ms, wire.input_key(event), encode(event))
            self.offset += 1
            await step(
                incoming, self.table, bury=never, policy=self.policy, metrics=self.metrics, forgetting=self.forgetting
            )

    async def until(self, now_s: float) -> None:
        """The clock says `now_s`; what ends an idle conversation comes back as an event."""
        for event, _ in forget(self, self.forgetting, self.metrics, now_s=now_s):
            await self.takes(event, at_s=now_s)

    def record(self, key: bytes = KEY) -> wire.Record:
        return wire.decode_record(self.table[key])


def in_order(forgetting: Forgetting) -> int:
    return sum(map(len, forgetting._due._orders.values()))


async def never(*_: object) -> None:
    raise AssertionError("nothing is buried here")


async def ended() -> tuple[Floor, float]:
    floor = Floor()
    await floor.takes(*conversation())
    return floor, conversation()[-1].at_s


async def test_an_ended_conversation_stays_ten_minutes_then_a_marker_then_nothing() -> None:
    floor, at_s = await ended()
    assert floor.record().observation.conversation.episodes  # it alerted

    await floor.until(at_s + 599)
    assert floor.record().observation.type == "ended"
    await floor.until(at_s + 601)
    assert floor.record().observation.type == wire.CLOSED
    await floor.until(at_s + wire.ONCE_TTL_S - 1)
    assert KEY in floor.table
    await floor.until(at_s + wire.ONCE_TTL_S + 1)

    assert (floor.table, floor.tombstones, len(floor.forgetting)) == ({}, 1, 0)


async def test_an_ended_conversation_stays_whole_while_there_is_more_of_its_partition_to_read() -> None:
    floor, at_s = await ended()
    forgetting = floor.forgetting

    left = forget(floor, forgetting, floor.metrics, now_s=at_s + 9_999, reached={0: at_s + 599}.__getitem__)
    assert (left, floor.record().observation.type) == ([], "ended")
    forget(floor, forgetting, floor.metrics, now_s=at_s + 9_999, reached={0: at_s + 601}.__getitem__)

    assert floor.record().observation.type == wire.CLOSED


async def test_the_marker_of_one_that_never_alerted_goes_when_kafka_can_deliver_its_events_no_more() -> None:
    floor = Floor()
    said = utterance("hello there")
    await floor.takes(said, end_of(said, after_s=5))

    await floor.until(said.at_s + 700)
    await floor.until(said.at_s + KEEP.marker_s + 6)

    assert floor.table == {}


async def test_a_marker_is_small_and_quotes_nobody() -> None:
    floor, at_s = await ended()
    whole = len(floor.table[KEY])

    await floor.until(at_s + 601)

    record = floor.record()
    assert len(floor.table[KEY]) < whole / 2
    assert len(floor.table[KEY]) < 1500
    assert record.observation.conversation.evidence == ()
    assert all(episode.cause is None for episode in record.observation.conversation.episodes.values())
    assert b"refund" not in floor.table[KEY]


async def test_what_kafka_delivers_again_or_a_source_sends_again_finds_the_marker() -> None:
    floor, at_s = await ended()
    await floor.until(at_s + 601)
    small = dict(floor.table)

    again = conversation()[-1]
    await floor.takes(again, at_s=at_s + 700)

    assert floor.table == small


async def test_a_late_word_of_an_ended_conversation_is_stored_and_never_alerts() -> None:
    floor, at_s = await ended()
    await floor.until(at_s + 601)

    late = utterance("I am furious, this is absolutely unacceptable, worst service ever", number=99, after_s=10)
    await floor.takes(replace(late, conversation_id="conversation-1"), at_s=at_s + 700)

    record = floor.record()
    assert record.observation.type == "utterance"
    assert record.observation.alerts == ()
    assert record.observation.conversation.open_alerts == 0
    views = Views(POLICY, None)  # type: ignore[arg-type]  # a row needs no wording
    assert views.row(record).state == "ended"


def end_of(event: Event, *, after_s: float) -> Ended:
    return Ended(
        schema=1,
        event_id=f"{event.event_id}-end",
        tenant=event.tenant,
        conversation_id=event.conversation_id,
        channel=event.channel,
        at=datetime.fromtimestamp(event.at_s + after_s, UTC),
    )


ANGRY: Final = "this is ridiculous, I am furious, absolutely unacceptable"


async def angry_and_left() -> tuple[Floor, float]:
    floor = Floor()
    said = [utterance(ANGRY, number=n, after_s=n) for n in range(3)]
    await floor.takes(*said)
    assert floor.record().observation.conversation.open_alerts
    return floor, said[-1].at_s


async def test_an_idle_conversation_ends_by_an_event_that_clears_its_alerts_and_its_row() -> None:
    floor, at_s = await angry_and_left()
    idle_s = POLICY.idle_after_s[Channel.CHAT]

    await floor.until(at_s + idle_s - 1)
    assert floor.record().observation.conversation.ended_at is None
    await floor.until(at_s + idle_s + 1)

    record = floor.record()
    assert (record.observation.type, record.observation.conversation.open_alerts) == ("ended", 0)
    assert {alert.state for alert in record.observation.alerts} == {"cleared"}
    assert record.observation.conversation.ended_at == at_s + idle_s
    assert Views(POLICY, None).row(record).state == "ended"  # type: ignore[arg-type]


async def test_who_was_only_idle_may_come_back_and_alerts_anew_with_another_id() -> None:
    floor, at_s = await angry_and_left()
    opened = floor.record().observation.conversation.episodes["angry_customer"]
    await floor.until(at_s + POLICY.idle_after_s[Channel.CHAT] + 1)
    await floor.until(at_s + POLICY.idle_after_s[Channel.CHAT] + 700)
    assert floor.record().observation.type == wire.CLOSED

    back = 20 * HOUR_S
    await floor.takes(*(utterance(ANGRY, number=50 + n, after_s=back + n) for n in range(3)))

    now = floor.record().observation.conversation
    assert now.ended_at is None
    assert now.episodes["angry_customer"].number == opened.number + 1
    assert now.episodes["angry_customer"].cleared_at is None


async def test_an_idle_end_that_crosses_a_word_on_its_way_ends_nothing() -> None:
    floor, at_s = await angry_and_left()
    before = floor.record()
    ((end, _),) = forget(floor, floor.forgetting, floor.metrics, now_s=at_s + POLICY.idle_after_s[Channel.CHAT] + 1)

    await floor.takes(utterance("are you there?", number=9, after_s=POLICY.idle_after_s[Channel.CHAT] - 5), end)

    assert before.observation.conversation.ended_at is None
    assert floor.record().observation.conversation.ended_at is None
    assert floor.record().observation.conversation.waiting_since is not None


async def test_a_conversation_is_idle_after_what_its_channel_has_made_normal() -> None:
    floor = Floor()
    await floor.takes(replace(utterance("hello there"), channel=Channel.WHATSAPP))

    await floor.until(START_S + 25 * HOUR_S)
    assert floor.record().observation.conversation.ended_at is None
    await floor.until(START_S + 27 * HOUR_S)
    assert floor.record().observation.conversation.ended_at is not None


async def test_a_restart_knows_what_was_due() -> None:
    floor, at_s = await ended()
    floor.forgetting = Forgetting(POLICY, KEEP)
    floor.forgetting.restart([(KEY, floor.record())])

    await floor.until(at_s + 601)

    assert floor.record().observation.type == wire.CLOSED


async def test_one_conversation_has_one_place_in_the_order_however_often_it_speaks() -> None:
    floor = Floor()

    await floor.takes(*(utterance("hello", number=n, after_s=n) for n in range(500)))

    assert (len(floor.forgetting), in_order(floor.forgetting)) == (1, 1)


async def test_memory_is_bounded_by_what_is_open_and_what_ended_lately() -> None:
    """Three days of a floor where a conversation begins every 20 minutes; a third of them is never ended."""
    floor, most, every_s = Floor(), 0, 1200.0
    hello = utterance("hello there, it is about my bill")
    for number in range(3 * 72):
        now_s = START_S + number * every_s
        said = replace(
            hello,
            event_id=f"e-{number}",
            conversation_id=f"c-{number}",
            at=datetime.fromtimestamp(now_s, UTC),
        )
        await floor.takes(said)
        if number % 3:
            await floor.takes(end_of(said, after_s=1))
        await floor.until(now_s + 300)
        most = max(most, len(floor.table))

    a_day, idle = 86_400 / every_s, POLICY.idle_after_s[Channel.CHAT] / every_s
    assert floor.offset > 3 * 72 * 1.5
    assert a_day < most <= a_day + idle + 3
    whole = [key for key, raw in floor.table.items() if wire.decode_record(raw).observation.type != wire.CLOSED]
    assert len(whole) <= idle + 3
    assert len(floor.forgetting) <= len(floor.table)
    assert in_order(floor.forgetting) <= 2 * len(floor.table)


async def test_an_endless_conversation_stays_small() -> None:
    floor = Floor()
    for n in range(600):
        await floor.takes(utterance(f"{ANGRY} for the {n}th time", number=n, after_s=n * 30))

    state = len(wire.encode(floor.record().observation.conversation))
    assert state <= 4096
    assert len(floor.table) == 1


async def test_a_marker_that_a_zombie_writes_over_a_newer_state_is_not_believed() -> None:
    floor, at_s = await ended()
    zombies = wire.encode(marker(floor.record()))
    await floor.takes(utterance("and one more thing", number=99, after_s=10), at_s=at_s + 5)

    assert is_older(zombies, floor.table[KEY])


async def test_the_publisher_shows_nothing_of_a_marker() -> None:
    from agents.publish import Publisher
    from streams.metrics import PublisherMetrics
    from streams.sinks.memory import MemorySink

    floor, at_s = await ended()
    await floor.until(at_s + 601)
    sink = MemorySink()
    publisher = Publisher(
        Views(POLICY, None),  # type: ignore[arg-type]  # a marker needs no wording
        sink,
        PublisherMetrics(CollectorRegistry(), rules=[], kinds=[]),
    )

    await publisher.publish([(floor.table[KEY], 7)])

    assert (sink.alerts, sink.board) == ([], {})


async def test_a_state_that_cannot_be_read_does_not_stop_the_clock() -> None:
    monitor = Monitor()
    monitor.table[KEY] = b"{"

    assert readable(monitor.table) == []
