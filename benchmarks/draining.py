"""A backlog on a broker, whoever drains it, and what that took each of its processes.

The process is started on a smaller backlog and left until it has nothing to do: its start, its imports and the first
time of everything are in no figure. Then it is stopped (SIGSTOP) while the backlog is written, and its time counts from
when it goes on until all is answered and committed.
"""

import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from benchmarks.observe import processor
from benchmarks.pages import Usage, usage
from benchmarks.peers.work import CHANGELOG, INPUT, OUTPUT, PARTITIONS
from streams import embedded, topics, wire
from streams.demo import ROOT
from streams.player import Line, rounds
from tests.kafka.cluster import kafka

WARM_ROUNDS: Final = 2
WRITTEN_S: Final = 5.0  # a monitor that was stopped for 6 s ends, for another may have its place (streams/awake.py)
ANSWERED_S: Final = 240.0
COMMITTED_S: Final = 30.0
QUIET_S: Final = 1.0
STOP_S: Final = 20.0
POLL_MS: Final = 50

Kind: TypeAlias = Literal["kafka", "embedded"]


class Void(Exception):
    """What was measured is no figure: somebody ended, was late, or did not do the work."""


class Process(NamedTuple):
    """One process under test; it commits what it `reads` for `group`, or, where that is empty, says nothing of it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    group: str
    reads: str


class Contestant(NamedTuple):
    """Processes that together turn every event of the input into one record of `output`."""

    name: str
    processes: Sequence[Process]
    output: str
    answered: Callable[[bytes], str]  # the id of the event that a record is about
    changelog: str  # what the name of its changelog topic holds


class Backlog(NamedTuple):
    """What is written before the start, and what is measured."""

    warm: Sequence[Line]
    lines: Sequence[Line]


class Drained(NamedTuple):
    """One run. `seconds` until the last event was answered; the rest until everything was committed, too."""

    name: str
    events: int
    seconds: float
    committed_s: float
    used: Mapping[str, Usage]  # by process; the memory is what it holds at the end
    void: str = ""

    def cpu_us(self, process: str) -> float:
        """Microseconds of processor time, the system's included, for each event."""
        return self.used[process].cpu_s / self.events * 1e6

    @property
    def events_s(self) -> float:
        """Events in a second of this machine's time."""
        return self.events / self.seconds


def backlog(events: int) -> Backlog:
    """The bundled recordings, round after round, with other conversations in each."""
    all_rounds = rounds()
    warm = [line for round_ in islice(all_rounds, WARM_ROUNDS) for line in round_]
    lines: list[Line] = []
    for round_ in all_rounds:
        lines += round_
        if len(lines) >= events:
            return Backlog(warm, lines[:events])
    raise AssertionError("rounds never end")


@contextmanager
def brokers(kind: Kind, directory: Path) -> Iterator[Callable[[], str]]:
    """A function that gives a broker with the topics of the benchmark, and nothing in them."""
    with ExitStack() as stack:
        one = stack.enter_context(kafka(directory / "kafka")) if kind == "kafka" else ""
        last = stack.enter_context(ExitStack())

        def empty() -> str:
            if kind == "kafka":
                _forget_all(one)
            last.close()
            where = one or last.enter_context(embedded.broker(directory))
            ours = topics.plan(partitions=PARTITIONS, replication_factor=1)
            theirs = [
                topics.Topic(CHANGELOG, PARTITIONS, 1, "compact"),
                topics.Topic(OUTPUT, PARTITIONS, 1, "delete"),
            ]
            topics.create(where, [*ours, *theirs])
            return where

        yield empty


def drain(contestant: Contestant, broker: str, work: Backlog, directory: Path) -> Drained:
    """Let `contestant` drain `work`; the run is void when anything is missing, doubled or not its own."""
    directory.mkdir(parents=True)
    running: dict[str, subprocess.Popen[bytes]] = {}
    writer = KafkaProducer(bootstrap_servers=broker, acks="all", linger_ms=20, batch_size=65_536)
    looker = KafkaConsumer(bootstrap_servers=broker, group_id=None, enable_auto_commit=False, check_crcs=False)
    try:
        _write(writer, work.warm)
        for process in contestant.processes:
            log = directory / f"{process.name}.log"
            command = tuple(process.command)
            running[process.name] = embedded.child(command, env=process.environment, log=log, cwd=ROOT)
        watch = _Watch(contestant, running, looker, broker, directory)
        watch.answered(work.warm)
        watch.committed()
        time.sleep(QUIET_S)
        return _measured(contestant, running, watch, writer, work)
    except Void as why:
        return Drained(contestant.name, len(work.lines), 0.0, 0.0, {}, str(why))
    finally:
        embedded.stop(running.values(), patience_s=STOP_S)
        writer.close(timeout=5)
        looker.close()


def _measured(
    contestant: Contestant,
    running: Mapping[str, subprocess.Popen[bytes]],
    watch: "_Watch",
    writer: KafkaProducer,
    work: Backlog,
) -> Drained:
    first = running[contestant.processes[0].name]
    first.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    try:
        _write(writer, work.lines)
        if time.monotonic() - stopped > WRITTEN_S:
            raise Void(f"to write the backlog took longer than {WRITTEN_S:g} s")
        before = {name: cpu_s(process.pid) for name, process in running.items()}
    finally:
        began = time.monotonic()
        first.send_signal(signal.SIGCONT)
    watch.answered(work.lines)
    seconds = time.monotonic() - began
    watch.committed()
    committed_s = time.monotonic() - began
    used = {name: Usage(cpu_s(p.pid) - before[name], usage(p.pid).rss_mb) for name, p in running.items()}
    mistakes = watch.mistakes()
    return Drained(contestant.name, len(work.lines), seconds, committed_s, used, "; ".join(mistakes))


class _Watch:
    """What came of the input: reads what is answered, and asks who committed.

    By reading, not by end offsets: the embedded broker tells the beginning of its last batch for the end.
    """

    def __init__(
        self,
        contestant: Contestant,
        running: Mapping[str, subprocess.Popen[bytes]],
        looker: KafkaConsumer,
        broker: str,
        directory: Path,
    ) -> None:
        self._contestant = contestant
        self._running = running
        self._looker = looker
        self._broker = broker
        self._directory = directory
        self._records = 0
        self._answers: Counter[str] = Counter()
        self._sent: list[str] = []
        looker.assign(partitions(looker, contestant.output))
        looker.seek_to_beginning()

    def answered(self, more: Sequence[Line]) -> None:
        """Wait until these are answered, too; a monitor that is late also has answers to events of its own."""
        unanswered = {line.event.event_id for line in more if line.event}
        self._sent += unanswered

        def all_answered() -> bool:
            self._read()
            unanswered.difference_update(self._answers)
            return not unanswered

        self._until(all_answered, ANSWERED_S, "not all is answered")

    def committed(self) -> None:
        """Wait until everything that is read is committed, by whoever commits."""
        for process in self._contestant.processes:
            if process.group:
                self._until(partial(self._has_committed, process), COMMITTED_S, f"{process.name} has not committed")

    def mistakes(self) -> list[str]:
        """What the records say, beside what they should."""
        found = wrong(self._sent, self._answers)
        names = [name for name in self._looker.topics() if self._contestant.changelog in name]
        changes = sum(sum(self._looker.end_offsets(partitions(self._looker, name)).values()) for name in names)
        return found if changes else [*found, "no change of state was written"]

    def _read(self) -> int:
        for records in self._looker.poll(timeout_ms=POLL_MS).values():
            values = [record.value for record in records if record.value is not None]
            self._records += len(values)
            self._answers.update(map(self._contestant.answered, values))
        return self._records

    def _has_committed(self, process: Process) -> bool:
        due = len(self._sent) if process.reads == INPUT else self._read()
        return committed(self._broker, process.group, process.reads) >= due

    def _until(self, done: Callable[[], bool], within_s: float, what: str) -> None:
        deadline = time.monotonic() + within_s
        while not done():
            for name, process in self._running.items():
                if process.poll() is not None:
                    said = (self._directory / f"{name}.log").read_text(errors="replace").splitlines()[-8:]
                    raise Void("\n".join([f"{name} ended with {process.returncode}:", *said]))
            if time.monotonic() > deadline:
                raise Void(f"{what} after {within_s:g} s")


def committed(broker: str, group: str, topic: str) -> int:
    """How many records of `topic` the group is past, where none was ever deleted."""
    asker = KafkaConsumer(bootstrap_servers=broker, group_id=group, enable_auto_commit=False)
    try:
        return sum(asker.committed(partition) or 0 for partition in partitions(asker, topic))
    finally:
        asker.close()


def cpu_s(pid: int) -> float:
    """Seconds of the processor that all threads of a process used, user and system, to the nanosecond.

    By the clock of that process, whose number Linux makes of its id (clock_getcpuclockid); /proc counts in 10 ms.
    """
    return time.clock_gettime((~pid << 3) | 2)


def wrong(sent: Sequence[str], answers: Mapping[str, int]) -> list[str]:
    """Which of the events have no answer, and which more than one; what was not sent is somebody's own."""
    none = sum(answers.get(event_id, 0) == 0 for event_id in sent)
    more = sum(answers.get(event_id, 0) > 1 for event_id in sent)
    return [f"{many} {what}" for many, what in ((none, "unanswered"), (more, "answered twice")) if many]


class Spread(NamedTuple):
    """The median of some figures, and how far they lie apart."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> "Spread":
        """Of at least one."""
        return cls(statistics.median(figures), min(figures), max(figures))

    def __str__(self) -> str:
        return f"{self.median:,.0f} ({self.least:,.0f}-{self.most:,.0f})"


class Scored(msgspec.Struct):
    """What is needed of a peer's record."""

    event_id: str


class Observed(msgspec.Struct):
    """What is needed of one of ours."""

    observation: Scored


_scored: Final = msgspec.json.Decoder(Scored)
_observed: Final = msgspec.json.Decoder(Observed)


def scored_id(raw: bytes) -> str:
    """The event that a peer's record is about."""
    return _scored.decode(raw).event_id


def observed_id(raw: bytes) -> str:
    """The event that a record of ours is about."""
    return _observed.decode(raw).observation.event_id


def circumstances(command: str, packages: Sequence[str]) -> Iterator[str]:
    """Everything that a figure needs beside it."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    yield f"command:  {' '.join([command, *sys.argv[1:]])}"
    yield f"machine:  {machine()}, load {load} before"
    yield f"date:     {date.today().isoformat()}"  # noqa: DTZ011  # of the machine that ran it
    yield f"versions: Python {platform.python_version()}, " + ", ".join(f"{p} {version(p)}" for p in packages)


def machine() -> str:
    """What runs here."""
    return f"{os.cpu_count()} x {processor()}, {platform.system()} {platform.release()}"


def _write(writer: KafkaProducer, lines: Iterable[Line]) -> None:
    for line in lines:
        assert line.event is not None
        writer.send(INPUT, key=wire.input_key(line.event), value=line.raw)
    writer.flush()


def partitions(consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
    """Of a topic that is there."""
    return [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]


def _forget_all(broker: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker)
    try:
        groups = [group["group_id"] for group in admin.list_groups()]
        if groups:
            admin.delete_groups(groups)
        names = admin.list_topics()
        if names:
            admin.delete_topics(names)
        while admin.list_topics():
            time.sleep(POLL_MS / 1000)
    finally:
        admin.close()
