"""Whether our main path became slower: `make bench-check`.

Processor time of the monitor with its full scoring, over that of the naive Faust app in the same rounds: what machine
this is and what else it does is in both. `benchmarks/ratio.json` holds what it was; worse by a fifth is red.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.compared import compared, ratios
from benchmarks.contestants import NAIVE, OURS
from benchmarks.draining import Drained, backlog, machine
from streams.demo import ROOT

STORED: Final = Path(__file__).parent / "ratio.json"
WORSE: Final = 1.2
EVENTS: Final = 8_000
REPEATS: Final = 4
ENOUGH: Final = 2  # rounds in which both count: of a single one nothing is known
RED: Final = 1
VOID: Final = 2


class Ratio(msgspec.Struct, frozen=True):
    """Our time over naive Faust's, the median over the rounds, and where it was measured."""

    ratio: float
    least: float
    most: float
    date: str
    commit: str
    machine: str
    events: int
    rounds: int


def measured(found: Sequence[float], events: int) -> Ratio:
    """Of the ratios of each round."""
    return Ratio(
        ratio=round(statistics.median(found), 3),
        least=round(min(found), 3),
        most=round(max(found), 3),
        date=date.today().isoformat(),  # noqa: DTZ011  # of the machine that ran it
        commit=_commit(),
        machine=machine(),
        events=events,
        rounds=len(found),
    )


def verdict(now: Ratio, then: Ratio) -> tuple[bool, str]:
    """Whether that is still good, and in a sentence what it is and was."""
    said = f"{now.ratio:.2f} ({now.least:.2f}-{now.most:.2f}) times naive Faust's time an event"
    was = f"it was {then.ratio:.2f} on {then.date} ({then.commit}), and {then.ratio * WORSE:.2f} is allowed"
    return now.ratio <= round(then.ratio * WORSE, 3), f"{said}; {was}"


def read(stored: Path) -> Ratio:
    """What was stored last."""
    return msgspec.json.decode(stored.read_bytes(), type=Ratio)


Rounds = Callable[[int, int], Sequence[Sequence[Drained]]]


def _rounds(events: int, repeats: int) -> Sequence[Sequence[Drained]]:
    with tempfile.TemporaryDirectory(prefix="klankbord-bench-") as directory:
        return compared((NAIVE, OURS), backlog(events), repeats, Path(directory))


def _commit() -> str:
    asked = ("git", "describe", "--always", "--dirty")
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def main(arguments: Sequence[str] | None = None, *, rounds: Rounds = _rounds, stored: Path = STORED) -> int:
    asked = argparse.ArgumentParser(description="Whether our main path became slower, beside naive Faust.")
    asked.add_argument("--repeats", type=int, default=REPEATS)
    asked.add_argument("--store", action="store_true", help="from now on this is what it was")
    options = asked.parse_args(arguments)
    # As many as then: of fewer, both take another time an event, and not in the same measure.
    events = EVENTS if options.store else read(stored).events
    runs = rounds(events, options.repeats)
    found = ratios(runs, OURS, NAIVE)
    if len(found) < ENOUGH:
        why = [f"{run.name}: {run.void}" for round_ in runs for run in round_ if run.void]
        sys.stdout.write("\n".join(["void: too few rounds count", *why]) + "\n")
        return VOID
    now = measured(found, events)
    if options.store:
        stored.write_bytes(msgspec.json.format(msgspec.json.encode(now), indent=2) + b"\n")
        sys.stdout.write(f"stored: {now.ratio:.2f}\n")
        return 0
    good, sentence = verdict(now, read(stored))
    sys.stdout.write(f"{'green' if good else 'RED'}: {sentence}\n")
    return 0 if good else RED


if __name__ == "__main__":
    sys.exit(main())
