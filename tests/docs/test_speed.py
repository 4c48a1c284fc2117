"""The page of speed shows every run with what it was measured on, says what was not run, and invents nothing."""

import re
from xml.etree import ElementTree

import pytest

from benchmarks.figures import Run, Tables, read
from docs.charts import Chart, Line, picture
from docs.sizing import SEATS, basis, sizing
from docs.speed import PAGES, PARTS, Part, drawn, page

GROWTH: Tables = {
    "turns": [{"turn": 10, "observe_us": 300.0, "step_us": 350.0, "state_bytes": 2_500}],
    "open": [{"open": 1_000, "step_us": 380.0, "least_us": 370.0, "clock_ms": 0.1, "record_bytes": 4_000.0,
              "rss_bytes": 6_000.0}],
    "rules": [{"rules": 10, "observe_us": 300.0}],
    "size": [{"chars": 100, "bytes": 360, "observe_us": 500.0, "step_us": 600.0}],
}  # fmt: skip
WORKERS: Tables = {
    "workers": [{"workers": 1, "monitors_us": 1_000.0, "kafka_us": 300.0, "events_s": 800.0, "mb_each": 230.0}]
}
HAPPENS: Tables = {"happens": [{"happens": "it joins", "longest_s": 3.0, "p50_ms": 40.0, "p99_ms": 2e3, "max_ms": 3e3}]}
RECOVERY: Tables = {
    "recovery": [
        {"conversations": 0, "seconds": 5.0, "cpu_s": 4.0, "mb": 200.0},
        {"conversations": 1_000, "seconds": 6.0, "cpu_s": 5.0, "mb": 210.0},
    ],
}
LATENCY: Tables = {
    "path": [{"at": "500/s", "to": "Redis", "p50_ms": 50.0, "p95_ms": 70.0, "p99_ms": 90.0, "max_ms": 200.0}],
    "use": [{"at": "500/s", "sent": 5_000, "publisher-0_us": 400.0}],
}


def run(tables: Tables) -> Run:
    return Run("python -m x", "2 x Y, Linux", "0.5, 0.5, 0.5", "1.5, 1.0, 1.0", "2026-01-02", "abc", "Python", tables)


ALL = {
    "growth": run(GROWTH),
    "latency": run(LATENCY),
    "scaling-workers": run(WORKERS),
    "scaling-happens": run(HAPPENS),
    "scaling-recovery": run(RECOVERY),
}


def test_what_was_not_run_says_so_and_has_no_figure() -> None:
    nothing = page({})

    assert nothing.count("Not run.") == len(PARTS)
    assert "```" not in nothing
    assert "|---" not in sizing({})[: sizing({}).index("## Monitors")]


def test_every_run_stands_with_its_load_and_its_picture() -> None:
    shown = page(ALL)

    assert shown.count("load 0.5, 0.5, 0.5 before and 1.5, 1.0, 1.0 after") == len(ALL)
    assert shown.count("Not run.") == len(PARTS) - len(ALL)
    for part in PARTS:
        assert (f"(speed/{part.name}.svg)" in shown) == (part.name in ALL)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_picture_is_an_image_with_a_title_and_what_it_was_measured_on(part: Part) -> None:
    drawing = drawn(part, ALL)

    root = ElementTree.fromstring(drawing)
    texts = [text for text in root.itertext() if text.strip()]
    assert part.heading in texts
    assert any("load 0.5" in text or text == "Not run." for text in texts)
    numbers = re.findall(r'(?:x|y|x1|y1|width|height)="([-\d.]+)"', drawing)
    assert all(-1 <= float(number) <= 2_000 for number in numbers)


def test_what_is_shipped_can_be_drawn() -> None:
    for name, made in PAGES.items():
        if name.endswith(".svg"):
            ElementTree.fromstring(made())
    assert read()


def test_sizes_follow_from_what_was_measured() -> None:
    found = basis(ALL)
    assert found is not None
    assert (found.monitor_us, found.publisher_us, found.start_s) == (1_000.0, 400.0, 4.0)
    assert found.recovery_s == pytest.approx(0.001)

    rows = {
        cells[0]: cells
        for line in sizing(ALL).splitlines()
        if (cells := [cell.strip() for cell in line.strip("|").split("|")]) and cells[0].replace(",", "").isdigit()
    }

    assert list(rows) == [f"{seats:,}" for seats in SEATS]
    # 4,250 events/s at 1,000 us are 4.25 cores: at half of each nine monitors, and one more.
    assert rows["10,000"][1:6] == ["1,417", "4,250", "10", "30", "1.7"]
    assert rows["10,000"][6] == "60.0 MB"
    assert rows["10,000"][-1] == "computed"
    assert rows["1,000"][-1] == "measured"


def test_a_line_lies_within_its_chart_and_zero_at_its_foot() -> None:
    chart = Chart("T", "x", "us", [Line("a", [(1, 0.0), (10, 100.0)]), Line("b", [(1, 50.0), (10, 25.0)])])

    drawing = picture("P", [chart], note="n")

    first, second = re.findall(r'<polyline points="([^"]+)"', drawing)
    (left, foot), (right, top) = (tuple(map(float, place.split(","))) for place in first.split())
    assert left < right
    assert top < foot
    assert float(second.split()[0].split(",")[1]) == pytest.approx((top + foot) / 2)
