"""The rows of the fault matrix about what was written before: a lag, a changelog that shrank, two versions at once."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from config.settings import HERE as CONFIG
from config.settings import load_policy
from klankbord.events import Event, Waited, encode
from klankbord.observation import Observation
from klankbord.policy import Policy
from streams import embedded, wire
from tests.e2e.waiting import until
from tests.kafka.conftest import Report
from tests.kafka.ledger import AlertReader, Found, ObservationReader, Verdict, heard, judge, read_back, uncommitted
from tests.kafka.listening import Page, answers
from tests.kafka.world import (
    GROUPS,
    Fault,
    Outcome,
    World,
    clean,
    events_of,
    played,
    run,
    spread,
    world,
)

pytestmark = pytest.mark.kafka

EVENTS: Final = int(os.environ.get("FAULTS_MATRIX_EVENTS") or 6_000)
LAG: Final = int(os.environ.get("FAULTS_LAG") or 6_000)
# Longer than an ended conversation is kept whole, and than a wait is told of: nothing that is still to be read may come
# after what time alone makes happen (decision 29).
LAG_S: Final = 3_600.0
WITHIN_S: Final = 120.0
CAUGHT_UP_S: Final = max(WITHIN_S, LAG / 20)
SEGMENTS: Final = {"segment.ms": "100", "min.cleanable.dirty.ratio": "0.01"}  # the last segment is never compacted
COMPACTED: Final = {"min.compaction.lag.ms": "0"}
KEPT: Final = {"min.compaction.lag.ms": "86400000"}
POLICY: Final = load_policy(CONFIG / "policy.toml")
OTHERWISE: Final = ("asks_for_human >= raise_at", "asks_for_human > raise_at")  # another version of that rule


def test_f24_a_lag(tmp_path: Path, report: Report) -> None:
    """Nobody listened for an hour: all of it is observed, and every alert says that it comes late.

    But where the customer waits to this day: that is of now, and so is what is told of it.
    """
    lines = played(LAG)
    with (
        world(tmp_path, started=False) as made,
        alerts(made) as reader,
        ObservationReader(made.kafka.bootstrap_servers) as written,
    ):
        write(made, events_of(lines), at_s=time.time() - LAG_S)
        began = time.monotonic()
        made.start("monitor-0")
        made.start("publisher-0")
        until(lambda: caught_up(made), within_s=CAUGHT_UP_S, what="both groups have committed all there is")
        took_s = time.monotonic() - began
        # Who waits to this day is told of once more every minute: an end of that is not waited for.
        made.terminate("monitor-0", back=False)
        until(lambda: told(made), within_s=WITHIN_S, what="all that was observed has been told")
        reader.stop()
        written.stop()
        found = read_back(made.kafka.bootstrap_servers, reader.told, written, group="klankbord-monitor")
        verdict = judge(events_of(lines), found, POLICY)
    waiting = {event.conversation_id for event in found.log if isinstance(event, Waited)}
    live = [conversation for conversation in reader.live if conversation not in waiting]
    outcome = Outcome(verdict, len(lines), len(reader.told), took_s, "" if reader.told else "no alert was told")
    done = f"{len(lines):,} events lay there for {LAG_S / 60:g} minutes"
    report("F24", done, outcome, told_as_live=len(live), events_s=len(lines) / took_s)
    clean(outcome)
    assert live == []
    assert len(waiting) < len({event.conversation_id for event in events_of(lines)}) / 2


def test_f26_a_compacted_changelog(tmp_path: Path, report: Report) -> None:
    """All but the newest record of a conversation is gone when the workers come back."""
    lines = played(EVENTS)
    before, after = lines[: EVENTS // 2], lines[EVENTS // 2 :]
    with world(tmp_path) as made, alerts(made) as reader:
        configure(made, wire.OBSERVATIONS, SEGMENTS)
        clean(run(made, before, []))
        written = observations(made)
        leave(made)
        configure(made, wire.OBSERVATIONS, COMPACTED)
        until(
            lambda: len(observations(made)) < len(written) / 2,
            within_s=WITHIN_S,
            what="the changelog is compacted",
        )
        configure(made, wire.OBSERVATIONS, KEPT)
        left = len(observations(made))
        made.start("monitor-0")
        made.start("publisher-0")
        outcome = run(made, after, [])
        found = read_back(made.kafka.bootstrap_servers, reader.told)
    known = {(one.tenant, one.event_id) for one in written}
    more = [one for one in found.observations if (one.tenant, one.event_id) not in known]
    verdict = judge(events_of(lines), Found(found.log, [*written, *more], found.dead_letters, found.alerts), POLICY)
    outcome = Outcome(verdict, len(lines), len(found.alerts), outcome.took_s, outcome.void)
    report("F26", "compacted while nobody ran", outcome, records=len(written), left=left)
    clean(outcome)


def test_f26_a_truncated_changelog(tmp_path: Path, report: Report) -> None:
    """A whole partition of the state is deleted: its conversations begin anew, no worker hangs, no event is lost."""
    lines = played(EVENTS)
    before, after = lines[: EVENTS // 2], lines[EVENTS // 2 :]
    with world(tmp_path) as made:
        clean(run(made, before, []))
        leave(made)
        configure(made, wire.OBSERVATIONS, {"cleanup.policy": "compact,delete"})  # Kafka deletes nowhere else
        truncate(made, wire.OBSERVATIONS, 0)
        began = time.monotonic()
        made.start("monitor-0")
        made.start("publisher-0")
        outcome = run(made, after, [])
        took_s = time.monotonic() - began
        observed = {(one.tenant, one.event_id) for one in observations(made)}
    lost = frozenset((event.tenant, event.event_id) for event in events_of(after)) - observed
    outcome = Outcome(Verdict(lost=lost), len(lines), outcome.alerts, took_s, outcome.void)
    report("F26", "one partition of four emptied while nobody ran; only lost events are judged", outcome)
    clean(outcome)


def test_f28_two_versions_side_by_side(tmp_path: Path, report: Report) -> None:
    """One monitor after the other gets other rules, and goes back: each event one outcome, each alert once."""
    other = tmp_path / "policy.toml"
    shipped = (CONFIG / "policy.toml").read_text()
    other.write_text(shipped.replace(*OTHERWISE))
    assert other.read_text() != shipped
    versions = versions_of(POLICY), versions_of(load_policy(other))
    assert versions[0] != versions[1]

    def change(name: str, settings: Mapping[str, str], made: World) -> None:
        made.terminate(name, back=False)
        made.start(name, settings=settings)

    theirs, ours = {"POLICY": str(other)}, dict[str, str]()
    order = (("monitor-0", theirs), ("monitor-1", theirs), ("monitor-0", ours), ("monitor-1", ours))
    changes = [Fault(0.15 * place, partial(change, *each)) for place, each in enumerate(order, start=1)]
    lines = played(EVENTS)
    with world(tmp_path, monitors=2) as made, alerts(made) as reader:
        ran = run(made, lines, changes)
        found = read_back(made.kafka.bootstrap_servers, reader.told)
    copies: dict[tuple[str, str], set[bytes]] = {}
    for one in found.observations:
        copies.setdefault((one.tenant, one.event_id), set()).add(wire.encode(one))
    used = {alert.rule_version for one in found.observations for alert in one.alerts}
    verdict = Verdict(
        lost=frozenset((event.tenant, event.event_id) for event in events_of(lines)) - copies.keys(),
        conflict=frozenset(key for key, each in copies.items() if len(each) > 1),
        alert_twice=frozenset(alert for alert, times in Counter(found.alerts).items() if times > 1),
        dead_letters=found.dead_letters,
    )
    void = ran.void or ("" if used & (versions[1] - versions[0]) else "no alert of the other version")
    outcome = Outcome(verdict, len(lines), len(found.alerts), ran.took_s, void)
    report("F28", "two monitors change to other rules and back, one after the other", outcome)
    clean(outcome)


def versions_of(policy: Policy) -> set[str]:
    return {rule.version for rule in policy.rules.values()}


def test_f29_a_page_drops_out_and_comes_back(tmp_path: Path, chance: random.Random, report: Report) -> None:
    """A page writes down what it hears while its server and the publisher are killed: every alert, and none twice."""
    port = next(embedded.free_ports())
    url = f"http://{embedded.HOST}:{port}"
    settings = {"WEB_PORT": str(port), "LOGIN": "demo"}

    with world(tmp_path) as made:
        made.start("web-0", settings=settings)
        until(lambda: answers(url), within_s=WITHIN_S, what="the server answers")
        with Page(url) as page:
            killed = count()

            def kill_the_server(made: World) -> None:
                before = next(killed)
                until(lambda: page.came_back >= before, within_s=WITHIN_S, what="the page listens again")
                made.running["web-0"].kill()
                made.running["web-0"].wait()
                made.start("web-0", settings=settings)

            faults = [
                *spread(chance, kill_the_server, 3),
                *spread(chance, lambda w: w.kill("publisher-0"), 2),
            ]
            outcome = run(made, played(EVENTS // 2), faults)
            with made.redis.client() as client:
                entries = [(key.decode(), entry[wire.FIELD]) for key, entry in client.xrange(wire.ALERTS)]
            until(lambda: page.at == entries[-1][0], within_s=WITHIN_S, what="the page has heard the last")
    wanted = Counter(heard(raw) for _, raw in entries)
    report("F29", "the server of the pages killed thrice, the publisher twice", outcome, came_back=page.came_back)
    clean(outcome)
    assert page.came_back >= 3
    assert page.heard == wanted


@contextmanager
def alerts(made: World) -> Iterator[AlertReader]:
    """What Redis is told, from now to the end."""
    reader = AlertReader(made.redis.own_url)
    try:
        yield reader
    finally:
        reader.stop()


def write(made: World, events: Sequence[Event], *, at_s: float) -> None:
    """Into the inputs, as if they had come at `at_s`, in seconds since 1970."""
    producer = KafkaProducer(bootstrap_servers=made.kafka.bootstrap_servers, linger_ms=5, acks="all")
    for event in events:
        producer.send(
            wire.topic_for(event),
            key=wire.input_key(event),
            value=encode(event),
            timestamp_ms=round(1000 * at_s),
        )
    producer.flush()
    producer.close()


def caught_up(made: World) -> bool:
    made.look_after()
    servers = made.kafka.bootstrap_servers
    return all(uncommitted(servers, group, its) == 0 for group, its in GROUPS.items())


def told(made: World) -> bool:
    return uncommitted(made.kafka.bootstrap_servers, "klankbord-publisher", [wire.OBSERVATIONS]) == 0


def observations(made: World) -> list[Observation]:
    return list(read_back(made.kafka.bootstrap_servers, ()).observations)


def leave(made: World) -> None:
    for name in list(made.running):
        made.terminate(name, back=False)


def configure(made: World, topic: str, settings: dict[str, str]) -> None:
    admin = KafkaAdminClient(bootstrap_servers=made.kafka.bootstrap_servers)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=settings)])
    admin.close()


def truncate(made: World, topic: str, partition: int) -> None:
    """Delete all records of it."""
    admin = KafkaAdminClient(bootstrap_servers=made.kafka.bootstrap_servers)
    admin.delete_records({TopicPartition(topic, partition): -1})
    admin.close()
