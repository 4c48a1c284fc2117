"""A whole installation on Apache Kafka that somebody talks to and somebody listens to, each in another process."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, cast

import httpx

from benchmarks import hearing, talking
from benchmarks.draining import cpu_s
from benchmarks.hearing import Count, Heard
from benchmarks.pages import Keys, usage
from benchmarks.published import TENANT
from benchmarks.readers import Asked, Opened
from benchmarks.talking import Floor, Talked
from streams import embedded
from tests.kafka.world import World, world
from tests.web.serving import Pages, serve

READY_S: Final = 120.0
QUIET_S: Final = 60.0  # nothing new for so long, while something is missing: the run is void
POLL_S: Final = 0.1
MOST_ENDED: Final = 6
SHARES: Final = (50, 95, 99)
BESIDE: Final = {"chromium": "browser", "valkey-server": "Redis"}


@dataclass
class Live:
    """Everything that runs."""

    world: World
    floor: Floor
    talker: Connection
    ears: Connection
    ports: dict[str, int]
    pages: Pages | None = None
    sent: int = 0
    ended: list[str] = field(default_factory=list)  # who ended by itself, and was started again

    def start(self, name: str) -> float:
        """Start the worker `name`, as "monitor-0", and give the seconds until it is ready."""
        port = next(embedded.free_ports())
        self.ports[name] = port
        began = time.monotonic()
        self._start(name)
        self._until_ready(name)
        return time.monotonic() - began

    def _start(self, name: str) -> None:
        app = name.split("-")[0]
        self.world.start(name, settings={f"{app.upper()}_PORT": str(self.ports[name])})

    def _until_ready(self, name: str) -> None:
        deadline = time.monotonic() + READY_S
        while not answers(self.ports[name]):
            self.check()
            if time.monotonic() > deadline:
                raise AssertionError(f"{name} is not ready after {READY_S:g} s")
            time.sleep(POLL_S)

    def check(self) -> None:
        """Start again who ended by itself, as an orchestrator does, and count it; too often, and it is no figure."""
        for name, process in list(self.world.running.items()):
            if name in self.world.away or process.poll() is None:
                continue
            said = (self.world.directory / f"{name}.log").read_text(errors="replace").splitlines()[-1:]
            self.ended.append(f"{name}: {process.returncode}")
            sys.stderr.write("\n".join([f"{name} ended with {process.returncode}:", *said, ""]))
            if len(self.ended) > MOST_ENDED:
                raise AssertionError(f"workers ended by themselves: {self.ended}")
            self._start(name)

    def begin_to_talk(self, rate: float, seconds: float) -> None:
        """Talk meanwhile; `finish_talking` gives what was said."""
        self.talker.send(("talk", rate, seconds))

    def finish_talking(self, meanwhile: Callable[[], None] = lambda: None) -> Talked:
        """Wait until all is said."""
        while not self.talker.poll(POLL_S):
            self.check()
            meanwhile()
        said = cast(Talked, self.talker.recv())
        self.sent += said.events
        return said

    def talk(self, rate: float, seconds: float) -> Talked:
        """So many events a second for so long."""
        self.begin_to_talk(rate, seconds)
        return self.finish_talking()

    def heard(self) -> Heard:
        """What came since this was last asked."""
        return cast(Heard, self._ask("heard"))

    def count(self) -> Count:
        """What came since the beginning."""
        return cast(Count, self._ask("count"))

    def settle(self) -> int:
        """Wait until everything that was said is observed, and its rows no longer change; what is missing."""
        count, changed = self.count(), time.monotonic()
        while time.monotonic() - changed < (QUIET_S if count.observed < self.sent else 1.0):
            self.check()
            time.sleep(POLL_S)
            if (now := self.count()) != count:
                count, changed = now, time.monotonic()
        return self.sent - count.observed

    def _ask(self, *what: object) -> Any:
        self.ears.send(what)
        return self.ears.recv()

    def open_stream(self, pages: Pages, login: Keys | None) -> None:
        """Let one supervisor of all teams read every row."""
        bearer = pages.bearer()["Authorization"].removeprefix("Bearer ") if login is None else _everything(login)
        asked = [Asked("everything", "/events/supervisor", bearer)]
        opened: Opened = self._ask("open", embedded.HOST, pages.port, asked)
        assert not opened.refused, opened.refused
        self.pages = pages

    def pids(self) -> dict[str, int]:
        """Of everything that is measured."""
        found = {name: process.pid for name, process in self.world.running.items() if process.poll() is None}
        if self.pages is not None:
            found["web"] = self.pages.process.pid
        broker = self.world.kafka.brokers[0].process
        return found | ({"Kafka": broker.pid} if broker else {})

    def cpu(self) -> dict[str, float]:
        """Seconds of the processor that each has used; `measuring` is the source and the listener."""
        found = {name: cpu_s(pid) for name, pid in self.pids().items()}
        ours = {process.pid for process in multiprocessing.active_children()}
        for pid, name in descendants(os.getpid()).items():
            if what := "measuring" if pid in ours else BESIDE.get(name):
                with suppress(OSError):  # it has ended meanwhile
                    found[what] = found.get(what, 0.0) + cpu_s(pid)
        return found

    def used(self, before: Mapping[str, float], ended_before: int = 0) -> dict[str, float]:
        """Seconds of the processor since `before`; of who ended since then nothing, for nobody counted on."""
        gone = {one.split(":")[0] for one in self.ended[ended_before:]}
        return {name: now - before[name] for name, now in self.cpu().items() if name in before and name not in gone}

    def memory_mb(self) -> dict[str, float]:
        """What each holds."""
        return {name: usage(pid).rss_mb for name, pid in self.pids().items()}


@contextmanager
def live(
    directory: Path,
    *,
    conversations: int,
    workers: Sequence[str] = ("monitor-0", "publisher-0"),
    partitions: int = 4,
    pages: bool = False,
    login: bool = False,
) -> Iterator[Live]:
    """An installation in which these `workers` are ready, with a source and a listener, and `pages` if asked.

    A browser is let in by the demo's tokens, which end after ten minutes; with a `login` a token lasts an hour.
    """
    with ExitStack() as stack:
        made = stack.enter_context(world(directory, started=False, partitions=partitions, compacted=True))
        # Not through the proxy that faults are done with: it would be measured, too.
        made.environment = {**made.environment, "KLANKBORD_REDIS_URL": made.redis.own_url}
        floor = Floor(TENANT if login else "demo", conversations, partitions)
        ears = stack.enter_context(_process(hearing.run, made.kafka.bootstrap_servers, made.redis.own_url))
        talker = stack.enter_context(_process(talking.run, made.kafka.bootstrap_servers, floor))
        running = Live(made, floor, talker, ears, {})
        for name in workers:
            running.start(name)
        if pages:
            keys = Keys(directory / "jwks.json") if login else None
            settings = keys.settings if keys else None
            running.open_stream(stack.enter_context(serve(made.redis.own_url, directory, settings=settings)), keys)
        yield running


def _everything(login: Keys) -> str:
    return login.token("everything", role="supervisor", teams=("*",))


@contextmanager
def _process(target: Callable[..., None], *arguments: object) -> Iterator[Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        assert ours.recv() == "ready"
        yield ours
    finally:
        ours.close()
        process.join(5)
        process.terminate()


def descendants(ancestor: int) -> dict[int, str]:
    """Every process that comes of this one, and what its program is called."""
    told = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            named, _, rest = file.read_text().rpartition(")")
            told[int(file.parent.name)] = named.partition("(")[2], int(rest.split()[1])
    found = {ancestor}
    while more := {pid for pid, (_, parent) in told.items() if parent in found} - found:
        found |= more
    return {pid: told[pid][0] for pid in found - {ancestor}}


def answers(port: int) -> bool:
    """Whether a worker says that it is ready."""
    try:
        return httpx.get(f"http://{embedded.HOST}:{port}/readyz", timeout=2, verify=False).is_success
    except httpx.TransportError:
        return False


def spread(late_ms: Sequence[float]) -> dict[str, float]:
    """The quantiles of some latencies and the longest, in ms; nothing of nothing."""
    if not late_ms:
        return {}
    ordered = sorted(late_ms)
    found = {f"p{share}_ms": ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in SHARES}
    return {**found, "max_ms": ordered[-1]}
