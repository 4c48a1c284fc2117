"""Observations become views once, in any order of deliveries, however long the sink is away."""

import time
from collections.abc import Sequence

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from redis import Redis

from agents.publish import Publisher
from config.budget import Budget
from config.settings import HERE, load_playbook
from klankbord.conversation import Conversation
from klankbord.observation import observe
from klankbord.policy import RULES, Policy
from klankbord.suggestions import SUGGESTIONS
from streams import canary, verify, wire
from streams.metrics import SUPPRESSED_WHY, PublisherMetrics
from streams.oracle import Shown
from streams.sinks import Batch, New, Sink, Unavailable
from streams.sinks.memory import MemorySink
from streams.sinks.redis import RedisSink
from streams.views import Views
from streams.wire import LATE_S
from tests.streams.given import POLICY, records, values
from tests.streams.given import RULES as RULES_OF_TESTS

VIEWS = Views(Policy(), load_playbook(HERE / "playbook"))
# Produced within the hour to come: suggestions stand from then on, however long the tests before this one take.
RECORDS = records(timestamp_ms=int(1000 * (time.time() + 3600)))
VALUES = values(*RECORDS)
# What the observations themselves say, in their order.
ALERTS = [(alert.rule, alert.state) for record in RECORDS for alert in record.observation.alerts]
# Of what applied, the first is shown and stands; the wish for a person is more urgent and takes its place.
KINDS = ["acknowledge_feeling", "hand_over"]


class AwayAtFirst:
    """A sink that is there, then away for some calls, and then there again; it notes what the gauge says."""

    def __init__(self, registry: CollectorRegistry, *, away: Sequence[int]) -> None:
        self.kept = MemorySink()
        self.up: list[float | None] = []
        self._registry = registry
        self._away = away

    async def publish(self, batch: Batch) -> New:
        self.up.append(up(self._registry))
        if len(self.up) in self._away:
            # A part of it may have been published already.
            await self.kept.publish(Batch(alerts=batch.alerts[:1]))
            raise Unavailable("Redis: gone for a while")
        return await self.kept.publish(batch)

    async def close(self) -> None:
        await self.kept.close()


def publisher(sink: Sink, registry: CollectorRegistry | None = None) -> Publisher:
    rules = [(name, rule.severity) for name, rule in RULES.items()]
    kinds = [suggester.kind for suggester in SUGGESTIONS]
    return Publisher(VIEWS, sink, PublisherMetrics(registry or CollectorRegistry(), rules=rules, kinds=kinds))


def up(registry: CollectorRegistry) -> float | None:
    return registry.get_sample_value("klankbord_redis_up")


def counted(registry: CollectorRegistry) -> float:
    return sum(
        sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "klankbord_alerts_total"
    )


def shown(sink: MemorySink) -> list[tuple[str, str]]:
    return [(message.alert.rule, message.alert.state) for message in sink.alerts]


@pytest.mark.parametrize("size", [pytest.param(1, id="one by one"), pytest.param(3, id="in threes")])
async def test_every_alert_and_suggestion_is_published_in_order(size: int) -> None:
    sink = MemorySink()
    publishing = publisher(sink)

    for start in range(0, len(VALUES), size):
        await publishing.publish(VALUES[start : start + size])

    assert shown(sink) == ALERTS
    assert [suggestion.kind for suggestion in sink.suggestions] == KINDS


async def test_a_whole_conversation_in_one_batch_is_published_like_one_event_after_another() -> None:
    sink = MemorySink()

    new = await publisher(sink).publish(VALUES)

    assert shown(sink) == ALERTS
    assert len(new.alerts) == len(ALERTS)
    assert sink.board == {}


async def test_an_alert_is_published_once_however_often_it_is_delivered() -> None:
    sink, registry = MemorySink(), CollectorRegistry()
    publishing = publisher(sink, registry)

    for _ in range(2):
        await publishing.publish(VALUES)

    assert shown(sink) == ALERTS
    assert counted(registry) == len(ALERTS)


@pytest.mark.parametrize(("age_s", "late"), [(LATE_S - 30, False), (LATE_S + 30, True)])
async def test_what_is_told_long_after_its_event_came_says_so(age_s: float, late: bool) -> None:
    sink = MemorySink()

    await publisher(sink).publish(values(*records(timestamp_ms=int(1000 * (time.time() - age_s)))))

    assert {message.late for message in sink.alerts} == {late}


async def test_a_second_publisher_on_the_same_sink_finds_nothing_new() -> None:
    sink, registry = MemorySink(), CollectorRegistry()
    await publisher(sink).publish(VALUES)

    new = await publisher(sink, registry).publish(VALUES)

    assert (new.alerts, new.suggestions) == ((), ())
    assert shown(sink) == ALERTS
    assert counted(registry) == 0


@pytest.mark.parametrize("stopped_at", range(1, len(VALUES)))
async def test_a_publisher_that_takes_over_anywhere_misses_nothing(stopped_at: int) -> None:
    sink = MemorySink()
    await publisher(sink).publish(VALUES[:stopped_at])

    # The one that stopped did not commit: the next one begins some records earlier.
    await publisher(sink).publish(VALUES[max(0, stopped_at - 2) :])

    assert shown(sink) == ALERTS
    assert [suggestion.kind for suggestion in sink.suggestions] == KINDS
    assert sink.board == {}


async def test_the_latest_record_alone_opens_every_alert_that_is_open() -> None:
    sink = MemorySink()

    await publisher(sink).publish(VALUES[6:7])

    assert shown(sink) == [(rule, state) for rule, state in ALERTS if state == "opened"]


async def test_nothing_is_lost_while_the_sink_is_away_and_the_gauge_says_so() -> None:
    registry = CollectorRegistry()
    sink = AwayAtFirst(registry, away=(2, 3))
    publishing = publisher(sink, registry)
    await publishing.publish(VALUES[:1])

    await publishing.publish(VALUES[1:])

    assert sink.up == [0, 1, 0, 0]
    assert up(registry) == 1
    assert registry.get_sample_value("klankbord_redis_retries_total") == 2
    assert shown(sink.kept) == ALERTS
    assert [suggestion.kind for suggestion in sink.kept.suggestions] == KINDS


async def test_the_latest_row_of_a_conversation_is_shown() -> None:
    sink = MemorySink()

    await publisher(sink).publish(VALUES[:6])

    ((row, offset),) = sink.board.values()
    assert (row, offset) == (VIEWS.row(RECORDS[5]), 5)


@pytest.mark.parametrize("size", [pytest.param(1, id="one by one"), pytest.param(9, id="in one batch")])
async def test_a_record_that_a_zombie_monitor_wrote_late_does_not_turn_the_board_back(size: int) -> None:
    sink = MemorySink()
    publishing = publisher(sink)
    late = values(*RECORDS[:6], RECORDS[2])

    for start in range(0, len(late), size):
        await publishing.publish(late[start : start + size])

    ((row, _),) = sink.board.values()
    assert row == VIEWS.row(RECORDS[5])


@pytest.mark.parametrize("size", [1, len(VALUES)])
async def test_a_record_that_a_zombie_monitor_wrote_late_clears_nothing(size: int) -> None:
    sink = MemorySink()
    one = publisher(sink)
    open_ = next(place for place, record in enumerate(RECORDS) if record.observation.conversation.open_alerts)
    late = [*VALUES[: open_ + 1], VALUES[0], *VALUES[open_ + 1 :]]

    for start in range(0, len(late), size):
        await one.publish(late[start : start + size])

    assert shown(sink) == ALERTS


async def test_conversations_of_one_batch_do_not_mix() -> None:
    sink = MemorySink()
    other = values(*records("conversation-2"))

    await publisher(sink).publish([value for pair in zip(VALUES[:6], other[:6], strict=True) for value in pair])

    assert {name for _, name in sink.board} == {"conversation-1", "conversation-2"}
    opened = [message.alert.alert_id for message in sink.alerts]
    assert len(opened) == len(set(opened)) == 2 * len([state for _, state in ALERTS if state == "opened"])


async def test_the_time_of_every_record_is_counted_once() -> None:
    registry = CollectorRegistry()

    await publisher(MemorySink(), registry).publish(VALUES)

    assert registry.get_sample_value("klankbord_event_to_redis_seconds_count") == len(VALUES)


def tight(budget: int) -> Views:
    """Views under a budget that this conversation alone exceeds."""
    return Views(POLICY, load_playbook(HERE / "playbook"), Budget(per_hour=budget))


async def published(redis_url: str, views: Views, values: Sequence[tuple[bytes, int]], *, size: int) -> float:
    """What a publisher of its own counts of `values`, given in runs of `size`."""
    registry, sink = CollectorRegistry(), RedisSink(redis_url)
    rules = [(name, rule.severity) for name, rule in RULES_OF_TESTS.items()]
    publishing = Publisher(views, sink, PublisherMetrics(registry, rules=rules, kinds=[]))
    for start in range(0, len(values), size):
        await publishing.publish(values[start : start + size])
    await sink.close()
    suppressed = sum(
        registry.get_sample_value("klankbord_alerts_suppressed_total", {"reason": why}) or 0 for why in SUPPRESSED_WHY
    )
    return counted(registry) + suppressed


async def test_everything_again_from_a_new_publisher_changes_nothing_whatever_the_budget(redis_url: str) -> None:
    every = [
        (value, offset)
        for number in range(6)
        for value, offset in values(*records(f"conversation-{number}", timestamp_ms=int(time.time() * 1000)))
        if offset < 6
    ]
    with Redis.from_url(redis_url) as client:
        client.flushdb()
        once = await published(redis_url, tight(2), every, size=4)
        shown, held = client.hlen(wire.OPEN_ALERTS), client.hlen(wire.HELD_ALERTS)
        # What stands beside the alerts (a suggestion that expires) is not looked at.
        before = {key: client.dump(key) for key in client.scan_iter("{klankbord}:alerts*")}

        again = [await published(redis_url, tight(2), every, size=size) for size in (4, 1, 36)]

        after = {key: client.dump(key) for key in client.scan_iter("{klankbord}:alerts*")}

    assert shown > 0
    assert held > 0
    assert once > 0
    assert again == [0.0] * 3
    assert after == before


@pytest.mark.parametrize("budget", [0, 1, 2])
async def test_who_verifies_finds_each_alert_once_whatever_the_budget_made_of_it(redis_url: str, budget: int) -> None:
    conversations = [records(f"conversation-{n}", timestamp_ms=int(time.time() * 1000)) for n in range(6)]
    every = [pair for one in zip(*conversations, strict=True) for pair in values(*one)]
    with Redis.from_url(redis_url) as client:
        client.flushdb()
        await published(redis_url, tight(budget), every, size=4)
        messages = [msgspec.json.decode(entry[wire.FIELD]) for _, entry in client.xrange(wire.ALERTS) or ()]

    found, trimmed = verify.shown(redis_url)

    wanted = [
        Shown(("demo", record.observation.conversation_id), f"{alert.alert_id}:{alert.state}")
        for one in conversations
        for record in one
        for alert in record.observation.alerts
    ]
    assert (sorted(found), trimmed) == (sorted(wanted), False)
    assert not all(message.get("shown", True) for message in messages)


async def test_a_canary_reaches_redis_and_nothing_else() -> None:
    sink, registry = MemorySink(), CollectorRegistry()
    seen = observe(Conversation(), canary.canary(1_790_000_000.0)[0], Policy())
    origin = wire.Origin(wire.CHAT_MESSAGES, 0, 0, 1)

    new = await publisher(sink, registry).publish([(wire.encode(wire.Record(seen, origin, {})), 0)])

    assert (new.canary, sink.canary) == (True, 1_790_000_000.0)
    assert (sink.alerts, sink.suggestions, sink.board) == ([], [], {})
    assert registry.get_sample_value("klankbord_event_to_redis_seconds_count") == 0
    assert registry.get_sample_value("klankbord_canary_seen_total") == 1
