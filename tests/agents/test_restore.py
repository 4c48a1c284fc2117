"""Redis that lost everything, or its newest second, is made whole from Kafka; nobody is told a second time as news."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from redis import Redis

from agents.publish import Publisher
from agents.restore import Restoring
from config.budget import Budget
from config.settings import HERE, load_playbook
from klankbord.suggestions import SUGGESTIONS
from streams import wire
from streams.metrics import PublisherMetrics
from streams.rebuilding import Kept, Lost, Stopping
from streams.sinks.redis import RedisSink
from streams.views import Views
from streams.wire import AlertLife, AlertMessage
from tests.streams.given import PARTITION, POLICY, RULES, records, told

OPEN: Final = 6  # so many records of the conversation of the tests, and it is open with alerts
CALMED: Final = 9  # so many, and its alerts are cleared
Value = tuple[bytes, int]


@dataclass
class Log:
    """The observations as they lie in Kafka."""

    values: list[Value] = field(default_factory=list)

    def write(self, *written: wire.Record) -> list[Value]:
        """Append `written`, and give them as the publisher reads them."""
        new = [(wire.encode(record), len(self.values) + n) for n, record in enumerate(written)]
        self.values += new
        return new

    def read(self, published: Mapping[int, int], /, *, since_ms: float, stopping: Stopping) -> Sequence[Lost]:
        kept = Kept(since_ms)
        for value, offset in self.values:
            if offset < published[PARTITION]:
                record = wire.decode_record(value)
                name = wire.conversation_key(record.observation.tenant, record.observation.conversation_id)
                kept.take(name, value)
        return kept.conversations()


@dataclass
class Publishing:
    """A publisher over a real server, with its own counters."""

    client: Redis
    sink: RedisSink
    log: Log
    views: Views
    read: Callable[..., Sequence[Lost]] | None = None
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        rules = [(name, rule.severity) for name, rule in RULES.items()]
        metrics = PublisherMetrics(self.registry, rules=rules, kinds=[one.kind for one in SUGGESTIONS])
        self.publisher = Publisher(self.views, self.sink, metrics)
        self.restoring = Restoring(
            self.publisher,
            self.sink,
            metrics,
            suggested_s=lambda: POLICY.suggestion_expires_s,
            read=lambda published, since_ms, stopping: (self.read or self.log.read)(
                published, since_ms=since_ms, stopping=stopping
            ),
        )

    async def look(self) -> None:
        await self.restoring.look({PARTITION})

    async def show(self, *written: wire.Record) -> None:
        await self.publisher.publish(self.log.write(*written))

    def counted(self, name: str) -> float:
        return sum(
            sample.value for family in self.registry.collect() for sample in family.samples if sample.name == name
        )

    def streamed(self) -> list[AlertMessage]:
        entries = self.client.xrange(wire.ALERTS) or ()
        return [msgspec.json.decode(entry[wire.FIELD], type=AlertMessage) for _, entry in entries if entry]

    def open_alerts(self) -> dict[str, bool]:
        """By id, whether it is shown."""
        found = {_text(name): True for name in self.client.hkeys(wire.OPEN_ALERTS)}
        return found | {_text(name): False for name in self.client.hkeys(wire.HELD_ALERTS)}

    def board(self) -> dict[str, str]:
        return {_text(name): _text(row) for name, row in self.client.hgetall(wire.BOARD).items()}


def _text(raw: bytes | str) -> str:
    return raw.decode() if isinstance(raw, bytes) else raw


@pytest.fixture
def client(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
        yield redis


@pytest.fixture
async def sink(redis_url: str, client: Redis) -> AsyncIterator[RedisSink]:
    made = RedisSink(redis_url)
    yield made
    await made.close()


def publishing(client: Redis, sink: RedisSink, *, log: Log | None = None, budget: int | None = None) -> Publishing:
    limits = Budget() if budget is None else Budget(per_hour=budget)
    return Publishing(client, sink, log or Log(), Views(POLICY, load_playbook(HERE / "playbook"), limits))


def of(name: str, *, count: int, since: int = 0) -> tuple[wire.Record, ...]:
    return records(name, timestamp_ms=int(time.time() * 1000))[since:count]


async def shown(client: Redis, sink: RedisSink, *, conversations: int = 4) -> Publishing:
    """Some conversations that are open, one that is calm again and one that ended."""
    made = publishing(client, sink)
    await made.look()
    for number in range(conversations):
        await made.show(*of(f"open-{number}", count=OPEN))
    await made.show(*of("calm", count=CALMED))
    await made.show(*of("ended", count=99))
    return made


async def test_what_was_there_is_there_again(client: Redis, sink: RedisSink) -> None:
    made = await shown(client, sink)
    alerts, board = made.open_alerts(), made.board()
    client.flushall()

    await made.look()

    assert len(board) == 5
    assert alerts
    assert (made.open_alerts(), made.board()) == (alerts, board)
    assert made.counted("klankbord_redis_rebuilds_total") == 1
    assert made.counted("klankbord_redis_rebuild_seconds_count") == 1


def alerts_of(views: Views, record: wire.Record) -> dict[str, set[str]]:
    """The alerts that a state tells, opened and cleared."""
    told = [message.alert for message in views.alerts(record, {})]
    return {state: {one.alert_id for one in told if one.state == state} for state in ("opened", "cleared")}


async def test_what_is_told_again_says_so_and_what_is_over_is_not_told(client: Redis, sink: RedisSink) -> None:
    made = await shown(client, sink)
    open_before, counted = made.open_alerts(), made.counted("klankbord_alerts_total")
    client.flushall()

    await made.look()

    assert {one.alert.alert_id for one in made.streamed()} == open_before.keys()
    assert all(one.again and one.alert.state == "opened" for one in made.streamed())
    assert len(made.streamed()) == len(open_before)
    assert made.counted("klankbord_alerts_total") == counted


async def test_a_redis_that_is_whole_is_left_alone(client: Redis, sink: RedisSink) -> None:
    made = await shown(client, sink)
    before = len(made.streamed())

    await made.look()

    assert len(made.streamed()) == before
    assert made.counted("klankbord_redis_rebuilds_total") == 0


async def test_a_publisher_that_starts_afterwards_finds_nothing_new(client: Redis, sink: RedisSink) -> None:
    made = await shown(client, sink)
    client.flushall()
    await made.look()
    told_so_far = len(made.streamed())

    other = publishing(client, sink, log=made.log)
    await other.look()
    # Its memory is empty, and from nothing a state tells all its alerts, those that are over too.
    await other.publisher.publish(made.log.values)

    assert len(made.streamed()) == told_so_far
    assert other.counted("klankbord_alerts_total") == 0


async def test_the_publisher_that_starts_after_the_loss_makes_it_whole(client: Redis, sink: RedisSink) -> None:
    made = await shown(client, sink)
    alerts, board = made.open_alerts(), made.board()
    client.flushall()
    other = publishing(client, sink, log=made.log)
    # What the group has committed, which another process had published.
    other.read = lambda published, **asked: made.log.read({PARTITION: len(made.log.values)}, **asked)

    await other.look()

    assert (other.open_alerts(), other.board()) == (alerts, board)
    assert all(one.again for one in other.streamed())


async def test_the_batch_that_meets_an_empty_redis_says_so(client: Redis, sink: RedisSink) -> None:
    made = await shown(client, sink)
    client.flushall()

    await made.show(*of("open-0", count=OPEN + 1, since=OPEN))

    assert made.publisher.lost.is_set()


async def test_a_server_that_took_over_without_the_newest_second_is_noticed(client: Redis, sink: RedisSink) -> None:
    made = await shown(client, sink)
    reached = len(made.log.values)
    alerts = made.open_alerts()
    assert client.hget(wire.WHOLE, str(PARTITION)) == str(reached).encode()
    client.hset(wire.WHOLE, str(PARTITION), reached - 3)
    client.delete(wire.OPEN_ALERTS, *client.scan_iter(wire.once("*")))

    await made.look()

    assert made.open_alerts() == alerts
    assert client.hget(wire.WHOLE, str(PARTITION)) == str(reached).encode()


async def test_what_is_lost_while_it_is_made_again_is_made_again(client: Redis, sink: RedisSink) -> None:
    made = await shown(client, sink)
    alerts, board = made.open_alerts(), made.board()
    client.flushall()

    def read(published: Mapping[int, int], *, since_ms: float, stopping: Stopping) -> Sequence[Lost]:
        client.flushall()
        return made.log.read(published, since_ms=since_ms, stopping=stopping)

    made.read = read
    await made.look()
    assert made.counted("klankbord_redis_rebuilds_total") == 0
    made.read = None
    await made.look()

    assert (made.open_alerts(), made.board()) == (alerts, board)
    assert made.counted("klankbord_redis_rebuilds_total") == 1


async def test_what_happens_meanwhile_is_published_and_not_turned_back(client: Redis, sink: RedisSink) -> None:
    made = await shown(client, sink)
    client.flushall()
    loop = asyncio.get_running_loop()

    def read(published: Mapping[int, int], *, since_ms: float, stopping: Stopping) -> Sequence[Lost]:
        found = made.log.read(published, since_ms=since_ms, stopping=stopping)
        # One ends, one calms down, and one is new, while the log is read.
        news = [*of("open-0", count=99, since=OPEN), *of("open-1", count=CALMED, since=OPEN), *of("new", count=OPEN)]
        asyncio.run_coroutine_threadsafe(made.show(*news), loop).result(timeout=30)
        return found

    made.read = read
    await made.look()

    assert made.board().keys() == {"demo/open-1", "demo/open-2", "demo/open-3", "demo/calm", "demo/new"}
    last = {"open-1": CALMED, "open-2": OPEN, "open-3": OPEN, "calm": CALMED, "new": OPEN}
    states = [alerts_of(made.views, of(name, count=count)[-1]) for name, count in last.items()]
    assert made.open_alerts().keys() == {one for state in states for one in state["opened"] - state["cleared"]}
    assert states[0]["cleared"]
    fresh = [f"{one.alert.alert_id}:{one.alert.state}" for one in made.streamed() if not one.again]
    assert len(fresh) == len(set(fresh))
    await made.look()
    assert made.counted("klankbord_redis_rebuilds_total") == 1


async def test_the_budget_of_the_hour_is_kept_and_the_decisions_are_marked(client: Redis, sink: RedisSink) -> None:
    made = publishing(client, sink, budget=2)
    await made.look()
    for number in range(5):
        await made.show(*of(f"open-{number}", count=OPEN))
    before = made.open_alerts()
    client.flushall()

    await made.look()

    assert set(before.values()) == {True, False}
    assert made.open_alerts() == before
    assert all(one.again for one in made.streamed())


async def test_the_life_of_an_alert_begins_anew_and_every_page_takes_it(client: Redis, sink: RedisSink) -> None:
    made = await shown(client, sink)
    known = {
        msgspec.json.decode(raw, type=AlertLife).alert_id: msgspec.json.decode(raw, type=AlertLife).revision
        for raw in client.hvals(wire.LIVES)
    }
    client.flushall()

    await made.look()

    lives = [msgspec.json.decode(raw, type=AlertLife) for raw in client.hvals(wire.LIVES)]
    assert {one.alert_id for one in lives} == made.open_alerts().keys()
    # A page keeps the higher revision: what somebody made of it before the loss gives way.
    assert all(one.state == "new" and one.revision > known[one.alert_id] + 1_000_000 for one in lives)
    assert client.xlen(wire.LIFE_CHANGES) == len(lives)


async def test_the_suggestion_that_stands_is_there_again(client: Redis, sink: RedisSink) -> None:
    made = publishing(client, sink)
    await made.look()
    await made.show(*of("open", count=OPEN))
    standing = client.get(wire.current_suggestion("demo", "agent-12"))
    client.flushall()

    await made.look()

    assert standing is not None
    assert client.get(wire.current_suggestion("demo", "agent-12")) == standing


async def test_a_suggestion_that_no_longer_stands_does_not_come_back(client: Redis, sink: RedisSink) -> None:
    made = publishing(client, sink)
    await made.look()
    long_ago = int((time.time() - 2 * POLICY.suggestion_expires_s) * 1000)
    await made.show(*records("open", timestamp_ms=long_ago)[:OPEN])
    client.flushall()

    await made.look()

    assert told(client) == ()


def test_the_newest_state_is_the_one_that_has_seen_most() -> None:
    every = of("conversation", count=OPEN)
    kept = Kept(since_ms=0)

    for record in (*every, every[2]):
        kept.take(b"key", wire.encode(record))

    ((newest, recent),) = kept.conversations()
    assert newest == every[-1]
    assert len(recent) == OPEN + 1


def test_a_conversation_that_was_forgotten_is_not_kept() -> None:
    kept = Kept(since_ms=0)
    for name in ("gone", "closed"):
        kept.take(name.encode(), wire.encode(of(name, count=OPEN)[-1]))

    last = of("closed", count=OPEN)[-1]
    closed = msgspec.structs.replace(last, observation=msgspec.structs.replace(last.observation, type=wire.CLOSED))
    kept.take(b"closed", wire.encode(closed))
    kept.take(b"gone", None)

    assert kept.conversations() == []
