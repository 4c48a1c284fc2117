"""A thousand mutants among healthy conversations, through a real monitor; the caller brings the broker."""

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kafka import KafkaProducer

from config.settings import PREFIX
from klankbord.errors import Reason
from klankbord.events import encode
from klankbord.observation import Observation
from streams import embedded, topics, wire
from streams.demo import PROCESSES, ROOT
from streams.letterbox import Letter, letterbox
from tests.e2e.waiting import until
from tests.poison import mutants
from tests.streams.given import conversation

SEED: Final = int(os.environ.get("FAULTS_SEED") or 20261122)
MUTANTS: Final = 1000
CONVERSATIONS: Final = 30
PARTITIONS: Final = 4
WITHIN_S: Final = 240.0  # on a quiet machine a tenth of it
LOOK_S: Final = 2.0  # each look reads both topics, beside the worker that is looked at
STOP_S: Final = 10.0

Origin = str


@dataclass(frozen=True, slots=True)
class Played:
    """What was sent, by origin, and what it became."""

    poison: dict[Origin, Reason]
    healthy: set[tuple[str, str]]
    letters: list[Letter]
    observations: list[Observation]


def play(servers: str, kind: str, directory: Path, *, kills: int = 0) -> Played:
    """Send poison and health in one stream, kill the monitor `kills` times on the way, and read what came of it."""
    topics.create(servers, topics.plan(partitions=PARTITIONS, replication_factor=1))
    env = environment(servers, kind, directory)
    command, log = (sys.executable, *PROCESSES["monitor"]), directory / "monitor.log"
    monitor = embedded.child(command, env=env, log=log, cwd=ROOT)
    try:
        poison: dict[Origin, Reason] = {}
        healthy: set[tuple[str, str]] = set()
        records = list(_records())
        parts = [records[n :: kills + 1] for n in range(kills + 1)] if kills else [records]
        for number, part in enumerate(parts):
            _send(servers, part, poison, healthy)
            if number < kills:
                until(lambda: _letters(servers), within_s=WITHIN_S, what="a first dead letter")
                monitor.send_signal(signal.SIGKILL)
                monitor.wait()
                monitor = embedded.child(command, env=env, log=log, cwd=ROOT)
        deadline = time.monotonic() + WITHIN_S
        wanted = len(poison), len(healthy)
        while (found := _found(servers)) != wanted:
            assert monitor.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, f"{found} of {wanted}; {log.read_text()[-1000:]}"
            time.sleep(LOOK_S)
    finally:
        embedded.stop((monitor,), patience_s=STOP_S)
    return Played(poison, healthy, _letters(servers), observations(servers))


Record = tuple[bytes | None, bytes | None, Reason | tuple[str, str]]


def _records() -> Iterator[Record]:
    """Mutants and events in an order of the seed; each conversation in its own order."""
    chance = random.Random(SEED)
    left: list[list[Record]] = [[(m.key, m.value, m.reason)] for m in mutants(SEED, MUTANTS)]
    left += [
        [(wire.input_key(event), encode(event), (event.tenant, event.event_id)) for event in conversation(f"c-{n}")]
        for n in range(CONVERSATIONS)
    ]
    while left:
        place = chance.randrange(len(left))
        yield left[place].pop(0)
        if not left[place]:
            left.pop(place)


def _send(servers: str, records: list[Record], poison: dict[Origin, Reason], healthy: set[tuple[str, str]]) -> None:
    producer = KafkaProducer(bootstrap_servers=servers, linger_ms=5)
    sent = [(producer.send(wire.CHAT_MESSAGES, key=key, value=value), what) for key, value, what in records]
    producer.flush()
    for future, what in sent:
        metadata = future.get(timeout=10)
        if isinstance(what, tuple):
            healthy.add(what)
        else:
            poison[f"{metadata.topic}/{metadata.partition}/{metadata.offset}"] = what
    producer.close()


def _letters(servers: str) -> list[Letter]:
    with letterbox(servers) as box:
        return box.letters()


def observations(servers: str) -> list[Observation]:
    """All there are, in the order of their partitions."""
    with letterbox(servers) as box:
        return [wire.decode_record(record.value).observation for record in box._records(wire.OBSERVATIONS)]


def environment(servers: str, kind: str, directory: Path, **settings: str) -> dict[str, str]:
    """That of a monitor which logs and keeps to `directory`, with further `settings`."""
    port = next(embedded.free_ports())
    ours = {
        "BROKER": servers,
        "BROKER_KIND": kind,
        "REDIS_URL": "redis://127.0.0.1:1/0",  # the monitor knows no Redis
        "PARTITIONS": str(PARTITIONS),
        "DATA_DIR": str(directory),
        "INSTANCE": "0",
        "MONITOR_PORT": str(port),
        **settings,
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**others, **{PREFIX + name: value for name, value in ours.items()}}


def _found(servers: str) -> tuple[int, int]:
    return len(_letters(servers)), len(observations(servers))
