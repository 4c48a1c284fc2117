"""What Faust's table loses, keeps too long or waits for in vain, and that ours does not; no broker is asked."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import faust
import pytest
from faust.exceptions import ValueDecodeError
from faust.stores import memory
from faust.tables import TableManager as FaustTableManager
from faust.tables import base as base_table
from faust.tables import recovery as faust_recovery
from faust.transport.conductor import Conductor
from faust.types import TP, ConsumerMessage

from config.settings import Settings
from streams import tables, transport, wire
from streams.app import create_monitor
from streams.tables import ANSWERS, QUIET_S, Recovery, Table, Tail, follow
from streams.watchdog import look_at
from tests.streams.test_transport import made, source_hash

LOG: Final = "conversation.observations"
HERE, THERE = TP(LOG, 0), TP(LOG, 1)

# As in test_transport.py: another hash asks whether the trap is still there, and whether ours is still right.
REPLACED: Final[Mapping[Callable[..., Any], str]] = {
    faust_recovery.Recovery.need_recovery: "fd1dc345b5d5",
    faust_recovery.Recovery.active_remaining: "0dcc38568ad5",
    faust_recovery.Recovery._slurp_changelogs.fun: "7825c7e50f76",
    faust_recovery.Recovery.on_rebalance: "aa4d997a1795",
    faust_recovery.Recovery._build_highwaters: "91b4cc0d3724",
    vars(FaustTableManager)["recovery"].fget: "f0bf5de78b4c",
    memory.Store.apply_changelog_batch: "71863e3cd727",
    memory.Store._create_batch_iterator: "b082c8bcc040",
    memory.Store.on_recovery_completed: "a00bef343e13",
    base_table.Collection._new_store_by_url: "343a8125107d",
    base_table.Collection.send_changelog: "3dd3884e1b5f",
    base_table.Collection.on_rebalance: "0812ad692171",
    faust.Table.on_key_get: "609b38a392aa",
    faust.Table.on_key_set: "a370e35ca55c",
    faust.Table.on_key_del: "4f2900b2f9d2",
    Conductor._update_indices: "619b3247b96a",
}


def app_with(table: type[faust.Table[Any, Any]], manager: type[FaustTableManager]) -> Any:
    app = faust.App(
        "t", broker="kafka://127.0.0.1:1", store="memory://", value_serializer="raw", web_enabled=False,
        Table=table, TableManager=manager,
    )  # fmt: skip
    app.transport = transport.Transport(app.conf.broker, app)
    return app


def table_of(app: Any, **more: Any) -> Any:
    changelog = app.topic(LOG, key_type=bytes, value_type=bytes, acks=False, allow_empty=True, **more)
    table = app.Table("conversations", key_type=bytes, value_type=bytes, partitions=2, changelog_topic=changelog)
    app.finalize()
    return table


def logged(key: bytes | None, value: bytes | None, *, offset: int = 0, tp: TP = HERE) -> Any:
    """A record of the changelog as recovery gets it."""
    message = ConsumerMessage(*(tp.topic, tp.partition, offset, 0.0, 0, [], key, value, None, 3, 5, tp))
    return SimpleNamespace(key=key, value=value, message=message)


FAUSTS: Final = pytest.param(faust.Table, FaustTableManager, id="faust")
OURS: Final = pytest.param(Table, tables.TableManager, id="ours")


class Asked:
    """What is known of Kafka's answers to fetches, in place of the consumer's thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at_ms: int | None = 0
        monkeypatch.setattr(transport.Consumer, "asked_at_ms", lambda *_: self.at_ms)


def waits_for_a_hole(app: Any) -> Any:
    """A recovery that has had all there is: records 8 and 9 were compacted away, the log ends at 10."""
    table_of(app)
    app.consumer = made(transport.Consumer, app)
    recovery: Any = app.tables.recovery
    recovery.in_recovery = True
    recovery.active_tps.add(HERE)
    recovery.active_highwaters[HERE] = 9
    recovery.active_offsets[HERE] = 7
    return recovery


@pytest.mark.parametrize(
    ("table", "manager", "waits"),
    [pytest.param(*FAUSTS.values, True, id="faust"), pytest.param(*OURS.values, False, id="ours")],
)
async def test_recovery_does_not_wait_for_a_record_that_was_compacted_away(
    table: Any, manager: Any, waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery = waits_for_a_hole(app_with(table, manager))
    asked = Asked(monkeypatch)
    look = getattr(recovery, "look", lambda now_s: None)  # Faust's asks nobody

    for at_s in range(60):
        asked.at_ms = at_s * 1000
        look(float(at_s))

    assert recovery.need_recovery() is waits


async def test_recovery_goes_on_waiting_while_kafka_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    recovery = waits_for_a_hole(app_with(Table, tables.TableManager))
    asked = Asked(monkeypatch)

    for at_s in range(60):
        asked.at_ms = None if at_s % 2 else 5
        recovery.look(float(at_s))

    assert recovery.need_recovery()


async def test_recovery_goes_on_waiting_while_records_are_on_their_way(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_with(Table, tables.TableManager)
    recovery = waits_for_a_hole(app)
    asked = Asked(monkeypatch)
    app.flow_control.resume()
    app.tables.changelog_queue.put_nowait(logged(b"k", b"v", offset=9))

    for at_s in range(60):
        asked.at_ms = at_s
        recovery.look(float(at_s))

    assert recovery.need_recovery()


async def test_answers_that_come_within_a_moment_are_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    recovery = waits_for_a_hole(app_with(Table, tables.TableManager))
    asked = Asked(monkeypatch)

    for look in range(20):
        asked.at_ms = look
        recovery.look(look * QUIET_S / 40)

    assert recovery.need_recovery()


def test_a_record_that_comes_begins_the_count_anew() -> None:
    tail: Tail | None = None
    for look in range(ANSWERS):
        tail = follow(tail, offset=7, asked_at_ms=look, now_s=0.0)
    assert tail is not None
    assert not tail.ended

    assert follow(tail, offset=7, asked_at_ms=99, now_s=1.0).ended
    assert not follow(tail, offset=8, asked_at_ms=99, now_s=1.0).ended


@pytest.mark.parametrize(
    ("table", "manager", "left"),
    [pytest.param(*FAUSTS.values, b"old", id="faust"), pytest.param(*OURS.values, None, id="ours")],
)
async def test_a_partition_that_comes_back_brings_nothing_old(table: Any, manager: Any, left: bytes | None) -> None:
    app = app_with(table, manager)
    conversations = table_of(app)
    conversations.partition_for_key = lambda key: 1
    conversations[b"written here"] = b"old"

    await conversations.on_rebalance({HERE}, {THERE}, set(), 2)
    await conversations.on_recovery_completed({HERE}, set())
    # Meanwhile another worker forgets the conversation, and its tombstone is compacted away: nothing is read.
    await conversations.on_rebalance({HERE, THERE}, set(), {THERE}, 3)
    await conversations.on_recovery_completed({HERE, THERE}, set())

    assert conversations.get(b"written here") == left


async def test_what_stays_assigned_stays() -> None:
    conversations = table_of(app_with(Table, tables.TableManager))
    conversations.partition_for_key = lambda key: 0
    conversations[b"here"] = b"state"

    await conversations.on_rebalance({HERE}, {THERE}, set(), 2)
    await conversations.on_recovery_completed({HERE}, set())

    assert conversations[b"here"] == b"state"


@pytest.mark.parametrize(
    ("kind", "decodes"), [pytest.param(dict, False, id="faust, typed"), pytest.param(bytes, True, id="ours, bytes")]
)
async def test_a_record_of_the_changelog_that_cannot_be_read_is_not_lost_on_the_way(kind: Any, decodes: bool) -> None:
    app = app_with(Table, tables.TableManager)
    serializer = "json" if kind is dict else "raw"
    topic = app.topic(LOG, key_type=bytes, value_type=None if kind is dict else bytes, value_serializer=serializer)
    message = logged(b"k", b"{not json").message

    # With types the conductor throws this into the queue; recovery warns, counts nothing, and waits for ever if it
    # was the last.
    if decodes:
        assert (await topic.decode(message, propagate=True)).value == b"{not json"
    else:
        with pytest.raises(ValueDecodeError):
            await topic.decode(message, propagate=True)


async def test_a_tombstone_is_recovered_as_one_and_a_record_without_a_key_is_nobodys() -> None:
    conversations = table_of(app_with(Table, tables.TableManager))

    conversations.apply_changelog_batch([logged(b"a", b"1"), logged(b"b", b"2"), logged(None, b"3")])
    conversations.apply_changelog_batch([logged(b"a", None)])

    assert dict(conversations.data) == {b"b": b"2"}
    assert conversations.store.partition_of(b"a") is None


async def test_state_can_be_written_outside_of_an_event_where_it_lives_and_nowhere_else() -> None:
    app = app_with(Table, tables.TableManager)
    conversations = table_of(app)
    conversations.apply_changelog_batch([logged(b"a", b"1", tp=THERE), logged(b"b", b"2", tp=THERE)])

    conversations.write(b"a", None)
    conversations.write(b"b", b"3")

    assert dict(conversations.data) == {b"b": b"3"}
    sent = [app.producer.buffer.pending.get_nowait().message for _ in range(2)]
    assert [(one.key, one.value, one.partition) for one in sent] == [(b"a", None, 1), (b"b", b"3", 1)]
    with pytest.raises(KeyError):
        conversations.write(b"elsewhere", None)


async def test_what_recovery_reads_does_not_wait_in_hand(tmp_path: Path) -> None:
    app: Any = create_monitor(Settings(broker="127.0.0.1:1", redis_url="redis://127.0.0.1:1/0", data_dir=tmp_path))
    app.finalize()
    (table,) = app.tables.values()
    app.topics.add(table.changelog_topic.clone_using_queue(app.tables.changelog_queue))
    await app.topics._update_indices()
    app.consumer = consumer = made(transport.Consumer, app)

    assert not app.topics.acks_enabled_for(wire.OBSERVATIONS)
    await consumer.callback(logged(b"k", b"v").message)

    assert (look_at(app).in_hand, consumer.in_hand()) == (0, 0)


def test_the_monitor_has_our_table_and_our_recovery(tmp_path: Path) -> None:
    async def made_within_a_loop() -> None:
        app: Any = create_monitor(Settings(broker="127.0.0.1:1", redis_url="redis://127.0.0.1:1/0", data_dir=tmp_path))
        (table,) = app.tables.values()
        assert isinstance(table, Table)
        assert isinstance(app.tables.recovery, Recovery)
        assert "_look_for_the_end" in [task.fun.__name__ for task in app.tables.recovery._get_tasks()]

    asyncio.run(made_within_a_loop())


@pytest.mark.parametrize("method", REPLACED, ids=lambda method: method.__qualname__)
def test_what_we_rely_on_is_what_we_relied_on(method: Callable[..., Any]) -> None:
    assert source_hash(method) == REPLACED[method]
