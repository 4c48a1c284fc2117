"""The table of the fault matrix: what is promised of each fault, and what the last run of it found."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

RUNS: Final = Path(__file__).parent / "reliability.json"  # written by `make test-faults`
PAGE: Final = Path(__file__).parent / "reliability.in"
TABLE: Final = "{{the fault matrix}}"
HEAD: Final = ("fault", "what is promised", "what was done", "verdict", "figures", "when and where")
NOT_RUN: Final = "not run"
# Copies in Kafka are allowed, and sendings that timed out: each is a figure.
HARMLESS: Final = frozenset({"physical_dup", "unknown"})

# Fault and promise; where something else than the matrix asks, what that is.
FAULTS: Final[Mapping[str, tuple[str, str]]] = {
    "F1": ("a worker is killed (SIGKILL): nothing lost, nothing counted twice", ""),
    "F2": ("a worker is asked to end (SIGTERM): a clean hand-over", ""),
    "F3": ("a worker freezes and comes back: no stale write wins", ""),
    "F4": ("a worker is killed between two effects: as F1, at every gap", "the simulator"),
    "F5": ("the broker is away for 70 s: workers survive it", ""),
    "F6": ("the broker is restarted again and again, alone or of three: as F5", ""),
    "F7": ("the broker is not there at the start: workers wait", ""),
    "F8": ("Redis is away for 60 s: scoring goes on, alerts come late", ""),
    "F9": ("Redis is emptied, or lost its newest second: made again from Kafka", "tests/agents/test_restore.py"),
    "F10": ("Redis is full or read-only: nothing is dropped", "tests/streams/test_sinks.py"),
    "F11": ("Redis is slow, connections are cut: scoring is not", ""),
    "F12": ("input that cannot be read: a dead letter each, with its reason", "tests/e2e/test_poison.py"),
    "F13": ("10 MB bodies, deep nesting, a million keys: refused", "tests/agents/test_poison.py"),
    "F14": ("hostile text: scored or a dead letter, shown safely", "tests/e2e/test_poison.py"),
    "F15": ("a compression bomb: refused before it expands", "tests/kafka/test_deadletters.py"),
    "F16": ("everything is bad: stop, and do not drain into the dead letters", "tests/agents/test_poison.py"),
    "F17": ("events come twice, at once or days later: one effect", "the simulator"),
    "F18": ("events come late and out of order: folded as they come, or counted as late", "the simulator"),
    "F19": ("clocks jump: durations are never negative, times are UTC", ""),
    "F20": ("conversations that never end: bounded state", "tests/streams/test_forgetting.py"),
    "F21": ("half of the load in one conversation: others unharmed", ""),
    "F22": ("a storm of rebalances: progress between, no loss", ""),
    "F23": ("a full disk: stop clean, go on when it is freed", ""),
    "F24": ("a lag of a million: caught up, no old alert shown as live", ""),
    "F25": ("everything is read again from 0: the same bytes, no new alert", ""),
    "F26": ("a changelog compacted or truncated: recovered, or a clear end", "tests/kafka/test_deadletters.py"),
    "F27": ("old and new schemas: each reads the other", ""),
    "F28": ("two versions side by side: no conflict", ""),
    "F29": ("a page that drops out catches up; a slow one is cut off", "tests/web/test_events.py"),
    "F30": ("the gateway is killed: no 2xx that is lost (there is no gateway yet)", ""),
    "F31": ("a source that drops events: the gap is found (not built)", ""),
    "F32": ("everything at once, by a seed", ""),
    "P17": ("never silently blind: a break is shown on the page", "tests/e2e/test_canary.py"),
}


def page(runs: Iterable[Mapping[str, Any]] | None = None) -> tuple[str, Iterator[tuple[str, ...]]]:
    """The prose with a place for the table, and the rows of the table."""
    found = json.loads(RUNS.read_text(encoding="utf-8")) if runs is None else list(runs)
    return PAGE.read_text(encoding="utf-8"), rows(found)


def rows(runs: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Every fault; one that nothing was done of says so."""
    every = list(runs)
    for fault, (promise, elsewhere) in FAULTS.items():
        its = [run for run in every if run["fault"] == fault]
        also = f"; see {_code(elsewhere)}" if elsewhere else ""
        if not its:
            yield fault, promise, NOT_RUN + also, NOT_RUN, "", ""
        for run in its:
            yield fault, promise, str(run["done"]), verdict(run), _figures(run), _where(run)


def verdict(run: Mapping[str, Any]) -> str:
    """In the words of the ledger, or that what was measured held; a void run proves nothing, whatever it counted."""
    if run["void"]:
        return f"**void**: {run['void']}"
    wrong = {name: count for name, count in run["verdict"].items() if count and name not in HARMLESS}
    failed = [f"{name} {count}" for name, count in wrong.items()]
    if failed:
        return f"**failed**: {', '.join(failed)}"
    return "all 0" if run["verdict"] else "held"


def _figures(run: Mapping[str, Any]) -> str:
    shown = [f"{run['events']:,} events", f"{run['alerts']:,} alerts", f"{run['took_s']:g} s"]
    shown += [f"{name} {count}" for name, count in run["verdict"].items() if name in HARMLESS]
    return ", ".join([*shown, *(f"{name} {value:.7g}" for name, value in run["figures"].items())])


def _where(run: Mapping[str, Any]) -> str:
    return f"{run['at']}, {run['commit']}, seed {run['seed']}, {run['machine']}, {run['broker']}"


def _code(words: str) -> str:
    return f"`{words}`" if "/" in words else words
