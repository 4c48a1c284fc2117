"""Writes the dashboards as Grafana reads them, one for each language: `python -m config.grafana.generate`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias, get_args

from config.grafana.floor import FLOOR
from config.grafana.panels import Dashboard, Language, Panel, Row
from config.grafana.pipeline import PIPELINE
from config.grafana.trust import TRUST

Json: TypeAlias = dict[str, object]

FOLDER: Final = Path(__file__).parent / "dashboards"
DASHBOARDS: Final = (FLOOR, PIPELINE, TRUST)
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
# A variable, so that the same file serves an installation whose Prometheus has another name.
DATASOURCE: Final[Json] = {"type": "prometheus", "uid": "${datasource}"}
GRID_COLUMNS: Final = 24
ROW_HEIGHT: Final = 1
PANEL_HEIGHT: Final = 8
UP_OR_DOWN: Final = {"en": ("down", "up", "unknown"), "nl": ("weg", "werkt", "onbekend")}


def files() -> dict[str, str]:
    """Every file of the folder, by name, with its text."""
    return {
        f"{one.name}.{language}.json": text(rendered(one, language)) for one in DASHBOARDS for language in LANGUAGES
    }


def rendered(dashboard: Dashboard, language: Language) -> Json:
    """A dashboard in the classic schema, with the words of one language."""
    return {
        "uid": f"klankbord-{dashboard.name}-{language}",
        "title": f"{dashboard.title.of(language)} ({language})",
        "tags": ["klankbord", f"klankbord-{language}"],
        "schemaVersion": 41,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": dashboard.span, "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "links": [_link(language)],
        "templating": {
            "list": [
                {
                    "type": "datasource",
                    "name": "datasource",
                    "label": "Prometheus",
                    "query": "prometheus",
                    "current": {},
                    "hide": 0,
                    "includeAll": False,
                    "multi": False,
                    "options": [],
                    "refresh": 1,
                    "regex": "",
                }
            ]
        },
        "panels": [{"id": number, **panel} for number, panel in enumerate(_placed(dashboard.rows, language), start=1)],
    }


def text(dashboard: Json) -> str:
    """The JSON of a dashboard as it is committed."""
    return json.dumps(dashboard, indent=1, ensure_ascii=False) + "\n"


def _link(language: Language) -> Json:
    """To the other dashboards of this language, beside the title."""
    return {
        "type": "dashboards",
        "title": "Klankbord",
        "tags": [f"klankbord-{language}"],
        "asDropdown": False,
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
        "icon": "external link",
        "tooltip": "",
        "url": "",
    }


def _placed(rows: Sequence[Row], language: Language) -> Iterator[Json]:
    """The panels with their places: rows below each other, the panels of a row beside each other, then below."""
    y = 0
    for row in rows:
        yield {
            "type": "row",
            "title": row.title.of(language),
            "collapsed": False,
            "gridPos": {"h": ROW_HEIGHT, "w": GRID_COLUMNS, "x": 0, "y": y},
            "panels": [],
        }
        y += ROW_HEIGHT
        x = 0
        for panel in row.panels:
            if x + panel.width > GRID_COLUMNS:
                x, y = 0, y + PANEL_HEIGHT
            yield _panel(panel, language, {"h": PANEL_HEIGHT, "w": panel.width, "x": x, "y": y})
            x += panel.width
        y += PANEL_HEIGHT


def _panel(panel: Panel, language: Language, place: Json) -> Json:
    kind, defaults, options = _DRAWN[panel.drawn](panel, language)
    as_heat: Json = {"format": "heatmap"} if panel.drawn == "heat" else {}
    return {
        "type": kind,
        "title": panel.title.of(language),
        "description": panel.says.of(language),
        "datasource": DATASOURCE,
        "gridPos": place,
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": DATASOURCE,
                "expr": one.expression,
                "legendFormat": one.legend.of(language),
                "range": True,
                **as_heat,
            }
            for number, one in enumerate(panel.queries)
        ],
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
    }


def _lines(panel: Panel, _: Language) -> tuple[str, Json, Json]:
    steps: list[Json] = [{"color": "green", "value": None}]
    if panel.limit is not None:
        steps.append({"color": "red", "value": panel.limit})
    bounds = {name: value for name, value in (("min", panel.lowest), ("max", panel.highest)) if value is not None}
    defaults: Json = {
        "unit": panel.unit,
        **bounds,
        "color": {"mode": "palette-classic"},
        "custom": {
            "drawStyle": "line",
            "fillOpacity": 0,
            "lineWidth": 1,
            "showPoints": "never",
            "thresholdsStyle": {"mode": "off" if panel.limit is None else "dashed"},
        },
        "thresholds": {"mode": "absolute", "steps": steps},
    }
    options: Json = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return "timeseries", defaults, options


def _heat(_: Panel, __: Language) -> tuple[str, Json, Json]:
    options: Json = {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64},
        "legend": {"show": True},
        "tooltip": {"mode": "single", "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "unit": "short"},
    }
    return "heatmap", {}, options


def _lamps(_: Panel, language: Language) -> tuple[str, Json, Json]:
    """One lamp for each line: 1 is up, 0 is down."""
    down, up, unknown = UP_OR_DOWN[language]
    values = {"0": {"text": down, "color": "red"}, "1": {"text": up, "color": "green"}}
    defaults: Json = {
        "mappings": [{"type": "value", "options": values}],
        "noValue": unknown,
        "thresholds": {
            "mode": "absolute",
            "steps": [{"color": "red", "value": None}, {"color": "green", "value": 1}],
        },
    }
    return "stat", defaults, _stat("background")


def _figure(panel: Panel, _: Language) -> tuple[str, Json, Json]:
    return "stat", {"unit": panel.unit}, _stat("none")


def _stat(colour: str) -> Json:
    return {
        "colorMode": colour,
        "graphMode": "none",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "value_and_name",
    }


_DRAWN: Final = {"lines": _lines, "heat": _heat, "lamps": _lamps, "figure": _figure}


def write(folder: Path = FOLDER) -> None:
    """Write every file, and take away what is described no more."""
    made = files()
    for gone in {path.name for path in folder.glob("*.json")} - made.keys():
        (folder / gone).unlink()
    for name, content in made.items():
        (folder / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    write()
