"""Where observations go: one contract for every sink, and what only the one over Redis promises."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, TypeVar

import msgspec
import pytest
from msgspec.structs import replace
from redis import Redis

from config.settings import HERE, Settings, load_playbook
from docs.tables import KEYS
from klankbord.policy import Policy
from streams import embedded, wire
from streams.doctor import checks
from streams.sinks import Batch, Sink, Unavailable
from streams.sinks.memory import MemorySink
from streams.sinks.redis import TIMEOUT_S, RedisSink
from streams.views import Views
from streams.wire import AlertMessage, BoardRow, SuggestionMessage
from tests.streams.given import offered, records, told

VIEWS = Views(Policy(), load_playbook(HERE / "playbook"))
RECORDS = records()
ALERTS = VIEWS.alerts(RECORDS[-1], {})
OPENED = tuple(message for message in ALERTS if message.alert.state == "opened")
CLEARED = tuple(message for message in ALERTS if message.alert.state == "cleared")
OFFERS = tuple(made for record in RECORDS if (made := offered(record)).candidates)
CANDIDATES = tuple(message for made in OFFERS for message in made.messages)
ROWS = tuple(VIEWS.row(record) for record in RECORDS)

Message = TypeVar("Message")


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands outside."""

    alerts: tuple[AlertMessage, ...]
    suggestions: tuple[SuggestionMessage, ...]
    board: dict[str, BoardRow]


class Outside(Protocol):
    """A sink, and a look at what came of it."""

    @property
    def sink(self) -> Sink: ...

    def seen(self) -> Seen: ...


@dataclass(frozen=True, slots=True)
class InMemory:
    sink: MemorySink

    def seen(self) -> Seen:
        board = {f"{tenant}/{name}": row for (tenant, name), (row, _) in self.sink.board.items()}
        return Seen(tuple(self.sink.alerts), tuple(self.sink.suggestions), board)


@dataclass(frozen=True, slots=True)
class InRedis:
    sink: RedisSink
    client: Redis

    def seen(self) -> Seen:
        board = {
            name.decode(): msgspec.json.decode(row, type=BoardRow)
            for name, row in self.client.hgetall(wire.BOARD).items()
            if isinstance(name, bytes)
        }
        return Seen(
            streamed(self.client, wire.ALERTS, AlertMessage),
            tuple(one for one in told(self.client) if isinstance(one, SuggestionMessage)),
            board,
        )


def streamed(client: Redis, stream: str, kind: type[Message]) -> tuple[Message, ...]:
    """Every entry of a stream: one message of the wire, and with a row when its event came."""
    found = []
    for _, entry in client.xrange(stream) or ():
        assert entry is not None
        assert list(entry) == [wire.FIELD, *([wire.PRODUCED] if stream == wire.BOARD_CHANGES else [])]
        found.append(msgspec.json.decode(entry[wire.FIELD], type=kind))
    return tuple(found)


@pytest.fixture
def client(redis_url: str) -> Iterator[Redis]:
    """A server with nothing in it."""
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
        yield redis


@pytest.fixture
async def in_redis(client: Redis, redis_url: str) -> AsyncIterator[InRedis]:
    sink = RedisSink(redis_url)
    yield InRedis(sink, client)
    await sink.close()


@pytest.fixture(params=["memory", "redis"])
def outside(request: pytest.FixtureRequest) -> Outside:
    if request.param == "memory":
        return InMemory(MemorySink())
    found: InRedis = request.getfixturevalue("in_redis")
    return found


async def test_an_alert_is_new_once(outside: Outside) -> None:
    batch = Batch(alerts=OPENED[:1])

    first, again = await outside.sink.publish(batch), await outside.sink.publish(batch)

    assert first.alerts == OPENED[:1]
    assert again.alerts == ()
    assert outside.seen().alerts == OPENED[:1]


async def test_an_alert_that_comes_twice_in_one_batch_is_new_once(outside: Outside) -> None:
    new = await outside.sink.publish(Batch(alerts=(*OPENED, *OPENED)))

    assert new.alerts == OPENED
    assert outside.seen().alerts == OPENED


async def test_an_alert_opens_and_then_clears(outside: Outside) -> None:
    opened = await outside.sink.publish(Batch(alerts=OPENED))
    cleared = await outside.sink.publish(Batch(alerts=CLEARED))

    assert (opened.alerts, cleared.alerts) == (OPENED, CLEARED)
    assert outside.seen().alerts == (*OPENED, *CLEARED)


async def test_a_suggestion_is_new_once(outside: Outside) -> None:
    batch = Batch(offers=OFFERS)

    first, again = await outside.sink.publish(batch), await outside.sink.publish(batch)

    assert first.suggestions
    assert again.suggestions == ()
    assert outside.seen().suggestions == first.suggestions


async def test_of_several_candidates_one_is_shown_and_while_it_stands_no_other(outside: Outside) -> None:
    new = await outside.sink.publish(Batch(offers=OFFERS))

    assert len(CANDIDATES) > len(OFFERS) > 1
    for made, decision in zip(OFFERS, new.decisions, strict=True):
        assert decision.shown is None or decision.shown in made.messages
    for earlier, later in pairwise(new.suggestions):
        assert later.at >= earlier.expires_at or later.urgency > earlier.urgency


@pytest.mark.parametrize(
    ("answers", "because"), [pytest.param(0, None, id="nobody answered"), pytest.param(1, "over", id="it was answered")]
)
async def test_what_the_customer_no_longer_speaks_of_is_taken_back_once_it_was_answered(
    outside: Outside, answers: int, because: str | None
) -> None:
    first = OFFERS[0]
    (shown,) = (await outside.sink.publish(Batch(offers=(first,)))).suggestions
    signal = next(one.signal for one in first.candidates if one.suggestion_id == shown.suggestion_id)
    turns = first.agent_turns + answers
    later = replace(first, offer_id="f" * 24, candidates=(), messages=(), over=(), passed=(signal,), agent_turns=turns)

    (decision,) = (await outside.sink.publish(Batch(offers=(later,)))).decisions

    assert (decision.withdrawn.because if decision.withdrawn else None) == because


async def test_what_is_new_is_told_apart_from_what_was_published_in_the_same_batch(outside: Outside) -> None:
    first = await outside.sink.publish(Batch(alerts=OPENED[1:2], offers=OFFERS[:1]))

    new = await outside.sink.publish(Batch(alerts=OPENED, offers=OFFERS, rows=((ROWS[5], 5),)))

    assert new.alerts == (OPENED[0], *OPENED[2:])
    assert first.decisions[0].shown in OFFERS[0].messages
    assert new.decisions[0].shown is None
    assert len(new.decisions) == len(OFFERS)


async def test_a_row_gives_way_to_a_later_one_and_never_to_an_earlier_one(outside: Outside) -> None:
    await outside.sink.publish(Batch(rows=((ROWS[3], 3),)))
    await outside.sink.publish(Batch(rows=((ROWS[5], 5),)))
    await outside.sink.publish(Batch(rows=((ROWS[4], 4),)))

    assert outside.seen().board == {"demo/conversation-1": ROWS[5]}


async def test_the_rows_of_equal_ids_of_two_tenants_are_two(outside: Outside) -> None:
    other = VIEWS.row(records(tenant="other")[3])

    await outside.sink.publish(Batch(rows=((ROWS[3], 3), (other, 3))))

    assert outside.seen().board == {"demo/conversation-1": ROWS[3], "other/conversation-1": other}


async def test_a_conversation_that_ended_leaves_the_board(outside: Outside) -> None:
    await outside.sink.publish(Batch(rows=((ROWS[-2], 8),)))
    await outside.sink.publish(Batch(rows=((ROWS[-1], 9),)))

    assert ROWS[-1].state == "ended"
    assert outside.seen().board == {}


async def test_a_row_that_a_zombie_publishes_late_does_not_bring_back_what_ended(outside: Outside) -> None:
    await outside.sink.publish(Batch(rows=((ROWS[-1], 9),)))

    await outside.sink.publish(Batch(rows=((ROWS[5], 5),)))

    assert outside.seen().board == {}


async def test_a_conversation_that_ended_before_it_was_shown_is_not_shown(outside: Outside) -> None:
    await outside.sink.publish(Batch(rows=((ROWS[-1], 9),)))

    assert outside.seen().board == {}


async def test_the_same_batch_again_changes_nothing(outside: Outside) -> None:
    batch = Batch(ALERTS, OFFERS, ((ROWS[5], 5),))
    await outside.sink.publish(batch)
    before = outside.seen()

    new = await outside.sink.publish(batch)

    assert (new.alerts, new.suggestions) == ((), ())
    assert outside.seen() == before


async def test_a_batch_with_nothing_in_it_is_taken(outside: Outside) -> None:
    new = await outside.sink.publish(Batch())

    assert (new.alerts, new.suggestions) == ((), ())


async def test_redis_knows_which_alerts_are_open(in_redis: InRedis) -> None:
    await in_redis.sink.publish(Batch(alerts=OPENED))
    await in_redis.sink.publish(Batch(alerts=CLEARED[:1]))

    left = in_redis.client.hgetall(wire.OPEN_ALERTS)

    assert {msgspec.json.decode(raw, type=AlertMessage).alert.rule for raw in left.values()} == {
        message.alert.rule for message in OPENED
    } - {CLEARED[0].alert.rule}


async def test_a_late_opening_of_an_alert_that_was_published_does_not_open_it_again(in_redis: InRedis) -> None:
    await in_redis.sink.publish(Batch(alerts=ALERTS))

    await in_redis.sink.publish(Batch(alerts=OPENED))

    assert in_redis.client.hgetall(wire.OPEN_ALERTS) == {}


async def test_redis_counts_what_was_published_once(in_redis: InRedis) -> None:
    batch = Batch(alerts=ALERTS, offers=OFFERS)

    new = await in_redis.sink.publish(batch)
    await in_redis.sink.publish(batch)

    assert in_redis.client.hgetall(wire.COUNTS) == {
        **{f"alerts:{message.alert.rule}:{message.alert.state}".encode(): b"1" for message in ALERTS},
        **{f"suggestions:{suggestion.kind}".encode(): b"1" for suggestion in new.suggestions},
        b"offers": str(len(OFFERS)).encode(),
    }


async def test_a_row_says_when_its_event_came_unless_it_is_made_again(in_redis: InRedis) -> None:
    await in_redis.sink.publish(Batch(rows=((ROWS[3], 3),), produced=(1772442000.25,)))
    await in_redis.sink.publish(Batch(rows=((ROWS[5], 5),)))

    entries: Any = in_redis.client.xrange(wire.BOARD_CHANGES)
    told = [float(entry[wire.PRODUCED]) for _, entry in entries]
    assert told == [1772442000.25, 0.0]


async def test_every_change_of_the_board_is_streamed_and_no_late_row(in_redis: InRedis) -> None:
    for place in (3, 5, 4, 9):
        await in_redis.sink.publish(Batch(rows=((ROWS[place], place),)))

    assert streamed(in_redis.client, wire.BOARD_CHANGES, BoardRow) == (ROWS[3], ROWS[5], ROWS[9])


async def test_what_ended_leaves_no_offset_behind(in_redis: InRedis) -> None:
    await in_redis.sink.publish(Batch(rows=((ROWS[5], 5),)))
    await in_redis.sink.publish(Batch(rows=((ROWS[9], 9),)))

    assert in_redis.client.hgetall(wire.BOARD_OFFSETS) == {}


async def test_what_was_published_is_remembered_for_a_while_and_not_for_ever(in_redis: InRedis) -> None:
    await in_redis.sink.publish(Batch(alerts=OPENED[:1]))

    (key,) = in_redis.client.scan_iter(wire.once("*"))
    assert 0 < in_redis.client.ttl(key) <= wire.ONCE_TTL_S


async def test_publishing_goes_on_when_redis_forgot_the_scripts(in_redis: InRedis) -> None:
    await in_redis.sink.publish(Batch(alerts=OPENED[:1]))
    in_redis.client.script_flush()

    new = await in_redis.sink.publish(Batch(alerts=OPENED[1:2]))

    assert new.alerts == OPENED[1:2]


async def test_a_redis_that_is_not_there_is_unavailable() -> None:
    sink = RedisSink(f"redis://{embedded.HOST}:{next(embedded.free_ports())}/0")

    with pytest.raises(Unavailable, match="Redis"):
        await sink.publish(Batch(alerts=OPENED))

    await sink.close()


async def test_a_redis_that_does_not_answer_is_unavailable_within_its_time() -> None:
    with socket.create_server((embedded.HOST, 0)) as silent:
        sink = RedisSink(f"redis://{embedded.HOST}:{silent.getsockname()[1]}/0")
        began = time.monotonic()

        with pytest.raises(Unavailable, match="Redis"):
            await asyncio.wait_for(sink.publish(Batch(alerts=OPENED)), timeout=5 * TIMEOUT_S)

        assert time.monotonic() - began < 3 * TIMEOUT_S
        await sink.close()


async def test_a_redis_that_takes_no_more_is_unavailable_and_loses_nothing(in_redis: InRedis) -> None:
    in_redis.client.config_set("maxmemory", 1)
    try:
        with pytest.raises(Unavailable, match="Redis"):
            await in_redis.sink.publish(Batch(alerts=OPENED))
    finally:
        in_redis.client.config_set("maxmemory", 0)

    new = await in_redis.sink.publish(Batch(alerts=OPENED))

    assert new.alerts == OPENED


async def test_what_is_older_than_a_stream_keeps_is_dropped_and_nothing_else(in_redis: InRedis) -> None:
    now_s = 1_800_000_000
    for stream, kept_s in wire.STREAM_KEPT_S.items():
        for age_s in (kept_s + 1, kept_s, 0):
            in_redis.client.xadd(stream, {wire.FIELD: str(age_s)}, id=f"{(now_s - age_s) * 1000}-0")
    in_redis.client.xadd(wire.AUDIT, {wire.FIELD: b"{}"}, id="1-0")

    dropped = await in_redis.sink.forget(now_s)

    assert dropped == len(wire.STREAM_KEPT_S)
    assert {stream: in_redis.client.xlen(stream) for stream in (*wire.STREAM_KEPT_S, wire.AUDIT)} == {
        **dict.fromkeys(wire.STREAM_KEPT_S, 2), wire.AUDIT: 1,
    }  # fmt: skip


def test_every_stream_has_its_time_but_the_audit() -> None:
    streams = {key for key, (kind, _) in KEYS.items() if kind == "stream"}

    assert wire.STREAM_KEPT_S.keys() == streams - {wire.AUDIT}


def test_the_doctor_says_when_nobody_drops_them(redis_url: str, client: Redis) -> None:
    given = {"broker": "127.0.0.1:1", "redis_url": redis_url}
    client.xadd(wire.SUGGESTIONS, {wire.FIELD: b"{}"}, id="1-0")
    client.xadd(wire.ALERTS, {wire.FIELD: b"{}"})

    (found,) = [check for check in checks(Settings.model_validate(given)) if check.name == "Redis"]

    assert (found.ok, found.says) == (
        False, f"older entries than are kept lie in {wire.SUGGESTIONS}: is a publisher running?",
    )  # fmt: skip
