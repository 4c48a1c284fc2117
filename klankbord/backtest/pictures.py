"""Bars and lines as inline SVG: no script, no outside file, and every number also stands in a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from klankbord.backtest.wording import number
from klankbord.events import Language

WIDTH: Final = 640
_ROW: Final = 34
_NAMES: Final = 232
_LEFT, _TOP, _BOTTOM = 56, 30, 44
_HEIGHT: Final = 260


@dataclass(frozen=True, slots=True)
class Pair:
    """One place of a bar chart: what it is, and the number of the new and of the old policy."""

    name: str
    new: float
    old: float


def bars(pairs: Sequence[Pair], *, says: str, language: Language, places: int = 0) -> str:
    """Two lying bars for each name: filled is new, outlined is old."""
    most = max([1e-9, *(max(pair.new, pair.old) for pair in pairs)])
    room = WIDTH - _NAMES - 70
    drawn = []
    for row, pair in enumerate(pairs):
        y = row * _ROW + 4
        name = pair.name if len(pair.name) <= 30 else pair.name[:29] + "…"
        drawn.append(f'<text x="{_NAMES - 8}" y="{y + 17}" text-anchor="end">{escape(name)}</text>')
        for offset, value, kind in ((0, pair.new, "new"), (14, pair.old, "old")):
            width = round(value / most * room, 1)
            drawn.append(
                f'<rect class="{kind}" x="{_NAMES}" y="{y + offset}" width="{max(width, 0.5)}" height="12"/>'
                f'<text class="small" x="{_NAMES + width + 6:g}" y="{y + offset + 10}">'
                f"{number(value, language, places=places)}</text>"
            )
    return _svg(drawn, len(pairs) * _ROW + 8, says)


def columns(pairs: Sequence[Pair], *, says: str, language: Language) -> str:
    """Two standing bars for each step of time, and the name of the first, the middle and the last."""
    most = _round_up(max([1.0, *(max(pair.new, pair.old) for pair in pairs)]))
    step = (WIDTH - _LEFT - 10) / max(1, len(pairs))
    drawn = _scale(most, language)
    for place, pair in enumerate(pairs):
        x = _LEFT + place * step
        for offset, value, kind in ((0.08, pair.new, "new"), (0.5, pair.old, "old")):
            height = round(value / most * (_HEIGHT - _TOP - _BOTTOM), 1)
            if height:
                drawn.append(
                    f'<rect class="{kind}" x="{x + offset * step:.1f}" y="{_HEIGHT - _BOTTOM - height:g}" '
                    f'width="{step * 0.4:.1f}" height="{height}"/>'
                )
    last = len(pairs) - 1
    for place, anchor in {0: "start", last // 2: "middle", last: "end"}.items() if last > 1 else {0: "start"}.items():
        x = _LEFT + (place + {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]) * step
        drawn.append(
            f'<text class="small" x="{x:.1f}" y="{_HEIGHT - 22}" text-anchor="{anchor}">'
            f"{escape(pairs[place].name)}</text>"
        )
    return _svg(drawn, _HEIGHT, says)


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points from left to right, each with what is written beside it."""

    kind: str
    name: str
    points: tuple[tuple[float, float, str], ...]


def lines(drawings: Sequence[Line], *, across: str, up: str, share: bool, says: str, language: Language) -> str:
    """Lines over one another; where `share`, the height is 0 to 1."""
    points = [point for line in drawings for point in line.points]
    most = 1.0 if share else _round_up(max([1.0, *(y for _, y, _ in points)]))
    left, right = _around([x for x, _, _ in points])
    drawn = _scale(most, language, places=2 if share else 0)

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            round(_LEFT + 20 + (x - left) / (right - left) * (WIDTH - _LEFT - 80), 1),
            round(_HEIGHT - _BOTTOM - y / most * (_HEIGHT - _TOP - _BOTTOM), 1),
        )

    for line in drawings:
        at = [place(x, y) for x, y, _ in line.points]
        drawn.append(f'<polyline class="{line.kind}" points="{" ".join(f"{x:g},{y:g}" for x, y in at)}"/>')
        drawn += [f'<circle class="{line.kind}" cx="{x:g}" cy="{y:g}" r="4"/>' for x, y in at]
        for (x, y), (_, _, beside) in _apart(at, line.points):
            drawn.append(f'<text class="small" x="{x + 6:g}" y="{y - 6:g}">{escape(beside)}</text>')
    for x in (left, (left + right) / 2, right):
        drawn.append(
            f'<text class="small" x="{place(x, 0)[0]:g}" y="{_HEIGHT - 26}" text-anchor="middle">'
            f"{number(x, language)}</text>"
        )
    drawn.append(f'<text x="{WIDTH - 10}" y="{_HEIGHT - 6}" text-anchor="end">{escape(across)}</text>')
    drawn.append(f'<text x="4" y="12">{escape(up)}</text>')
    return _svg(drawn, _HEIGHT, says)


def _around(values: Sequence[float]) -> tuple[float, float]:
    """From the least to the most; where they are one, a little around it."""
    least, most = min(values, default=0.0), max(values, default=0.0)
    return (least, most) if most > least else (least - 0.5, most + 0.5)


def _apart(
    at: Sequence[tuple[float, float]], points: Sequence[tuple[float, float, str]]
) -> list[tuple[tuple[float, float], tuple[float, float, str]]]:
    """The points whose writing does not run into that of one before."""
    kept: list[tuple[tuple[float, float], tuple[float, float, str]]] = []
    for here, point in zip(at, points, strict=True):
        if all(abs(here[0] - x) > 40 or abs(here[1] - y) > 14 for (x, y), _ in kept):
            kept.append((here, point))
    return kept


def _scale(most: float, language: Language, *, places: int = 0) -> list[str]:
    drawn = []
    for part in (0.0, 0.5, 1.0):
        y = _HEIGHT - _BOTTOM - part * (_HEIGHT - _TOP - _BOTTOM)
        drawn.append(f'<line class="rule" x1="{_LEFT}" y1="{y:g}" x2="{WIDTH - 10}" y2="{y:g}"/>')
        shown = number(most * part, language, places=max(places, 0 if most * part == int(most * part) else 1))
        drawn.append(f'<text class="small" x="{_LEFT - 6}" y="{y + 4:g}" text-anchor="end">{shown}</text>')
    return drawn


def _round_up(value: float) -> float:
    """A round number just above, so that half of it is easily read."""
    size: float = 10.0 ** math.floor(math.log10(value))
    return next(size * step for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if size * step >= value * (1 - 1e-9))


def _svg(drawn: Sequence[str], height: int, says: str) -> str:
    said = escape(says, quote=True)
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-label="{said}">'
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{said}">{"".join(drawn)}</svg></div>'
    )
