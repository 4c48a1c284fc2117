"""The dashboards are what is described, in both languages, and every question in them asks for what there is."""

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from config.grafana.generate import DASHBOARDS, FOLDER, LANGUAGES, files, write
from config.grafana.panels import Dashboard, Panel, Words
from tests.deploy import ROOT, read_yaml
from tests.prometheus.declared import NO_SUM, series
from tests.prometheus.expressions import asked_for, of_panels

NAMES = sorted(files())
WRITTEN: dict[str, dict[str, Any]] = {name: json.loads(text) for name, text in files().items()}
CONFIG_MAP_BYTES = 1_000_000  # Kubernetes takes a little more in one ConfigMap


def panels(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = WRITTEN[name]["panels"]
    return found


def everything_in(part: object) -> Iterator[dict[str, Any]]:
    """Every mapping in a dashboard, at any depth."""
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from everything_in(value)
    elif isinstance(part, list):
        for value in part:
            yield from everything_in(value)


def words() -> Iterator[Words]:
    for dashboard in DASHBOARDS:
        yield dashboard.title
        for row in dashboard.rows:
            yield row.title
        for panel in dashboard.panels:
            yield from (panel.title, panel.says, *(question.legend for question in panel.queries))


def test_generating_again_changes_no_byte() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*")}

    assert committed == files(), "run `python -m config.grafana.generate` and look at the difference"


def test_what_is_described_no_more_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "of-old.json").write_text("{}")

    write(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES


def test_there_are_three_dashboards_in_two_languages() -> None:
    assert [dashboard.name for dashboard in DASHBOARDS] == ["floor", "pipeline", "trust"]
    assert LANGUAGES == ("en", "nl")


@pytest.mark.parametrize("name", NAMES)
def test_a_dashboard_keeps_its_address_and_the_classic_schema(name: str) -> None:
    dashboard, language = name.removesuffix(".json").split(".")

    assert WRITTEN[name]["uid"] == f"klankbord-{dashboard}-{language}"
    assert 39 <= WRITTEN[name]["schemaVersion"] <= 41
    assert "id" not in WRITTEN[name]


def test_every_word_is_there_in_both_languages_and_no_sentence_is_left_in_english() -> None:
    found = list(words())

    assert [one for one in found if not (one.en.strip() and one.nl.strip())] == []
    assert [one for one in found if one.en == one.nl and len(one.en.split()) > 3] == []


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one.name)
def test_a_line_stands_for_the_same_labels_in_both_languages(dashboard: Dashboard) -> None:
    def named(text: str) -> list[str]:
        return [part.partition("}}")[0] for part in text.split("{{")[1:]]

    for panel in dashboard.panels:
        assert [named(one.legend.en) for one in panel.queries] == [named(one.legend.nl) for one in panel.queries]


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_has_its_own_id_and_title(name: str) -> None:
    for field in ("id", "title"):
        values = [panel[field] for panel in panels(name)]
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_with_numbers_says_what_they_are(name: str) -> None:
    assert [panel["title"] for panel in panels(name) if panel["type"] != "row" and not panel["description"]] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_panel_lies_over_another_or_outside_the_grid(name: str) -> None:
    places = [panel["gridPos"] for panel in panels(name)]

    for a, b in combinations(places, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        below = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or below, (a, b)
    assert [place for place in places if place["x"] < 0 or place["x"] + place["w"] > 24] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_data_source_is_named_only_through_the_variable(name: str) -> None:
    named = [part["datasource"] for part in everything_in(WRITTEN[name]) if "datasource" in part]
    variables = [(variable["name"], variable["type"]) for variable in WRITTEN[name]["templating"]["list"]]

    assert named
    assert [source for source in named if source != {"type": "prometheus", "uid": "${datasource}"}] == []
    assert variables == [("datasource", "datasource")]


@pytest.mark.parametrize("name", of_panels())
def test_a_question_parses_and_asks_only_for_what_is_declared_or_recorded(name: str) -> None:
    assert asked_for(of_panels()[name]) - series() == set()


@pytest.mark.parametrize("name", of_panels())
def test_a_span_is_grafana_s_or_so_long_that_any_scrape_interval_fits(name: str) -> None:
    spans = [part.partition("]")[0] for part in of_panels()[name].split("[")[1:]]

    assert {span for span in spans if span not in ("$__rate_interval", "1h", "7d")} == set()


def test_the_sum_of_valence_is_never_asked_for_because_the_client_does_not_export_it() -> None:
    assert [name for name, question in of_panels().items() if NO_SUM in question] == []


def panel(name: str, start: str) -> Panel:
    (dashboard,) = (one for one in DASHBOARDS if one.name == name)
    return next(one for one in dashboard.panels if one.title.en.startswith(start))


@pytest.mark.parametrize("label", ["channel", "queue", "language"])
def test_the_floor_is_shown_beside_last_week_by_channel_queue_and_language(label: str) -> None:
    for start in (f"Effort by {label}", f"Negative words by {label}"):
        now, then = (question.expression for question in panel("floor", start).queries)

        assert f"sum by ({label})" in now
        assert then.replace(" offset 1w", "") == now != then


def test_grafana_finds_the_dashboards_and_the_data_source_where_compose_puts_them() -> None:
    grafana = read_yaml(ROOT / "docker-compose.yml")["services"]["grafana"]
    provisioning = ROOT / "config" / "grafana" / "provisioning"

    provider = read_yaml(provisioning / "dashboards" / "klankbord.yaml")["providers"][0]
    source = read_yaml(provisioning / "datasources" / "prometheus.yaml")["datasources"][0]

    assert f"./config/grafana/dashboards:{provider['options']['path']}:ro" in grafana["volumes"]
    assert "./config/grafana/provisioning:/etc/grafana/provisioning:ro" in grafana["volumes"]
    assert grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] in {
        f"{provider['options']['path']}/{name}" for name in NAMES
    }
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")


def test_kubernetes_gets_the_same_files_as_config_maps_that_fit() -> None:
    made = read_yaml(ROOT / "config" / "grafana" / "kustomization.yaml")

    held = {one["name"]: [Path(path).name for path in one["files"]] for one in made["configMapGenerator"]}

    assert sorted(name for names in held.values() for name in names) == NAMES
    assert made["generatorOptions"]["labels"] == {"grafana_dashboard": "1"}
    for names in held.values():
        assert sum((FOLDER / name).stat().st_size for name in names) < CONFIG_MAP_BYTES
