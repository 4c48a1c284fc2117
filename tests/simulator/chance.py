"""One seed decides everything, and everything it decided can be read afterwards."""

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from types import coroutine


@coroutine
def reach(point: str) -> Generator[str, None, None]:
    """A gap between two effects: here a process may be stopped, and may never go on."""
    yield point


@dataclass(slots=True)
class Chance:
    """A seeded source of chance that remembers which faults it brought about, and the schedule."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    schedule: list[str] = field(default_factory=list)
    calm: bool = False
    random: Random = field(init=False)
    # Half of the schedules have workers that freeze and wake up after their partitions were given away.
    zombies: bool = field(init=False)
    # Some hardly ever commit: what comes again is more than a conversation remembers of its events.
    seldom_commits: bool = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.zombies = self.random.random() < 0.5
        self.seldom_commits = self.random.random() < 0.12

    def strikes(self, share: float) -> bool:
        return not self.calm and self.random.random() < share

    def fault(self, name: str, detail: str = "") -> None:
        self.faults[name] += 1
        self.note(f"{name} {detail}".rstrip())

    def note(self, line: str) -> None:
        self.schedule.append(line)

    @contextmanager
    def calmly(self) -> Iterator[None]:
        before, self.calm = self.calm, True
        yield
        self.calm = before
