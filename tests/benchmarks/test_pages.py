"""The benchmark of the pages runs, and what it counts is what it says."""

import multiprocessing
from pathlib import Path

import pytest

from benchmarks.pages import Sent, main, seats, wrong
from benchmarks.published import written
from benchmarks.readers import Heard
from streams import embedded


def test_a_few_pages_get_exactly_what_is_theirs(capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--supervisors", "5", "--panels", "20", "--teams", "2", "--conversations", "50"]

    status = main([*few, "--rates", "100", "--seconds", "2"])

    printed = capsys.readouterr().out
    assert status == 0, printed
    assert "opened       25 streams" in printed
    assert "wrong        0" in printed
    assert all(word in printed for word in ("command:", "machine:", "date:", "versions:", " a message", "readers"))
    assert multiprocessing.active_children() == []


def test_what_is_written_is_what_the_publisher_wrote(tmp_path: Path) -> None:
    with embedded.redis_server(tmp_path) as url:
        found = written(url)

    assert len(found.rows) == found.events
    assert 0 < found.alerts_an_event < 1
    assert 0 < found.suggestions_an_event < 1
    assert all(b'"team":"@team@"' in raw for raw in (*found.opened, *found.cleared))


SENT = Sent(
    rows={"team-00": 3, "team-01": 4},  # type: ignore[arg-type]  # as good as a Counter here
    alerts={"team-00": ["7-0", "7-2"], "team-01": ["7-1"]},
    suggestions={"agent-00000": ["5-0"]},
)
RIGHT = {
    "supervisor-0000": ["7-0", "7-2"],
    "supervisor-0001": ["7-1"],
    "agent-00000": ["5-0"],
}
ROWS = {"supervisor-0000": 3, "supervisor-0001": 4}


@pytest.mark.parametrize(
    ("entries", "rows", "ended", "mistakes"),
    [
        pytest.param({}, {}, [], 0, id="all right"),
        pytest.param({"agent-00001": ["5-0"]}, {}, [], 1, id="another agent's suggestion"),
        pytest.param({"agent-00000": ["5-0", "5-0"]}, {}, [], 1, id="a suggestion twice"),
        pytest.param({"agent-00000": []}, {}, [], 1, id="a suggestion missing"),
        pytest.param({"supervisor-0000": ["7-2", "7-0"]}, {}, [], 1, id="alerts in another order"),
        pytest.param({"supervisor-0000": ["7-0", "7-1", "7-2"]}, {}, [], 1, id="another team's alert"),
        pytest.param({}, {"supervisor-0001": 3}, [], 1, id="a row missing"),
        pytest.param({}, {}, ["agent-00001"], 1, id="a stream that was cut"),
    ],
)
def test_whatever_is_wrong_is_found(
    entries: dict[str, list[str]], rows: dict[str, int], ended: list[str], mistakes: int
) -> None:
    heard = Heard(RIGHT | entries, ROWS | rows, {}, ended, 0, 0.0)

    assert len(wrong(seats(2, 2, 2), SENT, heard)) == mistakes
