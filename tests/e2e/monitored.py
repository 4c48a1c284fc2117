"""A real monitor on the embedded broker, and what it made of what it read."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from kafka import KafkaProducer

from klankbord.observation import Observation
from streams import embedded, topics
from streams.demo import PROCESSES, ROOT
from streams.letterbox import Letter, letterbox
from tests.e2e.poisoned import PARTITIONS, environment, observations
from tests.e2e.waiting import until

Found = TypeVar("Found")

STOP_S: Final = 10.0
WITHIN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Monitored:
    """The broker that a monitor reads."""

    servers: str

    def send(self, topic: str, *records: tuple[str | None, bytes, dict[str, bytes]]) -> None:
        """Write records of key, value and headers."""
        producer = KafkaProducer(bootstrap_servers=self.servers)
        for key, value, headers in records:
            producer.send(topic, key=key and key.encode(), value=value, headers=list(headers.items())).get(timeout=10)
        producer.close()

    def letters(self, number: int) -> list[Letter]:
        """The dead letters, once there are so many."""
        return until(lambda: _so_many(self._letters(), number), within_s=WITHIN_S, what=f"{number} dead letters")

    def observed(self, number: int) -> list[Observation]:
        """The observations, once there are so many."""
        return until(lambda: _so_many(observations(self.servers), number), within_s=WITHIN_S, what=f"{number} of them")

    def _letters(self) -> list[Letter]:
        with letterbox(self.servers) as box:
            return box.letters()


def _so_many(found: list[Found], number: int) -> list[Found]:
    return found if len(found) >= number else []


@contextmanager
def monitored(directory: Path, *more: topics.Topic, **settings: str) -> Iterator[Monitored]:
    """Everything up, with `more` topics and further `settings`."""
    with embedded.broker(directory) as servers:
        topics.create(servers, (*topics.plan(partitions=PARTITIONS, replication_factor=1), *more))
        env = environment(servers, "embedded", directory, **settings)
        log = directory / "monitor.log"
        monitor = embedded.child((sys.executable, *PROCESSES["monitor"]), env=env, log=log, cwd=ROOT)
        try:
            yield Monitored(servers)
            assert monitor.poll() is None, log.read_text()[-2000:]
        finally:
            embedded.stop((monitor,), patience_s=STOP_S)
