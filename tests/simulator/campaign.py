"""Many seeds over some processes, what they found, and how often each fault happened."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import structlog

from streams.oracle import Verdict
from tests.simulator.mutations import MUTATIONS
from tests.simulator.simulation import Outcome, simulate

SHOWN_MOST: Final = 5
# Between which effects a process may die; `rest` is between two events.
GAPS: Final = {
    "monitor": (
        "rest", "step", "acknowledgement of a dead letter", "acknowledgement of an event", "produce",
        "acknowledgement of a produce", "flush", "commit", "answer to a commit",
    ),
    "publisher": (
        "rest", "batch", "publish", "answer of the sink", "next try", "acknowledgement of a batch", "commit",
        "answer to a commit",
    ),
}  # fmt: skip
# A run in which one of these never happened proves nothing about it, and is red.
FAULTS: Final = (
    "a source repeats itself", "a source repeats itself long after", "an event is too late to tell from a repeat",
    "more partials of a line than are remembered", "a source reorders", "a source is late",
    "poison", "a conversation in two topics",
    "a conversation longer than its memory", "a deadline passes", "a crash", "a crash within a rebalance",
    "a session times out", "a monitor joins", "a publisher joins", "a monitor leaves in order",
    "a publisher leaves in order", "a monitor freezes", "a publisher freezes", "a monitor comes back as a zombie",
    "a publisher comes back as a zombie", "a zombie produces", "a zombie publishes", "a zombie's commit is refused",
    "an older record after a newer one at recovery", "the sink is away", "the sink takes a part of a batch",
    "the sink's answer is lost", "everything is published again",
    *(f"a {kind} dies before: {gap}" for kind, gaps in GAPS.items() for gap in gaps),
)  # fmt: skip


@dataclass(slots=True)
class Campaign:
    """What a range of seeds led to."""

    seeds: int = 0
    events: int = 0
    alerts: int = 0
    physical_dup: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    red: list[Outcome] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def never(self) -> list[str]:
        return [fault for fault in FAULTS if not self.faults[fault]]

    @property
    def green(self) -> bool:
        return not self.red and not self.never

    def add(self, other: "Campaign") -> None:
        self.seeds += other.seeds
        self.events += other.events
        self.alerts += other.alerts
        self.physical_dup += other.physical_dup
        self.faults += other.faults
        self.verdicts += other.verdicts
        self.red += other.red

    def report(self) -> Iterator[str]:
        speed = self.seeds / max(self.took_s, 0.001)
        yield f"simulator: {self.seeds} seeds, {self.events} records in, {self.alerts} alerts, {speed:.0f} seeds/s"
        yield "verdicts"
        for name in (*Verdict().wrong, "board", "hung"):
            yield f"  {name:<16}{self.verdicts[name]}"
        yield f"  {'physical_dup':<16}{self.physical_dup}  (allowed)"
        yield "faults"
        for name in sorted(FAULTS):
            yield f"  {self.faults[name]:>8}  {name}{'' if self.faults[name] else '   NEVER: this run proves nothing'}"
        for outcome in self.red[:SHOWN_MOST]:
            yield from told(outcome)
        yield f"{len(self.red)} of {self.seeds} seeds are red" if self.red else f"all {self.seeds} seeds are green"


def told(outcome: Outcome) -> Iterator[str]:
    """A seed with its schedule, and how to have it again."""
    yield f"seed {outcome.seed}"
    yield from (f"    {line}" for line in outcome.schedule)
    for name, keys in outcome.wrong.items():
        yield f"  {name}: {', '.join(keys[:5])}"
    yield f"  again: .venv/bin/python -m tests.simulator --seed {outcome.seed}"


def one(seed: int, mutation: str | None = None) -> Outcome:
    """The outcome of a seed, with a promise broken on request."""
    return simulate(seed) if mutation is None else MUTATIONS[mutation].simulate(seed)


def run(first: int, seeds: int, *, processes: int, mutation: str | None = None) -> Campaign:
    """Seeds from `first`, in shares that keep all processes busy."""
    began = time.monotonic()
    share = max(1, min(100, seeds // (processes * 4) or 1))
    shares = [
        (range(start, min(start + share, first + seeds)), mutation) for start in range(first, first + seeds, share)
    ]
    whole = Campaign()
    if processes == 1:
        for each in map(_share, shares):
            whole.add(each)
    else:
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            for each in pool.imap_unordered(_share, shares):
                whole.add(each)
    whole.red.sort(key=lambda outcome: outcome.seed)
    whole.took_s = time.monotonic() - began
    return whole


def quiet() -> None:
    """Thousands of dead letters and retries are what is wanted here; nobody reads of each."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))


def _share(given: tuple[Iterable[int], str | None]) -> Campaign:
    quiet()
    seeds, mutation = given
    found = Campaign()
    for seed in seeds:
        outcome = one(seed, mutation)
        found.seeds += 1
        found.events += outcome.events
        found.alerts += outcome.alerts
        found.physical_dup += outcome.verdict.physical_dup
        found.faults.update(outcome.faults)
        found.verdicts.update({name: len(keys) for name, keys in outcome.wrong.items()})
        if not outcome.green and len(found.red) < SHOWN_MOST:
            found.red.append(outcome)
        elif not outcome.green:
            found.red.append(replace_schedule(outcome))
    return found


def replace_schedule(outcome: Outcome) -> Outcome:
    """The outcome without what nobody will print."""
    outcome.schedule.clear()
    return outcome
