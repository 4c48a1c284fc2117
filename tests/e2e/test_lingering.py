"""What a worker is handed while its recovery ends is observed; with Faust's own flow control it is lost."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from kafka import KafkaProducer

from klankbord.events import encode
from streams import embedded, topics, wire
from streams.demo import ROOT
from tests.e2e.poisoned import PARTITIONS, environment, observations
from tests.e2e.waiting import until
from tests.streams.given import conversation

pytestmark = pytest.mark.e2e

KNOWN: Final = 8
WAITING: Final = 60
LATER: Final = 8
WORKER: Final = ("-m", "faust", "-A", "tests.e2e.lingering:monitor", "worker", "--without-web", "-l", "warn")
WITHIN_S: Final = 60.0
STOP_S: Final = 10.0

Sent = set[tuple[str, str]]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    tmp_path = tmp_path_factory.mktemp("known")
    with embedded.broker(tmp_path) as servers:
        topics.create(servers, topics.plan(partitions=PARTITIONS, replication_factor=1))
        known = send(servers, "known", KNOWN)
        with worker(servers, tmp_path):
            until(lambda: observed(servers) >= known, within_s=WITHIN_S, what="a state to recover")
        yield servers


def test_all_of_it_is_observed(servers: str, tmp_path: Path) -> None:
    waiting = send(servers, "waiting", WAITING)
    with worker(servers, tmp_path) as process:
        until(lambda: observed(servers) >= waiting, within_s=WITHIN_S, what="all that waited")
        later = send(servers, "later", LATER)
        until(lambda: observed(servers) >= later, within_s=WITHIN_S, what="what came later")
        assert process.poll() is None


def test_with_fausts_flow_control_some_of_it_is_lost(servers: str, tmp_path: Path) -> None:
    waiting = send(servers, "waiting", WAITING)
    with worker(servers, tmp_path, LINGERING_FLOW="faust", LINGERING_UNWATCHED="1"):
        until(lambda: observed(servers) & waiting, within_s=WITHIN_S, what="a first observation")
        later = send(servers, "later", LATER)
        until(lambda: observed(servers) >= later, within_s=WITHIN_S, what="what came later")

    assert waiting - observed(servers)


def test_without_ours_the_process_ends_before_it_steps_over_what_was_lost(servers: str, tmp_path: Path) -> None:
    waiting = send(servers, "waiting", WAITING)
    with worker(servers, tmp_path, LINGERING_FLOW="faust") as process:
        # Nothing is observed where all that waited was thrown away.
        until(
            lambda: process.poll() is not None or observed(servers) & waiting, within_s=WITHIN_S, what="a first answer"
        )
        send(servers, "later", LATER)

        assert process.wait(WITHIN_S) == os.EX_SOFTWARE

    assert "was handed out and did not arrive before" in (tmp_path / "monitor.log").read_text()


@contextmanager
def worker(servers: str, directory: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    env = {**environment(servers, "embedded", directory), **settings}
    process = embedded.child((sys.executable, *WORKER), env=env, log=directory / "monitor.log", cwd=ROOT)
    try:
        yield process
    finally:
        embedded.stop((process,), patience_s=STOP_S)


def send(servers: str, name: str, conversations: int) -> Sent:
    once = uuid4().hex
    events = [event for n in range(conversations) for event in conversation(f"{name}-{once}-{n}")]
    producer = KafkaProducer(bootstrap_servers=servers, linger_ms=5)
    for event in events:
        producer.send(wire.CHAT_MESSAGES, key=wire.input_key(event), value=encode(event))
    producer.close()
    return {(event.conversation_id, event.event_id) for event in events}


def observed(servers: str) -> Sent:
    return {(one.conversation_id, one.event_id) for one in observations(servers)}
