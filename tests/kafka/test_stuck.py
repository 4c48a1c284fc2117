"""A real worker that stops making progress ends itself, and what it had in hand is read again."""

from pathlib import Path
from typing import Final

import pytest

from tests.kafka.world import Fault, World, clean, played, run, world

pytestmark = pytest.mark.kafka

EVENTS: Final = 2_000
STALLED_S: Final = 120.0  # more than any limit and a start
# What is in hand and not done is not committed either: which of the two limits is over first depends on the rest.
IDLE: Final = ["nothing was processed", "was committed"]
IN_FLIGHT: Final = 200  # so few that much is still to be sent, and fetched, when it gets stuck


@pytest.mark.parametrize(
    ("stuck", "why"),
    [
        pytest.param("loop", IDLE, id="the loop does not turn"),
        pytest.param("agent", IDLE, id="an event never ends"),
        pytest.param("commit", ["was committed"], id="a commit never ends"),
        pytest.param("acknowledgement", IDLE, id="an acknowledgement is lost"),
        pytest.param("fetch", ["no fetch ended"], id="a fetch never ends"),
        pytest.param("recovery", ["no record of its state was recovered"], id="a recovery gets nowhere"),
    ],
)
def test_who_gets_stuck_ends(stuck: str, why: list[str], tmp_path: Path) -> None:
    """With short limits; once, and nothing is lost."""

    def killed(made: World) -> None:
        """The next one finds state to recover, and gets stuck."""
        made.running["monitor-0"].kill()
        made.running["monitor-0"].wait()
        made.start("monitor-0", module="tests.kafka.stuck")

    settings = {"FAULTS_STUCK": stuck, "FAULTS_STUCK_DONE": str(tmp_path / "stuck")}
    with world(tmp_path, started=False) as made:
        made.environment = {**made.environment, **settings}
        made.start("monitor-0")
        made.start("publisher-0")
        outcome = run(made, played(EVENTS), [Fault(0.2, killed)], in_flight=IN_FLIGHT, stalled_s=STALLED_S)
        said = (tmp_path / "monitor-0.log").read_text()

    assert f"stuck: {stuck}" in said
    assert any(reason in said for reason in why), said
    assert made.ended == ["monitor-0: 70"]
    clean(outcome)
