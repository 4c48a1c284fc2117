"""What more workers, partitions and state do: throughput, time without progress, time to recover: `make bench-scaling`.

On Apache Kafka, with a source that does not wait and a reader that notes when each observation came. No publisher runs:
it would take its share of the machine from those that are measured.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import figures
from benchmarks.hearing import OBSERVED, Heard
from benchmarks.live import Live, live, spread

WORKERS: Final = (1, 2, 3)
PARTITIONS: Final = (1, 4, 12, 32)
SHARED: Final = 12  # partitions of what several workers share
STATES: Final = (0, 1_000, 10_000, 30_000)
EVENTS: Final = 8_000
CONVERSATIONS: Final = 1_000
OVERLOAD: Final = 20_000.0  # events a second that nobody here keeps up with
WARM: Final = 400
RATE: Final = 100.0
BEFORE_S: Final = 3.0
AFTER_S: Final = 45.0  # a monitor takes ten seconds to start, and a session as many to end
FILL_RATE: Final = 400.0
# Of all observations of a backlog, those before and after are the beginning and the end of it.
FROM, TO = 0.1, 0.9
WITHOUT_S: Final = 1.0
PACKAGES: Final = ("klankbord", "faust-streaming", "aiokafka", "msgspec")


def monitors(many: int) -> list[str]:
    """Their names."""
    return [f"monitor-{number}" for number in range(many)]


def drained(directory: Path, *, workers: int, partitions: int, events: int) -> figures.Row:
    """A backlog that so many monitors work off together."""
    with live(directory, conversations=CONVERSATIONS, workers=monitors(workers), partitions=partitions) as running:
        running.talk(OVERLOAD, WARM / OVERLOAD)
        running.settle()
        running.heard()
        before = running.cpu()
        said = running.talk(OVERLOAD, events / OVERLOAD)
        missing = running.settle()
        used = running.used(before)
        memory = running.memory_mb()
        its = [name for name in used if name.startswith("monitor")]
        at_s = sorted(running.heard().at_s)
        first, last = at_s[int(FROM * len(at_s))], at_s[int(TO * len(at_s)) - 1]
        return {
            "workers": workers,
            "partitions": partitions,
            "events": said.events,
            "missing": missing,
            "twice": running.count().doubled,
            "ended": len(running.ended),
            "events_s": (TO - FROM) * len(at_s) / (last - first),
            "kafka_us": 1e6 * used["Kafka"] / said.events,
            **_shared([used[name] for name in its], workers, said.events, at_s[-1] - at_s[0]),
            "mb_each": max(memory[name] for name in its),
            "load": os.getloadavg()[0],
        }


def _shared(used_s: Sequence[float], workers: int, events: int, seconds: float) -> figures.Row:
    """What the monitors took together; nothing when one of them ended meanwhile."""
    if len(used_s) < workers:
        return {}
    return {"monitors_us": 1e6 * sum(used_s) / events, "cores": sum(used_s) / seconds}


def disturbed(directory: Path, *, rate: float, after_s: float) -> Iterator[figures.Row]:
    """One thing after the other that happens to the second of two monitors, while events come evenly."""
    with live(directory, conversations=CONVERSATIONS, workers=monitors(1)) as running:
        running.talk(rate, BEFORE_S)
        running.settle()

        def kill() -> None:
            running.world.away.add("monitor-1")
            running.world.running["monitor-1"].kill()
            running.world.running["monitor-1"].wait()

        def kill_and_start() -> None:
            kill()
            running.start("monitor-1")

        happenings: Sequence[tuple[str, Callable[[], object]]] = (
            ("nothing", lambda: None),
            ("a second joins", partial(running.start, "monitor-1")),
            ("it is killed and comes back", kill_and_start),
            ("it leaves (SIGTERM)", partial(running.world.terminate, "monitor-1", back=False)),
            ("it joins again", partial(running.start, "monitor-1")),
            ("it is killed and stays away", kill),
        )
        for what, happen in happenings:
            yield _happened(running, what, happen, rate=rate, after_s=after_s)


def _happened(running: Live, what: str, happen: Callable[[], object], *, rate: float, after_s: float) -> figures.Row:
    running.heard()
    ended_before = len(running.ended)
    spoke_from = time.time()
    running.begin_to_talk(rate, BEFORE_S + after_s)
    time.sleep(BEFORE_S)
    began = time.time()
    happen()
    took_s = time.time() - began
    said = running.finish_talking()
    ended = spoke_from + said.seconds
    missing = running.settle()
    heard = running.heard()
    longest = without(heard, began, ended)
    return {
        "happens": what,
        "took_s": took_s,
        "seen": "whole" if began + took_s < ended else "not to its end",
        "longest_s": max(longest.values()),
        "partitions_still": sum(one > WITHOUT_S for one in longest.values()),
        "sent": said.events,
        "missing": missing,
        "twice": running.count().doubled,
        "ended": len(running.ended) - ended_before,
        **spread(heard.late_ms[OBSERVED]),
        "load": os.getloadavg()[0],
    }


def without(heard: Heard, began: float, ended: float) -> dict[int, float]:
    """The longest time in which nothing of a partition was observed, by partition."""
    times: dict[int, list[float]] = defaultdict(lambda: [began])
    for at, where in zip(heard.at_s, heard.partition, strict=True):
        if began <= at:
            times[where].append(at)
    still: dict[int, float] = {}
    for where, its in times.items():
        # What comes only after the source has stopped was away until then.
        ordered = sorted([*its, *([] if max(its) >= ended else [ended])])
        still[where] = max(later - earlier for earlier, later in pairwise(ordered))
    return still


def recovered(directory: Path, *, states: Sequence[int]) -> Iterator[figures.Row]:
    """How long a monitor takes from its start until it is ready, with so many conversations to read first."""
    with live(directory, conversations=max([1, *states]), workers=["monitor-0"]) as running:
        for many in sorted(states):
            more = many - running.sent
            if more > 0:
                running.talk(FILL_RATE, more / FILL_RATE)
                running.settle()
            running.world.terminate("monitor-0", back=False)
            seconds = running.start("monitor-0")
            yield {
                "conversations": running.count().observed,
                "seconds": seconds,
                "cpu_s": running.cpu()["monitor-0"],
                "mb": running.memory_mb()["monitor-0"],
                "load": os.getloadavg()[0],
            }


class Sizes(NamedTuple):
    """How large all of it is."""

    workers: Sequence[int] = WORKERS
    partitions: Sequence[int] = PARTITIONS
    states: Sequence[int] = STATES
    events: int = EVENTS
    rate: float = RATE
    after_s: float = AFTER_S


def of_workers(directory: Path, sizes: Sizes) -> Iterator[figures.Row]:
    """The same backlog by one monitor, by two, by three."""
    for many in sizes.workers:
        yield drained(directory / str(many), workers=many, partitions=SHARED, events=sizes.events)


def of_partitions(directory: Path, sizes: Sizes) -> Iterator[figures.Row]:
    """The same backlog by one monitor, in more and more partitions."""
    for many in sizes.partitions:
        yield drained(directory / str(many), workers=1, partitions=many, events=sizes.events)


PARTS: Final[Mapping[str, Callable[[Path, Sizes], Iterator[figures.Row]]]] = {
    "workers": of_workers,
    "partitions": of_partitions,
    "happens": lambda directory, sizes: disturbed(directory, rate=sizes.rate, after_s=sizes.after_s),
    "recovery": lambda directory, sizes: recovered(directory, states=sizes.states),
}


def measured(name: str, directory: Path, sizes: Sizes) -> figures.Tables:
    """One of the parts, its rows told to whoever waits."""
    rows = []
    for row in PARTS[name](directory / name, sizes):
        rows.append(row)
        sys.stderr.write("\n".join([name, *figures.table([row]), ""]))
    return {name: rows}


def main(arguments: Sequence[str] | None = None) -> int:
    usual = Sizes()
    asked = argparse.ArgumentParser(description="What more workers, partitions and state do.")
    asked.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    asked.add_argument("--workers", type=int, nargs="+", default=usual.workers)
    asked.add_argument("--partitions", type=int, nargs="+", default=usual.partitions)
    asked.add_argument("--states", type=int, nargs="+", default=usual.states)
    asked.add_argument("--events", type=int, default=usual.events, help="of each backlog")
    asked.add_argument("--rate", type=float, default=usual.rate, help="events a second while workers come and go")
    asked.add_argument("--after", type=float, default=usual.after_s, help="seconds looked at after each happening")
    asked.add_argument("--store", action="store_true", help="keep the figures for the pages")
    options = asked.parse_args(arguments)
    sizes = Sizes(options.workers, options.partitions, options.states, options.events, options.rate, options.after)
    missing = False
    for name in options.only:
        before = figures.load()
        with tempfile.TemporaryDirectory(prefix="klankbord-bench-") as directory:
            tables = measured(name, Path(directory), sizes)
        run = figures.run("python -m benchmarks.scaling", PACKAGES, tables, load_before=before)
        sys.stdout.write("\n".join([*figures.report(run), "", ""]))
        sys.stdout.flush()
        missing |= any(row.get("missing") for row in tables[name])
        if options.store:
            figures.store(f"scaling-{name}", run)
    return int(missing)


if __name__ == "__main__":
    sys.exit(main())
