"""Worker processes that stop at every gap between two effects, around the real steps of `agents`.

The model holds what `streams/transport.py` promises of commits and sends. `Broken` takes one promise away at a time.
"""

import math
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Iterator, MutableMapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from agents import monitor as monitoring
from agents.publish import Publisher
from klankbord.errors import InvalidEvent
from klankbord.events import encode
from klankbord.policy import Policy
from klankbord.suggestions import SUGGESTIONS
from streams import wire
from streams.deadletters import Incoming, dead_letter
from streams.deadlines import Deadlines
from streams.metrics import MonitorMetrics, PublisherMetrics
from streams.recovery import is_older
from streams.sinks import Batch, New, Sink, Unavailable
from streams.views import Views
from tests.simulator.chance import Chance, reach
from tests.simulator.kafka import MONITOR, PUBLISHER, TP, Kafka, Record

Task = Coroutine[str, None, None]


@dataclass(frozen=True, slots=True)
class Broken:
    """Which promises do not hold; with none broken this is the real thing."""

    fence: bool = False
    commit_before_acknowledgement: bool = False
    commit_before_publish: bool = False
    stale_recovery: bool = False
    older_record_wins: bool = False


@dataclass(slots=True)
class Send:
    """A record on its way: pending, then in the log, then acknowledged; a crash may come in between."""

    tp: TP
    record: Record
    acked: bool = False


class Producer:
    """Idempotent: no retry writes twice or out of order; what is pending at a crash may or may not be written."""

    def __init__(self, kafka: Kafka, chance: Chance) -> None:
        self._kafka = kafka
        self._chance = chance
        self.pending: dict[TP, deque[Send]] = {}

    def send(self, tp: TP, record: Record) -> Send:
        send = Send(tp, record)
        self.pending.setdefault(tp, deque()).append(send)
        return send

    def outstanding(self) -> list[Send]:
        return [send for waiting in self.pending.values() for send in waiting]

    async def work(self) -> None:
        """One batch of one partition: written, then acknowledged."""
        tp = self._chance.random.choice([tp for tp, waiting in self.pending.items() if waiting])
        waiting = self.pending[tp]
        batch = [waiting[n] for n in range(self._chance.random.randint(1, len(waiting)))]
        await reach("produce")
        for send in batch:
            self._kafka.log(tp).append(send.record)
        await reach("acknowledgement of a produce")
        for send in batch:
            send.acked = True
            waiting.popleft()


class Table(MutableMapping[bytes, bytes]):
    """A table as Faust's in memory: a write is there at once, and in its changelog when the producer gets to it."""

    def __init__(self, changed: Callable[[bytes, bytes], None], *, fenced: bool) -> None:
        self.data: dict[bytes, bytes] = {}
        self._changed = changed
        self._fenced = fenced

    def __getitem__(self, key: bytes) -> bytes:
        value = self.data[key]
        if self._fenced:
            return value
        record = wire.decode_record(value)
        return wire.encode(wire.Record(record.observation, record.origin, {}))

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.data[key] = value
        self._changed(key, value)

    def __delitem__(self, key: bytes) -> None:
        raise NotImplementedError

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


class Worker:
    """One process: an agent, its commits and its producer, each of which waits where another may go on."""

    kind: str

    def __init__(self, name: str, kafka: Kafka, chance: Chance, broken: Broken) -> None:
        self.name = name
        self.kafka = kafka
        self.chance = chance
        self.broken = broken
        self.frozen = False
        self.generation = -1  # no member
        self.tasks: dict[str, tuple[Task, str]] = {}
        self.producer = Producer(kafka, chance)
        self.queue: deque[tuple[TP, int, Record]] = deque()
        self.in_hand: dict[TP, set[int]] = defaultdict(set)
        self.position: dict[TP, int] = {}

    @property
    def is_zombie(self) -> bool:
        return 0 <= self.generation < self.kafka.groups[self.kind].generation

    def assign(self, tps: list[TP], generation: int) -> None:
        """Read on from what is committed."""
        committed = self.kafka.groups[self.kind].committed
        self.generation = generation
        self.position = {tp: committed.get(tp, 0) for tp in tps}

    def forget(self) -> None:
        """Give up what is assigned."""
        self.queue.clear()
        self.in_hand.clear()
        self.position.clear()

    def fetch(self, most: int) -> None:
        """Hand out what lies next in one partition."""
        waiting = [tp for tp, position in self.position.items() if position < len(self.kafka.log(tp))]
        if not waiting:
            return
        tp = self.chance.random.choice(waiting)
        position, log = self.position[tp], self.kafka.log(tp)
        for offset in range(position, min(len(log), position + most)):
            self.queue.append((tp, offset, log[offset]))
            self.in_hand[tp].add(offset)
            self.position[tp] = offset + 1

    def startable(self) -> list[str]:
        able = []
        if self.queue:
            able.append("agent")
        if any(self.producer.pending.values()):
            able.append("sender")
        if self.position:
            able.append("commit")
        return [name for name in able if name not in self.tasks]

    def start(self, name: str) -> None:
        work = {"agent": self.agent, "sender": self.producer.work, "commit": self.commit}[name]
        self.tasks[name] = work(), ""
        self.advance(name)

    def advance(self, name: str) -> None:
        """Let one task go on to its next gap."""
        task, _ = self.tasks[name]
        try:
            self.tasks[name] = task, task.send(None)
        except StopIteration:
            del self.tasks[name]

    def die(self) -> None:
        for task, _ in self.tasks.values():
            task.close()
        self.tasks.clear()

    def agent(self) -> Task:
        raise NotImplementedError

    def offsets(self) -> dict[TP, int]:
        """As `Consumer._new_offset`: the smallest that was handed out and is not processed."""
        return {tp: min(self.in_hand[tp], default=position) for tp, position in self.position.items()}

    async def commit(self) -> None:
        generation = self.generation
        offsets = dict(self.position) if self._commits_too_early() else self.offsets()
        if not self.broken.commit_before_acknowledgement:
            sends = self.producer.outstanding()
            while not all(send.acked for send in sends):
                await reach("flush")
        await reach("commit")
        taken = self.kafka.groups[self.kind].commit(generation, offsets)
        if not taken:
            self.chance.fault("a zombie's commit is refused", self.name)
        await reach("answer to a commit")

    def _commits_too_early(self) -> bool:
        return False


class Monitor(Worker):
    """The monitor: the real step, the real deadlines."""

    kind = MONITOR

    def __init__(
        self, name: str, kafka: Kafka, chance: Chance, broken: Broken, policy: Policy, metrics: MonitorMetrics
    ) -> None:
        super().__init__(name, kafka, chance, broken)
        self._policy = policy
        self._metrics = metrics
        self._recovered: dict[int, int] = {}
        self._at: Incoming | None = None
        self.deadlines = Deadlines(policy)
        self.table = Table(self._changed, fenced=not broken.fence)

    def assign(self, tps: list[TP], generation: int) -> None:
        super().assign(tps, generation)
        # A partition that was kept is read on; one that comes anew, or comes back, from its beginning.
        numbers = sorted({number for _, number in tps})
        self._recovered = {number: self._recovered.get(number, 0) for number in numbers}
        for number in numbers:
            self._recover(number)
        self.deadlines.restart((key, wire.decode_record(raw)) for key, raw in self.table.data.items())

    def _recover(self, number: int) -> None:
        """What Faust does of a table in memory: the changelog from where it was last read, into what is there."""
        log = self.kafka.log((wire.OBSERVATIONS, number))
        end = len(log) - (2 if self.broken.stale_recovery else 0)
        read: set[bytes] = set()
        for record in log[self._recovered[number] : max(0, end)]:
            assert record.key is not None
            assert record.value is not None
            known = self.table.data.get(record.key)
            if known is not None and is_older(record.value, known):
                if record.key in read:
                    self.chance.fault("an older record after a newer one at recovery", self.name)
                if not self.broken.older_record_wins:
                    continue
            self.table.data[record.key] = record.value
            read.add(record.key)
        self._recovered[number] = max(0, end)

    def _changed(self, key: bytes, value: bytes) -> None:
        assert self._at is not None
        if self.is_zombie:
            self.chance.fault("a zombie produces", self.name)
        record = Record(key, value, self._at.timestamp_ms, {})
        self.producer.send((wire.OBSERVATIONS, self._at.partition), record)

    async def agent(self) -> None:
        tp, offset, record = self.queue.popleft()
        incoming = Incoming(tp[0], tp[1], offset, record.timestamp_ms, record.key, record.value)
        await reach("step")
        self._at = incoming
        await monitoring.step(
            incoming,
            self.table,
            bury=self._bury,
            policy=self._policy,
            metrics=self._metrics,
            deadlines=self.deadlines,
        )
        await reach("acknowledgement of an event")
        self.in_hand[tp].discard(offset)

    async def _bury(self, incoming: Incoming, error: InvalidEvent) -> None:
        letter = dead_letter(incoming, error)
        send = self.producer.send((wire.DEAD_LETTERS, 0), Record(letter.key, letter.value, 0, letter.headers))
        while not send.acked:
            await reach("acknowledgement of a dead letter")

    def say_who_waits(self, now_s: float) -> None:
        for deadline in self.deadlines.take_due(now_s, reached=self._reached_s):
            self.chance.fault("a deadline passes", deadline.event.conversation_id)
            record = Record(wire.input_key(deadline.event), encode(deadline.event), round(now_s * 1000), {})
            self.producer.send((deadline.topic, deadline.partition), record)

    def _reached_s(self, number: int) -> float:
        """As `Consumer.reached`, but time passes with what is read, too: more waits are overtaken."""
        return min(self._reached_in((topic, number)) for topic in wire.INPUTS)

    def _reached_in(self, tp: TP) -> float:
        log, position = self.kafka.log(tp), self.position.get(tp, 0)
        if self.in_hand[tp]:
            return log[min(self.in_hand[tp])].timestamp_ms / 1000
        if position >= len(log):
            return math.inf
        return log[position - 1].timestamp_ms / 1000 if position else 0.0


class Away:
    """A sink that is at times away, takes a part, or takes all and loses the answer."""

    def __init__(self, sink: Sink, chance: Chance) -> None:
        self._sink = sink
        self._chance = chance

    async def publish(self, batch: Batch) -> New:
        await reach("publish")
        if self._chance.strikes(0.04):
            self._chance.fault("the sink is away")
            raise Unavailable("away")
        if self._chance.strikes(0.04) and batch.alerts:
            self._chance.fault("the sink takes a part of a batch")
            taken = self._chance.random.randint(0, len(batch.alerts))
            await self._sink.publish(Batch(alerts=batch.alerts[:taken]))
            raise Unavailable("gone in the middle")
        new = await self._sink.publish(batch)
        if self._chance.strikes(0.04):
            self._chance.fault("the sink's answer is lost")
            raise Unavailable("no answer")
        await reach("answer of the sink")
        return new

    async def close(self) -> None:
        await self._sink.close()


async def _wait(seconds: float) -> None:
    await reach("next try")


class Publishing(Worker):
    """The publisher: the real one, with the real views."""

    kind = PUBLISHER

    def __init__(
        self, name: str, kafka: Kafka, chance: Chance, broken: Broken, views: Views, sink: Sink,
        metrics: PublisherMetrics,
    ) -> None:  # fmt: skip
        super().__init__(name, kafka, chance, broken)
        self._publisher = Publisher(views, Away(sink, chance), metrics, wait=_wait)

    async def agent(self) -> None:
        most = self.chance.random.randint(1, 8)
        batch = [self.queue.popleft() for _ in range(min(most, len(self.queue)))]
        await reach("batch")
        if self.is_zombie:
            self.chance.fault("a zombie publishes", self.name)
        await self._publisher.publish([(r.value, offset) for _, offset, r in batch if r.value is not None])
        await reach("acknowledgement of a batch")
        for tp, offset, _ in batch:
            self.in_hand[tp].discard(offset)

    def _commits_too_early(self) -> bool:
        return self.broken.commit_before_publish


@dataclass(slots=True)
class Metrics:
    """One set for a whole run: what they count is not judged here, and to make them takes longer than a schedule."""

    policy: Policy
    monitor: MonitorMetrics = field(init=False)
    publisher: PublisherMetrics = field(init=False)

    def __post_init__(self) -> None:
        rules = [(name, rule.severity) for name, rule in self.policy.rules.items()]
        self.monitor = MonitorMetrics(CollectorRegistry())
        kinds = [one.kind for one in SUGGESTIONS]
        self.publisher = PublisherMetrics(CollectorRegistry(), rules=rules, kinds=kinds)


Anyone = Monitor | Publishing
