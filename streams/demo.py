"""The whole of Klankbord on one machine: embedded servers, real workers, the pages and a replay."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import redis
from prometheus_client.parser import text_string_to_metric_families

from config.settings import PREFIX, Settings
from klankbord.errors import KlankbordError
from streams import embedded, permissions, topics, wire
from streams.player import Account, Line, Player, bundled, rounds, span

ROOT: Final = Path(__file__).parent.parent
PARTITIONS: Final = 4  # two cores gain nothing from more
READY_S: Final = 60.0
STOP_S: Final = 10.0
PROCESSES: Final[Mapping[str, tuple[str, ...]]] = {
    "monitor": ("-m", "faust", "-A", "streams.app:monitor", "worker", "--without-web", "-l", "warn"),
    "publisher": ("-m", "faust", "-A", "streams.app:publisher", "worker", "--without-web", "-l", "warn"),
    "web": ("-m", "web"),
}


@dataclass(frozen=True, slots=True)
class Running:
    """A demo that is up: where it listens and the processes it must look after."""

    broker: str
    redis_url: str
    ports: Mapping[str, int]
    processes: Mapping[str, subprocess.Popen[bytes]]
    directory: Path

    def address(self, process: str, path: str = "") -> str:
        """The URL of a path of one process."""
        return f"http://{embedded.HOST}:{self.ports[process]}{path}"

    def check(self) -> None:
        """Raise if a process has ended, with the last of what it said."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                said = (self.directory / f"{name}.log").read_text(errors="replace").splitlines()[-20:]
                raise KlankbordError("\n".join([f"the {name} ended with {process.returncode}; it said last:", *said]))


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a finite replay. Latencies run from the production of an event to its effect in Redis."""

    sent: int
    observations: int
    dead_letters: int
    alerts: int
    alerts_by_rule: dict[str, int]
    suggestions: int
    suggestions_by_kind: dict[str, int]
    lost: int
    duplicates: int
    alerts_missing_in_redis: int
    suggestions_missing_in_redis: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @property
    def clean(self) -> bool:
        """Nothing lost, nothing twice, and Redis has what Kafka has."""
        return not (self.lost or self.duplicates or self.alerts_missing_in_redis or self.suggestions_missing_in_redis)


@contextmanager
def running(settings: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Everything up and ready, with further `settings` by name; on leaving, no process and no file is left."""
    directory = Path(tempfile.mkdtemp(prefix="klankbord-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        broker = stack.enter_context(embedded.broker(directory))
        redis_url = stack.enter_context(embedded.redis_server(directory))
        topics.create(broker, topics.plan(partitions=PARTITIONS, replication_factor=1))
        ports = {}
        for name in PROCESSES:
            usual = Settings.model_fields[f"{name}_port"].default
            ports[name] = stack.enter_context(embedded.claim(usual)).getsockname()[1]
        environment = {**_environment(broker, redis_url, ports, directory), **_prefixed(settings or {})}
        processes: dict[str, subprocess.Popen[bytes]] = {}
        stack.callback(lambda: embedded.stop(processes.values(), patience_s=STOP_S))
        logins = _redis_logins(redis_url)
        for name, arguments in PROCESSES.items():
            command = (sys.executable, *arguments)
            env = environment | logins.get(name, {})
            processes[name] = embedded.child(command, env=env, log=directory / f"{name}.log", cwd=ROOT)
        demo = Running(broker, redis_url, ports, processes, directory)
        _wait_until_ready(demo)
        yield demo


def replay_once(
    demo: Running, lines: tuple[Line, ...], *, keep_times: bool, progress: Callable[[int], None]
) -> Summary:
    """Play `lines` as fast as they are taken and account for every one."""
    began = time.monotonic()
    shift_s = 0.0 if keep_times else time.time() - span(lines)[1]
    with Player(demo.broker) as player:

        def watch() -> None:
            demo.check()
            progress(player.account.answered)

        player.play(lines, shift_s=shift_s, speed=None, watch=watch)
        player.settle(watch)
        seconds = time.monotonic() - began
        _wait_until_published(demo, player.account)
        return _summary(demo, player.account, seconds)


def replay_on(demo: Running, *, speed: float, keep_times: bool) -> None:
    """Play the bundled conversations at talking speed times `speed`, again and again."""
    with Player(demo.broker) as player:
        for lines in rounds():
            shift_s = 0.0 if keep_times else time.time() - span(lines)[0]
            player.play(lines, shift_s=shift_s, speed=speed, watch=demo.check)


def quantile(buckets: Mapping[float, float], share: float) -> float:
    """The value below which `share` of a Prometheus histogram lies, interpolated as Prometheus does."""
    total = max(buckets.values(), default=0.0)
    lower, below = 0.0, 0.0
    for upper, count in sorted(buckets.items()):
        if total and count >= share * total:
            if upper == float("inf"):
                return lower
            return lower + (upper - lower) * (share * total - below) / (count - below)
        lower, below = upper, count
    return float("nan")


def _environment(broker: str, redis_url: str, ports: Mapping[str, int], directory: Path) -> dict[str, str]:
    ours = {
        "BROKER": broker,
        "BROKER_KIND": "embedded",
        "REDIS_URL": redis_url,
        "PARTITIONS": str(PARTITIONS),
        "DATA_DIR": str(directory),
        "REPLAYED": "true",
        "QUEUES": ",".join(sorted({line.event.queue for line in bundled() if line.event and line.event.queue})),
        "LOGIN": "demo",
        **{f"{name.upper()}_PORT": str(port) for name, port in ports.items()},
    }
    # A setting of the caller's own installation must not leak into the demo.
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**others, **_prefixed(ours)}


def _redis_logins(url: str) -> dict[str, dict[str, str]]:
    """A user of Redis for each process that needs one, which may do what the list says, as in production."""
    logins = {}
    with redis.Redis.from_url(url) as client:
        for process in PROCESSES.keys() & permissions.REDIS.keys():
            user, password = permissions.PREFIX + process, secrets.token_urlsafe(24)
            client.execute_command("ACL SETUSER", user, *permissions.redis_rules(process), f">{password}")
            logins[process] = _prefixed({"REDIS_USER": user, "REDIS_PASSWORD": password})
    return logins


def _prefixed(settings: Mapping[str, str]) -> dict[str, str]:
    return {PREFIX + name: value for name, value in settings.items()}


def _wait_until_ready(demo: Running) -> None:
    deadline = time.monotonic() + READY_S
    waiting = list(demo.processes)
    while waiting:
        demo.check()
        if time.monotonic() > deadline:
            raise KlankbordError(f"not ready after {READY_S:.0f} s: {', '.join(waiting)}")
        waiting = [name for name in waiting if not _answers(demo.address(name, "/readyz"))]
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _wait_until_published(demo: Running, account: Account) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        demo.check()
        if max(_latencies(demo).values(), default=0.0) >= account.observations:
            return
        time.sleep(0.1)


def _latencies(demo: Running) -> dict[float, float]:
    """The publisher's own histogram of event-to-Redis seconds: upper bound -> count at most that."""
    with urllib.request.urlopen(demo.address("publisher", "/metrics"), timeout=5) as answer:
        page = answer.read().decode()
    return {
        float(sample.labels["le"]): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == "klankbord_event_to_redis_seconds_bucket"
    }


def _summary(demo: Running, account: Account, seconds: float) -> Summary:
    with redis.Redis.from_url(demo.redis_url, decode_responses=True) as client:
        counts = {name: int(number) for name, number in client.hgetall(wire.COUNTS).items()}
    rules = {name.split(":")[1]: n for name, n in sorted(counts.items()) if name.endswith(":opened")}
    kinds = {name.split(":")[1]: n for name, n in sorted(counts.items()) if name.startswith("suggestions:")}
    published = sum(number for name, number in counts.items() if name.startswith("alerts:"))
    buckets = _latencies(demo)
    return Summary(
        sent=account.sent,
        observations=account.observations,
        dead_letters=account.dead_letters,
        alerts=sum(rules.values()),
        alerts_by_rule=rules,
        suggestions=sum(kinds.values()),
        suggestions_by_kind=kinds,
        lost=account.lost,
        duplicates=account.duplicates,
        alerts_missing_in_redis=len(account.alerts) - published,
        suggestions_missing_in_redis=len(account.suggestions) - counts.get("offers", 0),
        seconds=round(seconds, 2),
        **{f"p{p}_ms": round(quantile(buckets, p / 100) * 1000, 1) for p in (50, 95, 99)},
    )
