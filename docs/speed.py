"""The page and the pictures of what was measured, and the table of sizes: all from `benchmarks/figures.json`."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import figures
from benchmarks.figures import Row, Run
from docs.charts import Chart, Line, picture

FOLDER: Final = Path(__file__).parent
SIZING: Final = FOLDER / "sizing.in"
SIZES: Final = "{{the table}}"
NOT_RUN: Final = "Not run."
SEATS: Final = (100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 75_000)
# 10,000 seats on calls say about 1,417 utterances a second, 4,250 at their peak: one in seven seconds for each seat.
EVENTS_A_SEAT: Final = 1_417 / 10_000
PEAK: Final = 4_250 / 1_417
# Half of a core is left for what comes after an outage, and one process more for the one that is away.
FILLED: Final = 0.5
SPARE: Final = 1
COMPACTED_AFTER_S: Final = 600.0
PARTITIONS_A_MONITOR: Final = 3
# The benchmarks that the table of sizes is computed from.
BASES: Final = frozenset({"growth", "latency", "scaling-workers", "scaling-recovery"})


class Part(NamedTuple):
    """A heading of the page, the benchmark it is of, what is said of it, and its charts."""

    heading: str
    name: str
    says: Sequence[str]
    charts: Callable[[Run], Sequence[Chart]]


def page(runs: Mapping[str, Run] | None = None) -> str:
    """What was measured, with pictures, and what was not."""
    runs = figures.read() if runs is None else runs
    lines = [
        "# Speed",
        "",
        "<!-- made by `python -m docs.generate` from benchmarks/figures.json -->",
        "",
        "What was measured last, drawn; the methods and further figures stand in "
        "[benchmarks](../benchmarks/README.md).",
        "The machine's load stands beside each run: beyond the number of its cores, whatever is told in seconds is "
        "mostly the other work on that machine, and processor time for an event is the figure to compare.",
    ]
    for part in PARTS:
        lines += ["", f"## {part.heading}", "", *_part(part, runs.get(part.name))]
    return "\n".join(lines) + "\n"


def _part(part: Part, run: Run | None) -> Iterator[str]:
    yield from part.says
    if run is None:
        command = f"make bench-{part.name.split('-')[0]} BENCH=--store"
        yield from ("", f"{NOT_RUN} `{command}` does it.")
        return
    yield from ("", f"![{part.heading}](speed/{part.name}.svg)", "")
    yield from ("```", *figures.report(run), "```")


def drawn(part: Part, runs: Mapping[str, Run] | None = None) -> str:
    """The picture of one part."""
    run = (figures.read() if runs is None else runs).get(part.name)
    if run is None:
        return picture(part.heading, [], note=NOT_RUN)
    note = f"{run.date}, {run.machine.split(',')[0]}, load {run.load_before} before and {run.load_after} after"
    return picture(part.heading, part.charts(run), note=note)


def _over(rows: Sequence[Row], x: str, *names: str) -> list[Line]:
    return [
        Line(name.replace("_", " "), [(float(row[x]), float(row[name])) for row in rows if name in row])
        for name in names
    ]


def _growth(run: Run) -> Sequence[Chart]:
    of = run.tables
    return (
        Chart("An event, by turns of its conversation", "turns so far", "us",
              _over(of["turns"], "turn", "observe_us", "step_us"), log_x=True),
        Chart("An event, by open conversations", "open conversations", "us",
              _over(of["open"], "open", "step_us", "least_us"), log_x=True),
        Chart("An event, by rules", "alert rules", "us", _over(of["rules"], "rules", "observe_us")),
        Chart("A customer's message, by its length", "characters", "us",
              _over(of["size"], "chars", "observe_us", "step_us"), log_x=True, log_y=True),
        Chart("State of a conversation", "turns so far", "bytes",
              _over(of["turns"], "turn", "state_bytes"), log_x=True),
        Chart("One look at the clock, once a second", "open conversations", "ms",
              _over(of["open"], "open", "clock_ms"), log_x=True, log_y=True),
    )  # fmt: skip


def _latency(run: Run) -> Sequence[Chart]:
    rows = run.tables["path"]
    stages = list(dict.fromkeys(str(row["to"]) for row in rows))
    charts = []
    for at in dict.fromkeys(str(row["at"]) for row in rows):
        its = {str(row["to"]): row for row in rows if row["at"] == at}
        lines = [
            Line(name.removesuffix("_ms"), [(n, float(its[stage][name])) for n, stage in enumerate(stages)])
            for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms")
        ]
        charts.append(Chart(f"At {at}", "from the event to", "ms", lines, log_y=True, labels=stages))
    return charts


def _workers(run: Run) -> Sequence[Chart]:
    rows = run.tables["workers"]
    return (
        Chart("Throughput by workers", "monitors", "events/s", _over(rows, "workers", "events_s")),
        Chart("Processor time for an event", "monitors", "us", _over(rows, "workers", "monitors_us", "kafka_us")),
    )


def _partitions(run: Run) -> Sequence[Chart]:
    rows = run.tables["partitions"]
    return (
        Chart("Throughput by partitions", "partitions", "events/s", _over(rows, "partitions", "events_s")),
        Chart("Processor time for an event", "partitions", "us", _over(rows, "partitions", "monitors_us", "kafka_us")),
    )


def _happens(run: Run) -> Sequence[Chart]:
    rows = run.tables["happens"]
    labels = [str(number + 1) for number in range(len(rows))]
    longest = Line("longest", [(number, float(row["longest_s"])) for number, row in enumerate(rows)])
    lines = [
        Line(name.removesuffix("_ms"), [(number, float(row[name])) for number, row in enumerate(rows)])
        for name in ("p50_ms", "p99_ms", "max_ms")
    ]
    return (
        Chart("Longest time without an observation", "lines of the table", "s", [longest], labels=labels),
        Chart("From event to observation", "lines of the table", "ms", lines, log_y=True, labels=labels),
    )


def _recovery(run: Run) -> Sequence[Chart]:
    rows = run.tables["recovery"]
    return (
        Chart("Until a monitor is ready", "records to read", "s", _over(rows, "conversations", "seconds", "cpu_s")),
        Chart("Its memory then", "records to read", "MB", _over(rows, "conversations", "mb")),
    )


def _soak(run: Run) -> Sequence[Chart]:
    rows = run.tables["soak"]
    latencies = [name for name in rows[0] if name.endswith(" p50_ms")] if rows else []
    memory = [name for name in rows[0] if name.endswith(" mb")] if rows else []
    return (
        Chart("Memory", "minutes", "MB", _over(rows, "minute", *memory)),
        Chart("Half of the events are there within", "minutes", "ms", _over(rows, "minute", *latencies), log_y=True),
        Chart("Observed", "minutes", "events", _over(rows, "minute", "observed")),
        Chart("Load of the machine", "minutes", "", _over(rows, "minute", "load")),
    )


PARTS: Final = (
    Part(
        "From an event to the screen",
        "latency",
        (
            "Everything runs on one machine: Apache Kafka, monitor, publisher, Valkey, pages, a supervisor's stream, "
            "Chromium with the supervisor page, and a source that waits for nothing.",
            "Time counts from when an event was due; what is not kept up with is a queue, and its latency says how "
            "long the run was.",
        ),
        _latency,
    ),
    Part(
        "As things grow",
        "growth",
        (
            "In one process, in processor time; `observe_us` is scoring, `step_us` all that the monitor does with a "
            "record but Faust and Kafka.",
            "`record_bytes` is what is written for an event, `rss_bytes` what a process grew by for each conversation, "
            "`clock_ms` a look at deadlines and at what is over, which comes once a second.",
        ),
        _growth,
    ),
    Part(
        "More workers",
        "scaling-workers",
        (
            "Monitors work off a backlog together.",
            "`cores` is what all of them were given of the machine: where it does not grow with them, the machine is "
            "at its end and not the monitors.",
        ),
        _workers,
    ),
    Part(
        "More partitions",
        "scaling-partitions",
        ("One monitor works off a backlog.", "Partitions are the most monitors that can share the work."),
        _partitions,
    ),
    Part(
        "A worker joins, leaves, dies",
        "scaling-happens",
        (
            "Two monitors with static membership; `longest_s` is the longest time in which nothing of one partition "
            "was observed, and `partitions_still` of how many it was more than a second.",
        ),
        _happens,
    ),
    Part(
        "Recovery",
        "scaling-recovery",
        ("A monitor starts and reads the state of its conversations first, one record for each here.",),
        _recovery,
    ),
    Part(
        "Half an hour",
        "soak",
        (
            "Everything but the browser, at one rate, with as many conversations at the end as at the beginning.",
            "`grown` is a line through what was seen after the first third.",
        ),
        _soak,
    ),
)  # fmt: skip


class Basis(NamedTuple):
    """What the table of sizes is computed from, all of it measured."""

    monitor_us: float
    events_s: float
    publisher_us: float
    record_bytes: float
    rss_bytes: float
    input_bytes: float
    start_s: float
    recovery_s: float  # for one conversation


def basis(runs: Mapping[str, Run]) -> Basis | None:
    """From the runs, or nothing where one is missing."""
    if not BASES <= runs.keys():
        return None
    one = next(row for row in runs["scaling-workers"].tables["workers"] if row["workers"] == 1)
    recovery = sorted(runs["scaling-recovery"].tables["recovery"], key=lambda row: float(row["conversations"]))
    least, most = recovery[0], recovery[-1]
    more = float(most["conversations"]) - float(least["conversations"])
    open_ = max(runs["growth"].tables["open"], key=lambda row: float(row["open"]))
    size = next(row for row in runs["growth"].tables["size"] if float(row["chars"]) >= 100)
    # At the highest rate, where batches are as large as they become.
    publisher = max(runs["latency"].tables["use"], key=lambda row: float(row["sent"]))
    return Basis(
        monitor_us=float(one["monitors_us"]),
        events_s=float(one["events_s"]),
        publisher_us=float(publisher["publisher-0_us"]),
        record_bytes=float(open_["record_bytes"]),
        rss_bytes=float(open_["rss_bytes"]),
        input_bytes=float(size["bytes"]),
        start_s=float(least["seconds"]),
        recovery_s=max(0.0, float(most["seconds"]) - float(least["seconds"])) / more if more else 0.0,
    )


def sizing(runs: Mapping[str, Run] | None = None) -> str:
    """The page of sizes with its table."""
    found = basis(figures.read() if runs is None else runs)
    table = [NOT_RUN] if found is None else [*_measured(found), "", *_sizes(found), "", *_how(found)]
    return SIZING.read_text(encoding="utf-8").replace(SIZES, "\n".join(table))


HEAD: Final = (
    "seats", "events/s", "at the peak", "monitors", "partitions", "cores of publishers", "state in memory",
    "Kafka's disk", "until a monitor is ready", "of the peak",
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
        f"{of.rss_bytes:,.0f} bytes of a monitor's memory; a monitor without state was ready {of.start_s:.0f} s after "
        f"its start, and each record to read adds {1e6 * of.recovery_s:,.0f} us."
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
        f"- Kafka's disk: a day of input at {of.input_bytes:,.0f} bytes (a message of 100 characters), ten minutes of "
        "observations and a state for each open conversation, each once: times the replication factor;"
    )
    yield "- until a monitor is ready: its share of the states and of ten minutes of records, read again."


PAGES: Final[dict[str, Callable[[], str]]] = {
    "speed.md": page,
    "sizing.md": sizing,
    **{f"speed/{part.name}.svg": partial(drawn, part) for part in PARTS},
}
