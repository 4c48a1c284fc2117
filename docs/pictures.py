"""Draws what the panels of the dashboards show of a replay, from Prometheus' answers: `python -m docs.pictures`.

No Grafana is asked: the lines are what it would draw, the drawing is ours.
"""

import math
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from config.grafana.generate import DASHBOARDS, LANGUAGES
from config.grafana.panels import SPAN, Dashboard, Language, Panel
from tests.prometheus.scene import scene
from tests.prometheus.server import Prometheus, Series

FOLDER: Final = Path(__file__).parent / "dashboards"
STEP_S: Final = 1.0
SPEED: Final = 20.0  # the conversations take two minutes then
# Grafana would put four scrapes, of two seconds here; a rate is calmer over more.
SPAN_S: Final = "15s"
COLUMNS: Final = 24
COLUMN: Final = 46
HEIGHT: Final = 190
HEADING: Final = 34
GAP: Final = 10
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 28, 36
MOST_LINES: Final = 8
MOST_NAMED: Final = 4
# The palette of Okabe and Ito, told apart by whoever does not see all colours.
COLOURS: Final = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8a7a00", "#5b5b5b")
SAYS: Final = {
    "en": ("more", "no value"),
    "nl": ("meer", "geen waarde"),
}
DRAWN_BY: Final = {
    "en": "Drawn by ourselves from Prometheus' answers over a replay of {:.0f} s; no Grafana was run.",
    "nl": "Zelf getekend uit antwoorden van Prometheus over een herhaling van {:.0f} s; er draaide geen Grafana.",
}
STYLE: Final = (
    "text{font:11px sans-serif;fill:#1f2328}.title{font-size:12px;font-weight:600}.row{font-size:15px;font-weight:600}"
    ".small{font-size:9px;fill:#57606a}.frame{fill:#fff;stroke:#d0d7de}.rule{stroke:#eaeef2}"
    ".limit{stroke:#c0392b;stroke-dasharray:4 3}polyline{fill:none;stroke-width:1.4}"
)


@dataclass(frozen=True, slots=True)
class Line:
    """What one line is called, and its points as (seconds since 1970, value)."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """A panel with Prometheus' answers."""

    panel: Panel
    lines: tuple[Line, ...]


def main() -> None:
    """Play, ask, draw."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, scene(Path(directory), speed=SPEED) as played:
        end_s = time.time()
        (began,) = played.prometheus.now("min(min_over_time(timestamp(klankbord_build_info)[1h:1s]))")
        start_s = began.points[0][1]
        for dashboard in DASHBOARDS:
            for language in LANGUAGES:
                asked = [_answered(panel, language, played.prometheus, start_s, end_s) for panel in dashboard.panels]
                drawn = picture(dashboard, language, asked, start_s, end_s)
                (FOLDER / f"{dashboard.name}.{language}.svg").write_text(drawn, encoding="utf-8")
    sys.stdout.write(f"wrote {len(DASHBOARDS) * len(LANGUAGES)} pictures\n")


def _answered(panel: Panel, language: Language, server: Prometheus, start_s: float, end_s: float) -> Answered:
    lines: list[Line] = []
    for question in panel.queries:
        expression = question.expression.replace(SPAN, SPAN_S)
        found = server.between(expression, start_s=start_s, end_s=end_s, step_s=STEP_S)
        lines += [Line(_named(question.legend.of(language), one), _numbers(one)) for one in found]
    return Answered(panel, tuple(line for line in lines if line.points))


def _named(legend: str, series: Series) -> str:
    for label, value in series.labels.items():
        legend = legend.replace(f"{{{{{label}}}}}", value)
    return legend


def _numbers(series: Series) -> tuple[tuple[float, float], ...]:
    return tuple((at, value) for at, value in series.points if math.isfinite(value))


def picture(
    dashboard: Dashboard, language: Language, answered: Sequence[Answered], start_s: float, end_s: float
) -> str:
    """The page as an SVG: rows of panels, placed as in Grafana."""
    of_panel = iter(answered)
    parts: list[str] = []
    y = HEADING
    for row in dashboard.rows:
        parts.append(f'<text class="row" x="{GAP}" y="{y + 20}">{escape(row.title.of(language))}</text>')
        y += HEADING
        x = 0
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y = 0, y + HEIGHT + GAP
            width = panel.width * COLUMN - GAP
            drawn = "".join(_panel(next(of_panel), language, width, start_s, end_s))
            parts.append(f'<g transform="translate({x * COLUMN + GAP},{y})">{drawn}</g>')
            x += panel.width
        y += HEIGHT + GAP
    title = dashboard.title.of(language)
    note = DRAWN_BY[language].format(end_s - start_s)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * COLUMN + GAP} {y}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(note)}</desc><style>{STYLE}</style>"
        f'<rect width="100%" height="100%" fill="#f6f8fa"/>'
        f'<text class="row" x="{GAP}" y="22">{escape(title)}</text>'
        f'<text class="small" x="{COLUMNS * COLUMN}" y="22" text-anchor="end">{escape(note)}</text>'
        f"{''.join(parts)}</svg>\n"
    )


def _panel(answered: Answered, language: Language, width: int, start_s: float, end_s: float) -> Iterator[str]:
    panel = answered.panel
    yield f'<rect class="frame" width="{width}" height="{HEIGHT}" rx="3"/>'
    yield f'<text class="title" x="8" y="17">{escape(_cut(panel.title.of(language), width // 7))}</text>'
    if not answered.lines:
        yield f'<text class="small" x="8" y="40">{SAYS[language][1]}</text>'
    elif panel.drawn in ("lamps", "figure"):
        yield from _values(answered)
    elif panel.drawn == "heat":
        yield from _heat(answered, width)
    else:
        yield from _lines(answered, language, width, start_s, end_s)


def _values(answered: Answered) -> Iterator[str]:
    for number, line in enumerate(answered.lines[:MOST_LINES]):
        y, value = 44 + number * 22, line.points[-1][1]
        colour = "#5b5b5b" if answered.panel.drawn == "figure" else "#2e7d32" if value else "#c0392b"
        yield f'<circle cx="16" cy="{y - 4}" r="6" fill="{colour}"/>'
        yield f'<text x="30" y="{y}">{escape(line.name)}: {value:g}</text>'


def _heat(answered: Answered, width: int) -> Iterator[str]:
    """The last spread over the buckets: how many more fell into each than into the one below."""
    bounds = sorted(((float(line.name), line.points) for line in answered.lines), key=lambda pair: pair[0])
    highest = [max(value for _, value in points) for _, points in bounds]
    shares = [above - below for below, above in zip([0.0, *highest], highest, strict=False)]
    most, place = max([1e-9, *shares]), (width - LEFT - RIGHT) / max(1, len(shares))
    for number, ((bound, _), share) in enumerate(zip(bounds, shares, strict=True)):
        tall = max(0.0, share) / most * (HEIGHT - TOP - BOTTOM)
        x = LEFT + number * place
        yield (
            f'<rect x="{x:.1f}" y="{HEIGHT - BOTTOM - tall:.1f}" width="{place * 0.9:.1f}" height="{tall:.1f}" '
            f'fill="#e69f00"/><text class="small" x="{x + place / 2:.1f}" y="{HEIGHT - BOTTOM + 12}" '
            f'text-anchor="middle">{"∞" if math.isinf(bound) else f"{bound:g}"}</text>'
        )


def _lines(answered: Answered, language: Language, width: int, start_s: float, end_s: float) -> Iterator[str]:
    panel, lines = answered.panel, _most_moved(answered.lines)
    values = [value for line in lines for _, value in line.points]
    low = min(values) if panel.lowest is None else panel.lowest
    high = max([low + 1e-9, *values, *([] if panel.highest is None else [panel.highest])]) or 1.0
    if panel.limit is not None and panel.limit < 4 * high:
        high = max(high, panel.limit)
    high = high if high - low > 1e-6 else low + 1

    def place(at: float, value: float) -> tuple[float, float]:
        x = LEFT + (at - start_s) / (end_s - start_s) * (width - LEFT - RIGHT)
        return x, HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    for value in (low, (low + high) / 2, high):
        _, y = place(start_s, value)
        yield f'<line class="rule" x1="{LEFT}" y1="{y:.1f}" x2="{width - RIGHT}" y2="{y:.1f}"/>'
        shown = _shown(value, panel.unit)
        yield f'<text class="small" x="{LEFT - 4}" y="{y + 3:.1f}" text-anchor="end">{shown}</text>'
    if panel.limit is not None and panel.limit <= high:
        _, y = place(start_s, panel.limit)
        yield f'<line class="limit" x1="{LEFT}" y1="{y:.1f}" x2="{width - RIGHT}" y2="{y:.1f}"/>'
    for line, colour in zip(lines, COLOURS, strict=False):
        bends = _bends([(round(x), round(y, 1)) for x, y in (place(at, min(value, high)) for at, value in line.points)])
        points = " ".join(f"{x},{y:g}" for x, y in bends)
        yield f'<polyline points="{points}" stroke="{colour}"/>'
    yield from _legend(lines, len(answered.lines), language, width)


def _bends(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The points without those in the middle of a level stretch."""
    inner = zip(points, points[1:], points[2:], strict=False)
    return [*points[:1], *(b for a, b, c in inner if not a[1] == b[1] == c[1]), *points[1:][-1:]]


def _most_moved(lines: Sequence[Line]) -> list[Line]:
    """Those with the highest values: of a rule that never fired there is nothing to see."""
    return sorted(lines, key=lambda line: -max(abs(value) for _, value in line.points))[:MOST_LINES]


def _legend(lines: Sequence[Line], all_: int, language: Language, width: int) -> Iterator[str]:
    room = (width - 16) // min(MOST_NAMED, max(1, len(lines)))
    for number, (line, colour) in enumerate(zip(lines[:MOST_NAMED], COLOURS, strict=False)):
        x = 8 + number * room
        yield f'<rect x="{x}" y="{HEIGHT - 16}" width="8" height="8" fill="{colour}"/>'
        yield f'<text class="small" x="{x + 11}" y="{HEIGHT - 9}">{escape(_cut(line.name, room // 5 - 2))}</text>'
    if all_ > MOST_NAMED:
        more = f"+ {all_ - MOST_NAMED} {SAYS[language][0]}"
        yield f'<text class="small" x="{width - 8}" y="{HEIGHT - 24}" text-anchor="end">{more}</text>'


def _shown(value: float, unit: str) -> str:
    if unit == "percentunit":
        return f"{value * 100:.0f} %"
    return f"{value:.3g}" + {"s": " s", "cps": "/s"}.get(unit, "")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(1, most - 1)] + "…"


if __name__ == "__main__":
    main()
