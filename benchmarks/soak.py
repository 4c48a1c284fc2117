"""Half an hour at one rate: whether memory or latency grow: `make bench-soak`.

Everything runs but the browser. The conversations are as many at the end as at the beginning and nobody ends one, so
what grows is nobody's state.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import linear_regression
from typing import Final, cast

from benchmarks import figures
from benchmarks.hearing import IN_REDIS, IN_STREAM, OBSERVED
from benchmarks.latency import KEPT_UP_MS, PACKAGES
from benchmarks.live import Live, live, spread

RATE: Final = 1_417.0
MINUTES: Final = 30.0
EVERY_S: Final = 30.0
CONVERSATIONS: Final = 2_000
# Python's memory fills for a while: pools, caches, the streams of Redis up to their length.
WARM: Final = 1 / 3
STAGES: Final = (OBSERVED, IN_REDIS, IN_STREAM)
HOUR_S: Final = 3600.0


def soaked(directory: Path, *, rate: float, minutes: float, every_s: float, conversations: int) -> figures.Tables:
    """A row for each `every_s`, and for each process how much it grew."""
    with live(directory, conversations=conversations, pages=True, login=True) as running:
        running.talk(rate / 4, 5)
        running.settle()
        running.heard()
        rows: list[figures.Row] = []
        began = time.monotonic()
        cpu, ended = running.cpu(), 0

        def look() -> None:
            nonlocal cpu, ended
            if time.monotonic() - began >= (len(rows) + 1) * every_s:
                used = running.used(cpu, ended)
                rows.append(_row(running, time.monotonic() - began, used))
                cpu, ended = running.cpu(), len(running.ended)
                sys.stderr.write("\n".join([*figures.table(rows[-1:]), ""]))

        running.begin_to_talk(rate, 60 * minutes)
        said = running.finish_talking(look)
        missing, count = running.settle(), running.count()
    ending: figures.Row = {
        "rate": rate,
        "sent": said.events,
        "missing": missing,
        "twice": count.doubled,
        "ended": len(running.ended),
        "source_behind_ms": said.behind_ms,
    }
    return {"soak": rows, "grown": grown(rows), "all": [ending]}


def _row(running: Live, at_s: float, cpu: dict[str, float]) -> figures.Row:
    heard, memory = running.heard(), running.memory_mb()
    latencies = {
        f"{stage} {name}": value
        for stage in STAGES
        for name, value in spread(heard.late_ms[stage]).items()
        if name in ("p50_ms", "p99_ms")
    }
    return {
        "minute": at_s / 60,
        "observed": len(heard.late_ms[OBSERVED]),
        **latencies,
        **{f"{name} mb": mb for name, mb in memory.items() if name != "Kafka"},
        "Redis mb": _redis_mb(running),
        **{f"{name} us": 1e6 * used / max(1, len(heard.late_ms[OBSERVED])) for name, used in cpu.items()},
        "load": os.getloadavg()[0],
    }


def _redis_mb(running: Live) -> float:
    with running.world.redis.client() as redis:
        return float(cast(dict[str, int], redis.info("memory"))["used_memory"]) / 2**20


def grown(rows: Sequence[figures.Row]) -> list[figures.Row]:
    """By how much each grows in an hour after warming up, by a line through its points.

    Latency in the same way, where it was kept up with: that of a queue says how long it was.
    """
    after = rows[int(WARM * len(rows)) :]
    kept_up = all(float(row.get(f"{OBSERVED} p50_ms", KEPT_UP_MS)) < KEPT_UP_MS for row in after)
    found: list[figures.Row] = []
    for name in after[0] if len(after) > 1 else ():
        if not name.endswith((" mb", " us", " p50_ms") if kept_up else (" mb", " us")):
            continue
        points = [(float(row["minute"]), float(row[name])) for row in after if name in row]
        slope, start = linear_regression(*zip(*points, strict=True))
        first = start + slope * points[0][0]
        found.append(
            {
                "what": name,
                "from": first,
                "an_hour": slope * HOUR_S / 60,
                "percent_an_hour": 100 * slope * HOUR_S / 60 / first if first else 0.0,
                "kept_up": "yes" if kept_up else "no",
            }
        )
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    asked = argparse.ArgumentParser(description="Whether memory or latency grow.")
    asked.add_argument("--rate", type=float, default=RATE, help="events a second")
    asked.add_argument("--minutes", type=float, default=MINUTES)
    asked.add_argument("--every", type=float, default=EVERY_S, help="seconds between two looks")
    asked.add_argument("--conversations", type=int, default=CONVERSATIONS)
    asked.add_argument("--store", action="store_true", help="keep the figures for the pages")
    options = asked.parse_args(arguments)
    before = figures.load()
    with tempfile.TemporaryDirectory(prefix="klankbord-bench-") as directory:
        tables = soaked(
            Path(directory),
            rate=options.rate,
            minutes=options.minutes,
            every_s=options.every,
            conversations=options.conversations,
        )
    run = figures.run("python -m benchmarks.soak", PACKAGES, tables, load_before=before)
    sys.stdout.write("\n".join(figures.report(run)) + "\n")
    if options.store:
        figures.store("soak", run)
    return int(any(row["missing"] or row["twice"] for row in tables["all"]))


if __name__ == "__main__":
    sys.exit(main())
