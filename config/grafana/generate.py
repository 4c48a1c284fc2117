"""The dashboards, described once: `python -m config.grafana.generate` writes the JSON that Grafana reads."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

Json: TypeAlias = dict[str, object]

FLOOR: Final = Path(__file__).parent / "dashboards" / "floor.json"
# A variable, so that the same file serves an installation whose Prometheus has another name.
DATASOURCE: Final[Json] = {"type": "prometheus", "uid": "${datasource}"}
GRID_COLUMNS: Final = 24
ROW_HEIGHT: Final = 1
PANEL_HEIGHT: Final = 8


def query(expression: str, legend: str) -> Json:
    """One line, or one line for each value of the labels that `legend` names."""
    return {"expr": expression, "legendFormat": legend, "range": True}


def quantile(share: float, metric: str, *, by: Sequence[str] = (), legend: str) -> Json:
    """The value below which `share` of the measurements of a histogram lie."""
    labels = ", ".join(("le", *by))
    rate = f"rate({metric}_bucket[$__rate_interval])"
    return query(f"histogram_quantile({share}, sum by ({labels}) ({rate}))", legend)


def per_second(metric: str, *, by: str) -> Json:
    """How often a counter moves in a second, for each value of the label `by`."""
    return query(f"sum by ({by}) (rate({metric}[$__rate_interval]))", f"{{{{{by}}}}}")


def per_minute(metric: str, *, by: str) -> Json:
    """The same in a minute: alerts and suggestions are too rare to read in a second."""
    return query(f"60 * sum by ({by}) (rate({metric}[$__rate_interval]))", f"{{{{{by}}}}}")


def lines(
    title: str,
    description: str,
    *queries: Json,
    unit: str = "short",
    lowest: float | None = 0,
    highest: float | None = None,
    limit: float | None = None,
    width: int = 8,
) -> Json:
    """A panel of lines over time; `limit` is drawn across it."""
    steps: list[Json] = [{"color": "green", "value": None}]
    if limit is not None:
        steps.append({"color": "red", "value": limit})
    bounds = {name: value for name, value in (("min", lowest), ("max", highest)) if value is not None}
    return {
        "type": "timeseries",
        "title": title,
        "description": description,
        "width": width,
        "targets": list(queries),
        "fieldConfig": {
            "defaults": {
                "unit": unit,
                **bounds,
                "color": {"mode": "palette-classic"},
                "custom": {
                    "drawStyle": "line",
                    "fillOpacity": 0,
                    "lineWidth": 1,
                    "showPoints": "never",
                    "thresholdsStyle": {"mode": "off" if limit is None else "dashed"},
                },
                "thresholds": {"mode": "absolute", "steps": steps},
            },
            "overrides": [],
        },
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    }


def heat(title: str, description: str, metric: str, *, width: int = 8) -> Json:
    """A panel whose columns show how the measurements of one interval are spread over the buckets of a histogram."""
    spread = query(f"sum by (le) (increase({metric}_bucket[$__rate_interval]))", "{{le}}")
    return {
        "type": "heatmap",
        "title": title,
        "description": description,
        "width": width,
        "targets": [{**spread, "format": "heatmap"}],
        "fieldConfig": {"defaults": {}, "overrides": []},
        "options": {
            "calculate": False,
            "cellGap": 1,
            "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64},
            "legend": {"show": True},
            "tooltip": {"mode": "single", "yHistogram": False},
            "yAxis": {"axisPlacement": "left", "unit": "short"},
        },
    }


def lamps(title: str, description: str, *queries: Json, width: int = 8) -> Json:
    """A panel with one lamp for each query: 1 is up, 0 is down."""
    return {
        "type": "stat",
        "title": title,
        "description": description,
        "width": width,
        "targets": list(queries),
        "fieldConfig": {
            "defaults": {
                "mappings": [
                    {
                        "type": "value",
                        "options": {"0": {"text": "down", "color": "red"}, "1": {"text": "up", "color": "green"}},
                    }
                ],
                "noValue": "unknown",
                "thresholds": {
                    "mode": "absolute",
                    "steps": [{"color": "red", "value": None}, {"color": "green", "value": 1}],
                },
            },
            "overrides": [],
        },
        "options": {
            "colorMode": "background",
            "graphMode": "none",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "textMode": "value_and_name",
        },
    }


CHANNEL_AND_LANGUAGE: Final = ("channel", "language")

ROWS: Final[tuple[tuple[str, tuple[Json, ...]], ...]] = (
    (
        "Customers",
        (
            heat(
                "Effort: spread over customer turns",
                "Effort after each customer turn, 1 to 7, higher = harder. Darker: more turns.",
                "klankbord_effort_score",
            ),
            lines(
                "Effort: median and 9 in 10, by channel and language",
                "1 to 7, higher = harder. Half of the turns lie below p50, nine in ten below p90.",
                *(
                    quantile(
                        share,
                        "klankbord_effort_score",
                        by=CHANNEL_AND_LANGUAGE,
                        legend=f"{name} {{{{channel}}}} {{{{language}}}}",
                    )
                    for share, name in ((0.5, "p50"), (0.9, "p90"))
                ),
                lowest=1,
                highest=7,
            ),
            lines(
                "Valence: median, by channel and language",
                "What the words of customers show, -1 (negative) to 1 (positive).",
                quantile(
                    0.5,
                    "klankbord_valence_ratio",
                    by=CHANNEL_AND_LANGUAGE,
                    legend="{{channel}} {{language}}",
                ),
                lowest=-1,
                highest=1,
            ),
        ),
    ),
    (
        "Alerts and suggestions",
        (
            lines(
                "Alerts opened per minute, by rule",
                "Each episode is counted once.",
                per_minute('klankbord_alerts_total{state="opened"}', by="rule"),
                width=6,
            ),
            lines(
                "Alerts cleared per minute, by rule",
                "Each episode is counted once.",
                per_minute('klankbord_alerts_total{state="cleared"}', by="rule"),
                width=6,
            ),
            lines(
                "Suggestions per minute, by kind",
                "What agents are shown; each suggestion is counted once.",
                per_minute("klankbord_suggestions_total", by="kind"),
                width=6,
            ),
            lines(
                "Alerts marked wrong, by rule",
                "Of the alerts that supervisors marked since the pages were started, the share that they marked wrong.",
                query(
                    'sum by (rule) (klankbord_alert_marks_total{mark="wrong"})'
                    " / sum by (rule) (klankbord_alert_marks_total)",
                    "{{rule}}",
                ),
                unit="percentunit",
                lowest=0,
                highest=1,
                width=6,
            ),
        ),
    ),
    (
        "Flow",
        (
            lines(
                "Events per second, by channel",
                "What is read from the input topics.",
                per_second("klankbord_events_total", by="channel"),
                unit="cps",
            ),
            lines(
                "Observations per second",
                "What is written to conversation.observations; events that were applied before make none.",
                query("sum(rate(klankbord_observations_total[$__rate_interval]))", "observations"),
                unit="cps",
            ),
            lines(
                "Dead letters per minute, by reason",
                "Records that could not be applied and lie in the dead-letter topic.",
                per_minute("klankbord_dead_letters_total", by="reason"),
            ),
        ),
    ),
    (
        "Speed",
        (
            lines(
                "From event to Redis",
                "From the production of an event to its effect in Redis. "
                "The line at 0.5 s is what 99 in 100 events may take to the page.",
                *(
                    quantile(share, "klankbord_event_to_redis_seconds", legend=name)
                    for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
                ),
                unit="s",
                limit=0.5,
            ),
            lines(
                "Time in observe()",
                "Processor time of scoring one event.",
                *(
                    quantile(share, "klankbord_observe_seconds", legend=name)
                    for share, name in ((0.5, "p50"), (0.99, "p99"))
                ),
                unit="s",
            ),
            lines(
                "Messages to pages per second",
                "Server-sent events to all open pages.",
                query("sum(rate(klankbord_web_messages_total[$__rate_interval]))", "messages"),
                unit="cps",
            ),
        ),
    ),
    (
        "Health",
        (
            lamps(
                "Redis",
                "Whether the last call to Redis succeeded, as the publisher and the pages see it.",
                query("min(klankbord_redis_up)", "publisher"),
                query("min(klankbord_web_redis_up)", "web"),
            ),
            lamps(
                "Processes",
                "Whether Prometheus reaches the process; scoring goes on without it.",
                query('min by (process) (up{job="klankbord"})', "{{process}}"),
            ),
            lines(
                "Open pages",
                "Live streams to supervisor pages and agent panels.",
                query("sum(klankbord_web_streams)", "streams"),
            ),
        ),
    ),
)


def floor() -> Json:
    """How the floor is doing: the dashboard of a supervisor and of whoever keeps Klankbord running."""
    return {
        "uid": "klankbord-floor",
        "title": "Klankbord: the floor",
        "tags": ["klankbord"],
        "schemaVersion": 41,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "links": [],
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
        "panels": [{"id": number, **panel} for number, panel in enumerate(_placed(ROWS), start=1)],
    }


def text(dashboard: Json) -> str:
    """The JSON of a dashboard as it is committed."""
    return json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"


def _placed(rows: Sequence[tuple[str, Sequence[Json]]]) -> Iterator[Json]:
    """The panels with their places: rows below each other, the panels of a row beside each other."""
    y = 0
    for title, panels in rows:
        yield {
            "type": "row",
            "title": title,
            "collapsed": False,
            "gridPos": {"h": ROW_HEIGHT, "w": GRID_COLUMNS, "x": 0, "y": y},
            "panels": [],
        }
        y += ROW_HEIGHT
        x = 0
        for panel in panels:
            width = panel["width"]
            assert isinstance(width, int)
            yield _panel(panel, {"h": PANEL_HEIGHT, "w": width, "x": x, "y": y})
            x += width
        y += PANEL_HEIGHT


def _panel(panel: Json, place: Json) -> Json:
    targets = panel["targets"]
    assert isinstance(targets, list)
    return {
        **{name: value for name, value in panel.items() if name != "width"},
        "datasource": DATASOURCE,
        "gridPos": place,
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": DATASOURCE, **target}
            for number, target in enumerate(targets)
        ],
    }


if __name__ == "__main__":
    FLOOR.write_text(text(floor()), encoding="utf-8")
