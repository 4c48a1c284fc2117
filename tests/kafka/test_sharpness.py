"""Without one of the things that keep a promise the ledger is red, and with it, on the same fault, it is not."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from streams import wire
from tests.kafka.test_faults_of_state import configure
from tests.kafka.world import Fault, Outcome, World, clean, played, run, world

pytestmark = pytest.mark.kafka

EVENTS: Final = 2_000
REFUSED_S: Final = 4.0
STALLED_S: Final = 30.0
MESSAGE_BYTES: Final = "1048588"  # Kafka's own default


@pytest.mark.parametrize(
    ("without", "worker", "gap", "red"),
    [
        pytest.param("smallest offset", "monitor-0", "after commit", "lost", id="commits what is being worked on"),
        pytest.param("flush", "monitor-0", "after commit", "lost", id="commits what is not written yet"),
        pytest.param("once", "publisher-0", "after Redis", "alert_twice", id="tells alerts every time"),
    ],
)
def test_killed_in_a_gap(tmp_path: Path, without: str, worker: str, gap: str, red: str) -> None:
    """The same kill with everything in place is F4."""
    with world(tmp_path, started=False) as made:
        outcome = blunt(made, without, worker, gap=gap, killed=tmp_path / "killed")

    assert (tmp_path / "killed").exists(), "the gap was never visited"
    assert outcome.verdict.counts[red] > 0


@pytest.mark.parametrize("without", ["", "end after a failed send"], ids=["as it is", "goes on"])
def test_a_record_that_kafka_refuses(tmp_path: Path, without: str) -> None:
    """For a few seconds no observation is small enough for its topic."""

    def refuse(made: World) -> None:
        configure(made, wire.OBSERVATIONS, {"max.message.bytes": "200"})
        made.later(REFUSED_S, partial(configure, made, wire.OBSERVATIONS, {"max.message.bytes": MESSAGE_BYTES}))

    with world(tmp_path, started=False) as made:
        outcome = blunt(made, without, "monitor-0", faults=[Fault(0.3, refuse)])
        said = (tmp_path / "monitor-0.log").read_text()

    if without:
        assert "went on: a record for" in said
        assert outcome.verdict.counts["lost"] > 0
    else:
        assert made.ended, "nothing was refused"
        clean(outcome)


def blunt(
    made: World,
    without: str,
    worker: str,
    *,
    gap: str = "",
    killed: Path | None = None,
    faults: Sequence[Fault] = (),
) -> Outcome:
    """Play to an installation whose `worker` goes `without` something, and dies once in `gap`."""
    settings = {"FAULTS_WITHOUT": without, "FAULTS_GAP": gap, "FAULTS_GAP_DONE": str(killed or "")}
    made.environment = {**made.environment, **settings}
    for each in ("monitor-0", "publisher-0"):
        made.start(each, module="tests.kafka.blunt" if each == worker else "streams.app")
    lines = played(EVENTS)
    # All of it at once: what is lost is not to hold up the rest.
    return run(made, lines, faults, in_flight=len(lines), stalled_s=STALLED_S)
