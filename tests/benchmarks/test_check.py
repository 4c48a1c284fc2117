"""The guard goes red when our share of naive Faust's time grows, and only then; a run that is void is not green."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.check import RED, VOID, main, read
from benchmarks.check import STORED as SHIPPED
from benchmarks.contestants import NAIVE, OURS
from benchmarks.draining import Drained
from benchmarks.pages import Usage

STORED = """{"ratio": 1.5, "least": 1.4, "most": 1.6, "date": "2026-01-02", "commit": "abc", "machine": "m",
"events": 9, "rounds": 3}"""


def run(name: str, cpu_us: float, *, void: str = "") -> Drained:
    return Drained(name, 1000, 1.0, 1.5, {"monitor": Usage(cpu_us * 1000 / 1e6, 100.0)}, void)


def rounds(*pairs: tuple[float, float], void: int = 0) -> Sequence[Sequence[Drained]]:
    """Of naive Faust and ours, the order turned in every other round; of the first `void` ours does not count."""
    made = [
        [run(NAIVE, naive), run(OURS, ours, void="3 unanswered" if number < void else "")]
        for number, (naive, ours) in enumerate(pairs)
    ]
    return [round_ if number % 2 == 0 else round_[::-1] for number, round_ in enumerate(made)]


@pytest.mark.parametrize(
    ("measured", "status", "said"),
    [
        pytest.param(rounds((500, 750), (500, 750)), 0, "green: 1.50", id="as it was"),
        pytest.param(rounds((500, 900), (500, 900)), 0, "green: 1.80", id="worse by exactly a fifth"),
        pytest.param(rounds((500, 905), (500, 905)), RED, "RED: 1.81", id="worse by more"),
        pytest.param(rounds((500, 250), (500, 250)), 0, "green: 0.50", id="better"),
        pytest.param(rounds((500, 750), (1500, 2250)), 0, "green: 1.50", id="the machine is busy in a round"),
        pytest.param(rounds((500, 2000), (500, 750), (500, 750)), 0, "green: 1.50", id="one round is odd"),
        pytest.param(rounds((500, 2000), (500, 2000), (500, 750)), RED, "RED: 4.00", id="one round is good"),
        pytest.param(rounds((500, 750), (500, 750), void=1), VOID, "3 unanswered", id="too few rounds count"),
        pytest.param(rounds((500, 9), (500, 910), (500, 910), void=1), RED, "RED: 1.82", id="a void figure is none"),
        pytest.param(rounds((500, 9), (500, 9), void=2), VOID, "void", id="no round counts"),
    ],
)
def test_red_and_green(
    measured: Sequence[Sequence[Drained]],
    status: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stored = tmp_path / "ratio.json"
    stored.write_text(STORED)

    assert main([], rounds=lambda events, repeats: measured, stored=stored) == status

    assert said in capsys.readouterr().out
    assert stored.read_text() == STORED


def test_what_is_stored_is_what_the_next_run_is_held_against(tmp_path: Path) -> None:
    stored = tmp_path / "ratio.json"

    assert main(["--store"], rounds=lambda events, repeats: rounds((500, 600), (500, 620)), stored=stored) == 0

    assert read(stored).ratio == pytest.approx(1.22)
    assert read(stored).rounds == 2
    assert main([], rounds=lambda events, repeats: rounds((500, 800), (500, 800)), stored=stored) == RED


def test_as_many_events_are_measured_as_then(tmp_path: Path) -> None:
    stored = tmp_path / "ratio.json"
    stored.write_text(STORED)
    asked: list[int] = []

    def measure(events: int, repeats: int) -> Sequence[Sequence[Drained]]:
        asked.append(events)
        return rounds((500, 700), (500, 700))

    main([], rounds=measure, stored=stored)

    assert asked == [9]


def test_nothing_is_stored_of_a_void_run(tmp_path: Path) -> None:
    stored = tmp_path / "ratio.json"

    assert main(["--store"], rounds=lambda events, repeats: rounds((5, 6), void=1), stored=stored) == VOID

    assert not stored.exists()


def test_the_stored_ratio_says_where_it_is_from() -> None:
    then = read(SHIPPED)

    assert then.least <= then.ratio <= then.most
    assert then.rounds >= 2
    assert then.date
    assert then.commit
    assert then.machine
