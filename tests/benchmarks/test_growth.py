"""The benchmark of growth runs, its conversations are what it says, and what it keeps can be read again."""

import json
from pathlib import Path

import msgspec
import pytest

from benchmarks import figures
from benchmarks.growth import after_turns, lines, main, of_rules, utterance
from klankbord.conversation import MAX_BYTES
from klankbord.events import Role

FEW = ["--repeats", "1", "--turns", "1", "12", "--open", "20", "60", "--rules", "10", "20", "--chars", "20", "300"]


def test_every_table_is_whole_and_every_figure_above_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stored = tmp_path / "figures.json"
    monkeypatch.setattr(figures.store, "__defaults__", (stored,))

    assert main([*FEW, "--events", "30", "--store"]) == 0

    printed = capsys.readouterr().out
    tables = figures.read(stored)["growth"].tables
    assert all(word in printed for word in ("command:", "machine:", "date:", "versions:", "load"))
    assert [len(tables[name]) for name in ("turns", "open", "rules", "size")] == [2, 2, 2, 2]
    assert [row["open"] for row in tables["open"]] == [20, 60]
    figures_ = [value for name, rows in tables.items() for row in rows for key, value in row.items()
                if key not in ("rss_bytes",)]  # fmt: skip
    assert [value for value in figures_ if not (isinstance(value, int | float) and value > 0)] == []
    assert all(row["step_us"] > row["observe_us"] / 2 for row in tables["turns"])  # type: ignore[operator]


def test_a_conversation_goes_on_as_long_as_it_is_asked_to_and_stays_small() -> None:
    states = dict(after_turns((1, 40, 200)))

    assert [one.customer_turns + one.agent_turns for one in states.values()] == [1, 40, 200]
    assert all(len(msgspec.json.encode(one)) <= MAX_BYTES for one in states.values())


def test_customers_and_agents_speak_in_turn() -> None:
    said = lines()

    assert len(said) > 50
    assert {one.role for one in said[::2]} == {Role.CUSTOMER}
    assert {one.role for one in said[1::2]} == {Role.AGENT}
    assert utterance(said[0], 3, at_s=20.0).event_id == "growth-3"


def test_more_rules_are_more_work() -> None:
    few, many = of_rules((10, 500), 3)

    assert few["observe_us"] < many["observe_us"]  # type: ignore[operator]


def test_what_is_kept_of_one_benchmark_leaves_the_others(tmp_path: Path) -> None:
    stored = tmp_path / "figures.json"
    rows: list[figures.Row] = [{"n": 1, "us": 2.5, "what": "joins"}]
    one = figures.run("python -m one", ["klankbord"], {"table": rows}, load_before="0.1, 0.2, 0.3")

    figures.store("one", one, stored)
    figures.store("two", one, stored)
    figures.store("one", msgspec.structs.replace(one, date="2020-01-01"), stored)

    kept = figures.read(stored)
    assert list(kept) == list(json.loads(stored.read_bytes())) == ["one", "two"]
    assert kept["one"].date == "2020-01-01"
    assert kept["two"].tables == {"table": rows}


def test_nothing_was_measured_where_nothing_is_kept(tmp_path: Path) -> None:
    assert figures.read(tmp_path / "figures.json") == {}


def test_a_table_is_in_columns_with_what_counts_of_each_figure() -> None:
    rows: list[figures.Row] = [{"n": 1_000, "us": 2.3456}, {"n": 5, "us": 12_345.6, "said": "yes"}]

    assert list(figures.table(rows)) == [
        "      n      us  said",
        "  1,000    2.35      ",
        "      5  12,346   yes",
    ]


def test_every_figure_that_is_shipped_is_one() -> None:
    runs = figures.read()

    assert "growth" in runs
    for name, run in runs.items():
        assert run.command.startswith(f"python -m benchmarks.{name.split('-')[0]}"), name
        assert all((run.machine, run.load_before, run.load_after, run.date, run.commit, run.versions)), name
        rows = [row for table in run.tables.values() for row in table]
        assert rows, name
        assert [value for row in rows for value in row.values() if value in (None, "") or value != value] == [], name
