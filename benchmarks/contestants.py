"""Who is measured: our workers as they are run, and the peers."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.draining import Contestant, Kind, Process, observed_id, scored_id
from benchmarks.peers.work import INPUT, OUTPUT, PARTITIONS
from config.settings import PREFIX
from streams import embedded, wire
from streams.demo import PROCESSES, ROOT

PEERS_PYTHON: Final = ROOT / ".venv" / "peers" / "bin" / "python"
OURS: Final = "Klankbord"
OURS_SMALL: Final = "Klankbord, VADER only"
NAIVE: Final = "naive Faust"
QUIX: Final = "Quix Streams"
BYTEWAX: Final = "Bytewax"
CONFLUENT: Final = "confluent-kafka"
AIOKAFKA: Final = "aiokafka"
NAMES: Final = (NAIVE, OURS, OURS_SMALL, QUIX, BYTEWAX, CONFLUENT, AIOKAFKA)


def monitor(broker: str, kind: Kind, directory: Path, redis_url: str = "redis://127.0.0.1:1/0") -> Contestant:
    """Our monitor with its full scoring; it does not talk to Redis."""
    return Contestant(OURS, [_ours("monitor", broker, kind, directory, redis_url)], *_OBSERVATIONS)


def pipeline(broker: str, kind: Kind, directory: Path, redis_url: str) -> Contestant:
    """Our monitor and our publisher."""
    processes = [_ours(name, broker, kind, directory, redis_url) for name in ("monitor", "publisher")]
    return Contestant("pipeline", processes, *_OBSERVATIONS)


def contestant(name: str, broker: str, directory: Path) -> Contestant:
    """One of `NAMES`, for Apache Kafka."""
    if name == OURS:
        return monitor(broker, "kafka", directory)
    if name == OURS_SMALL:
        ours = monitor(broker, "kafka", directory)
        (process,) = ours.processes
        command = [part.replace("streams.app", "benchmarks.peers.klankbord_vader") for part in process.command]
        return ours._replace(name=name, processes=[process._replace(command=command)])
    group = directory.name
    environment = _environment({"PEER_BROKER": broker, "PEER_GROUP": group, "PEER_DATA_DIR": str(directory / "data")})
    command = list(_commands(directory)[name])
    process = Process("peer", command, environment, "" if name == BYTEWAX else group, INPUT)
    return Contestant(name, [process], OUTPUT, scored_id, "changelog")


def missing(name: str) -> str:
    """Why a peer cannot run here; empty when it can."""
    module = {QUIX: "quixstreams", BYTEWAX: "bytewax.connectors.kafka", CONFLUENT: "confluent_kafka"}.get(name)
    if module is None:
        return ""
    if not PEERS_PYTHON.exists():
        return "the environment of the peers is not there: `make bench-peers` makes it"
    tried = subprocess.run([PEERS_PYTHON, "-c", f"import {module}"], capture_output=True, text=True, check=False)
    return tried.stderr.strip().splitlines()[-1] if tried.returncode else ""


def versions() -> str:
    """What is in the environment of the peers, in their order; nothing where there is none."""
    if not PEERS_PYTHON.exists():
        return ""
    ask = "from importlib.metadata import version as v; print(', '.join(f'{p} {v(p)}' for p in sys.argv[1:]))"
    command = [str(PEERS_PYTHON), "-c", f"import sys; {ask}", "quixstreams", "bytewax", "confluent-kafka"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


_OBSERVATIONS: Final = (wire.OBSERVATIONS, observed_id, wire.OBSERVATIONS)


def _ours(name: str, broker: str, kind: Kind, directory: Path, redis_url: str) -> Process:
    settings = {
        "BROKER": broker,
        "BROKER_KIND": kind,
        "REDIS_URL": redis_url,
        "PARTITIONS": str(PARTITIONS),
        "REPLICATION_FACTOR": "1",
        "DATA_DIR": str(directory),
        "CANARY_EVERY_S": "0",
        f"{name.upper()}_PORT": str(next(embedded.free_ports())),
    }
    environment = _environment({PREFIX + key: value for key, value in settings.items()})
    reads = INPUT if name == "monitor" else wire.OBSERVATIONS
    return Process(name, (sys.executable, *PROCESSES[name]), environment, f"klankbord-{name}", reads)


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PEER_"))}
    return {**others, **settings}


def _commands(directory: Path) -> Mapping[str, tuple[str, ...]]:
    own, theirs, snapshots = sys.executable, str(PEERS_PYTHON), str(directory / "snapshots")
    # Bytewax wants its snapshots' place made first, by a command of its own.
    recovery = f"-r {snapshots} -s 30 -b 0"  # the intervals of its documentation
    made = f"mkdir -p {snapshots} && {theirs} -m bytewax.recovery {snapshots} 1 && "
    return {
        NAIVE: (own, "-m", "faust", "-A", "benchmarks.peers.naive_faust", "worker", "--without-web", "-l", "info"),
        QUIX: (theirs, "-m", "benchmarks.peers.quix"),
        BYTEWAX: ("sh", "-c", f"{made}exec {theirs} -m bytewax.run benchmarks.peers.bytewax_flow:flow {recovery}"),
        CONFLUENT: (theirs, "-m", "benchmarks.peers.confluent"),
        AIOKAFKA: (own, "-m", "benchmarks.peers.aiokafka_floor"),
    }
