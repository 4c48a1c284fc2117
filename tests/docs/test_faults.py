"""The table of the fault matrix says what was found, and that what did not run did not run."""

import json
from typing import Any

from docs.faults import FAULTS, NOT_RUN, RUNS, rows, verdict

CLEAN = {"lost": 0, "alert_twice": 0, "physical_dup": 3}


def run(fault: str = "F1", *, found: dict[str, int] | None = None, void: str = "") -> dict[str, Any]:
    """A run as the suite writes it."""
    return {
        "fault": fault,
        "done": "SIGKILL of two monitors",
        "at": "2026-11-22",
        "commit": "2678fec",
        "broker": "Apache Kafka 4.1.1",
        "machine": "2 cores, Linux, Python 3.11.7",
        "seed": "5",
        "events": 6216,
        "alerts": 1164,
        "took_s": 61.1,
        "void": void,
        "verdict": CLEAN if found is None else found,
        "figures": {"kills": 8},
    }


def test_every_fault_of_the_matrix_has_a_row_and_without_a_run_it_says_so() -> None:
    found = list(rows([]))

    assert [fault for fault, *_ in found] == [*(f"F{number}" for number in range(1, 33)), "P17"]
    assert all(row[2].startswith(NOT_RUN) and row[3] == NOT_RUN for row in found)


def test_a_run_is_shown_with_its_figures_and_where_it_was() -> None:
    (row,) = (row for row in rows([run()]) if row[0] == "F1")

    assert row[2:] == (
        "SIGKILL of two monitors",
        "all 0",
        "6,216 events, 1,164 alerts, 61.1 s, physical_dup 3, kills 8",
        "2026-11-22, 2678fec, seed 5, 2 cores, Linux, Python 3.11.7, Apache Kafka 4.1.1",
    )


def test_a_run_that_failed_or_was_void_is_not_shown_as_clean() -> None:
    assert verdict(run(found={**CLEAN, "lost": 2})) == "**failed**: lost 2"
    assert verdict(run(void="nothing was in flight at 0.4")).startswith("**void**")


def test_every_run_that_was_written_has_its_row() -> None:
    written = json.loads(RUNS.read_text(encoding="utf-8"))

    assert {run["fault"] for run in written} <= FAULTS.keys()
    assert len(list(rows(written))) == len(FAULTS) + len(written) - len({run["fault"] for run in written})
