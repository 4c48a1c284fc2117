"""The table of sizes: what so many seats take, computed from what was measured (`benchmarks/figures.json`)."""

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import figures
from benchmarks.figures import Run
from streams.topics import COMPACTED_AFTER_MS, OBSERVATIONS_SEGMENT_MS

SIZING: Final = Path(__file__).parent / "sizing.in"
SIZES: Final = "{{the table}}"
NOT_RUN: Final = "Not computed: what it is computed from was not measured."
SEATS: Final = (100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 75_000)
# 10,000 seats on calls say about 1,417 utterances a second, 4,250 at their peak: one in seven seconds for each seat.
EVENTS_A_SEAT: Final = 1_417 / 10_000
PEAK: Final = 4_250 / 1_417
# Half of a core is left for what comes after an outage, and one process more for the one that is away.
FILLED: Final = 0.5
SPARE: Final = 1
# The active segment is not compacted either.
COMPACTED_AFTER_S: Final = (COMPACTED_AFTER_MS + OBSERVATIONS_SEGMENT_MS) / 1000
PARTITIONS_A_MONITOR: Final = 3
# The benchmarks that the table of sizes is computed from.
BASES: Final = frozenset({"growth", "latency", "scaling-workers", "scaling-recovery"})


class Basis(NamedTuple):
    """What the table of sizes is computed from, all of it measured."""

    monitor_us: float
    events_s: float
    publisher_us: float
    record_bytes: float
    rss_bytes: float
    process_mb: float
    input_bytes: float
    # Processor time: how long that takes a machine that is busy with other things says nothing of yours.
    start_s: float
    recovery_s: float  # for one record


def basis(runs: Mapping[str, Run]) -> Basis | None:
    """From the runs, or nothing where one is missing."""
    if not BASES <= runs.keys():
        return None
    one = next((row for row in runs["scaling-workers"].tables["workers"] if row["workers"] == 1), {})
    if "monitors_us" not in one:
        return None
    recovery = sorted(runs["scaling-recovery"].tables["recovery"], key=lambda row: float(row["conversations"]))
    least, most = recovery[0], recovery[-1]
    more = float(most["conversations"]) - float(least["conversations"])
    open_ = max(runs["growth"].tables["open"], key=lambda row: float(row["open"]))
    size = next(row for row in runs["growth"].tables["size"] if float(row["chars"]) >= 100)
    # At the highest rate, where batches are as large as they become.
    whole = [row for row in runs["latency"].tables["use"] if not row.get("missing")]
    publisher = max(whole, key=lambda row: float(row["sent"]))
    return Basis(
        monitor_us=float(one["monitors_us"]),
        events_s=float(one["events_s"]),
        publisher_us=float(publisher["publisher-0_us"]),
        record_bytes=float(open_["record_bytes"]),
        rss_bytes=float(open_["rss_bytes"]),
        process_mb=float(one["mb_each"]),
        input_bytes=float(size["bytes"]),
        start_s=float(least["cpu_s"]),
        recovery_s=max(0.0, float(most["cpu_s"]) - float(least["cpu_s"])) / more if more else 0.0,
    )


def sizing(runs: Mapping[str, Run] | None = None) -> str:
    """The page of sizes with its table."""
    found = basis(figures.read() if runs is None else runs)
    table = [NOT_RUN] if found is None else [*_measured(found), "", *_sizes(found), "", *_how(found)]
    return SIZING.read_text(encoding="utf-8").replace(SIZES, "\n".join(table))


HEAD: Final = (
    "seats", "events/s", "at the peak", "monitors", "partitions", "cores of publishers", "state in memory",
    "Kafka's disk", "to start a monitor", "its peak was",
)  # fmt: skip


def _sizes(of: Basis) -> Iterator[str]:
    yield f"| {' | '.join(HEAD)} |"
    yield "|" + "---:|" * len(HEAD)
    for seats in SEATS:
        yield f"| {' | '.join(_size(seats, of))} |"


def _size(seats: int, of: Basis) -> Iterator[str]:
    rate = seats * EVENTS_A_SEAT
    peak = rate * PEAK
    needed = peak * of.monitor_us / 1e6
    monitors = math.ceil(needed / FILLED) + SPARE
    disk = rate * 86_400 * of.input_bytes + (rate * COMPACTED_AFTER_S + seats) * of.record_bytes
    yield f"{seats:,}"
    yield f"{rate:,.0f}"
    yield f"{peak:,.0f}"
    yield f"{monitors:,}"
    yield f"{PARTITIONS_A_MONITOR * monitors:,}"
    yield f"{peak * of.publisher_us / 1e6:.1f}"
    yield _bytes(seats * of.rss_bytes)
    yield _bytes(disk)
    yield f"{of.start_s + of.recovery_s * (rate * COMPACTED_AFTER_S + seats) / monitors:.0f} s"
    yield "measured" if peak <= of.events_s else "computed"


def _bytes(many: float) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if many >= size:
            return f"{many / size:,.1f} {unit}"
    return f"{many / 1e3:,.0f} kB"


def _measured(of: Basis) -> Iterator[str]:
    yield (
        f"Measured, on the machine and at the load that stand on [speed](speed.md): a monitor takes "
        f"{of.monitor_us:,.0f} us of a core for an event and did {of.events_s:,.0f} events/s; a publisher takes "
        f"{of.publisher_us:,.0f} us; a record of the state is {of.record_bytes:,.0f} bytes, and a conversation takes "
        f"{of.rss_bytes:,.0f} bytes of a monitor's memory beside the {of.process_mb:,.0f} MB of the "
        f"process; to start takes a monitor {of.start_s:.1f} s of a "
        f"core, and each record to recover {1e6 * of.recovery_s:,.0f} us."
    )
    yield (
        "Everything in the table is computed from these; *measured* in the last column says only that one monitor was "
        "seen to do as many events a second as that row has at its peak, *computed* that nothing as large was run."
    )


def _how(of: Basis) -> Iterator[str]:
    yield "Where it comes from:"
    yield ""
    yield (
        f"- events: {EVENTS_A_SEAT:.4f} a second for each seat and {PEAK:.1f} times that at the peak, as for calls "
        "with one open conversation a seat; count your own;"
    )
    yield (
        f"- monitors: the peak times {of.monitor_us:,.0f} us, {FILLED:.0%} of a core each, and {SPARE} more; "
        f"partitions are {PARTITIONS_A_MONITOR} for each;"
    )
    yield (
        f"- Kafka's disk: a day of input at {of.input_bytes:,.0f} bytes (a message of 100 characters), "
        f"{COMPACTED_AFTER_S:g} s of observations and a state for each open conversation, each once: times the "
        "replication factor;"
    )
    yield (
        f"- to start: a monitor's share of the states and of {COMPACTED_AFTER_S:g} s of records at the mean rate, in "
        "seconds of a core."
    )


PAGES: Final[dict[str, Callable[[], str]]] = {"sizing.md": sizing}
