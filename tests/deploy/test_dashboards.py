"""The dashboards are what the generator writes, and every expression in them asks for a metric that exists."""

import ast
import json
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import promql_parser
import pytest

from config.grafana.generate import FLOOR, floor, text
from tests.deploy import ROOT, read_yaml

DASHBOARD: dict[str, Any] = json.loads(FLOOR.read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
EXPRESSIONS = [
    pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
    for panel in PANELS
    for target in panel.get("targets", ())
]
SUFFIXES = {
    "Counter": ("_total",),
    "Gauge": ("",),
    "Histogram": ("_bucket", "_count", "_sum"),
    "Info": ("_info",),
}
DECLARED_IN = (ROOT / "streams" / "metrics.py", ROOT / "web" / "metrics.py")


@cache
def declared(path: Path) -> frozenset[str]:
    """The series that the metrics declared in a module give, as Prometheus names them; each module is read once."""
    return frozenset(_declared(path))


def _declared(path: Path) -> Iterator[str]:
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SUFFIXES:
            name = ast.literal_eval(call.args[0])
            yield from (name.removesuffix(suffix) + suffix for suffix in SUFFIXES[call.func.id])


def asked_for(expression: str) -> set[str]:
    """The names of the metrics in a PromQL expression; ValueError if it is none."""
    names = set()

    def visit(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.VectorSelector):
            names.add(str(part.name))

    promql_parser.walk(promql_parser.parse(expression.replace("$__rate_interval", "1m")), visit)
    return names


def everything_in(part: object) -> Iterator[dict[str, Any]]:
    """Every mapping in a dashboard, at any depth."""
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from everything_in(value)
    elif isinstance(part, list):
        for value in part:
            yield from everything_in(value)


def test_generating_again_changes_no_byte() -> None:
    assert FLOOR.read_bytes() == text(floor()).encode()


def test_the_dashboard_keeps_its_address_and_the_classic_schema() -> None:
    assert DASHBOARD["uid"] == "klankbord-floor"
    assert 39 <= DASHBOARD["schemaVersion"] <= 41
    assert "id" not in DASHBOARD


def test_every_panel_has_its_own_id_and_title() -> None:
    for field in ("id", "title"):
        values = [panel[field] for panel in PANELS]
        assert len(set(values)) == len(values)


def test_every_panel_with_numbers_says_what_they_are() -> None:
    assert [panel["title"] for panel in PANELS if panel["type"] != "row" and not panel["description"]] == []


def test_no_panel_lies_over_another_or_outside_the_grid() -> None:
    places = [panel["gridPos"] for panel in PANELS]

    for a, b in combinations(places, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        below = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or below, (a, b)
    assert [place for place in places if place["x"] < 0 or place["x"] + place["w"] > 24] == []


def test_the_data_source_is_named_only_through_the_variable() -> None:
    named = [part["datasource"] for part in everything_in(DASHBOARD) if "datasource" in part]
    variables = [(variable["name"], variable["type"]) for variable in DASHBOARD["templating"]["list"]]

    assert named
    assert [name for name in named if name != {"type": "prometheus", "uid": "${datasource}"}] == []
    assert variables == [("datasource", "datasource")]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_parses_and_asks_only_for_metrics_that_are_declared(expression: str) -> None:
    known = {name for path in DECLARED_IN if path.exists() for name in declared(path)}
    # Prometheus makes `up` itself.
    known.add("up")

    assert asked_for(expression) - known == set()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_span_is_never_a_number_that_is_too_short_for_the_scrape_interval(expression: str) -> None:
    assert "[" not in expression.replace("[$__rate_interval]", "")


def test_the_sum_of_valence_is_never_asked_for_because_the_client_does_not_export_it() -> None:
    # prometheus-client leaves out the sum of a histogram with negative buckets: it would not only rise.
    assert "klankbord_valence_ratio_sum" not in FLOOR.read_text(encoding="utf-8")


def test_grafana_finds_the_dashboards_and_the_data_source_where_compose_puts_them() -> None:
    grafana = read_yaml(ROOT / "docker-compose.yml")["services"]["grafana"]
    provisioning = ROOT / "config" / "grafana" / "provisioning"

    provider = read_yaml(provisioning / "dashboards" / "klankbord.yaml")["providers"][0]
    source = read_yaml(provisioning / "datasources" / "prometheus.yaml")["datasources"][0]

    assert f"./config/grafana/dashboards:{provider['options']['path']}:ro" in grafana["volumes"]
    assert "./config/grafana/provisioning:/etc/grafana/provisioning:ro" in grafana["volumes"]
    assert grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == (
        f"{provider['options']['path']}/{FLOOR.name}"
    )
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")
