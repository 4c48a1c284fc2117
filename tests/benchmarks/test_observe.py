"""The benchmark of observe() runs, and measures what it says."""

import pytest

from benchmarks.observe import VADER, WHOLE, cases, main, measured


def test_every_part_of_every_group_has_a_cost() -> None:
    table = measured(repeats=1, new_lines=False, most=2)

    assert {"agent", "customer, first turns"} <= table.keys()
    for group, costs in table.items():
        assert {WHOLE, VADER, "decode", "encode", "  anger", "phrases of all lists"} <= costs.keys(), group
        assert costs[WHOLE] > costs["decode"] > 0


def test_a_new_line_has_the_words_of_the_old_one() -> None:
    old, new, again = (list(cases(seed=seed, most=2)) for seed in (None, 1, 1))

    assert [sorted(one.event.text.split()) for one in old] == [sorted(one.event.text.split()) for one in new]
    assert [one.event.text for one in old] != [one.event.text for one in new]
    assert [one.event.text for one in new] == [one.event.text for one in again]


def test_the_report_says_where_and_when(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--repeats", "1", "--recordings", "1"])

    printed = capsys.readouterr().out
    assert printed.count(WHOLE) == 2
    assert all(word in printed for word in ("command:", "machine:", "date:", "versions:", " us ", " x"))
