"""Our Faust transport, through Faust's own extension points: what is committed was processed, and is in Kafka.

Each method that replaces one of Faust's says what would be lost without it. `tests/streams/test_transport.py` shows
that loss, and knows the source of every method replaced here, so that an upgrade of Faust asks for a review.
"""

import asyncio
import math
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from time import monotonic
from typing import Any, ClassVar, Final, TypeVar

import aiokafka
import faust
from aiokafka.protocol.commit import OffsetCommitRequest
from faust.exceptions import ProducerSendError
from faust.transport.drivers import aiokafka as driver
from faust.transport.producer import ProducerBuffer
from faust.types import TP, HeadersArg, Message
from faust.types.transports import ConsumerT, ProducerT
from faust.types.tuples import FutureMessage, RecordMetadata

from klankbord.events import Seconds
from streams import patience
from streams.awake import Awake
from streams.leaving import Leave, leave
from streams.reading import Reading

T = TypeVar("T")
COMMITS: Final = ("made", "failed")
# How long Kafka may hold a fetch of nothing; Faust fixes 1,500 ms. What else is asked of a broker waits behind it on
# the same connection, and a recovery asks three times (docs/decisions/0030-a-fetch-of-nothing-is-short.md).
FETCH_WAIT_MS: Final = 100
# The embedded broker only looks again after half of the wait. Measured: median latency 408 ms with 1,500, 3 with this.
EMBEDDED_FETCH_WAIT_MS: Final = 20


def is_member(consumer: aiokafka.AIOKafkaConsumer | None) -> bool:
    """Whether a group knows this consumer; the embedded broker counts generations from 0, Apache Kafka from 1."""
    if consumer is None or consumer._coordinator is None:
        return False
    return bool(consumer._coordinator.generation != OffsetCommitRequest.DEFAULT_GENERATION_ID)


class Thread(driver.AIOKafkaConsumerThread):
    """The consumer's own thread, where aiokafka lives."""

    fetch_wait_ms: ClassVar[int] = FETCH_WAIT_MS

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        patience.patient(consumer._client)
        consumer._fetch_max_wait_ms = self.fetch_wait_ms  # read once, when the consumer starts
        return consumer

    def highwater(self, tp: TP) -> int:
        """Where `tp` ends; Faust's is None before the first answer and fails after a revoke, and metrics want a number.

        Until it is known the last number stands: an end that is not known is no reason to stop listening.
        """
        known: int = self.app.monitor.tp_end_offsets.get(tp, 0)
        state = self._state(tp)  # asked for every record: what is assigned is not gathered into a set each time
        end: int | None = None if state is None else state.highwater
        return known if end is None else end

    def asked_at_ms(self, tp: TP) -> int | None:
        """When Kafka last answered a fetch of `tp`, with records or without."""
        consumer, there = self._ensure_consumer(), driver.ensure_aiokafka_TP(tp)
        if there not in consumer.assignment():
            return None
        asked: int | None = consumer.last_poll_timestamp(there)
        return asked

    def at_end_ms(self, tp: TP) -> int | None:
        """When Kafka last said that `tp` holds nothing but what was fetched; nothing while there is more.

        The position counts, not the last record: the mark that ends a transaction is never fetched.
        """
        state = self._state(tp)
        if state is None:
            return None
        # Each is looked at once: the other thread goes on, and may give the partition up meanwhile.
        asked_ms: int | None = state.timestamp
        position, end = state._position, state.highwater
        return None if position is None or end is None or position < end else asked_ms

    def _state(self, tp: TP) -> Any:
        """What aiokafka knows of `tp`; nothing where it is not assigned."""
        subscription = self._ensure_consumer()._subscription.subscription
        assignment = None if subscription is None else subscription.assignment
        return None if assignment is None else assignment.state_value(driver.ensure_aiokafka_TP(tp))


class PromptThread(Thread):
    """For the embedded broker."""

    fetch_wait_ms = EMBEDDED_FETCH_WAIT_MS


class LostOnItsWay(Exception):
    """What was handed out did not arrive; nothing after it may be applied before it is read again."""


class Consumer(Reading):
    """Commits up to the smallest offset that was handed out and is not processed; never a step further.

    Faust looks for gaps among what was acknowledged. It allows one at the head, takes any when nothing was committed
    yet, and counts the first record after a hole in the log as done: three ways past an event still in work. Where
    messages come from, and that they come in their place, is `Reading`'s.
    """

    Thread: ClassVar[type[Thread]] = Thread

    def __init__(self, transport: Any, callback: Callable[[Message], Awaitable[None]], *args: Any, **kwargs: Any):
        # Handed out, and not known to be processed: offset to when the event was produced, in seconds since 1970.
        self._in_hand: dict[TP, dict[int, float]] = defaultdict(dict)
        self._handed_out: dict[TP, int] = {}  # the last one
        # When Kafka said that there is no more, with the last offset that there was; and when it said so of what is
        # processed by now. Both since the last seek.
        self._ends: dict[TP, tuple[int, int]] = {}
        self._reached_ms: dict[TP, int] = {}
        self._on_its_way: dict[TP, deque[Message]] = defaultdict(deque)  # handed out, and not with an agent
        self._settled = 0
        self.commits = Counter(dict.fromkeys(COMMITS, 0))
        self._onward = callback
        super().__init__(transport, self._hand_out, *args, **kwargs)

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return self.Thread(self, loop=self.loop, beacon=self.beacon)

    def _hand_out(self, message: Message) -> Awaitable[None]:
        if self._is_input(message.topic):
            self._in_hand[message.tp][message.offset] = message.timestamp or 0.0
            self._handed_out[message.tp] = max(message.offset, self._handed_out.get(message.tp, -1))
            self._on_its_way[message.tp].append(message)
        return self._onward(message)

    def arrived(self, message: Message) -> None:
        """Say that an agent has `message`; raises `LostOnItsWay` when an earlier one of its partition did not arrive.

        A commit never passes what was lost. The next event of its conversation does: it moves the fence in the state,
        and the lost one, read again after a restart, would count as applied.
        """
        on_its_way = self._on_its_way[message.tp]
        if message.generation_id != self.app.consumer_generation_id or not on_its_way:
            return  # of an assignment that is over: all of it is read again
        first = on_its_way.popleft()
        if first is not message:
            raise LostOnItsWay(f"{message.tp} {first.offset} was handed out and did not arrive before {message.offset}")

    def in_hand(self) -> int:
        """How many events were handed out and are not processed. Any thread may ask this and the next six."""
        return sum(map(len, list(self._in_hand.values()))) - sum(map(len, list(self._acked.values())))

    def processed(self) -> int:
        """How many events were processed; another number after each one."""
        return self._settled + sum(map(len, list(self._acked.values())))

    def member(self) -> bool:
        """Whether the group knows this process."""
        return is_member(self._thread._consumer)

    def partitions(self, topic: str) -> set[int]:
        """Which partitions of `topic` are this process's to read, as far as its group has told it."""
        consumer = self._thread._consumer
        return set() if consumer is None else {tp.partition for tp in consumer.assignment() if tp.topic == topic}

    def behind(self, tp: TP) -> int:
        """How many records of `tp` lie in Kafka and are not processed, as far as Kafka has told us."""
        thread = self._thread
        end = thread.highwater(tp) if isinstance(thread, Thread) and thread._consumer is not None else 0
        handed_out = self._handed_out.get(tp)
        next_one = (self._read_offset.get(tp) or 0) if handed_out is None else handed_out + 1
        return max(0, end - next_one) + len(self._waiting(tp))

    def oldest_s(self, tp: TP) -> float | None:
        """When the oldest event of `tp` that was handed out and is not processed was produced; since 1970."""
        waiting, produced_s = self._waiting(tp), self._in_hand.get(tp, {})
        return produced_s.get(min(waiting)) if waiting else None

    def _all_is_handed_out(self) -> None:
        thread = self._thread
        if not isinstance(thread, Thread):
            return
        for tp in self._sought:
            if tp not in self._ends and self._is_input(tp.topic) and (at_end_ms := thread.at_end_ms(tp)) is not None:
                self._ends[tp] = at_end_ms, self._handed_out.get(tp, -1)

    def _note(self, partitions: Mapping[TP, int]) -> None:
        super()._note(partitions)
        for tp in partitions:
            self._ends.pop(tp, None)
            self._reached_ms.pop(tp, None)

    def reached(self) -> dict[int, Seconds]:
        """By the number of a partition, when Kafka last held nothing in any input that is not processed; since 1970.

        What lies in Kafka unread has happened too: as long as there is more, no time passes. A conversation has one
        number in every input, and may go from one to another.
        """
        reached: dict[int, Seconds] = {}
        for tp in self.assignment():
            if self._is_input(tp.topic):
                reached[tp.partition] = min(self._reached_s(tp), reached.get(tp.partition, math.inf))
        return reached

    def _reached_s(self, tp: TP) -> Seconds:
        if tp in self._ends:
            at_end_ms, last = self._ends[tp]
            if min(self._waiting(tp), default=last + 1) > last:
                self._reached_ms[tp] = at_end_ms
                del self._ends[tp]
        return self._reached_ms.get(tp, 0) / 1000

    def _waiting(self, tp: TP) -> set[int]:
        return set(list(self._in_hand.get(tp, ()))).difference(list(self._acked.get(tp, ())))

    def asked_at_ms(self, tp: TP) -> int | None:
        """When Kafka last answered a fetch of `tp`."""
        thread = self._thread
        return thread.asked_at_ms(tp) if isinstance(thread, Thread) else None

    def uncommitted(self) -> dict[TP, int]:
        """Up to where each partition is committed of which more was handed out. Any thread may ask."""
        handed_out = list(self._handed_out.items())
        known = {tp: (self._committed_offset.get(tp) or 0, last) for tp, last in handed_out}
        return {tp: offset for tp, (offset, last) in known.items() if offset <= last}

    def lag(self) -> int:
        """How many records of the inputs lie in Kafka and were not handed out, as far as Kafka has told us."""
        return sum(
            max(0, self._thread.highwater(tp) - handed_out - 1) for tp, handed_out in list(self._handed_out.items())
        )

    def _new_offset(self, tp: TP) -> int | None:
        # `_acked` is where all ways to acknowledge meet: the compiled stream calls no method of ours.
        acked, in_hand, committed = self._acked[tp], self._in_hand[tp], self._committed_offset[tp]
        for offset in acked:
            in_hand.pop(offset, None)
        self._settled += len(acked)
        acked.clear()
        self._acked_index[tp].clear()
        if committed and in_hand and min(in_hand) < committed:
            for offset in [offset for offset in in_hand if offset < committed]:
                del in_hand[offset]
        if tp not in self._handed_out:
            return None
        return min(in_hand, default=self._handed_out[tp] + 1)

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        """As Faust's, which after a commit that failed believes it was made, and does not try again."""
        before = {tp: self._committed_offset[tp] for tp in offsets}
        committed: bool = await super()._commit_offsets(offsets, start_new_transaction)
        self.commits["made" if committed else "failed"] += 1
        if not committed:
            self._committed_offset.update(before)
        return committed

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit, then give up: Faust forgets first what was processed, and its commit finds nothing."""
        if not self.app.should_stop:
            self.stop_flow()
            self.app.flow_control.suspend()
            while await self.maybe_wait_for_commit_to_finish():
                pass
            await self.commit()
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            self._in_hand.pop(tp, None)
            self._handed_out.pop(tp, None)
            self._on_its_way.pop(tp, None)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Begin anew: all of `assigned` is read again from what is committed."""
        self._in_hand.clear()
        self._handed_out.clear()
        self._on_its_way.clear()
        self._ends.clear()
        self._reached_ms.clear()
        await super().on_partitions_assigned(assigned, generation_id)


def consumer_of(app: faust.App) -> Consumer | None:
    """The consumer, if the app has made it; for other threads.

    `app.consumer` makes it where it is not there yet, on the loop of whoever asks: another thread's is one that nobody
    runs, and the app never subscribes to anything.
    """
    consumer = app._consumer
    return consumer if isinstance(consumer, Consumer) else None


class PromptConsumer(Consumer):
    Thread = PromptThread


def at_once(coroutine: Coroutine[Any, Any, T]) -> T | None:
    """What `coroutine` gives, if it gives it without waiting; where it would wait it ends there, and gives None."""
    try:
        coroutine.send(None)
    except StopIteration as given:
        result: T = given.value
        return result
    coroutine.close()
    return None


class Buffer(ProducerBuffer):
    """What could not go to the producer at once, in order."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._sending = asyncio.Lock()
        self._handing_over = 0
        self._handed_over = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self.leave: Leave = leave

    @property
    def is_empty(self) -> bool:
        """Whether nothing is here, nor just being handed over."""
        return not self._handing_over and self.pending.empty()

    async def _send_pending(self, fut: FutureMessage) -> None:
        self._handing_over += 1
        async with self._sending:
            try:
                await super()._send_pending(fut)
            except Exception as error:
                # Faust would crash the app, whose clean stop commits.
                self.leave(f"a record was refused by the producer: {type(error).__name__}")
                raise
            self._handing_over -= 1
            self._handed_over += 1
            while self._waiting and self._waiting[0][0] <= self._handed_over:
                _, waiter = self._waiting.popleft()
                if not waiter.done():
                    waiter.set_result(None)

    async def flush(self) -> None:
        """Wait until the producer has everything that is here now, however much comes after it.

        Faust's gives up after 0.1 s without progress, and does not count the record that is just being handed over.
        """
        await self._until_handed_over(self.size + self._handing_over)

    async def wait_until_ebb(self) -> None:
        """As Faust's, which warns every time, and makes a task for each record that it waits for."""
        await self._until_handed_over(self.size - self.max_messages)

    async def _until_handed_over(self, records: int) -> None:
        if records > 0:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append((self._handed_over + records, waiter))
            await waiter

    async def on_stop(self) -> None:
        """Hand over what is left: the task that does it ends when it is asked to stop."""
        async with self._sending:
            pass  # the record that is just being handed over is the oldest
        while not self.pending.empty():
            await self._send_pending(self.pending.get_nowait())
        await self.flush()


class Producer(driver.Producer):
    """A flush that is one, and no commit after a record that could not be written."""

    idempotent: ClassVar[bool] = True
    buffer: Buffer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.failed = ""
        self.leave: Leave = leave
        self.awake = Awake(limit_s=float("inf"))
        self.buffer = Buffer(loop=self.loop, beacon=self.beacon)
        self.buffer.app = self.app
        self.buffer.leave = self._fail

    @property
    def _producer_type(self) -> type[aiokafka.AIOKafkaProducer]:
        return patience.Producer

    def _settings_extra(self) -> Mapping[str, Any]:
        # Without it a retry of aiokafka's may write a batch twice, or after the next one.
        return {"acks": "all", "enable_idempotence": True} if self.idempotent else {"acks": "all"}

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: HeadersArg | None,
        *,
        transactional_id: str | None = None,
    ) -> Awaitable[RecordMetadata]:
        """As Faust's, which only warns when a record turns out not to be written, and then commits its event."""
        self.awake.check()
        written: asyncio.Future[RecordMetadata] = await super().send(  # type: ignore[assignment]  # it is a future
            topic, key, value, partition, timestamp, headers, transactional_id=transactional_id
        )
        written.add_done_callback(partial(self._written, topic))
        return written

    def send_now(self, topic: str, key: bytes, value: bytes | None, partition: int) -> bool:
        """Put a record into aiokafka's batch; not if it had to wait, for room or for what was sent before it.

        Faust takes it there by a queue, a task and a promise of its own, which cost three times as much.
        """
        if self._producer is None or not self.buffer.is_empty:
            return False
        self.awake.check()
        sent_s = monotonic()
        try:
            written = at_once(self._producer.send(topic, value, key=key, partition=partition))
        except Exception as error:
            self._fail(f"a record was refused by the producer: {type(error).__name__}")
            raise
        if written is None:
            return False
        self.app.monitor.messages_sent_by_topic[topic] += 1
        written.add_done_callback(partial(self._written_now, topic, sent_s))
        return True

    async def flush(self) -> None:
        """Wait until Kafka has everything that was sent so far."""
        await self.buffer.flush()
        if self._producer is not None:
            await self._producer.flush()
        if self.failed:
            raise ProducerSendError(self.failed)

    async def on_stop(self) -> None:
        """Hand over what is left first: Faust takes aiokafka's producer away before it stops the buffer."""
        await self.buffer.flush()
        await super().on_stop()

    def _written(self, topic: str, written: asyncio.Future[RecordMetadata]) -> None:
        if written.cancelled() or written.exception() is not None:
            error = "cancelled" if written.cancelled() else type(written.exception()).__name__
            self._fail(f"a record for {topic} was not written: {error}")

    def _written_now(self, topic: str, sent_s: float, written: asyncio.Future[RecordMetadata]) -> None:
        self._written(topic, written)
        self.app.monitor.send_latency.append(monotonic() - sent_s)

    def _fail(self, why: str) -> None:
        self.failed = why
        self.leave(why)


class PlainProducer(Producer):
    """For the embedded broker, which gives no producer ids."""

    idempotent = False


class Transport(driver.Transport):
    """For Apache Kafka."""

    Consumer: ClassVar[type[ConsumerT]] = Consumer
    Producer: ClassVar[type[ProducerT]] = Producer


class EmbeddedTransport(Transport):
    """For the embedded broker."""

    Consumer = PromptConsumer
    Producer = PlainProducer
