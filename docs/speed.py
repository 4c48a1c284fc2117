"""The page and the pictures of what was measured, from `benchmarks/figures.json`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from benchmarks import figures
from benchmarks.figures import Row, Run
from docs.charts import Chart, Line, picture

NOT_RUN: Final = "Not run."


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
        charts.append(Chart(f"At {at}", "from the event to", "ms", lines, log_y=True, labels=stages, lowest=10.0))
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


PAGES: Final[dict[str, Callable[[], str]]] = {
    "speed.md": page,
    **{f"speed/{part.name}.svg": partial(drawn, part) for part in PARTS},
}
