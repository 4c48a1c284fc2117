"""Our monitor beside others that do the same work on the same broker and input: `make bench-peers`.

In rounds, in turned order, so that what the machine does meanwhile is everybody's. Processor time for an event is the
figure to compare; events a second are this machine's, at this load.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.contestants import NAIVE, NAMES, contestant, missing, versions
from benchmarks.draining import Backlog, Drained, Spread, backlog, brokers, circumstances, drain

EVENTS: Final = 8_000
REPEATS: Final = 3
_PACKAGES: Final = ("klankbord", "faust-streaming", "aiokafka", "msgspec", "vaderSentiment")


def compared(names: Sequence[str], work: Backlog, repeats: int, directory: Path) -> list[list[Drained]]:
    """One list a round; every other round goes the other way round."""
    with brokers("kafka", directory) as empty:
        return [
            [
                one(name, empty(), work, directory / f"{number}-{name.replace(' ', '-').replace(',', '')}")
                for name in order
            ]
            for number, order in enumerate(orders(names, repeats))
        ]


def orders(names: Sequence[str], repeats: int) -> Iterator[Sequence[str]]:
    """There and back again."""
    for number in range(repeats):
        yield names if number % 2 == 0 else names[::-1]


def one(name: str, broker: str, work: Backlog, directory: Path) -> Drained:
    """One run of one of them, told to whoever waits."""
    found = drain(contestant(name, broker, directory), broker, work, directory)
    sys.stderr.write(f"{name}: {found.void or f'{found.cpu_us(_only(found)):.0f} us an event'}\n")
    return found


def cpu(rounds: Sequence[Sequence[Drained]], name: str) -> dict[int, float]:
    """Microseconds an event by round, where the run counts."""
    return {
        number: run.cpu_us(_only(run))
        for number, round_ in enumerate(rounds)
        for run in round_
        if run.name == name and not run.void
    }


def ratios(rounds: Sequence[Sequence[Drained]], name: str, to: str) -> list[float]:
    """How many times the time of `to` in the same round `name` takes."""
    its, others = cpu(rounds, name), cpu(rounds, to)
    return [its[number] / others[number] for number in its if number in others]


def report(rounds: Sequence[Sequence[Drained]], names: Sequence[str]) -> Iterator[str]:
    """One line each: medians, and in brackets the least and the most."""
    yield f"{'':<24}{'CPU us an event':>20}{'of naive Faust':>20}{'events/s':>24}{'MB':>6}"
    for name in names:
        runs = [run for round_ in rounds for run in round_ if run.name == name]
        good = [run for run in runs if not run.void]
        if good:
            took = Spread.of([run.cpu_us(_only(run)) for run in good])
            rate = Spread.of([run.events_s for run in good])
            memory = max(run.used[_only(run)].rss_mb for run in good)
            found = ratios(rounds, name, NAIVE)
            beside = (
                f"{(spread := Spread.of(found)).median:.2f} ({spread.least:.2f}-{spread.most:.2f})" if found else ""
            )
            yield f"{name:<24}{took!s:>20}{beside:>20}{rate!s:>22}{memory:>6.0f}"
        for run in runs:
            if run.void:
                yield f"{name:<24}void: {run.void}"


def _only(run: Drained) -> str:
    (name,) = run.used
    return name


def main(arguments: Sequence[str] | None = None) -> int:
    asked = argparse.ArgumentParser(description="Our monitor beside others that do the same work.")
    asked.add_argument("--events", type=int, default=EVENTS)
    asked.add_argument("--repeats", type=int, default=REPEATS)
    asked.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES))
    options = asked.parse_args(arguments)
    lines = [*circumstances("python -m benchmarks.compared", _PACKAGES), f"peers:    {versions()}", ""]
    refused = {name: why for name in options.only if (why := missing(name))}
    names = [name for name in options.only if name not in refused]
    with tempfile.TemporaryDirectory(prefix="klankbord-bench-") as directory:
        rounds = compared(names, backlog(options.events), options.repeats, Path(directory))
    lines += [f"{options.events} events, {options.repeats} rounds", *report(rounds, names)]
    lines += [f"{name:<24}not run: {why}" for name, why in refused.items()]
    sys.stdout.write("\n".join(lines) + "\n")
    return int(any(run.void for round_ in rounds for run in round_))


if __name__ == "__main__":
    sys.exit(main())
