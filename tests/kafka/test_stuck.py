"""A real worker that stops making progress ends itself, and what it had in hand is read again."""

from pathlib import Path
from typing import Final

import pytest

from tests.kafka.world import Fault, World, clean, played, run, world

pytestmark = pytest.mark.kafka

EVENTS: Final = 2_000
STALLED_S: Final = 120.0  # more than any limit and a start


@pytest.mark.parametrize(
    ("stuck", "why"),
    [
        pytest.param("loop", "nothing was processed", id="the loop does not turn"),
        pytest.param("agent", "nothing was processed", id="an event never ends"),
        pytest.param("commit", "was committed", id="a commit never ends"),
        pytest.param("acknowledgement", "was committed", id="an acknowledgement is lost"),
        pytest.param("fetch", "no fetch ended", id="a fetch never ends"),
        pytest.param("recovery", "no record of its state was recovered", id="a recovery gets nowhere"),
    ],
)
def test_who_gets_stuck_ends(stuck: str, why: str, tmp_path: Path) -> None:
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
        outcome = run(made, played(EVENTS), [Fault(0.2, killed)], stalled_s=STALLED_S)
        said = (tmp_path / "monitor-0.log").read_text()

    assert f"stuck: {stuck}" in said
    assert why in said
    assert made.ended == ["monitor-0: 70"]
    clean(outcome)
