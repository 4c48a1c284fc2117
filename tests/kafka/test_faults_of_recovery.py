"""The rows of the fault matrix about coming back: from a full disk, two hundred times, with a large state."""

import errno
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import pytest
from kafka import KafkaProducer
from kafka.partitioner.default import murmur2
from msgspec import structs

from klankbord.events import Role
from streams import wire
from streams.awake import SURE_S
from tests.e2e.waiting import until
from tests.kafka.conftest import Report
from tests.kafka.ledger import Verdict, uncommitted
from tests.kafka.sending import ask, observed, of_event, quantile, resident_mb, send, settle, talk
from tests.kafka.test_faults_of_state import configure
from tests.kafka.world import PARTITIONS, Fault, Outcome, World, clean, events_of, played, run, world
from tests.streams.given import records

pytestmark = pytest.mark.kafka

EVENTS: Final = int(os.environ.get("FAULTS_MATRIX_EVENTS") or 6_000)
LONG: Final = os.environ.get("FAULTS_LONG") == "1"
FULL_S: Final = 15.0
FROZEN_S: Final = 12.0
RECOVERIES: Final = int(os.environ.get("FAULTS_RECOVERIES") or (200 if LONG else 8))
AT_ONCE: Final = 10  # events between two recoveries
HANG_S: Final = 300.0  # a start takes 5 s, and on a machine with many others a minute or two
CONVERSATIONS: Final = int(os.environ.get("FAULTS_CONVERSATIONS") or (100_000 if LONG else 5_000))
ASKED: Final = 200
AT_MOST_OLD: Final = "message.timestamp.before.max.ms"
RECOVERED_S: Final = 300.0


@contextmanager
def disk(at: Path, *, size: str) -> Iterator[Path]:
    """A small disk of its own at `at`: a file system in memory, for which one must be root."""
    at.mkdir(parents=True)
    command = ("mount", "-t", "tmpfs", "-o", f"size={size}", "klankbord", str(at))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        if os.environ.get("CI"):
            raise OSError(done.stderr)  # there the promise is proved or the run is red
        pytest.skip(f"not proved here: no disk can be mounted: {done.stderr.strip()}")
    try:
        yield at
    finally:
        subprocess.run(("umount", "--lazy", str(at)), check=True)


def fill(at: Path) -> None:
    """Leave not a byte."""
    with (at / "filler").open("ab", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def test_f23_the_disk_of_the_broker_is_full(tmp_path: Path, report: Report) -> None:
    """Kafka cannot write and ends; with room again it is started as it is, and goes on where it was."""
    seen: dict[str, float] = {}

    def full(made: World) -> None:
        fill(tmp_path / "kafka")
        made.later(FULL_S, lambda: free(made))

    def free(made: World) -> None:
        process = made.broker().process
        seen["ended"] = process is not None and process.poll() is not None
        (tmp_path / "kafka" / "filler").unlink()
        made.broker().kill()
        assert made.broker().start()
        seen["freed"], seen["answered"] = time.monotonic(), made.figures["answered"]
        look(made)

    def look(made: World) -> None:
        if made.figures["answered"] > seen["answered"]:
            seen["resumed"] = time.monotonic()
        else:
            made.later(0.05, lambda: look(made))

    with disk(tmp_path / "kafka", size="256m"), world(tmp_path) as made:
        outcome = run(made, played(EVENTS), [Fault(0.3, full)])
    resumed_s = seen["resumed"] - seen["freed"]
    report("F23", f"the broker's disk full for {FULL_S:g} s", outcome, ended=seen["ended"], resumed_s=resumed_s)
    clean(outcome)
    assert seen["ended"], "it went on as if nothing was"


def test_f23_the_disk_of_the_workers_is_full(tmp_path: Path, report: Report) -> None:
    """Their state lies in Kafka: they go on, are killed and come back, and one that ends itself cannot note it."""

    def freeze(made: World) -> None:
        made.signal("monitor-0", signal.SIGSTOP)
        made.later(FROZEN_S, lambda: made.signal("monitor-0", signal.SIGCONT))

    with disk(tmp_path / "disk", size="1m") as full, world(tmp_path, settings={"DATA_DIR": str(full)}) as made:
        faults = [
            Fault(0.1, lambda _: fill(full)),
            Fault(0.3, lambda w: w.kill("monitor-0")),
            Fault(0.4, lambda w: w.kill("publisher-0")),
            Fault(0.6, freeze),
        ]
        outcome = run(made, played(EVENTS), faults)
        left = os.statvfs(full).f_bavail
    done = f"no byte left where the workers keep files; two killed, one frozen for {FROZEN_S:g} s"
    report("F23", done, outcome, ended=len(made.ended))
    clean(outcome)
    assert left == 0
    assert made.ended == [f"monitor-0: {os.EX_SOFTWARE}"]


def test_f26_no_recovery_hangs(tmp_path: Path, chance: random.Random, report: Report) -> None:
    """Two monitors are killed again and again, ready or not, and must take up their work again each time."""
    told = iter(events_of(played(EVENTS // 2 + RECOVERIES * AT_ONCE)))
    names, took, hangs, recoveries, sent = ("monitor-0", "monitor-1"), list[float](), 0, 0, EVENTS // 2
    with world(tmp_path, monitors=2) as made:
        began = time.monotonic()
        send(made, map(of_event, islice(told, EVENTS // 2)))
        settle(made)
        while recoveries < RECOVERIES:
            for name in names:
                made.kill(name)
            sent += len(send(made, map(of_event, islice(told, AT_ONCE))))
            if chance.random() < 0.3:  # on its way back, too
                time.sleep(chance.uniform(0.0, 8.0))
                made.kill(chance.choice(names))
                recoveries += 1
            killed = time.monotonic()
            try:
                until(lambda: at_work(made), within_s=HANG_S, what="both monitors are at work")
                took.append(time.monotonic() - killed)
            except AssertionError:
                hangs += 1
            recoveries += len(names)
        settle(made)
        outcome = ask(made, sent=sent, took_s=time.monotonic() - began)
    report(
        "F26",
        f"{RECOVERIES} recoveries after SIGKILL of two monitors, some cut off",
        outcome,
        recoveries=recoveries,
        hangs=hangs,
        ended_by_themselves=len(made.ended),
        back_p50_s=quantile(took, 0.5),
        back_max_s=max(took),
    )
    clean(outcome)
    assert hangs == 0


def at_work(made: World) -> bool:
    """Whether both monitors say so, and have committed what came meanwhile."""
    made.look_after()
    ready = all(made.ready(name) for name in made.running if name.startswith("monitor"))
    return ready and uncommitted(made.kafka.bootstrap_servers, "klankbord-monitor", wire.INPUTS) == 0


def test_f26_how_long_a_large_state_takes(tmp_path: Path, chance: random.Random, report: Report) -> None:
    """From the start of a monitor until it is ready, with that many open conversations to read; all are there."""
    with world(tmp_path, started=False) as made:
        empty_s = until_ready(made)
        empty_mb = resident_mb(made, "monitor-0")
        made.terminate("monitor-0", back=False)
        turns, mb = write_state(made)
        began = time.monotonic()
        full_s = until_ready(made)
        full_mb = resident_mb(made, "monitor-0")
        asked = [
            next(talk(f"conversation-{n}", start_s=time.time())) for n in chance.sample(range(CONVERSATIONS), ASKED)
        ]
        send(made, map(of_event, asked))
        until(lambda: at_work(made), within_s=HANG_S, what="the monitor has committed what it was asked")
        took_s = time.monotonic() - began
        names = {event.event_id for event in asked}
        seen = [one.record.observation for one in observed(made) if one.record.observation.event_id in names]
    verdict = Verdict(
        lost=frozenset(("demo", name) for name in names - {one.event_id for one in seen}),
        state_mismatch=frozenset(
            (one.tenant, one.event_id) for one in seen if one.conversation.customer_turns != turns + 1
        ),
    )
    report(
        "F26",
        f"{CONVERSATIONS:,} open conversations recovered",
        Outcome(verdict, ASKED, 0, took_s, ""),
        recovered_s=full_s - empty_s,
        start_to_ready_s=full_s,
        start_to_ready_s_without=empty_s,
        changelog_mb=mb,
        resident_mb_more=full_mb - empty_mb,
    )
    clean(Outcome(verdict, ASKED, 0, took_s, ""))
    assert len(seen) == ASKED


def until_ready(made: World) -> float:
    """Start a monitor; the seconds until it says that it works."""
    began = time.monotonic()
    made.start("monitor-0")
    until(lambda: made.ready("monitor-0"), within_s=RECOVERED_S, what="the monitor is ready")
    return time.monotonic() - began


def write_state(made: World) -> tuple[int, float]:
    """A changelog of conversations in which nobody waits; the customer's turns in each, and its size in MB."""
    whole = records("name", timestamp_ms=int(time.time() * 1000))
    last = next(one for one in reversed(whole) if one.observation.role is Role.AGENT)
    assert last.observation.conversation.waiting_since is None
    assert last.observation.conversation.ended_at is None
    configure(made, wire.OBSERVATIONS, {AT_MOST_OLD: "3600000"})  # what is long on its way would be refused
    producer = KafkaProducer(bootstrap_servers=made.kafka.bootstrap_servers, linger_ms=20, batch_size=131_072)
    size, sent = 0, []
    for number in range(CONVERSATIONS):
        name = f"conversation-{number}"
        seen = structs.replace(last.observation, conversation_id=name)
        value = wire.encode(structs.replace(last, observation=seen, fence={wire.CHAT_MESSAGES: -1}))
        size += len(value)
        key = wire.conversation_key(seen.tenant, name)
        sent.append(producer.send(wire.OBSERVATIONS, value, key, partition=partition_of(name)))
    producer.flush()
    assert all(each.succeeded() for each in sent)
    producer.close()
    configure(made, wire.OBSERVATIONS, {AT_MOST_OLD: str(int(1000 * SURE_S))})
    return last.observation.conversation.customer_turns, size / 2**20


def partition_of(name: str) -> int:
    """Where the events of a conversation come in: its state has to lie there, too."""
    place: int = (murmur2(name.encode()) & 0x7FFFFFFF) % PARTITIONS
    return place
