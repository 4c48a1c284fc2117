"""Workers are killed with SIGKILL at random points; afterwards nothing is lost, nothing counted twice."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from config.settings import HERE as CONFIG
from config.settings import PREFIX, load_policy
from klankbord.events import Event
from klankbord.replay import replay
from streams import demo, embedded, topics, wire
from streams.player import Player, rounds
from tests.e2e.waiting import until
from tests.kafka.conftest import Report
from tests.kafka.ledger import AlertReader, Found, Heard, ObservationReader, Verdict, judge, read_back, uncommitted
from tests.kafka.listening import Page, answers
from tests.kafka.sending import quantile
from tests.kafka.world import SEED, Outcome, clean, played

pytestmark = pytest.mark.kafka

EVENTS: Final = int(os.environ.get("FAULTS_EVENTS") or 20_000)
KILLS: Final = int(os.environ.get("FAULTS_KILLS") or 8)
PAGES: Final = int(os.environ.get("FAULTS_PAGES") or 3)  # open all the while
PARTITIONS: Final = 4
IN_FLIGHT: Final = 2_000  # enough to be caught with some in every stage
PUBLISHED_S: Final = 120.0
STOP_S: Final = 30.0
WORKERS: Final = ("monitor", "publisher")  # who is killed
PROCESSES: Final = (*WORKERS, "web")


@dataclass(slots=True)
class Kill:
    """One SIGKILL: planned for when `at` events were answered; `back_s` after `began_s` its worker wrote again."""

    at: int
    victim: str
    in_flight: int = 0
    began_s: float = 0.0  # since 1970
    back_s: float = 0.0


@dataclass(slots=True)
class Workers:
    """The monitor and the publisher as an operator starts them, and as nobody ends them."""

    environment: dict[str, str]
    directory: Path
    pages: str  # where they are
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)

    def start(self, name: str) -> None:
        command = (sys.executable, *demo.PROCESSES[name])
        log = self.directory / f"{name}.log"
        self.running[name] = embedded.child(command, env=self.environment, log=log, cwd=demo.ROOT)

    def kill(self, name: str) -> None:
        self.running[name].send_signal(signal.SIGKILL)
        self.running[name].wait()
        self.start(name)

    def stop(self, name: str) -> None:
        """End it as an operator does, for good."""
        embedded.stop([self.running.pop(name)], patience_s=STOP_S)

    def look_after(self) -> None:
        """Start again whoever ended by itself, as an orchestrator does."""
        for name, process in self.running.items():
            if process.poll() is not None:
                self.ended.append(f"{name}: {process.returncode}")
                self.start(name)


@pytest.fixture
def workers(kafka_broker: str, redis_url: str, tmp_path: Path) -> Iterator[Workers]:
    topics.create(kafka_broker, topics.plan(partitions=PARTITIONS, replication_factor=1))
    # Held all the while: whoever is killed comes back to the same port, which nobody may have taken meanwhile.
    claimed = {name: embedded.claim(0) for name in PROCESSES}
    ports = {name: str(claim.getsockname()[1]) for name, claim in claimed.items()}
    ours = {
        "BROKER": kafka_broker,
        "BROKER_KIND": "kafka",
        "REDIS_URL": redis_url,
        "PARTITIONS": str(PARTITIONS),
        "DATA_DIR": str(tmp_path),
        "CANARY_EVERY_S": "0",  # every observation there is of the ledger's
        "LOGIN": "demo",
        "INSTANCE": "0",  # a static member: who comes back within the session timeout need not wait for it
        **{f"{name.upper()}_PORT": port for name, port in ports.items()},
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment = {**others, **{PREFIX + name: value for name, value in ours.items()}}
    workers = Workers(environment, tmp_path, f"http://{embedded.HOST}:{ports['web']}")
    for name in PROCESSES:
        workers.start(name)
    yield workers
    embedded.stop(workers.running.values(), patience_s=STOP_S)
    for claim in claimed.values():
        claim.close()


def test_nothing_is_lost_and_nothing_counted_twice_when_workers_are_killed(
    kafka_broker: str, redis_url: str, workers: Workers, report: Report
) -> None:
    sys.stdout.write(
        f"\nledger: seed {SEED}, {EVENTS} events, {KILLS} kills, {PAGES} pages\n"
    )  # first, in case this run is cut short
    lines = played(EVENTS)
    sent = [line.event for line in lines if line.event is not None]
    kills = schedule(SEED, KILLS, len(lines))
    reader = AlertReader(redis_url)
    began = time.monotonic()

    until(lambda: answers(workers.pages), within_s=PUBLISHED_S, what="the pages answer")

    with (
        ObservationReader(kafka_broker) as written,
        listening(workers.pages) as pages,
        Player(kafka_broker, in_flight=IN_FLIGHT, stalled_s=PUBLISHED_S) as player,
    ):
        account = player.account
        waiting = list(kills)
        recovering: list[Kill] = []

        def watch() -> None:
            workers.look_after()
            for kill in list(recovering):
                newest_s = written.newest_s if kill.victim == "monitor" else reader.newest_s
                if newest_s > kill.began_s:
                    kill.back_s = newest_s - kill.began_s
                    recovering.remove(kill)
            if waiting and account.answered >= waiting[0].at:
                kill = waiting.pop(0)
                kill.in_flight = account.outstanding
                workers.kill(kill.victim)
                # What the killed one had sent is of an earlier time, however much later it is read.
                kill.began_s = time.time()
                recovering[:] = [other for other in recovering if other.victim != kill.victim] + [kill]

        player.play(lines, shift_s=0.0, speed=None, watch=watch)
        player.settle(watch)
        played_s = time.monotonic() - began

        def committed() -> bool:
            watch()
            return behind(kafka_broker) == 0

        def committed_by_publisher() -> bool:
            return uncommitted(kafka_broker, "klankbord-publisher", [wire.OBSERVATIONS]) == 0

        try:
            until(committed, within_s=PUBLISHED_S, what="both groups have committed all there is")
            # It would go on to write that customers wait; what came of that so far is still to be published.
            workers.stop("monitor")
            until(committed_by_publisher, within_s=PUBLISHED_S, what="the publisher has committed the last of it")
            workers.stop("publisher")
        finally:
            reader.stop()
        written.stop()
        until(
            lambda: all(page.at == reader.at for page in pages),
            within_s=PUBLISHED_S,
            what="every page has heard the last alert",
        )
        found = replace(
            read_back(kafka_broker, reader.told, written, group="klankbord-monitor"),
            counted=reader.counted,
            told=reader.heard,
            pages=[page.heard for page in pages],
        )
        policy = load_policy(CONFIG / "policy.toml")
        verdict = judge(sent, found, policy, refused=account.refused, unknown=account.unknown)
    tell(verdict, kills, workers, events=len(sent), alerts=len(reader.alerts), played_s=played_s)
    idle = sum(kill.in_flight == 0 for kill in kills if kill.victim == "monitor")
    void = f"nothing was in flight at {idle} kills" if idle else ""
    outcome = Outcome(verdict, len(sent), len(reader.alerts), played_s, void)
    figures: dict[str, float] = {"pages": PAGES, "pages_came_back": sum(page.came_back for page in pages)}
    figures |= {f"{name}_back_p95_s": quantile(times, 0.95) for name, times in came_back(kills).items()}
    report("F1", f"{KILLS} SIGKILLs of a monitor or a publisher, {EVENTS:,} events", outcome, **figures)

    clean(outcome)
    assert not waiting
    assert not workers.ended


def schedule(seed: int, kills: int, events: int) -> list[Kill]:
    """Kills between a twentieth and four fifths of the way, so that each has work before and behind it."""
    chance = random.Random(seed)
    points = sorted(chance.randrange(events // 20, events * 4 // 5) for _ in range(kills))
    return [Kill(at, chance.choice(WORKERS)) for at in points]


@contextmanager
def listening(url: str) -> Iterator[Sequence[Page]]:
    """Pages that are open from before the first event to after the last alert."""
    with ExitStack() as stack:
        pages = [stack.enter_context(Page(url)) for _ in range(PAGES)]
        until(lambda: all(page.came_back >= 0 for page in pages), within_s=PUBLISHED_S, what="every page is open")
        yield pages


def behind(bootstrap_servers: str) -> int:
    """What the two groups have not committed yet."""
    return uncommitted(bootstrap_servers, "klankbord-monitor", wire.INPUTS) + uncommitted(
        bootstrap_servers, "klankbord-publisher", [wire.OBSERVATIONS]
    )


def came_back(kills: Sequence[Kill]) -> dict[str, list[float]]:
    """Of each worker, how many seconds it took after each kill until it had done something again."""
    return {name: sorted(kill.back_s for kill in kills if kill.victim == name and kill.back_s) for name in WORKERS}


def tell(
    verdict: Verdict, kills: Sequence[Kill], workers: Workers, *, events: int, alerts: int, played_s: float
) -> None:
    back = came_back(kills).items()
    sys.stdout.write(
        "\n".join(
            [
                "",
                f"ledger, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, seed {SEED}: {events} events, {alerts} alerts, "
                f"{len(kills)} SIGKILLs, {played_s:.0f} s",
                *(f"  {name}: {count}" for name, count in verdict.counts.items()),
                *(f"  {name}: {', '.join(some)}" for name, some in verdict.some.items()),
                *(f"  {name} back after: {' '.join(f'{s:.1f}' for s in times)} s" for name, times in back),
                f"  kills: {' '.join(f'{kill.victim}@{kill.at}({kill.in_flight})' for kill in kills)}",
                f"  ended by themselves: {workers.ended or 'none'}",
                "",
            ]
        )
    )


def test_a_schedule_repeats_from_its_seed() -> None:
    assert schedule(7, 5, 1000) == schedule(7, 5, 1000)


def test_the_ledger_sees_each_kind_of_fault() -> None:
    policy = load_policy(CONFIG / "policy.toml")
    sent: list[Event] = [line.event for line in next(rounds()) if line.event is not None]
    right = list(replay(sent, policy))
    alerts = [f"{alert.alert_id}:{alert.state}" for one in right for alert in one.alerts]

    assert judge(sent, Found(sent, right, 0, alerts), policy) == Verdict()
    assert judge(sent, Found(sent, [*right, right[-1]], 0, alerts), policy).physical_dup == 1
    assert judge(sent, Found(sent, right[:-1], 0, alerts), policy).lost
    assert judge(sent, Found(sent, right[:-1], 0, alerts), policy).state_mismatch
    assert judge(sent[:-1], Found(sent[:-1], right, 0, alerts), policy).phantom
    assert judge(sent, Found([*sent[1:], sent[0]], right, 0, alerts), policy).order
    assert judge(sent, Found(sent, right, 0, alerts[1:]), policy).alert_missing
    assert judge(sent, Found(sent, right, 0, [*alerts, "another"]), policy).alert_extra
    assert judge(sent, Found(sent, right, 0, [*alerts, alerts[0]]), policy).alert_twice
    assert judge(sent, Found(sent, right, 1, alerts), policy).dead_letters

    last = {(sent[-1].tenant, sent[-1].event_id)}
    assert judge(sent, Found(sent[:-1], right[:-1], 0, alerts), policy, unknown=last).lost == frozenset()
    assert judge(sent, Found(sent, right, 0, alerts), policy, unknown=last) == Verdict()
    assert judge(sent, Found(sent, right, 0, alerts), policy, refused=last).phantom == last

    counted = Counter(f"alerts:{alert.rule}:{alert.state}" for one in right for alert in one.alerts)
    told = Counter(Heard(alert.alert_id, alert.state, shown=True) for one in right for alert in one.alerts)
    heard = Found(sent, right, 0, alerts, counted, told, [told, told])
    assert judge(sent, heard, policy) == Verdict()
    one = next(iter(told))
    assert judge(sent, replace(heard, counted=counted + Counter([next(iter(counted))])), policy).effective_dup
    assert judge(sent, replace(heard, pages=[told, told - Counter([one])]), policy).page_missing == {one}
    assert judge(sent, replace(heard, pages=[told, told + Counter([one])]), policy).page_extra == {one}
