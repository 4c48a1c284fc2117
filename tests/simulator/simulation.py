"""One schedule, from its seed to its verdict: workers, crashes, zombies and rebalances over real steps."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec
from redis import Redis

from config.settings import HERE, load_playbook
from klankbord.alerting import Alert
from streams import wire
from streams.oracle import Found, Input, Place, Shown, Verdict, Written, judge
from streams.sinks import Batch, New
from streams.sinks.memory import MemorySink
from streams.sinks.redis import RedisSink
from streams.views import Views
from streams.wire import AlertMessage, BoardRow
from tests.simulator.chance import Chance
from tests.simulator.kafka import MONITOR, PUBLISHER, Kafka, Record
from tests.simulator.source import START, Arrival, arrivals
from tests.simulator.workers import Anyone, Broken, Metrics, Monitor, Publishing
from tests.streams.given import POLICY

STEPS_MOST: Final = 60_000  # a schedule that is not done by then hangs
VIEWS: Final = Views(POLICY, load_playbook(HERE / "playbook"))
METRICS: Final = Metrics(POLICY)
WHOLE: Final = Broken()


class Kept(MemorySink):
    """What a supervisor's reader of the stream would have, beside the board."""

    def shown(self) -> list[AlertMessage]:
        return self.alerts

    def rows(self) -> dict[tuple[str, str], BoardRow]:
        return {talk: row for talk, (row, _) in self.board.items()}


class KeptInRedis:
    """The sink over a real server, from code that runs in no loop."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._sink = RedisSink(url)
        with Redis.from_url(url) as client:
            client.flushdb()

    async def publish(self, batch: Batch) -> New:
        return self._loop.run_until_complete(self._sink.publish(batch))

    async def close(self) -> None:
        self.shut()

    def shut(self) -> None:
        self._loop.run_until_complete(self._sink.close())
        self._loop.close()

    def shown(self) -> list[AlertMessage]:
        with Redis.from_url(self._url) as client:
            return [
                msgspec.json.decode(entry[wire.FIELD], type=AlertMessage) for _, entry in client.xrange(wire.ALERTS)
            ]

    def rows(self) -> dict[tuple[str, str], BoardRow]:
        with Redis.from_url(self._url) as client:
            rows = [msgspec.json.decode(raw, type=BoardRow) for raw in client.hvals(wire.BOARD)]
        return {(row.tenant, row.conversation_id): row for row in rows}


AnySink = Kept | KeptInRedis


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one seed led to."""

    seed: int
    verdict: Verdict
    board: frozenset[str]
    faults: dict[str, int]
    schedule: list[str]
    events: int
    alerts: int
    hung: bool = False

    @property
    def green(self) -> bool:
        return self.verdict.clean and not self.board and not self.hung

    @property
    def wrong(self) -> dict[str, list[str]]:
        found = {name: sorted(keys) for name, keys in self.verdict.wrong.items() if keys}
        if self.board:
            found["board"] = sorted(self.board)
        if self.hung:
            found["hung"] = [f"not done after {STEPS_MOST} steps"]
        return found


@dataclass(slots=True)
class Simulation:
    """The machinery of one seed."""

    chance: Chance
    sink: AnySink
    broken: Broken = WHOLE
    kafka: Kafka = field(init=False)
    workers: list[Anyone] = field(default_factory=list)
    arriving: list[Arrival] = field(default_factory=list)
    clock_s: float = START.timestamp()
    born: int = 0
    steps: int = 0
    # Who has left the group without a word: until the session times out, nobody reads their partitions.
    rebalance_due: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        random = self.chance.random
        self.kafka = Kafka(partitions=random.randint(1, 3))
        self.arriving = arrivals(self.chance)
        for kind in (MONITOR, PUBLISHER):
            for _ in range(random.randint(1, 2)):
                self.workers.append(self._worker(kind))
            self._rebalance(kind)

    def run(self) -> Outcome:
        events = len(self.arriving)
        while self.arriving or self.chance.random.random() < (0.995 if self.chance.seldom_commits else 0.98):
            self._something()
            if self.steps > STEPS_MOST:
                break
        if self.chance.seldom_commits:
            for worker in self._of(MONITOR):
                self._crash(worker)
        with self.chance.calmly():
            self._settle()
            hung = self.steps > STEPS_MOST
            if not hung:
                self._replay_from_the_beginning()
        found = self._found()
        verdict = judge(found, POLICY)
        if verdict.unjudged.get("events too late to tell from a repeat"):
            self.chance.fault("an event is too late to tell from a repeat")
        board = self._ghosts(verdict)
        return Outcome(
            self.chance.seed, verdict, board, dict(self.chance.faults), self.chance.schedule, events,
            len(found.shown), hung,
        )  # fmt: skip

    def _worker(self, kind: str) -> Anyone:
        self.born += 1
        name = f"{kind}-{self.born}"
        if kind == MONITOR:
            return Monitor(name, self.kafka, self.chance, self.broken, POLICY, METRICS.monitor)
        return Publishing(name, self.kafka, self.chance, self.broken, VIEWS, self.sink, METRICS.publisher)

    def _of(self, kind: str, *, awake: bool = True) -> list[Anyone]:
        return [worker for worker in self.workers if worker.kind == kind and not (awake and worker.frozen)]

    def _something(self) -> None:
        """One thing happens somewhere."""
        self.steps += 1
        random = self.chance.random
        dice = random.random()
        if dice < 0.10:
            self._arrive()
        elif dice < 0.30:
            self._fetch()
        elif dice < 0.97:
            self._work()
        elif dice < 0.98:
            self._tick()
        elif not self.chance.seldom_commits or self.chance.strikes(0.05):
            self._fault()

    def _arrive(self) -> None:
        if not self.arriving:
            return
        one = self.arriving.pop(0)
        self.clock_s += self.chance.random.random() * 10
        tp = one.topic, self.kafka.partition_of(one.key)
        self.kafka.log(tp).append(Record(one.key, one.value, round(self.clock_s * 1000), {}))
        self.chance.note(f"arrives {tp[0]}[{tp[1]}]@{len(self.kafka.log(tp)) - 1} {one.key.decode(errors='replace')}")

    def _fetch(self) -> None:
        awake = [worker for worker in self.workers if not worker.frozen and worker.position]
        if awake:
            self.chance.random.choice(awake).fetch(self.chance.random.randint(1, 12))

    def _work(self) -> None:
        able = [
            (worker, task, begun)
            for worker in self.workers
            if not worker.frozen
            for begun, tasks in ((True, list(worker.tasks)), (False, worker.startable()))
            for task in tasks
        ]
        # A commit is made once a second, not at every step.
        often = 0.001 if self.chance.seldom_commits and not self.chance.calm else 0.15
        able = [one for one in able if one[2] or one[1] != "commit" or self.chance.random.random() < often]
        if not able:
            self._fetch()
            return
        worker, task, begun = self.chance.random.choice(able)
        if begun:
            worker.advance(task)
        else:
            worker.start(task)
        self.chance.note(f"{worker.name} {task}: {worker.tasks[task][1] if task in worker.tasks else 'done'}")

    def _tick(self) -> None:
        self.clock_s += self.chance.random.choice((1.0, 30.0, 120.0))
        for worker in self._of(MONITOR):
            if isinstance(worker, Monitor) and worker.position and not worker.is_zombie:
                worker.say_who_waits(self.clock_s)

    def _fault(self) -> None:
        random = self.chance.random
        worker = random.choice(self.workers)
        dice = random.random()
        if self.rebalance_due.get(worker.kind) and dice < 0.4:
            self.chance.fault("a session times out", worker.kind)
            self._rebalance(worker.kind)
        elif dice < 0.55 or self.chance.seldom_commits:  # whoever joins or leaves makes all others commit
            self._crash(worker)
        elif dice < 0.75:
            self._freeze_or_thaw(worker)
        elif dice < 0.9:
            self._join(worker.kind)
        else:
            self._leave(worker)

    def _crash(self, worker: Anyone) -> None:
        gaps = sorted({point for _, point in worker.tasks.values()}) or ["rest"]
        self.chance.fault("a crash", worker.name)
        for gap in gaps:
            self.chance.fault(f"a {worker.kind} dies before: {gap}")
        worker.die()
        self.workers.remove(worker)
        self.rebalance_due[worker.kind] = True
        if len(self._of(worker.kind, awake=False)) < 2:
            self.workers.append(self._worker(worker.kind))

    def _freeze_or_thaw(self, worker: Anyone) -> None:
        if worker.frozen:
            self._thaw(worker)
        elif self.chance.zombies and worker.generation >= 0:
            self.chance.fault(f"a {worker.kind} freezes", worker.name)
            worker.frozen = True
            self.rebalance_due[worker.kind] = True

    def _thaw(self, worker: Anyone) -> None:
        """It goes on where it was, and finds out some steps later that its partitions are not its own."""
        worker.frozen = False
        if not worker.is_zombie:
            return
        self.chance.fault(f"a {worker.kind} comes back as a zombie", worker.name)
        for _ in range(self.chance.random.randrange(25)):
            self._work_on(worker)
        self._rebalance(worker.kind)

    def _work_on(self, worker: Anyone) -> None:
        able = [*worker.tasks, *worker.startable()]
        if able:
            task = self.chance.random.choice(able)
            worker.advance(task) if task in worker.tasks else worker.start(task)
            self.chance.note(f"{worker.name} {task} (zombie)")

    def _join(self, kind: str) -> None:
        if len(self._of(kind, awake=False)) >= 3:
            return
        self.chance.fault(f"a {kind} joins")
        self.workers.append(self._worker(kind))
        self._rebalance(kind)

    def _leave(self, worker: Anyone) -> None:
        if worker.frozen or len(self._of(worker.kind)) < 2:
            return
        self.chance.fault(f"a {worker.kind} leaves in order", worker.name)
        self._revoke(worker)
        worker.die()
        if worker in self.workers:
            self.workers.remove(worker)
        self._rebalance(worker.kind)

    def _rebalance(self, kind: str) -> None:
        """All members give up what they have, then it is shared out anew; who is frozen is not waited for."""
        for worker in self._of(kind):
            self._revoke(worker)
        if not self._of(kind):
            self.workers.append(self._worker(kind))
        self.rebalance_due[kind] = any(worker.frozen and not worker.is_zombie for worker in self._of(kind, awake=False))
        group = self.kafka.groups[kind]
        group.generation += 1
        members = self._of(kind)
        self.chance.note(f"{kind}: generation {group.generation} is {', '.join(worker.name for worker in members)}")
        first = self.chance.random.randrange(len(members))
        for place, worker in enumerate(members):
            mine = [tp for tp in self.kafka.read_by(kind) if (tp[1] + first) % len(members) == place]
            worker.assign(mine, group.generation)

    def _revoke(self, worker: Anyone) -> None:
        """Finish the event in work, flush, commit, give up; each step may be its last."""
        while "agent" in worker.tasks or "commit" in worker.tasks or any(worker.producer.pending.values()):
            if self.chance.strikes(0.002):
                self.chance.fault("a crash within a rebalance", worker.name)
                self._crash(worker)
                return
            self._drive(worker)
        if worker.position:
            worker.start("commit")
            while "commit" in worker.tasks:
                self._drive(worker)
        worker.forget()

    def _drive(self, worker: Anyone) -> None:
        if "sender" not in worker.tasks and any(worker.producer.pending.values()):
            worker.start("sender")
        worker.advance(self.chance.random.choice(sorted(worker.tasks)))

    def _settle(self) -> None:
        """Nothing goes wrong any more: everything is worked off."""
        for worker in list(self.workers):
            if worker.frozen:
                self._thaw(worker)
        for kind in (MONITOR, PUBLISHER):
            self._rebalance(kind)
        while (self.kafka.behind(MONITOR) or self.kafka.behind(PUBLISHER) or self._busy()) and (
            self.steps <= STEPS_MOST
        ):
            self._fetch()
            self._work()
            self.steps += 1

    def _busy(self) -> bool:
        return any(worker.tasks or any(worker.producer.pending.values()) for worker in self.workers)

    def _replay_from_the_beginning(self) -> None:
        """At times another publisher reads everything again: there must be nothing new in it."""
        if self.chance.random.random() < 0.2:
            self.chance.fault("everything is published again")
            self.kafka.groups[PUBLISHER].committed.clear()
            for worker in self._of(PUBLISHER):
                worker.die()
                self.workers.remove(worker)
            self._rebalance(PUBLISHER)
            while (self.kafka.behind(PUBLISHER) or self._busy()) and self.steps <= STEPS_MOST:
                self._fetch()
                self._work()
                self.steps += 1

    def _found(self) -> Found:
        logs = sorted(self.kafka.logs.items())
        fresh = self._fresh()
        states = {tuple(key.decode().split("/", 1)): wire.decode_record(raw) for key, raw in fresh.table.data.items()}
        return Found(
            inputs=[
                Input(Place(topic, number, offset), record.timestamp_ms, record.key, record.value)
                for (topic, number), log in logs
                if topic in wire.INPUTS
                for offset, record in enumerate(log)
            ],
            written=[
                Written(number, offset, record.value or b"")
                for (topic, number), log in logs
                if topic == wire.OBSERVATIONS
                for offset, record in enumerate(log)
            ],
            letters=[_origin(record.headers) for record in self.kafka.log((wire.DEAD_LETTERS, 0))],
            shown=[
                Shown((message.tenant, message.conversation_id), _identity(message.alert))
                for message in self.sink.shown()
                if not message.again
            ],
            states={(key[0], key[1]): record.observation.conversation for key, record in states.items()},
        )

    def _fresh(self) -> Monitor:
        """A monitor that starts now, with what it finds; that it reads all there is may be broken only before."""
        broken = replace(self.broken, stale_recovery=False)
        fresh = Monitor("judge", self.kafka, Chance(0), broken, POLICY, METRICS.monitor)
        fresh.assign(self.kafka.read_by(MONITOR), 0)
        return fresh

    def _ghosts(self, verdict: Verdict) -> frozenset[str]:
        """Rows of the board that are not as the conversation stands."""
        if not verdict.clean:
            return frozenset()
        rows = self.sink.rows()
        records = [wire.decode_record(raw).observation for raw in self._fresh().table.data.values()]
        should = {
            (one.tenant, one.conversation_id): (one.at, one.conversation.effort, one.conversation.customer_turns)
            for one in records
            if one.conversation.ended_at is None
        }
        there = {talk: (row.at, row.effort, row.customer_turns) for talk, row in rows.items()}
        return frozenset("/".join(talk) for talk in should.keys() | there.keys() if should.get(talk) != there.get(talk))


def simulate(seed: int, *, broken: Broken = WHOLE, sink: AnySink | None = None) -> Outcome:
    """The outcome of one seed."""
    chance = Chance(seed)
    return Simulation(chance, sink or Kept(), broken).run()


def _identity(alert: Alert) -> str:
    return f"{alert.alert_id}:{alert.state}"


def _origin(headers: dict[str, bytes]) -> Place:
    return Place(headers["origin_topic"].decode(), int(headers["origin_partition"]), int(headers["origin_offset"]))
