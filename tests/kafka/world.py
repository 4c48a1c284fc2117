"""A whole installation that faults are done to: Apache Kafka, Redis, workers, a source, and a clock of events."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import httpx
import redis
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CommitFailedError
from kafka.structs import OffsetAndMetadata
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.settings import HERE as CONFIG
from config.settings import PREFIX, load_policy
from docs.faults import HARMLESS
from klankbord.events import Event, encode
from klankbord.replay import shifted
from streams import embedded, topics, wire
from streams.demo import PROCESSES, ROOT
from streams.player import Line, Player, rounds
from tests.e2e.waiting import until
from tests.kafka.cluster import Broker, Cluster, cluster
from tests.kafka.ledger import AlertReader, judge, read_back, uncommitted
from tests.kafka.proxy import Proxy

SEED: Final = int(os.environ.get("FAULTS_SEED") or 0) or random.SystemRandom().randrange(1, 1_000_000)
PARTITIONS: Final = 4
IN_FLIGHT: Final = 1_000  # enough to be caught with some in every stage
STALLED_S: Final = 150.0  # longer than any fault lasts
PUBLISHED_S: Final = 150.0
APART_S: Final = 900.0
STOP_S: Final = 30.0
REWOUND_S: Final = 60.0
GROUPS: Final[Mapping[str, Sequence[str]]] = {
    "klankbord-monitor": wire.INPUTS,
    "klankbord-publisher": [wire.OBSERVATIONS],
}


class Redis:
    """A server that can be away, empty, full or slow; what it holds is lost with it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stack = ExitStack()
        self._port = 0
        self.proxy: Proxy | None = None

    def start(self) -> None:
        """Start it, on the same port as before."""
        ports = [self._port] * 5 if self._port else None
        url = self._stack.enter_context(embedded.redis_server(self._directory, ports=ports))
        self._port = int(url.rsplit(":", 1)[1].split("/")[0])
        if self.proxy is None:
            self.proxy = Proxy(self._port)

    def stop(self) -> None:
        """Take it away with everything in it."""
        self._stack.close()

    @property
    def url(self) -> str:
        """Where the workers find it: behind the proxy."""
        assert self.proxy is not None
        return f"redis://{embedded.HOST}:{self.proxy.port}/0"

    @property
    def own_url(self) -> str:
        """Where the test finds it."""
        return f"redis://{embedded.HOST}:{self._port}/0"

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.own_url, retry=Retry(NoBackoff(), 0), socket_timeout=5)

    def close(self) -> None:
        self.stop()
        if self.proxy is not None:
            self.proxy.close()


@dataclass(slots=True)
class World:
    """Everything that runs, and what has happened to it."""

    kafka: Cluster
    redis: Redis
    environment: Mapping[str, str]
    directory: Path
    ports: dict[str, int] = field(default_factory=dict)  # of metrics and health
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    commands: dict[str, Sequence[str]] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    away: set[str] = field(default_factory=set)  # workers that nobody starts again for now
    figures: dict[str, float] = field(default_factory=dict)
    _later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def start(self, name: str, *, module: str = "", settings: Mapping[str, str] | None = None) -> None:
        """Start the worker `name`, as "monitor-0": an app and the ordinal of its static membership.

        It is that of `module` from now on; without one, of the last that was named, or of `streams.app`.
        """
        app, ordinal = name.rsplit("-", 1)
        if module or name not in self.commands:
            arguments = [a.replace("streams.app", module or "streams.app") for a in PROCESSES[app]]
            self.commands[name] = (sys.executable, *arguments)
        self.ports[name] = next(embedded.free_ports())
        ours = {"INSTANCE": ordinal, f"{app.upper()}_PORT": str(self.ports[name]), **(settings or {})}
        environment = {**self.environment, **{PREFIX + key: value for key, value in ours.items()}}
        log = self.directory / f"{name}.log"
        self.running[name] = embedded.child(self.commands[name], env=environment, log=log, cwd=ROOT)
        self.away.discard(name)

    def kill(self, name: str) -> None:
        """SIGKILL, and start again at once."""
        self.running[name].kill()
        self.running[name].wait()
        self.start(name)

    def terminate(self, name: str, *, back: bool = True) -> float:
        """SIGTERM; the seconds until it was gone."""
        began = time.monotonic()
        self.away.add(name)
        self.running[name].terminate()
        self.running[name].wait(timeout=STOP_S)
        took = time.monotonic() - began
        if back:
            self.start(name)
        return took

    def signal(self, name: str, number: signal.Signals) -> None:
        self.running[name].send_signal(number)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do `action` so many seconds from now."""
        self._later.append((time.monotonic() + seconds, action))

    def look_after(self) -> None:
        """Do what is due, and start again whoever ended by itself, as an orchestrator does."""
        now = time.monotonic()
        for due in [due for due in self._later if due[0] <= now]:
            self._later.remove(due)
            due[1]()
        for name, process in list(self.running.items()):
            if name not in self.away and process.poll() is not None:
                self.ended.append(f"{name}: {process.returncode}")
                self.start(name)

    def metric(self, name: str, metric: str, having: str = "") -> float:
        """What the worker `name` says of `metric` now, samples `having` a label added up; 0 while it says nothing."""
        page = ""
        with suppress(httpx.HTTPError):
            page = httpx.get(f"http://{embedded.HOST}:{self.ports[name]}/metrics", timeout=5).text
        samples = [line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#") and having in line]
        return sum(float(value) for sample, value in samples if sample.partition("{")[0] == metric)

    def ready(self, name: str) -> bool:
        """Whether the worker says that it works."""
        with suppress(httpx.HTTPError):
            return httpx.get(f"http://{embedded.HOST}:{self.ports[name]}/readyz", timeout=5).status_code == 200
        return False

    @property
    def idle(self) -> bool:
        """Whether nothing more is due."""
        return not self._later

    def broker(self, number: int = 0) -> Broker:
        return self.kafka.brokers[number]


@contextmanager
def world(
    directory: Path,
    *,
    brokers: int = 1,
    monitors: int = 1,
    publishers: int = 1,
    started: bool = True,
    canary_s: float = 0.0,
    partitions: int = PARTITIONS,
    compacted: bool = False,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[World]:
    """An installation with the topics of the plan; workers run unless not `started`, canaries every `canary_s`.

    Observations stay, for they are read back in the end, unless they are to be `compacted` as the plan says.
    """
    with ExitStack() as stack:
        kafka = stack.enter_context(cluster(directory / "kafka", brokers=brokers))
        server = Redis(directory / "redis")
        stack.callback(server.close)
        server.start()
        plan = topics.plan(partitions=partitions, replication_factor=min(3, brokers))
        topics.create(kafka.bootstrap_servers, plan if compacted else [kept(topic) for topic in plan])
        ours = {
            "BROKER": kafka.bootstrap_servers,
            "BROKER_KIND": "kafka",
            "REDIS_URL": server.url,
            "PARTITIONS": str(partitions),
            "REPLICATION_FACTOR": str(min(3, brokers)),
            "DATA_DIR": str(directory),
            "CANARY_EVERY_S": f"{canary_s:g}",
            **settings,
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environment = {**others, **{PREFIX + name: value for name, value in ours.items()}}
        made = World(kafka, server, environment, directory)
        stack.callback(_end, made)
        names = [f"monitor-{n}" for n in range(monitors)] + [f"publisher-{n}" for n in range(publishers)]
        for name in names if started else ():
            made.start(name)
        yield made


def kept(topic: topics.Topic) -> topics.Topic:
    """The same, compacted after a day."""
    lag = "min.compaction.lag.ms"
    later = {lag: str(topics.DAY_MS), "max.compaction.lag.ms": str(2 * topics.DAY_MS)} if lag in topic.configs else {}
    return replace(topic, configs={**topic.configs, **later})


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that happens once `at` of the events (0..1) are answered."""

    at: float
    action: Callable[[World], None]


class Counted(Protocol):
    """What a judge says: how many of each thing that may not be, and of the copies that may."""

    @property
    def counts(self) -> Mapping[str, int]: ...

    @property
    def physical_dup(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. A void run had nothing in flight when a fault fell, or a fault that never fell."""

    verdict: Counted
    events: int
    alerts: int
    took_s: float
    void: str


def run(
    made: World,
    lines: Sequence[Line],
    faults: Sequence[Fault],
    *,
    in_flight: int = IN_FLIGHT,
    stalled_s: float = STALLED_S,
    rate: float = inf,
) -> Outcome:
    """Play `lines`, `rate` a second at most, while the faults happen; wait until all is committed, and judge."""
    servers = made.kafka.bootstrap_servers
    sent = [line.event for line in lines if line.event is not None]
    waiting = sorted(faults, key=lambda fault: fault.at)
    repeated = len(sent) - len({(event.tenant, event.event_id) for event in sent})
    void = ""
    reader = AlertReader(made.redis.own_url)
    began = time.monotonic()
    with Player(servers, in_flight=in_flight, stalled_s=stalled_s) as player:
        account = player.account

        def watch() -> None:
            nonlocal void
            made.look_after()
            time.sleep(max(0.0, began + account.sent / rate - time.monotonic()))
            made.figures["answered"] = account.answered
            if waiting and account.answered >= waiting[0].at * (len(lines) - repeated):
                if account.outstanding <= 0 and not void:
                    void = f"nothing was in flight at {waiting[0].at:g}"
                waiting.pop(0).action(made)

        player.play(lines, shift_s=0.0, speed=None, watch=watch)
        player.settle(watch)
        took_s = time.monotonic() - began

        def committed() -> bool:
            watch()
            return made.idle and all(uncommitted(servers, group, its) == 0 for group, its in GROUPS.items())

        try:
            until(committed, within_s=PUBLISHED_S, what="both groups have committed all there is")
        except AssertionError as error:
            left = {group: uncommitted(servers, group, its) for group, its in GROUPS.items()}
            ready = [name for name in made.running if made.ready(name)]
            error.add_note(f"not committed: {left}; ready: {ready}; ended: {made.ended}; nothing due: {made.idle}")
            raise
        finally:
            reader.stop()
    void = void or (f"{len(waiting)} faults never fell" if waiting else "")
    found = replace(read_back(servers, reader.told), counted=reader.counted)
    policy = load_policy(CONFIG / "policy.toml")
    verdict = judge(sent, found, policy, refused=account.refused, unknown=account.unknown)
    return Outcome(verdict, len(sent), len(reader.told), took_s, void)


def spread(chance: random.Random, action: Callable[[World], None], times: int) -> list[Fault]:
    """The same thing so many times, between a twentieth and four fifths of the way."""
    return [Fault(chance.uniform(0.05, 0.8), action) for _ in range(times)]


def clean(outcome: Outcome) -> None:
    """Nothing lost, nothing twice, and the run was not void."""
    assert not outcome.void
    wrong = {name: count for name, count in outcome.verdict.counts.items() if count}
    for name in HARMLESS:
        wrong.pop(name, None)
    assert wrong == {}


def played(events: int) -> list[Line]:
    """The bundled conversations, round after round, until there are `events`; four rounds an hour.

    All in one hour would be more alerts than any team has: the budget looks through those of its hour.
    """
    lines: list[Line] = []
    for number, round_ in enumerate(rounds()):
        later = (shifted(event, number * APART_S) for event in events_of(round_))
        lines += [Line(encode(event), event) for event in later]
        if len(lines) >= events:
            return lines
    raise AssertionError("rounds never end")


def events_of(lines: Sequence[Line]) -> list[Event]:
    return [line.event for line in lines if line.event is not None]


def bearer(pages: str) -> dict[str, str]:
    """The demo's login gives a token to whoever asks."""
    token = httpx.get(f"{pages}/demo/token?role=supervisor", timeout=10).json()["token"]
    return {"Authorization": f"Bearer {token}"}


def rewind(bootstrap_servers: str, group: str, names: Iterable[str]) -> None:
    """Let `group`, of which no member may be running, read `names` again from their beginning."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=group, enable_auto_commit=False)
    try:
        partitions = [TopicPartition(name, number) for name in names for number in consumer.partitions_for_topic(name)]
        consumer.assign(partitions)
        beginnings = consumer.beginning_offsets(partitions)
        offsets = {tp: OffsetAndMetadata(offset, "", -1) for tp, offset in beginnings.items()}

        def committed() -> bool:
            with suppress(CommitFailedError):
                consumer.commit(offsets)
                return True
            return False

        # A static member that left is one until its session is over, and nobody else may commit.
        until(committed, within_s=REWOUND_S, what=f"{group} has no member")
    finally:
        consumer.close()


def _end(made: World) -> None:
    for process in made.running.values():
        process.send_signal(signal.SIGCONT)
    embedded.stop(made.running.values(), patience_s=STOP_S)
