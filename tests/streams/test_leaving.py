"""Who ends itself is counted by the next one."""

from pathlib import Path

import pytest

from streams.leaving import CAUSES, Ends, arisen


def test_the_next_process_knows_why_the_ones_before_ended(tmp_path: Path) -> None:
    said: list[str] = []

    for cause in ("watchdog", "watchdog", "asleep"):
        Ends(tmp_path / "ends.json", leave=said.append).by(cause)("nothing was processed")

    assert Ends(tmp_path / "ends.json").counts == {"watchdog": 2, "asleep": 1, "not_written": 0, "not_processed": 0}
    assert said == ["nothing was processed"] * 3


@pytest.mark.parametrize("written", ["", "[]", '{"watchdog": "many"}', "\x00"])
def test_a_file_that_cannot_be_read_counts_from_nought(tmp_path: Path, written: str) -> None:
    (tmp_path / "ends.json").write_text(written)

    assert Ends(tmp_path / "ends.json").counts == dict.fromkeys(CAUSES, 0)


def test_a_place_that_cannot_be_written_does_not_keep_it_alive(tmp_path: Path) -> None:
    said: list[str] = []

    Ends(tmp_path / "no" / "such" / "folder" / "ends.json", leave=said.append).by("watchdog")("why")

    assert said == ["why"]


def test_where_it_arose_is_told_and_nothing_that_a_customer_said() -> None:
    def step(text: str) -> None:
        raise ValueError(f"cannot read {text}")

    with pytest.raises(ValueError, match="my late mother") as raised:
        step("my late mother")

    told = arisen(raised.value)
    assert told.startswith("ValueError at test_leaving.py:")
    assert told.count(" < ") == 1
    assert "mother" not in told
