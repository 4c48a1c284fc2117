"""Small charts as SVG: lines over a number, or bars beside each other, drawn by ourselves."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from benchmarks.figures import shown
from docs.pictures import COLOURS, STYLE

WIDTH: Final = 440
HEIGHT: Final = 250
GAP: Final = 12
COLUMNS: Final = 2
LEFT, RIGHT, TOP, BOTTOM = 54, 24, 46, 38
STEPS: Final = 4


@dataclass(frozen=True, slots=True)
class Line:
    """What it is called, and its points; of a chart with bars one value for each of its labels."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over `across`, its axis logarithmic if `log_x`; the other axis begins at 0 unless it is logarithmic."""

    title: str
    across: str
    unit: str
    lines: Sequence[Line]
    log_x: bool = False
    log_y: bool = False
    labels: Sequence[str] = ()  # bars for each of these
    lowest: float = 0.0  # the foot of a logarithmic axis, where several charts are to be compared


def picture(title: str, charts: Sequence[Chart], *, note: str) -> str:
    """The charts in two columns, and below them what they were measured on."""
    rows = math.ceil(len(charts) / COLUMNS)
    wide, high = COLUMNS * (WIDTH + GAP) + GAP, rows * (HEIGHT + GAP) + GAP + 22
    parts = []
    for place, chart in enumerate(charts):
        x, y = GAP + place % COLUMNS * (WIDTH + GAP), GAP + place // COLUMNS * (HEIGHT + GAP)
        parts.append(f'<g transform="translate({x},{y})">{"".join(_chart(chart))}</g>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(note)}</desc><style>{STYLE}</style>"
        f'<rect width="100%" height="100%" fill="#f6f8fa"/>{"".join(parts)}'
        f'<text class="small" x="{GAP}" y="{high - 10}">{escape(note)}</text></svg>\n'
    )


def _chart(chart: Chart) -> Iterator[str]:
    yield f'<rect class="frame" width="{WIDTH}" height="{HEIGHT}" rx="3"/>'
    yield f'<text class="title" x="10" y="18">{escape(chart.title)}</text>'
    yield from _legend(chart)
    values = [y for line in chart.lines for _, y in line.points]
    if not values:
        yield '<text class="small" x="10" y="60">not measured</text>'
        return
    low, high = _ends([*values, *([chart.lowest] if chart.lowest else [])], log=chart.log_y)
    for value in _ticks(low, high, log=chart.log_y):
        y = _y(value, low, high, log=chart.log_y)
        yield f'<line class="rule" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>'
        yield f'<text class="small" x="{LEFT - 4}" y="{y + 3:.1f}" text-anchor="end">{shown(_whole(value))}</text>'
    yield f'<text class="small" x="{LEFT - 4}" y="{TOP - 8}" text-anchor="end">{escape(chart.unit)}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text class="small" x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(chart.across)}</text>'
    yield from (_bars if chart.labels else _curves)(chart, low, high)


def _curves(chart: Chart, low: float, high: float) -> Iterator[str]:
    every = sorted({x for line in chart.lines for x, _ in line.points})
    first, last = (every[0], every[-1]) if len(every) > 1 else (every[0] - 1, every[0] + 1)

    def place(x: float) -> float:
        share = _share(x, first, last, log=chart.log_x)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    for x in every if len(every) <= 8 else _ticks(first, last, log=False):
        yield f'<text class="small" x="{place(x):.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">'
        yield f"{shown(_whole(x))}</text>"
    for line, colour in zip(chart.lines, COLOURS, strict=False):
        places = [(place(x), _y(y, low, high, log=chart.log_y)) for x, y in line.points]
        yield f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}" stroke="{colour}"/>'
        if len(places) <= 8:
            yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>' for x, y in places)


def _bars(chart: Chart, low: float, high: float) -> Iterator[str]:
    room = (WIDTH - LEFT - RIGHT) / len(chart.labels)
    bar = 0.8 * room / max(1, len(chart.lines))
    for number, label in enumerate(chart.labels):
        middle = LEFT + (number + 0.5) * room
        yield f'<text class="small" x="{middle:.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">'
        yield f"{escape(label)}</text>"
    for place, (line, colour) in enumerate(zip(chart.lines, COLOURS, strict=False)):
        for at, value in line.points:
            x = LEFT + (at + 0.1) * room + place * bar
            y = _y(value, low, high, log=chart.log_y)
            yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{bar * 0.9:.1f}" height="{HEIGHT - BOTTOM - y:.1f}" '
            yield f'fill="{colour}"/>'


def _legend(chart: Chart) -> Iterator[str]:
    x = LEFT
    for line, colour in zip(chart.lines, COLOURS, strict=False) if len(chart.lines) > 1 else ():
        yield f'<rect x="{x}" y="25" width="8" height="8" fill="{colour}"/>'
        yield f'<text class="small" x="{x + 11}" y="32">{escape(line.name)}</text>'
        x += 24 + 5 * len(line.name)


def _ends(values: Sequence[float], *, log: bool) -> tuple[float, float]:
    if not log:
        highest = max(values) or 1.0
        step = _step(highest)
        return 0.0, step * math.ceil(highest / step - 1e-9)
    above = [value for value in values if value > 0] or [1.0]
    return 10 ** math.floor(math.log10(min(above))), 10 ** math.ceil(math.log10(max(above)) + 1e-9)


def _ticks(low: float, high: float, *, log: bool) -> list[float]:
    if log:
        first, last = round(math.log10(low)), round(math.log10(high))
        return [10.0**power for power in range(first, max(last, first + 1) + 1)]
    step = _step(high - low)
    return [low + step * number for number in range(int((high - low) / step + 1e-9) + 1)]


def _step(span: float) -> float:
    """A round number, of which about `STEPS` make the span."""
    power = 10.0 ** math.floor(math.log10(span / STEPS))
    return next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= span / STEPS * 0.999)


def _y(value: float, low: float, high: float, *, log: bool) -> float:
    return HEIGHT - BOTTOM - _share(value, low, high, log=log) * (HEIGHT - TOP - BOTTOM)


def _share(value: float, low: float, high: float, *, log: bool) -> float:
    if log:
        value, low, high = (math.log10(max(one, 1e-9)) for one in (value, low, high))
    return min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 0.0


def _whole(value: float) -> float | int:
    return round(value) if abs(value - round(value)) < 1e-9 else value
