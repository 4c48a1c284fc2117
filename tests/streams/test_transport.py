"""What Faust would lose, and that it is not lost with our transport: no broker, only what Faust does with messages."""

import asyncio
import hashlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import faust
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.structs import TopicPartition
from faust.app.base import App
from faust.exceptions import ProducerSendError
from faust.topics import Topic
from faust.transport import consumer as base_consumer
from faust.transport import producer as base_producer
from faust.transport.conductor import ConductorCompiler
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message

from config.settings import Settings
from streams import transport
from streams.app import create_monitor, create_publisher
from streams.transport import LostOnItsWay

TOPIC: Final = "chat.messages"
HERE: Final = TP(TOPIC, 0)
LATER_S: Final = 5.0

# What our methods replace or rely on, as it was when they were written. Another hash asks: is the loss still there,
# and is ours still right?
REPLACED: Final[Mapping[Callable[..., Any], str]] = {
    base_consumer.Consumer.__init__: "302410d59e69",
    base_consumer.Consumer.ack: "5fcf41cf4515",
    base_consumer.Consumer._new_offset: "1d2c7ea89a7a",
    base_consumer.Consumer._commit_offsets: "1a6979904118",
    base_consumer.Consumer._commit_tps: "a20e230b05ae",
    base_consumer.Consumer.commit: "a354437baaa0",
    base_consumer.Consumer.on_partitions_revoked: "d04b7ae72c6f",
    base_consumer.Consumer.on_partitions_assigned: "29ce96596f05",
    base_consumer.Consumer.wait_empty: "e4662fe24f09",
    driver.Consumer._new_consumer_thread: "0870ec53dea7",
    driver.AIOKafkaConsumerThread.highwater: "6f7dbe109ae6",
    driver.AIOKafkaConsumerThread._create_worker_consumer: "c2701bfc3e6f",
    driver.AIOKafkaConsumerThread._commit: "932852ce7a23",
    base_producer.ProducerBuffer.flush: "26fbebb124ad",
    base_producer.ProducerBuffer.flush_atmost: "4966e8c5f9b4",
    base_producer.ProducerBuffer.wait_until_ebb: "758dd5744044",
    base_producer.ProducerBuffer.on_stop: "caffce6cde88",
    base_producer.ProducerBuffer._send_pending: "4a9d5f932b56",
    base_producer.ProducerBuffer._handle_pending.fun: "78d648030fd2",
    base_producer.Producer.__init__: "5c53a4b47aa1",
    driver.Producer._settings_extra: "a4c7bc41b638",
    driver.Producer.__dict__["_producer_type"].fget: "311dc214fc43",
    AIOKafkaClient.bootstrap: "198943b004e5",
    AIOKafkaClient._metadata_update: "06dc51ed3e0d",
    AIOKafkaClient._md_synchronizer: "e0421bffa9a7",
    driver.Producer.send: "0b5bd08f52e5",
    driver.Producer.on_stop: "86799c5ab7b6",
    driver.Producer.flush: "36d0cb3615f6",
    App._on_partitions_revoked: "d5c895bbe57d",
    ConductorCompiler.build: "837cf521368c",
    Topic._on_published: "7cfe9ebd6596",
    MessageAccumulator.flush: "2b0eaa3da851",
    MessageAccumulator.add_message: "56ff7e6c1918",
    AIOKafkaProducer.send: "08ce81263f43",
    AIOKafkaConsumer.highwater: "044275efc968",
}


class Recording:
    """A consumer whose commits are written down; no broker is asked."""

    committed: list[dict[TP, int]]
    refused: bool = False

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        self.committed.append(dict(offsets))
        return not self.refused

    def assignment(self) -> set[TP]:
        return {HERE}


class Stock(Recording, driver.Consumer):
    """Faust's consumer."""


class Ours(Recording, transport.Consumer):
    """Our consumer."""


class Given:
    """A consumer with messages: taken from the broker in order, processed in any."""

    def __init__(self, consumer: Any) -> None:
        self.consumer = consumer
        consumer.committed = []
        consumer.app.consumer_generation_id = 1
        consumer.app.topics._acking_topics.add(TOPIC)
        self.messages: dict[int, Message] = {}

    async def taken(self, *offsets: int) -> None:
        """Each was produced at as many seconds as its offset."""
        for offset in offsets:
            now = self.consumer.app.consumer_generation_id
            message = ConsumerMessage(
                *(TOPIC, 0, offset, float(offset), 0, [], b"key", b"value", None, 3, 5, HERE), generation_id=now
            )
            self.messages[offset] = message
            await self.consumer.callback(message)
            self.consumer.track_message(message)

    def processed(self, *offsets: int) -> None:
        for offset in offsets:
            self.consumer.ack(self.messages[offset])

    async def committed(self) -> int | None:
        await self.consumer.commit()
        return self.consumer.committed[-1][HERE] if self.consumer.committed else None


class Written:
    """aiokafka's producer as Faust sees it: what is sent is written when the test says so."""

    def __init__(self, **settings: object) -> None:
        self.settings = settings
        self.open = asyncio.Event()
        self.sent: list[asyncio.Future[None]] = []
        self.refuse: Exception | None = None

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, topic: str, value: bytes, **_: object) -> asyncio.Future[None]:
        if self.refuse is not None:
            raise self.refuse
        await self.open.wait()
        self.sent.append(asyncio.get_running_loop().create_future())
        return self.sent[-1]

    async def flush(self) -> None:
        if self.sent:
            await asyncio.wait(self.sent)


class StockProducer(driver.Producer):
    @property
    def _producer_type(self) -> Any:
        return Written


class OurProducer(transport.Producer):
    @property
    def _producer_type(self) -> Any:
        return Written


async def until(seen: Callable[[], object]) -> None:
    async with asyncio.timeout(LATER_S):
        while not seen():  # noqa: ASYNC110 - nobody in there sets an event
            await asyncio.sleep(0)


async def nothing(*_: object) -> None: ...


def app_with(producer: type[driver.Producer] = StockProducer) -> faust.App:
    app = faust.App("t", broker="kafka://127.0.0.1:1", store="memory://", value_serializer="raw", web_enabled=False)
    app.transport = app.producer_transport = type("Unconnected", (transport.Transport,), {"Producer": producer})(
        app.conf.broker, app
    )
    return app


def made(kind: type[Any], app: faust.App, callback: Callable[[Any], Awaitable[None]] = nothing) -> Any:
    consumer = kind(app.transport, callback, nothing, nothing, loop=asyncio.get_running_loop())
    consumer._thread.thread_loop.close()  # made for a thread that is not started here
    return consumer


def consumer_of(kind: type[Any]) -> Given:
    app = app_with()
    app.producer.flush = nothing  # type: ignore[method-assign]  # there is nothing to write, and nobody to write it to
    return Given(made(kind, app))


@pytest.mark.parametrize(("kind", "commit"), [(Stock, 16), (Ours, None)], ids=["faust", "ours"])
async def test_an_event_in_work_at_the_head_is_not_passed(kind: type[Any], commit: int | None) -> None:
    given = consumer_of(kind)
    given.consumer._committed_offset[HERE] = 10

    await given.taken(10, 11, 12, 13, 14, 15)
    given.processed(11, 12, 13, 14, 15)

    assert await given.committed() == commit


@pytest.mark.parametrize(("kind", "commit"), [(Stock, 8), (Ours, 5)], ids=["faust", "ours"])
async def test_nothing_committed_yet_is_no_leave_to_skip(kind: type[Any], commit: int | None) -> None:
    given = consumer_of(kind)

    await given.taken(5, 6, 7)
    given.processed(6, 7)

    assert await given.committed() == commit


async def test_what_is_still_in_the_queue_is_not_passed_either() -> None:
    given = consumer_of(Ours)

    await given.taken(0, 1, 2)
    del given.messages[1]  # nobody holds it but the queue
    given.consumer._unacked_messages.clear()
    given.processed(0, 2)

    assert await given.committed() == 1


async def test_what_got_lost_on_its_way_to_the_agent_is_not_stepped_over() -> None:
    given = consumer_of(Ours)
    consumer = given.consumer
    await given.taken(39, 40, 41, 42, 43)

    for offset in 39, 40, 41:
        consumer.arrived(given.messages[offset])

    with pytest.raises(LostOnItsWay, match="42 was handed out and did not arrive before 43"):
        consumer.arrived(given.messages[43])


async def test_what_is_read_again_after_a_seek_may_arrive_twice() -> None:
    given = consumer_of(Ours)
    consumer = given.consumer
    await given.taken(39, 40, 41)
    first = dict(given.messages)
    consumer.arrived(first[39])
    await given.taken(39, 40, 41, 42)

    for message in first[40], first[41], *given.messages.values():
        consumer.arrived(message)

    await given.taken(43, 44)
    with pytest.raises(LostOnItsWay):
        consumer.arrived(given.messages[44])


async def test_what_was_buffered_in_an_assignment_that_is_over_says_nothing_of_the_next() -> None:
    given = consumer_of(Ours)
    consumer = given.consumer
    await given.taken(100, 101)
    buffered = dict(given.messages)
    await consumer.on_partitions_revoked({HERE})
    consumer.arrived(buffered[100])
    await consumer.on_partitions_assigned({HERE}, 2)
    consumer.app.consumer_generation_id = 2
    await given.taken(90, 91)

    consumer.arrived(buffered[101])

    with pytest.raises(LostOnItsWay):
        consumer.arrived(given.messages[91])


async def test_in_order_everything_is_committed() -> None:
    given = consumer_of(Ours)

    await given.taken(*range(100))
    given.processed(*range(100))

    assert await given.committed() == 100
    assert given.consumer._acked == {HERE: []}
    assert given.consumer.processed() == 100
    assert given.consumer.in_hand() == 0


async def test_what_the_compiled_stream_acknowledges_on_its_own_is_seen() -> None:
    given = consumer_of(Ours)
    app = given.consumer.app
    app.consumer = given.consumer
    app.flow_control.resume()
    app.consumer_generation_id = 1
    stream = app.topic(TOPIC, key_type=bytes, value_type=bytes).stream()
    await given.taken(0, 1)
    for message in given.messages.values():
        await stream.channel.put(await stream.channel.decode(message))

    events = aiter(stream.events())
    await anext(events)
    assert await given.committed() is None
    await anext(events)

    assert await given.committed() == 1
    assert (given.consumer.processed(), given.consumer.in_hand()) == (1, 1)
    await stream.stop()


async def test_what_is_read_again_counts_as_processed_once_it_is() -> None:
    given = consumer_of(Ours)
    await given.taken(0, 1)
    given.processed(0, 1)
    assert await given.committed() == 2

    await given.taken(0, 1, 2)  # as after a seek back
    given.processed(2)

    assert await given.committed() == 3


@pytest.mark.parametrize(("kind", "tries"), [(Stock, 1), (Ours, 2)], ids=["faust", "ours"])
async def test_a_commit_that_failed_is_tried_again(kind: type[Any], tries: int) -> None:
    given = consumer_of(kind)
    await given.taken(0, 1)
    given.processed(0, 1)

    given.consumer.refused = True
    await given.committed()
    await given.committed()

    assert len(given.consumer.committed) == tries


@pytest.mark.parametrize(("kind", "committed"), [(Stock, []), (Ours, [{HERE: 50}])], ids=["faust", "ours"])
async def test_what_was_processed_is_committed_before_a_partition_is_given_up(
    kind: type[Any], committed: list[dict[TP, int]]
) -> None:
    given = consumer_of(kind)

    async def give_up(*_: object) -> None:  # what the app does, without its flow control
        await given.consumer.commit()

    given.consumer._on_partitions_revoked = give_up
    await given.taken(*range(50))
    given.processed(*range(50))

    await given.consumer.on_partitions_revoked({HERE})

    assert given.consumer.committed == committed


async def test_what_is_finished_while_a_partition_is_given_up_is_committed_but_not_what_waits() -> None:
    given = consumer_of(Ours)

    async def give_up(*_: object) -> None:
        given.processed(2)
        await given.consumer.commit()

    given.consumer._on_partitions_revoked = give_up
    await given.taken(0, 1, 2, 3)
    given.processed(0, 1)

    await given.consumer.on_partitions_revoked({HERE})

    assert given.consumer.committed == [{HERE: 2}, {HERE: 3}]
    assert given.consumer.in_hand() == 0


@pytest.fixture
async def producer(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    app = app_with(request.param)
    app.finalize()
    producer: Any = app.producer
    await producer.start()
    yield producer
    producer._producer.open.set()
    await until(lambda: not producer.buffer.size)
    for sent in producer._producer.sent:
        if not sent.done():
            sent.set_result(None)
    await producer.stop()


def put(producer: Any, number: int) -> None:
    """As a table does with what has to wait, and as Faust's does with everything."""
    topic = producer.app.topic("changelog", key_type=bytes, value_type=bytes)
    for key in range(number):
        topic.send_soon(key=b"%d" % key, value=b"value", partition=0)


@pytest.mark.parametrize("producer", [StockProducer], indirect=True)
async def test_fausts_flush_comes_back_before_anything_is_written(producer: Any) -> None:
    put(producer, 4)

    await asyncio.wait_for(producer.flush(), LATER_S)

    assert producer.buffer.size == 3
    assert not producer._producer.sent


@pytest.mark.parametrize("producer", [OurProducer], indirect=True)
async def test_our_flush_waits_for_the_last_record(producer: Any) -> None:
    put(producer, 4)
    flush = asyncio.ensure_future(producer.flush())

    done, _ = await asyncio.wait([flush], timeout=0.3)  # three times what Faust's waits for
    assert not done
    producer._producer.open.set()
    await until(lambda: len(producer._producer.sent) == 4)
    for sent in producer._producer.sent[:3]:
        sent.set_result(None)
    done, _ = await asyncio.wait([flush], timeout=0.05)
    assert not done

    producer._producer.sent[3].set_result(None)
    await asyncio.wait_for(flush, LATER_S)


@pytest.mark.parametrize(
    ("producer", "survives"),
    [(StockProducer, True), (OurProducer, False)],
    indirect=["producer"],
    ids=["faust", "ours"],
)
async def test_no_commit_after_a_record_that_was_not_written(producer: Any, survives: bool) -> None:
    left: list[str] = []
    producer.leave = left.append
    given = Given(made(Ours, producer.app))
    await given.taken(0)
    put(producer, 1)
    given.processed(0)
    producer._producer.open.set()
    await until(lambda: producer._producer.sent)

    producer._producer.sent[0].set_exception(RuntimeError("not written"))
    if not survives:
        with pytest.raises(ProducerSendError):
            await given.committed()
    else:
        await given.committed()

    assert bool(given.consumer.committed) is survives
    assert left == ([] if survives else ["a record for changelog was not written: RuntimeError"])


@pytest.mark.parametrize("producer", [OurProducer], indirect=True)
async def test_a_record_that_the_producer_refuses_ends_the_process(producer: Any) -> None:
    left: list[str] = []
    producer.leave = left.append
    producer._producer.refuse = MessageSizeTooLargeError("too large")

    put(producer, 1)
    await until(lambda: left)

    assert left == ["a record was refused by the producer: ProducerSendError"]
    producer._producer.refuse = None
    producer.buffer._handing_over = 0  # in life nobody is there any more to wait for it


@pytest.mark.parametrize("producer", [OurProducer], indirect=True)
async def test_our_flush_does_not_wait_for_what_comes_after_it(producer: Any) -> None:
    put(producer, 2)
    flush = asyncio.ensure_future(producer.buffer.flush())
    await asyncio.sleep(0)

    put(producer, 100)
    producer._producer.open.set()
    await asyncio.wait_for(flush, LATER_S)

    assert 2 <= len(producer._producer.sent) < 102


def send_now(producer: Any, key: int) -> bool:
    """As a table of ours does it."""
    sent: bool = producer.send_now("changelog", b"%d" % key, b"value", 0)
    return sent


@pytest.mark.parametrize("producer", [OurProducer], indirect=True)
async def test_a_record_goes_to_aiokafka_at_once_and_a_flush_waits_for_it(producer: Any) -> None:
    producer._producer.open.set()

    assert send_now(producer, 0)
    assert len(producer._producer.sent) == 1
    flush = asyncio.ensure_future(producer.flush())
    done, _ = await asyncio.wait([flush], timeout=0.05)
    assert not done

    producer._producer.sent[0].set_result(None)
    await asyncio.wait_for(flush, LATER_S)
    assert producer.app.monitor.messages_sent_by_topic["changelog"] == 1
    assert len(producer.app.monitor.send_latency) == 1


@pytest.mark.parametrize("producer", [OurProducer], indirect=True)
async def test_a_record_that_would_have_to_wait_is_not_sent_at_once_nor_any_after_it(producer: Any) -> None:
    assert not send_now(producer, 0)
    put(producer, 1)
    producer._producer.open.set()  # there is room again, and one is waiting for it

    assert not send_now(producer, 1)
    await until(lambda: producer._producer.sent)
    assert len(producer._producer.sent) == 1
    assert send_now(producer, 1)
    assert len(producer._producer.sent) == 2


@pytest.mark.parametrize("producer", [OurProducer], indirect=True)
async def test_no_record_overtakes_one_that_is_just_being_handed_over(producer: Any) -> None:
    put(producer, 1)
    await until(lambda: producer.buffer.pending.empty())
    assert producer.buffer.size == 0
    producer._producer.open.set()

    assert not send_now(producer, 1)


@pytest.mark.parametrize("producer", [OurProducer], indirect=True)
async def test_a_record_that_is_refused_at_once_or_not_written_ends_the_process(producer: Any) -> None:
    left: list[str] = []
    producer.leave = left.append
    producer._producer.open.set()
    send_now(producer, 0)
    producer._producer.sent[0].set_exception(RuntimeError("not written"))
    await until(lambda: left)
    producer._producer.refuse = MessageSizeTooLargeError("too large")

    with pytest.raises(MessageSizeTooLargeError):
        send_now(producer, 1)

    assert left == [
        "a record for changelog was not written: RuntimeError",
        "a record was refused by the producer: MessageSizeTooLargeError",
    ]


async def test_aiokafka_takes_nothing_of_a_record_for_which_it_has_no_room() -> None:
    accumulator = MessageAccumulator(None, batch_size=300, compression_type=0, batch_ttl=60.0)
    there, value = TopicPartition("changelog", 0), b"v" * 100

    def add(key: bytes) -> asyncio.Future[Any] | None:
        return transport.at_once(accumulator.add_message(there, key, value, 60.0))

    taken = [add(b"%d" % key) is not None for key in range(4)]

    assert taken == [True, True, False, False]
    (batch,) = accumulator._batches[there]
    assert batch.record_count == 2
    batch.drain_ready()
    accumulator._batches[there].popleft()
    assert add(b"2") is not None


@pytest.mark.parametrize(("producer", "warnings"), [(StockProducer, 1), (OurProducer, 0)], indirect=["producer"])
async def test_the_stream_waits_for_a_buffer_that_is_full(
    producer: Any, warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    await producer.buffer.wait_until_ebb()
    put(producer, producer.buffer.max_messages + 10)
    ebb = asyncio.ensure_future(producer.buffer.wait_until_ebb())
    await asyncio.sleep(0.01)
    assert not ebb.done()

    producer._producer.open.set()
    await asyncio.wait_for(ebb, LATER_S)

    assert producer.buffer.size <= producer.buffer.max_messages
    # The collector tells of what an earlier test left behind whenever it comes by.
    assert len([record for record in caplog.records if record.name != "asyncio"]) == warnings


@pytest.mark.parametrize("producer", [OurProducer], indirect=True)
async def test_a_clean_stop_hands_over_what_is_left_in_order(producer: Any) -> None:
    put(producer, 3)
    await asyncio.sleep(0)

    producer._producer.open.set()
    await producer.buffer.stop()

    assert len(producer._producer.sent) == 3


def settings(directory: Path, kind: str) -> Settings:
    return Settings.model_validate(
        {"broker": "127.0.0.1:1", "redis_url": "redis://127.0.0.1:1/0", "data_dir": directory, "broker_kind": kind}
    )


@pytest.mark.parametrize("create", [create_monitor, create_publisher])
@pytest.mark.parametrize("kind", ["kafka", "embedded"])
def test_both_apps_send_and_listen_through_it(create: Callable[..., faust.App], kind: str, tmp_path: Path) -> None:
    app = create(settings(tmp_path, kind))

    assert isinstance(app.transport, transport.Transport)
    assert app.producer_transport is app.transport
    assert issubclass(app.transport.Consumer, transport.Consumer)
    assert issubclass(app.transport.Producer, transport.Producer)


@pytest.mark.parametrize(("kind", "idempotent"), [("kafka", True), ("embedded", None)])
async def test_kafka_writes_every_retry_once(kind: str, idempotent: bool | None, tmp_path: Path) -> None:
    app = create_monitor(settings(tmp_path, kind))

    producer = app.producer
    asked = {**producer._settings_default(), **producer._settings_extra()}  # type: ignore[attr-defined]

    assert asked["acks"] == "all"
    assert asked.get("enable_idempotence") is idempotent


@pytest.mark.parametrize("end", [None, 12], ids=["not known", "known"])
async def test_an_end_that_is_not_known_is_a_number_all_the_same(end: int | None) -> None:
    app = app_with()
    consumer = made(transport.Consumer, app)
    consumer._thread._consumer = Fetched(at=0, end=end)
    app.monitor.track_tp_end_offset(HERE, 9)

    assert consumer.highwater(HERE) == (9 if end is None else 12)


async def test_the_end_of_a_partition_that_was_given_up_is_the_last_one_known() -> None:
    consumer = made(transport.Consumer, app_with())
    consumer._thread._consumer = Fetched(at=0, end=12, assigned=False)

    assert consumer.highwater(HERE) == 0


@pytest.mark.parametrize("method", REPLACED, ids=lambda method: method.__qualname__)
def test_what_we_replace_is_what_we_replaced(method: Callable[..., Any]) -> None:
    assert source_hash(method) == REPLACED[method]


def source_hash(method: Callable[..., Any]) -> str:
    return hashlib.sha256(inspect.getsource(inspect.unwrap(method)).encode()).hexdigest()[:12]


class Fetched:
    """aiokafka's consumer, as far as it knows where it reads: at `at` of `end`, asked at 50 s."""

    def __init__(self, *, at: int, end: int | None, assigned: bool = True) -> None:
        self.state = SimpleNamespace(timestamp=50_000, _position=at, highwater=end)
        self._subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=self))
        self.assigned = assigned

    def state_value(self, _: object) -> Any:
        return self.state if self.assigned else None


def reading(fetched: Fetched) -> Given:
    given = consumer_of(Ours)
    given.consumer._thread._consumer = fetched
    given.consumer.assignment = lambda: {HERE}
    given.consumer._note({HERE: 0})
    return given


@pytest.mark.parametrize(
    ("at", "end", "processed", "reached"),
    [
        (8, 8, (5, 6, 7), 50.0),
        (8, 9, (5, 6, 7), 0.0),
        (9, 9, (5, 6, 7), 50.0),  # 8 is the mark at the end of a transaction
        (8, 8, (5, 7), 0.0),
        (8, 8, (), 0.0),
    ],
    ids=["to the end", "there is more", "a mark at the end", "one is in hand", "all are in hand"],
)
async def test_time_has_come_as_far_as_was_read(at: int, end: int, processed: tuple[int, ...], reached: float) -> None:
    given = reading(Fetched(at=at, end=end))
    await given.taken(5, 6, 7)
    given.consumer._all_is_handed_out()
    given.processed(*processed)

    assert given.consumer.reached() == {HERE.partition: reached}


async def test_what_comes_after_an_end_does_not_take_it_back() -> None:
    given = reading(Fetched(at=6, end=6))
    await given.taken(5)
    given.consumer._all_is_handed_out()
    await given.taken(6)
    waits = [given.consumer.reached()]
    given.processed(5)
    given.consumer._all_is_handed_out()

    assert [*waits, given.consumer.reached()] == [{HERE.partition: 0.0}, {HERE.partition: 50.0}]


async def test_no_time_has_come_before_kafka_answered_and_none_where_nothing_is_read() -> None:
    given = reading(Fetched(at=0, end=0, assigned=False))
    given.consumer._all_is_handed_out()

    assert given.consumer.reached() == {HERE.partition: 0.0}


async def test_a_partition_is_as_far_as_the_input_that_is_least_far() -> None:
    given = reading(Fetched(at=8, end=8))
    given.consumer._all_is_handed_out()
    others = [TP("others", HERE.partition), TP("state", HERE.partition)]
    given.consumer.app.topics._acking_topics.add("others")
    given.consumer.assignment = lambda: {HERE, *others}
    given.consumer._reached_ms[others[0]] = 40_000

    assert given.consumer.reached() == {HERE.partition: 40.0}


async def test_who_asks_is_told_what_waits_and_since_when() -> None:
    given = consumer_of(Ours)
    await given.taken(5, 6, 7)

    waits = [(given.consumer.behind(HERE), given.consumer.oldest_s(HERE))]
    for offset in (6, 5, 7):
        given.processed(offset)
        waits.append((given.consumer.behind(HERE), given.consumer.oldest_s(HERE)))
    await given.committed()

    assert waits == [(3, 5.0), (2, 5.0), (1, 7.0), (0, None)]
    assert given.consumer.commits == {"made": 1, "failed": 0}
