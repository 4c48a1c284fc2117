"""The fault matrix on Apache Kafka: each row does one thing to a whole installation and asks the ledger."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from math import inf
from pathlib import Path
from typing import Final

import httpx
import msgspec
import pytest
import redis
from kafka import KafkaProducer
from msgspec import structs
from prometheus_client import CollectorRegistry

from agents.publish import Publisher
from agents.restore import Restoring
from config.budget import Budget
from config.settings import HERE as CONFIG
from config.settings import load_playbook, load_policy
from klankbord.alerting import alert_id
from klankbord.replay import replay
from streams import embedded, topics, wire
from streams.metrics import PublisherMetrics
from streams.player import Line
from streams.rebuilding import Lost, Stopping, read
from streams.sinks.redis import RedisSink
from streams.views import Views
from tests.e2e.waiting import until
from tests.kafka import gaps
from tests.kafka.conftest import MEASURED, Report
from tests.kafka.ledger import read_back
from tests.kafka.sending import observed
from tests.kafka.world import Fault, Outcome, World, bearer, clean, played, rewind, run, spread, world
from tests.streams.given import POLICY, records
from tests.web.serving import Stream

pytestmark = pytest.mark.kafka

EVENTS: Final = int(os.environ.get("FAULTS_MATRIX_EVENTS") or 6_000)
KILLS: Final = 8
# How long things are away: as the matrix of faults asks, or shorter where the whole must fit into some minutes.
LONG: Final = os.environ.get("FAULTS_LONG") == "1"
BROKER_AWAY_S: Final = 70.0 if LONG else 20.0
REDIS_AWAY_S: Final = 60.0 if LONG else 12.0
RATE: Final = float(os.environ.get("FAULTS_RATE") or 100)  # events a second, where they come evenly
BESIDE_S: Final = 15.0  # of it, before and after
FROZEN_S: Final = 90.0 if LONG else 25.0  # the session of a worker lasts 10 s
AT_ONCE_S: Final = 15.0  # of a freeze, or of Redis away, where all happens at once
AT_ONCE: Final = max(12, EVENTS // 5_000)
BLIND_S: Final = 6.0
READY_S: Final = 120.0
AGREED_S: Final = 120.0  # a look folds the whole log
TEAMS: Final = 500


def test_f1_killed_workers(tmp_path: Path, chance: random.Random, report: Report) -> None:
    """Two monitors and a publisher, each killed at random points."""
    names = ("monitor-0", "monitor-1", "publisher-0")
    with world(tmp_path, monitors=2) as made:
        outcome = run(made, played(EVENTS), spread(chance, lambda w: w.kill(chance.choice(names)), KILLS))
    report("F1", "SIGKILL of two monitors and a publisher", outcome, kills=KILLS, ended=len(made.ended))
    clean(outcome)


def test_f2_asked_to_end(tmp_path: Path, chance: random.Random, report: Report) -> None:
    """SIGTERM under load: a clean hand-over, nothing done twice."""
    took: list[float] = []
    with world(tmp_path) as made:
        faults = [
            *spread(chance, lambda w: took.append(w.terminate("monitor-0")), 2),
            *spread(chance, lambda w: took.append(w.terminate("publisher-0")), 1),
        ]
        outcome = run(made, played(EVENTS), faults)
    report("F2", "SIGTERM under load", outcome, slowest_exit_s=max(took))
    clean(outcome)
    assert outcome.verdict.physical_dup == 0
    assert not made.ended


def test_f3_a_frozen_worker_comes_back(tmp_path: Path, report: Report) -> None:
    """SIGSTOP past the end of its session, its partitions go to another, then SIGCONT: no stale write wins."""
    with world(tmp_path, monitors=2) as made:
        freezing = partial(freeze, name="monitor-0", for_s=FROZEN_S)
        outcome = run(made, played(EVENTS), [Fault(0.3, freezing)])
    report("F3", f"a monitor frozen for {FROZEN_S:g} s", outcome)
    clean(outcome)


@pytest.mark.parametrize("gap", gaps.MONITOR)
def test_f4_killed_in_a_gap_of_the_monitor(gap: str, tmp_path: Path, report: Report) -> None:
    """The process is killed between two effects, by name."""
    killed_in("monitor-0", gap, tmp_path, report, at=1 if "commit" in gap else 300)


@pytest.mark.parametrize("gap", gaps.PUBLISHER)
def test_f4_killed_in_a_gap_of_the_publisher(gap: str, tmp_path: Path, report: Report) -> None:
    """As above, around Redis."""
    killed_in("publisher-0", gap, tmp_path, report, at=1 if "commit" in gap else 3)


def killed_in(name: str, gap: str, directory: Path, report: Report, *, at: int) -> None:
    done = directory / "killed"
    environment = {"FAULTS_GAP": gap, "FAULTS_GAP_AT": str(at), "FAULTS_GAP_DONE": str(done)}
    with world(directory, started=False) as made:
        made.environment = {**made.environment, **environment}
        for each in ("monitor-0", "publisher-0"):
            made.start(each, module="tests.kafka.gapped" if each == name else "streams.app")
        outcome = run(made, played(EVENTS // 3), [])
    report("F4", f"{name[:-2]} killed {gap}", outcome)
    assert done.exists(), "the gap was never visited"
    assert made.ended == [f"{name}: {-signal.SIGKILL}"]
    clean(outcome)


def test_f5_the_broker_is_away(tmp_path: Path, report: Report) -> None:
    """The only broker is stopped and comes back with its data."""
    seen: dict[str, float] = {}

    def away(made: World) -> None:
        made.broker().stop()
        made.later(BROKER_AWAY_S, lambda: back(made))

    def back(made: World) -> None:
        assert made.broker().start()
        seen["back_s"] = time.time()

    with world(tmp_path) as made:
        outcome = run(made, played(EVENTS), [Fault(0.4, away)])
        # By Kafka's time: clients of the test may be slower to come back than what it tests.
        observed_s = [one.at_ms / 1000 for one in observed(made)]
    resumed_s = min(at_s for at_s in observed_s if at_s > seen["back_s"]) - seen["back_s"]
    report("F5", f"the broker away for {BROKER_AWAY_S:g} s", outcome, resumed_s=resumed_s, ended=len(made.ended))
    clean(outcome)


def test_f6_the_broker_bounces(tmp_path: Path, report: Report) -> None:
    """Killed and started again five times."""

    def bounce(made: World) -> None:
        made.broker().kill()
        assert made.broker().start()

    with world(tmp_path) as made:
        outcome = run(made, played(EVENTS), [Fault(0.1 + 0.15 * n, bounce) for n in range(5)])
    report("F6", "the only broker killed and started five times", outcome)
    clean(outcome)


def test_f6_one_broker_of_three_after_the_other(tmp_path: Path, report: Report) -> None:
    """Each of three brokers is killed once and comes back; the topics have three replicas."""

    def bounce(number: int, made: World) -> None:
        made.broker(number).kill()
        made.later(5.0, lambda: none(made.broker(number).start()))

    with world(tmp_path, brokers=3) as made:
        outcome = run(made, played(EVENTS), [Fault(0.15 + 0.25 * n, partial(bounce, n)) for n in range(3)])
    report("F6", "one broker of three killed after the other", outcome)
    clean(outcome)


def test_f7_the_broker_comes_last(tmp_path: Path, report: Report) -> None:
    """Workers that start before their broker wait for it, or are started again by whoever looks after them."""
    with world(tmp_path, started=False) as made:
        made.broker().stop()
        for name in ("monitor-0", "publisher-0"):
            made.start(name)
        until_s = time.monotonic() + 12
        while time.monotonic() < until_s:
            made.look_after()
            time.sleep(0.1)
        assert made.broker().start()
        outcome = run(made, played(EVENTS // 3), [])
    report("F7", "the broker starts 12 s after the workers", outcome, ended=len(made.ended))
    clean(outcome)


def test_f8_redis_is_away(tmp_path: Path, report: Report) -> None:
    """Scoring goes on at its rate; the alerts come late, all of them, and soon after Redis is back."""
    lines = played(int(RATE * (2 * BESIDE_S + REDIS_AWAY_S)))
    seen: dict[str, float] = {}

    def away(made: World) -> None:
        silence(made)
        seen["away_s"] = time.time()
        made.later(REDIS_AWAY_S, lambda: back(made))

    def back(made: World) -> None:
        seen["back_s"] = time.time()
        heard_again(made)

    with world(tmp_path) as made:
        until(lambda: made.ready("monitor-0") and made.ready("publisher-0"), within_s=READY_S, what="both are ready")
        outcome = run(made, lines, [Fault(RATE * BESIDE_S / len(lines), away)], rate=RATE)
        away_s, back_s = seen["away_s"], seen["back_s"]
        scored = [(one.at_ms / 1000, one.record.observation) for one in observed(made)]
        with made.redis.client() as client:
            published = [
                (int(place.partition(b"-")[0]) / 1000, msgspec.json.decode(entry[wire.FIELD], type=wire.AlertMessage))
                for place, entry in client.xrange(wire.ALERTS)
            ]

    def scored_a_second(start_s: float, end_s: float) -> float:
        return sum(start_s <= at_s < end_s for at_s, _ in scored) / (end_s - start_s)

    before = scored_a_second(away_s - BESIDE_S / 2, away_s)
    meanwhile = scored_a_second(away_s, back_s)
    owed = {
        f"{alert.alert_id}:{alert.state}"
        for at_s, observation in scored
        if away_s <= at_s < back_s
        for alert in observation.alerts
    }
    told = [
        at_s - back_s for at_s, one in published if not one.again and f"{one.alert.alert_id}:{one.alert.state}" in owed
    ]
    report(
        "F8",
        f"Redis out of reach for {REDIS_AWAY_S:g} s at {RATE:g} events/s",
        outcome,
        rate_before=before,
        rate_away=meanwhile,
        alerts_owed=len(owed),
        last_alert_after_s=max(told),
    )
    clean(outcome)
    assert len(told) == len(owed) > 0
    assert min(told) >= 0.0, "Redis was not away"
    assert meanwhile >= 0.95 * before


def test_f9_redis_is_emptied(tmp_path: Path, report: Report) -> None:
    """Twice under load, among kills, and once more at the end: the views are the fold of the log again."""

    def empty(made: World) -> None:
        with made.redis.client() as client:
            client.flushall()

    # What was published and is not committed comes again after a kill. Where Redis is emptied before the publisher is
    # back, nobody knows that it was told, and it is told twice as news: so no loss follows a kill of the publisher.
    faults = [
        Fault(0.1, lambda w: w.kill("monitor-0")),
        Fault(0.25, empty),
        Fault(0.4, lambda w: w.kill("monitor-0")),
        Fault(0.5, empty),
        Fault(0.8, lambda w: w.kill("publisher-0")),
    ]
    # Cut off, so that some conversations are open in the end.
    lines = played(EVENTS)[: EVENTS - 40]
    with world(tmp_path) as made:
        outcome = run(made, lines, faults)
        until(lambda: Standing.of_redis(made) == Standing.of_log(made), within_s=AGREED_S, what="Redis is as the log")
        wanted = Standing.of_log(made)
        empty(made)
        began = time.monotonic()
        until(lambda: Standing.of_redis(made).rows.keys() == wanted.rows.keys(), within_s=AGREED_S, what="all is back")
        took_s = time.monotonic() - began
        until(lambda: Standing.of_redis(made) == Standing.of_log(made), within_s=AGREED_S, what="as the log again")
    report(
        "F9",
        "Redis emptied twice under load among three kills, and once more",
        outcome,
        made_again_s=took_s,
        rows=len(wanted.rows),
        open_alerts=len(wanted.alerts),
    )
    assert wanted.rows
    assert wanted.alerts
    clean(outcome)


def test_f9_how_long_ten_thousand_conversations_take(kafka_broker: str, redis_url: str, report: Report) -> None:
    """Half of them open with alerts, half ended: read from Kafka and made again in this process."""
    conversations = int(os.environ.get("FAULTS_CONVERSATIONS") or 10_000)
    ends = dict.fromkeys(range(4), 0)
    topics.create(kafka_broker, topics.plan(partitions=4, replication_factor=1))
    producer = KafkaProducer(bootstrap_servers=kafka_broker, linger_ms=20, batch_size=131_072)
    whole = records("name", timestamp_ms=int(time.time() * 1000))
    for number in range(conversations):
        for record in whole[: 6 if number % 2 else 99]:
            of_team = structs.replace(record.observation.conversation, team=f"team-{number % TEAMS}")
            seen = structs.replace(record.observation, conversation_id=f"conversation-{number}", conversation=of_team)
            value = wire.encode(structs.replace(record, observation=seen))
            producer.send(wire.OBSERVATIONS, value, f"demo/conversation-{number}".encode(), partition=number % 4)
            ends[number % 4] += 1
        if number % 50 == 0:
            producer.flush()  # the topic refuses what was long on its way
    producer.flush()
    producer.close()

    async def make() -> tuple[float, float]:
        sink = RedisSink(redis_url)
        metrics = PublisherMetrics(CollectorRegistry(), rules=[], kinds=[])
        publisher = Publisher(Views(POLICY, load_playbook(CONFIG / "playbook"), Budget()), sink, metrics)
        took: list[float] = []

        def timed(published: Mapping[int, int], /, *, since_ms: float, stopping: Stopping) -> Sequence[Lost]:
            began = time.monotonic()
            found = read(kafka_broker, ends, since_ms=since_ms, stopping=stopping)
            took.append(time.monotonic() - began)
            return found

        began = time.monotonic()
        restoring = Restoring(publisher, sink, metrics, suggested_s=lambda: 0.0, read=timed)
        await restoring.look(set(ends))
        await sink.close()
        return took[0], time.monotonic() - began

    read_s, all_s = asyncio.run(make())
    with redis.Redis.from_url(redis_url) as client:
        rows, alerts = client.hlen(wire.BOARD), client.hlen(wire.OPEN_ALERTS) + client.hlen(wire.HELD_ALERTS)
        client.flushdb()
    outcome = Outcome(MEASURED, sum(ends.values()), alerts, all_s, "")
    done = f"{conversations:,} conversations of {TEAMS} teams made again"
    report("F9", done, outcome, rows=rows, read_s=read_s, made_again_s=all_s)
    assert rows == conversations // 2
    assert alerts >= rows


def test_the_canary_says_blind_when_the_monitor_stops(tmp_path: Path, chance: random.Random, report: Report) -> None:
    """Never silently blind: the canary comes through kills and is in no account; without a monitor pages say so."""
    port = next(embedded.free_ports())
    pages = f"http://{embedded.HOST}:{port}"
    web = {"WEB_PORT": str(port), "LOGIN": "demo", "CANARY_BLIND_S": f"{BLIND_S:g}"}
    with world(tmp_path, canary_s=1.0) as made:
        made.start("web-0", settings=web)
        outcome = run(made, played(EVENTS // 3), spread(chance, lambda w: w.kill("monitor-0"), 1))
        until(lambda: age_s(pages) < BLIND_S, within_s=30, what="a canary comes through")
        with (
            httpx.Client(timeout=30) as http,
            http.stream("GET", f"{pages}/events/supervisor", headers=bearer(pages)) as response,
        ):
            stream = Stream(response)
            stream.until(lambda event: event.event == "canary" and event.data["state"] == "seen")
            made.terminate("monitor-0", back=False)
            began = time.monotonic()
            stream.until(lambda event: event.event == "canary" and event.data["state"] == "blind")
            blind_s = time.monotonic() - began
    report("P17", f"the monitor stopped, blind after {BLIND_S:g} s without a canary", outcome, said_after_s=blind_s)
    clean(outcome)
    assert blind_s < BLIND_S + 5


def age_s(pages: str) -> float:
    """The age of the newest canary, as the pages have it."""
    try:
        page = httpx.get(f"{pages}/metrics", timeout=5).text
    except httpx.HTTPError:
        return inf
    found = [line.split()[1] for line in page.splitlines() if line.startswith("klankbord_canary_age_seconds ")]
    return float(found[0]) if found else inf


@dataclass(frozen=True, slots=True)
class Standing:
    """What is open: the rows by what they say most, and the alerts, shown or kept back."""

    rows: Mapping[str, tuple[float, float, frozenset[str]]]
    alerts: frozenset[str]

    @classmethod
    def of_log(cls, made: World) -> "Standing":
        """By a fold of the input log, which a customer who waits too long makes longer."""
        policy = load_policy(CONFIG / "policy.toml")
        last = {
            (one.tenant, one.conversation_id): one
            for one in replay(read_back(made.kafka.bootstrap_servers, ()).log, policy)
        }
        rows, alerts = {}, frozenset[str]()
        for (tenant, name), seen in last.items():
            now = seen.conversation
            its = frozenset(
                alert_id(tenant, name, rule, episode.rule_version, episode.number)
                for rule, episode in now.episodes.items()
                if episode.cleared_at is None
            )
            alerts |= its
            if now.ended_at is None:
                rows[f"{tenant}/{name}"] = now.effort, now.valence, its
        return cls(rows, alerts)

    @classmethod
    def of_redis(cls, made: World) -> "Standing":
        with made.redis.client() as client:
            board = {
                name: msgspec.json.decode(row, type=wire.BoardRow) for name, row in client.hgetall(wire.BOARD).items()
            }
            alerts = [*client.hkeys(wire.OPEN_ALERTS), *client.hkeys(wire.HELD_ALERTS)]
        return cls(
            {
                name.decode(): (row.effort, row.valence, frozenset(alert.alert_id for alert in row.alerts))
                for name, row in board.items()
                if isinstance(name, bytes)
            },
            frozenset(alert.decode() for alert in alerts if isinstance(alert, bytes)),
        )


def test_f10_redis_is_full(tmp_path: Path, report: Report) -> None:
    """Redis refuses every write for a while: nothing is dropped."""

    def full(made: World) -> None:
        with made.redis.client() as client:
            client.config_set("maxmemory", "1mb")
        made.later(8.0, lambda: free(made))

    def free(made: World) -> None:
        with made.redis.client() as client:
            client.config_set("maxmemory", "0")

    with world(tmp_path) as made:
        outcome = run(made, played(EVENTS), [Fault(0.3, full)])
    report("F10", "Redis out of memory for 8 s", outcome)
    clean(outcome)


def test_f10_redis_is_read_only(tmp_path: Path, report: Report) -> None:
    """As after a failover to what is still a replica."""

    def read_only(made: World) -> None:
        with made.redis.client() as client:
            client.replicaof("127.0.0.1", "1")
        made.later(8.0, lambda: writable(made))

    def writable(made: World) -> None:
        with made.redis.client() as client:
            client.replicaof("NO", "ONE")

    with world(tmp_path) as made:
        outcome = run(made, played(EVENTS), [Fault(0.3, read_only)])
    report("F10", "Redis read-only for 8 s", outcome)
    clean(outcome)


def test_f11_redis_is_slow_and_connections_are_cut(tmp_path: Path, chance: random.Random, report: Report) -> None:
    """Answers are held for most of the time-out, and all connections end again and again."""

    with world(tmp_path) as made:
        outcome = run(made, played(EVENTS), [Fault(0.2, slow), *spread(chance, cut, 10)])
    report("F11", "Redis slow for 10 s, connections cut ten times", outcome)
    clean(outcome)


def test_f17_everything_comes_twice(tmp_path: Path, chance: random.Random, report: Report) -> None:
    """A source sends half of its events again, at once or much later."""
    lines = played(EVENTS)
    again: list[Line] = list(lines)
    for line in chance.sample(lines, len(lines) // 2):
        again.insert(min(len(again), lines.index(line) + chance.choice((1, 5, 2_000, len(lines)))), line)
    with world(tmp_path) as made:
        outcome = run(made, again, spread(chance, lambda w: w.kill("monitor-0"), 1))
    report("F17", f"{len(again) - len(lines)} events sent twice, one kill", outcome)
    clean(outcome)


def test_f22_a_storm_of_rebalances(tmp_path: Path, report: Report) -> None:
    """Another monitor joins and leaves again and again."""

    def storm(made: World) -> None:
        for n in range(6):
            made.later(10.0 * n, partial(made.start, "monitor-1"))
            made.later(10.0 * n + 5.0, lambda: none(made.terminate("monitor-1", back=False)))

    with world(tmp_path) as made:
        outcome = run(made, played(EVENTS * 2), [Fault(0.1, storm)])
    report("F22", "a monitor joins and leaves every 5 s for a minute", outcome)
    clean(outcome)


def test_f25_replayed_from_the_beginning(tmp_path: Path, report: Report) -> None:
    """The monitor's group starts again from 0: every event is refused by the fence, no alert is new."""
    with world(tmp_path) as made:
        outcome = run(made, played(EVENTS // 2), [])
        servers = made.kafka.bootstrap_servers
        before = read_back(servers, ())
        with made.redis.client() as client:
            alerts = client.xlen(wire.ALERTS)
        for name in list(made.running):
            made.terminate(name, back=False)
        rewind(servers, "klankbord-monitor", wire.INPUTS)
        rewind(servers, "klankbord-publisher", [wire.OBSERVATIONS])
        made.start("monitor-0")
        made.start("publisher-0")
        run(made, [], [])
        after = read_back(servers, ())
        with made.redis.client() as client:
            more = client.xlen(wire.ALERTS) - alerts
    raw, raw_before = ([wire.encode(record) for record in found.observations] for found in (after, before))
    # The verdict is on what was there before: where nothing differs afterwards, it is on that, too.
    differ = sum(one != other for one, other in zip_longest(raw, raw_before))
    report("F25", "both groups read everything again", outcome, new_alerts=more, differ=differ)
    clean(outcome)
    assert (differ, more) == (0, 0)


def test_f32_everything_at_once(tmp_path: Path, chance: random.Random, report: Report) -> None:
    """Kills, ends, freezes, cuts, Redis away or slow, and an absent broker, by the seed."""

    def away(made: World) -> None:
        silence(made)
        made.later(AT_ONCE_S, lambda: heard_again(made))

    actions: Sequence[Callable[[World], None]] = (
        lambda w: w.kill("monitor-0"),
        lambda w: w.kill("monitor-1"),
        lambda w: w.kill("publisher-0"),
        lambda w: none(w.terminate("monitor-1")),
        partial(freeze, name="monitor-0", for_s=AT_ONCE_S),
        partial(freeze, name="publisher-0", for_s=AT_ONCE_S),
        cut,
        away,
        slow,
        bounce_one,
    )
    with world(tmp_path, monitors=2) as made:
        faults = [Fault(chance.uniform(0.05, 0.8), chance.choice(actions)) for _ in range(AT_ONCE)]
        outcome = run(made, played(EVENTS * 2), faults)
    report(
        "F32",
        f"{AT_ONCE} faults of ten kinds at once, by the seed, {EVENTS * 2:,} events",
        outcome,
        ended=len(made.ended),
    )
    clean(outcome)


def freeze(made: World, *, name: str, for_s: float) -> None:
    """SIGSTOP, then SIGCONT. Whoever is killed meanwhile comes back at once."""
    made.signal(name, signal.SIGSTOP)
    made.later(for_s, lambda: made.signal(name, signal.SIGCONT))


def cut(made: World) -> None:
    """End all connections to Redis."""
    assert made.redis.proxy is not None
    made.redis.proxy.cut()


def silence(made: World) -> None:
    """Redis is out of reach, with what it holds."""
    assert made.redis.proxy is not None
    made.redis.proxy.silence(True)
    made.redis.proxy.cut()


def heard_again(made: World) -> None:
    """What was swallowed is gone: no connection of that time is of use."""
    assert made.redis.proxy is not None
    made.redis.proxy.silence(False)
    made.redis.proxy.cut()


def slow(made: World) -> None:
    """Redis holds its answers for most of the time-out."""
    assert made.redis.proxy is not None
    made.redis.proxy.slow(1.5)
    made.later(10.0, partial(made.redis.proxy.slow, 0.0))


def bounce_one(made: World) -> None:
    made.broker().kill()
    assert made.broker().start()


def none(_: object) -> None:
    """An action gives nothing back."""
