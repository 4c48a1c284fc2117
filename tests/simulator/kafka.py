"""A Kafka of lists: what our transport promises of it and no more."""

import zlib
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from streams import wire

TP: TypeAlias = tuple[str, int]

MONITOR = "monitor"
PUBLISHER = "publisher"
READS = {MONITOR: wire.INPUTS, PUBLISHER: (wire.OBSERVATIONS,)}


class Record(NamedTuple):
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: dict[str, bytes]


@dataclass(slots=True)
class Group:
    """A consumer group: a commit of an older generation is refused, a produce of one is not."""

    generation: int = 0
    committed: dict[TP, int] = field(default_factory=dict)

    def commit(self, generation: int, offsets: dict[TP, int]) -> bool:
        if generation != self.generation:
            return False
        self.committed.update(offsets)
        return True


@dataclass(slots=True)
class Kafka:
    """Logs that only grow, in order within a partition, and two groups that read them."""

    partitions: int
    logs: dict[TP, list[Record]] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=lambda: {MONITOR: Group(), PUBLISHER: Group()})

    def log(self, tp: TP) -> list[Record]:
        return self.logs.setdefault(tp, [])

    def partition_of(self, key: bytes) -> int:
        return zlib.crc32(key) % self.partitions

    def read_by(self, kind: str) -> list[TP]:
        return [(topic, number) for topic in READS[kind] for number in range(self.partitions)]

    def behind(self, kind: str) -> int:
        """How many records the group has not committed."""
        committed = self.groups[kind].committed
        return sum(len(self.log(tp)) - committed.get(tp, 0) for tp in self.read_by(kind))
