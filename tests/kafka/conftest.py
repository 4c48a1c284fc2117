"""Apache Kafka, started once for all tests that ask for it, and the report of the fault matrix."""

import json
import os
import platform
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import pytest

from tests.kafka.cluster import VERSION, Missing, kafka, libraries
from tests.kafka.ledger import Verdict
from tests.kafka.world import SEED, Outcome

REPORT: Final = os.environ.get("FAULTS_REPORT")


class Report(Protocol):
    """Notes one row of the matrix: its number, what was done, what came of it, and figures of its own."""

    def __call__(self, fault: str, done: str, outcome: Outcome, **figures: float) -> None: ...


MEASURED: Final = Verdict()  # the verdict of a measurement, which no ledger judges


@pytest.fixture
def chance() -> random.Random:
    sys.stdout.write(f"\nseed {SEED}\n")
    return random.Random(SEED)


@pytest.fixture(scope="session")
def kafka_there() -> None:
    """Skip, or in CI fail, where Apache Kafka cannot be had."""
    try:
        libraries()
    except Missing as error:
        if os.environ.get("CI"):
            raise  # there the promise is proved or the run is red
        pytest.skip(f"not proved here: {error}")


@pytest.fixture(scope="session")
def kafka_broker(kafka_there: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with kafka(tmp_path_factory.mktemp("kafka")) as server:
        yield server


@pytest.fixture
def report(kafka_there: None) -> Report:
    def note(fault: str, done: str, outcome: Outcome, **figures: float) -> None:
        row = {
            "fault": fault,
            "done": done,
            "at": f"{datetime.now(UTC):%Y-%m-%d}",
            "commit": _commit(),
            "broker": f"Apache Kafka {VERSION}",
            "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
            "seed": str(SEED),
            "events": outcome.events,
            "alerts": outcome.alerts,
            "took_s": round(outcome.took_s, 1),
            "void": outcome.void,
            "verdict": {} if outcome.verdict is MEASURED else outcome.verdict.counts,
            "figures": {name: round(value, 2) for name, value in figures.items()},
        }
        sys.stdout.write(f"\n{json.dumps(row)}\n")
        if REPORT:
            path = Path(REPORT)
            rows = json.loads(path.read_text()) if path.exists() else []
            rows = [r for r in rows if (r["fault"], r["done"]) != (fault, done)]
            rows = sorted([*rows, row], key=lambda r: (r["fault"][0], int(r["fault"][1:]), r["done"]))
            path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")

    return note


def _commit() -> str:
    command = ["git", "describe", "--always", "--exclude=*", "--dirty=+"]  # a plus: with changes that are no commit
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"
