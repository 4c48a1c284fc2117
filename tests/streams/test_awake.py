"""A process that slept longer than it kept its place ends before it writes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from config.settings import Settings
from streams.app import create_monitor
from streams.awake import HEARTBEAT_S, SESSION_S, SURE_S, Awake
from streams.topics import plan
from streams.wire import OBSERVATIONS

SLEEPER: Final = """
import sys, time
from streams.awake import Awake
awake = Awake(limit_s=0.5)
for _ in range(600):
    awake.check()
    print(".", flush=True)
    time.sleep(0.05)
"""


@pytest.fixture
def said() -> list[str]:
    return []


def test_it_ends_after_a_sleep_that_was_too_long(said: list[str]) -> None:
    at = iter([100.0, 105.0, 111.5])
    awake = Awake(limit_s=6.0, leave=said.append, clock=lambda: next(at))

    awake.check()
    awake.check()
    assert said == []
    awake.check()
    assert said == ["it was asleep for 6.5 s, and another may have its partitions"]


def test_a_frozen_process_ends_when_it_goes_on() -> None:
    process = subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.0)
        process.send_signal(signal.SIGCONT)
        assert process.wait(timeout=10) == os.EX_SOFTWARE
    finally:
        process.kill()
        process.communicate()


def test_the_broker_refuses_what_is_older_than_a_place_surely_lasts() -> None:
    observations = next(topic for topic in plan(partitions=1, replication_factor=1) if topic.name == OBSERVATIONS)

    assert observations.settings()["message.timestamp.before.max.ms"] == str(int(SURE_S * 1000))


def test_a_worker_keeps_its_place_as_long_as_we_believe(tmp_path: Path) -> None:
    settings = {"broker": "127.0.0.1:1", "redis_url": "redis://127.0.0.1:1/0", "data_dir": tmp_path}
    app = create_monitor(Settings.model_validate(settings))

    assert (app.conf.broker_session_timeout, app.conf.broker_heartbeat_interval) == (SESSION_S, HEARTBEAT_S)
