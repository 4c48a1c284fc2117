"""A thousand mutants: each becomes one dead letter with its reason, and no flood of them hides or stops anything."""

import asyncio
from collections import Counter
from types import SimpleNamespace
from typing import Any, Final

import pytest
from aiokafka.errors import MessageSizeTooLargeError
from faust.exceptions import ProducerSendError
from prometheus_client import CollectorRegistry

from agents.monitor import burying, step
from klankbord.errors import InvalidEvent
from klankbord.events import MAX_EVENT_BYTES
from streams import wire
from streams.deadletters import (
    CLIPPED_BYTES,
    MAX_VALUE_BYTES,
    WHOLE_A_SECOND,
    Faults,
    Flood,
    Incoming,
    TooManyFaults,
    dead_letter,
)
from streams.metrics import MonitorMetrics
from tests.agents.test_monitor import BROKEN, HARD, POLICY, STATE, Monitor, arrived
from tests.klankbord.given import utterance
from tests.poison import KINDS, mutants
from tests.streams.test_transport import Given, OurProducer, Ours, app_with, made, until

SEED: Final = 20261122


async def test_each_of_a_thousand_mutants_is_refused_once_for_its_reason() -> None:
    monitor, poison = Monitor(), list(mutants(SEED, 1000))

    for offset, mutant in enumerate(poison):
        await monitor.take(arrived(mutant.value, key=mutant.key, offset=offset))

    refused = {incoming.offset: error.reason for incoming, error in monitor.buried}
    assert len(monitor.buried) == len(refused) == 1000
    wrong = [(m.kind, refused[offset]) for offset, m in enumerate(poison) if refused[offset] != m.reason]
    assert Counter(wrong) == Counter()
    assert monitor.table == {}


def test_the_mutants_are_of_every_kind_and_repeat_from_their_seed() -> None:
    assert {mutant.kind for mutant in mutants(SEED, 1000)} == set(KINDS)
    assert list(mutants(7, 100)) == list(mutants(7, 100))
    assert list(mutants(7, 100)) != list(mutants(8, 100))


REFUSED: Final = InvalidEvent("invalid_json", "not valid JSON")


def test_a_letter_holds_the_record_whatever_its_key_and_value_are() -> None:
    there = dead_letter(Incoming("t", 1, 2, 3, b"", b""), REFUSED)
    absent = dead_letter(Incoming("t", 1, 2, 3, None, None), REFUSED)

    assert (there.key, there.value, there.headers["key"]) == (b"t/1/2", b"", b"")
    assert (absent.key, absent.value) == (b"t/1/2", b"")  # None would be a tombstone, and the letter gone
    assert "key" not in absent.headers
    assert (absent.headers.get("no_value"), there.headers.get("no_value")) == (b"1", None)


@pytest.mark.parametrize("reason", ["invalid_json", "failed"])
def test_in_a_flood_every_letter_is_written_and_only_poison_is_clipped(reason: Any) -> None:
    flood, incoming = Flood(), arrived(b"x" * MAX_EVENT_BYTES)

    kept = [flood.keep_bytes(incoming, reason, now_s=100.0 + n / 1000) for n in range(WHOLE_A_SECOND + 5)]
    later = flood.keep_bytes(incoming, reason, now_s=101.0)

    clipped = CLIPPED_BYTES if reason == "invalid_json" else MAX_VALUE_BYTES
    assert kept == [MAX_VALUE_BYTES] * WHOLE_A_SECOND + [clipped] * 5
    assert later == MAX_VALUE_BYTES


def test_the_flood_of_one_partition_clips_no_letter_of_another() -> None:
    flood = Flood(whole_a_second=1)
    for _ in range(10):
        flood.keep_bytes(Incoming("chat.messages", 0, 0, 0, None, b""), "invalid_json", now_s=1.0)

    assert flood.keep_bytes(Incoming("chat.messages", 1, 0, 0, None, b""), "invalid_json", now_s=1.0) > CLIPPED_BYTES
    assert flood.keep_bytes(Incoming("chat.messages", 0, 0, 0, None, b""), "too_large", now_s=1.0) > CLIPPED_BYTES


def test_a_clipped_letter_says_how_long_it_was_and_how_to_know_it() -> None:
    letter = dead_letter(arrived(b"x" * 5000), REFUSED, keep_bytes=CLIPPED_BYTES)

    assert (len(letter.value), letter.headers["cut_from_bytes"]) == (CLIPPED_BYTES, b"5000")
    assert len(letter.headers["sha256"]) == 64


async def test_poison_without_end_does_not_stop_the_worker_and_a_bad_deploy_does() -> None:
    faults, monitor = Faults(at_most=10), Monitor(BROKEN)

    async def take(value: Any, offset: int, policy: Any) -> None:
        await step(
            arrived(value, offset=offset), monitor.table, bury=monitor._bury, policy=policy, metrics=monitor.metrics,
            faults=faults,
        )  # fmt: skip

    for offset in range(50):
        await take(b"{", offset, POLICY)
    for offset in range(50, 60):
        await take(HARD, offset, BROKEN)
    with pytest.raises(TooManyFaults, match="10 events in a row"):
        await take(HARD, 60, BROKEN)

    assert len(monitor.buried) == 60  # the one that went too far is not buried: it comes again


async def test_one_event_that_goes_well_begins_the_count_of_faults_anew() -> None:
    faults = Faults(at_most=1)

    faults.failed("failed")
    faults.observed()
    faults.failed("failed")
    with pytest.raises(TooManyFaults):
        faults.failed("unreadable_state")


async def test_a_state_that_cannot_be_read_costs_no_state_and_no_event() -> None:
    monitor = Monitor()
    monitor.table[STATE] = b'{"observation": 7}'

    await monitor.take(arrived(utterance("where is it")))

    ((_, error),) = monitor.buried
    assert (error.reason, str(error)) == ("unreadable_state", "the state cannot be read: ValidationError")
    assert monitor.table == {STATE: b'{"observation": 7}'}


def buried_by(app: Any) -> Any:
    topic = app.topic(wire.DEAD_LETTERS, key_type=bytes, value_type=bytes)
    return burying(topic, MonitorMetrics(CollectorRegistry()))


async def test_no_commit_after_a_dead_letter_that_was_not_written() -> None:
    left: list[str] = []
    app = app_with(OurProducer)
    app.finalize()
    producer: Any = app.producer
    producer.leave = left.append
    await producer.start()
    producer._producer.open.set()
    given = Given(made(Ours, app))
    await given.taken(0)

    await step(arrived(b"{"), {}, bury=buried_by(app), policy=POLICY, metrics=Monitor().metrics)
    given.processed(0)
    await until(lambda: producer._producer.sent)
    producer._producer.sent[0].set_exception(RuntimeError("not written"))
    with pytest.raises(ProducerSendError):
        await given.committed()

    assert given.consumer.committed == []
    assert left == ["a record for dead.letters was not written: RuntimeError"]
    await producer.stop()


async def test_a_commit_waits_for_the_dead_letter_to_be_written() -> None:
    app = app_with(OurProducer)
    app.finalize()
    producer: Any = app.producer
    await producer.start()
    producer._producer.open.set()
    given = Given(made(Ours, app))
    await given.taken(0)
    await step(arrived(b"{"), {}, bury=buried_by(app), policy=POLICY, metrics=Monitor().metrics)
    given.processed(0)

    commit = asyncio.ensure_future(given.committed())
    await asyncio.wait([commit], timeout=0.1)
    before = list(given.consumer.committed)
    producer._producer.sent[0].set_result(SimpleNamespace(topic_partition=None, offset=0))

    assert (before, await asyncio.wait_for(commit, 5)) == ([], 1)
    await producer.stop()


async def test_a_dead_letter_that_the_producer_refuses_leaves_the_step() -> None:
    app = app_with(OurProducer)
    app.finalize()
    producer: Any = app.producer
    await producer.start()
    producer._producer.refuse = MessageSizeTooLargeError("too large")

    # The agent ends the process on whatever leaves the step: see monitor_conversations.
    with pytest.raises(ProducerSendError):
        await step(arrived(b"{"), {}, bury=buried_by(app), policy=POLICY, metrics=Monitor().metrics)
    await producer.stop()
