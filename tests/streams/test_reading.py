"""What Faust does not read when a seek and a fetch meet, and that we read it: no broker, only what is asked of one."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher
from faust.tables.recovery import Recovery
from faust.transport import consumer as base_consumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message
from mode import Service
from mode.utils.queues import FlowControlEvent, FlowControlQueue

from streams import reading
from tests.streams.test_transport import HERE, LATER_S, TOPIC, Ours, Stock, app_with, made, nothing, source_hash, until

STATE: Final = TP("state", 0)
SETTLES_S: Final = 0.05  # what was fetched last is handed out

# As in test_transport.py: what is replaced here or relied on, as it was.
REPLACED: Final[Mapping[Callable[..., Any], str]] = {
    base_consumer.Consumer.perform_seek: "0e8c130ff4b0",
    base_consumer.Consumer.getmany: "4b168d84882a",
    base_consumer.Consumer._wait_next_records: "6218e1969a63",
    base_consumer.Consumer._drain_messages: "44a2500309e8",
    base_consumer.Consumer.on_partitions_assigned: "29ce96596f05",
    base_consumer.ThreadDelegateConsumer._getmany: "f9d47aa9010b",
    base_consumer.ThreadDelegateConsumer.seek_to_committed: "f1d483b861b0",
    base_consumer.ThreadDelegateConsumer.seek_wait: "e9db5bbc4ceb",
    driver.AIOKafkaConsumerThread._fetch_records: "39a2c6c79fc1",
    driver.AIOKafkaConsumerThread._seek_wait: "9d221e816d94",
    driver.AIOKafkaConsumerThread.seek_to_committed: "775ab0adc4b0",
    driver.AIOKafkaConsumerThread.seek_to_beginning: "bd4250b8d1e7",
    AIOKafkaConsumer.seek_to_committed: "f6cd85c8b70a",
    Fetcher.fetched_records: "be4348896b9b",
    Recovery._restart_recovery.fun: "6bd8a8558a2d",
    Recovery._resume_streams: "d986a6710c1a",
    Recovery._seek_offsets: "19598ca63d94",
    Recovery.on_recovery_completed: "6ef567acf072",
    FlowControlEvent.resume: "4dcdc1253fd0",
    FlowControlQueue.clear: "fa9a86f6b097",
}


class Log:
    """What Faust asks of the consumer's thread: the records of a partition, two a fetch, and where it reads.

    `at` moves with every fetch, handed out or not; `committed` is what the group knows.
    """

    FETCH: Final = 2

    def __init__(self, tp: TP, *, at: int, committed: int | None = None, offsets: Iterable[int] = range(10)) -> None:
        self.tp, self.at, self.committed, self.offsets = tp, at, committed, list(offsets)
        self.during_a_fetch: Callable[[], Awaitable[None]] = nothing

    async def getmany(self, active_partitions: object, timeout: float) -> dict[TP, list[Any]]:  # noqa: ASYNC109
        fetched = [offset for offset in self.offsets if offset >= self.at][: self.FETCH]
        if fetched:
            self.at = fetched[-1] + 1
        meanwhile, self.during_a_fetch = asyncio.ensure_future(self.during_a_fetch()), nothing
        await asyncio.wait([meanwhile], timeout=0.01)
        return {self.tp: [record(self.tp, offset) for offset in fetched]} if fetched else {}

    async def seek_to_committed(self) -> dict[TP, int | None]:
        if self.committed:  # as aiokafka's, which leaves alone what has no commit
            self.at = self.committed
        return {self.tp: self.committed}

    async def seek_to_beginning(self, *partitions: TP) -> None:
        assert partitions == (self.tp,)
        self.at = self.offsets[0]

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        self.at = partitions[self.tp]

    def assignment(self) -> set[TP]:
        return {self.tp}

    def highwater(self, tp: TP) -> int:
        return self.offsets[-1] + 1

    def all_fetched(self) -> bool:
        return self.at > self.offsets[-1]


def record(tp: TP, offset: int) -> Any:
    fields = {"timestamp": 1000 * offset, "timestamp_type": 0, "headers": (), "key": b"key", "value": b"value"}
    sizes = {"checksum": None, "serialized_key_size": 3, "serialized_value_size": 5}
    return SimpleNamespace(topic=tp.topic, partition=tp.partition, offset=offset, **fields, **sizes)


class Drain:
    """A consumer that reads a log from the start of an assignment on, and what it hands out."""

    def __init__(self, kind: type[Any], log: Log) -> None:
        app: Any = app_with()
        app.consumer_generation_id = 1
        app.topics._acking_topics.add(TOPIC)
        app.producer.flush = nothing
        self.messages: list[Message] = []
        self.while_handing_out: Callable[[], Awaitable[object]] = nothing
        self.consumer = made(kind, app, self.hand_out)
        self.consumer.committed = []
        self.consumer._thread = log
        self.consumer.flow_active = True
        self.consumer.resume_partitions({log.tp})
        self.log = log

    async def hand_out(self, message: Message) -> None:
        self.messages.append(message)
        meanwhile, self.while_handing_out = self.while_handing_out, nothing
        await meanwhile()

    async def handed_out(self) -> list[int]:
        """The offsets of what was handed out until the log was at its end."""
        fetcher = Service()
        draining = asyncio.ensure_future(self.consumer._drain_messages(fetcher))
        await until(lambda: draining.done() or self.log.all_fetched())
        await asyncio.sleep(SETTLES_S)
        fetcher._stopped.set()
        self.consumer.resume_flow()
        await asyncio.wait_for(draining, LATER_S)
        return [message.offset for message in self.messages]


BOTH: Final = pytest.mark.parametrize("kind", [Stock, Ours], ids=["faust", "ours"])


@pytest.mark.parametrize(("kind", "lost"), [(Stock, {2, 3}), (Ours, set())], ids=["faust", "ours"])
async def test_what_a_seek_goes_back_for_is_handed_out_when_a_fetch_runs_beside_it(
    kind: type[Any], lost: set[int]
) -> None:
    log = Log(HERE, at=4, committed=2)  # 2 and 3 were fetched, and passed over while their partition was paused
    drain = Drain(kind, log)
    log.during_a_fetch = drain.consumer.perform_seek

    assert set(range(2, 10)).difference(await drain.handed_out()) == lost


async def test_it_is_handed_out_once_and_in_its_order() -> None:
    log = Log(HERE, at=4, committed=2)
    drain = Drain(Ours, log)
    log.during_a_fetch = drain.consumer.perform_seek

    assert await drain.handed_out() == [2, 3, 4, 5, 6, 7, 8, 9]


async def test_what_was_fetched_before_a_seek_is_not_handed_out_after_it() -> None:
    drain = Drain(Ours, Log(HERE, at=2, committed=2))
    await drain.consumer.perform_seek()
    drain.while_handing_out = drain.consumer.perform_seek  # 2 is being handed out, 3 was fetched with it

    assert await drain.handed_out() == [2, 2, 3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("committed", [None, 0], ids=["never", "the first"])
@pytest.mark.parametrize(("kind", "first"), [(Stock, 2), (Ours, 0)], ids=["faust", "ours"])
async def test_where_nothing_is_committed_it_is_read_from_the_beginning(
    kind: type[Any], first: int, committed: int | None
) -> None:
    drain = Drain(kind, Log(HERE, at=2, committed=committed))  # 0 and 1 were passed over
    await drain.consumer.perform_seek()

    assert await drain.handed_out() == list(range(first, 10))


@pytest.mark.parametrize(("kind", "lost"), [(Stock, set(range(6))), (Ours, set())], ids=["faust", "ours"])
async def test_a_state_is_read_from_where_it_was_sought(kind: type[Any], lost: set[int]) -> None:
    """A recovery takes of a changelog only what comes after the last record that it has seen."""
    drain = Drain(kind, Log(STATE, at=6))

    async def seek() -> None:
        await drain.consumer.seek_wait({STATE: 0})

    drain.while_handing_out = seek

    assert set(range(10)).difference(await drain.handed_out()) == lost


@BOTH
async def test_a_message_that_waits_for_room_is_let_go_when_the_flow_stops_and_read_again(kind: type[Any]) -> None:
    drain = Drain(kind, Log(HERE, at=2, committed=2))
    consumer = drain.consumer
    await consumer.perform_seek()
    room = asyncio.Event()
    drain.while_handing_out = room.wait

    async def given_out_again() -> None:
        await until(lambda: drain.messages)
        consumer.stop_flow()
        await asyncio.sleep(SETTLES_S)
        await consumer.on_partitions_assigned({HERE}, 2)
        await consumer.perform_seek()
        consumer.resume_flow()

    again = asyncio.ensure_future(given_out_again())

    assert await drain.handed_out() == [2, 2, 3, 4, 5, 6, 7, 8, 9]
    assert not room.is_set()
    await again


@BOTH
async def test_nothing_more_of_a_fetch_is_handed_out_when_the_flow_has_stopped(kind: type[Any]) -> None:
    drain = Drain(kind, Log(HERE, at=2, committed=2, offsets=[2, 3]))
    await drain.consumer.perform_seek()

    async def stop() -> None:
        drain.consumer.stop_flow()

    drain.while_handing_out = stop

    assert await drain.handed_out() == [2]


async def test_that_all_was_handed_out_is_said_after_each_fetch_but_not_when_the_flow_stopped() -> None:
    drain, said = Drain(Ours, Log(HERE, at=2, committed=2)), list[int]()
    drain.consumer._all_is_handed_out = lambda: said.append(len(drain.messages))
    await drain.consumer.perform_seek()

    async def stop() -> None:
        drain.consumer.stop_flow()
        asyncio.get_running_loop().call_later(SETTLES_S, drain.consumer.resume_flow)

    drain.while_handing_out = stop  # 2 is being handed out, 3 was fetched with it
    await drain.handed_out()

    assert said[:3] == [3, 5, 7]


@BOTH
async def test_what_cannot_be_handed_out_ends_the_drain_with_its_error(kind: type[Any]) -> None:
    drain = Drain(kind, Log(HERE, at=2, committed=2))
    await drain.consumer.perform_seek()

    async def refuse() -> None:
        raise RuntimeError("refused")

    drain.while_handing_out = refuse

    with pytest.raises(RuntimeError, match="refused"):
        await drain.handed_out()


@BOTH
async def test_what_waits_is_committed_while_it_drains(kind: type[Any]) -> None:
    drain = Drain(kind, Log(HERE, at=2, committed=2))
    drain.consumer._commit_every = 1
    await drain.consumer.perform_seek()

    async def process() -> None:
        drain.consumer.ack(drain.messages[0])

    drain.while_handing_out = process
    await drain.handed_out()

    assert drain.consumer.committed == [{HERE: 3}]


async def test_nothing_of_an_input_is_handed_out_before_it_was_sought() -> None:
    drain = Drain(Ours, Log(HERE, at=2, committed=2))
    await drain.consumer.perform_seek()
    await drain.consumer.on_partitions_assigned({HERE}, 2)

    assert await drain.handed_out() == []


async def test_what_nobody_sought_of_a_state_is_handed_out() -> None:
    assert await Drain(Ours, Log(STATE, at=6)).handed_out() == [6, 7, 8, 9]


@pytest.mark.parametrize(("kind", "commit"), [(Stock, 11), (Ours, 9)], ids=["faust", "ours"])
async def test_the_first_event_after_a_hole_is_not_counted_as_done(kind: type[Any], commit: int) -> None:
    drain = Drain(kind, Log(HERE, at=4, committed=4, offsets=[4, 9, 10]))
    await drain.consumer.perform_seek()
    await drain.handed_out()

    for message in drain.messages:
        if message.offset != 9:
            drain.consumer.ack(message)
    await drain.consumer.commit()

    assert drain.consumer.committed == [{HERE: commit}]


@pytest.mark.parametrize(
    ("flow_control", "kept"), [(FlowControlEvent, []), (reading.FlowControl, [42])], ids=["faust", "ours"]
)
async def test_what_is_handed_out_while_a_recovery_ends_is_kept(flow_control: type[Any], kept: list[int]) -> None:
    app: Any = app_with()
    app.flow_control = flow_control()
    app.consumer = made(Stock, app)
    app.consumer_generation_id = 1
    app._fetcher = SimpleNamespace(maybe_start=nothing)
    queue = app.topic(TOPIC, value_type=bytes).stream().channel.queue
    app.flow_control.resume()  # the recovery begins

    async def seek() -> None:
        queue.put_nowait(42)  # what the fetcher hands out before the recovery hears that the seek is done

    app.consumer.perform_seek = seek
    await app.tables.recovery.on_recovery_completed(generation_id=1)

    assert list(queue._queue) == kept


async def test_a_flow_that_stood_still_begins_with_empty_queues() -> None:
    app: Any = app_with()
    app.flow_control = reading.FlowControl()
    queue = app.topic(TOPIC, value_type=bytes).stream().channel.queue
    app.flow_control.resume()
    app.flow_control.suspend()
    queue.put_nowait(41)

    app.flow_control.resume()

    assert queue.empty()


@pytest.mark.parametrize("method", REPLACED, ids=lambda method: method.__qualname__)
def test_what_we_replace_is_what_we_replaced(method: Callable[..., Any]) -> None:
    assert source_hash(method) == REPLACED[method]
