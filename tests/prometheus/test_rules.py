"""The rules: every alert has its words in two languages, its page of the runbook, and a test of its numbers."""

import re
import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from config.grafana.generate import DASHBOARDS
from config.settings import Settings
from tests.deploy import ROOT, read_yaml
from tests.docs.test_pages import anchors
from tests.prometheus import programs
from tests.prometheus.declared import RULES, SUFFIXES, families, recorded, series
from tests.prometheus.expressions import asked_for, of_panels, of_rules
from tests.prometheus.programs import Missing

ALERTS: Final[dict[str, dict[str, Any]]] = {
    rule["alert"]: dict(rule) for group in read_yaml(RULES / "alerts.yml")["groups"] for rule in group["rules"]
}
SUFFIX: Final = {"en": "", "nl": "_nl"}
SEVERITIES: Final = {"critical", "warning", "info"}
# level:metric:operations
RECORDED: Final = re.compile(r"[a-z_]+:[a-z0-9_]+:[a-z0-9_]+")
UNITS: Final = {"h": 3600, "m": 60, "s": 1}
TESTS: Final = read_yaml(Path(__file__).parent / "rules.test.yml")


def seconds(written: str) -> int:
    """A span as promtool reads it."""
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([hms])", written))


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_it_is_after_how_long_and_where_to_read_on(name: str) -> None:
    rule = ALERTS[name]

    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in SEVERITIES
    assert re.fullmatch(r"[1-9]\d*[smh]", rule["for"])
    assert set(rule["annotations"]) == {
        f"{what}{suffix}" for what in ("summary", "runbook_url") for suffix in SUFFIX.values()
    }


@pytest.mark.parametrize("language", SUFFIX)
@pytest.mark.parametrize("name", ALERTS)
def test_the_page_of_the_runbook_is_there(name: str, language: str) -> None:
    path, _, anchor = ALERTS[name]["annotations"][f"runbook_url{SUFFIX[language]}"].partition("#")

    assert path == f"docs/runbook.{language}.md"
    assert anchor in anchors(ROOT / path)
    assert anchor == name.lower()


@pytest.mark.parametrize("language", SUFFIX)
def test_the_runbook_is_about_alerts_that_there_are(language: str) -> None:
    text = (ROOT / "docs" / f"runbook.{language}.md").read_text(encoding="utf-8")

    assert re.findall(r"^## (Klankbord\w+)$", text, re.MULTILINE) == list(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_is_tested_quiet_up_to_its_moment_and_then_firing(name: str) -> None:
    (test,) = (one for one in TESTS["tests"] if one["name"] == name)
    asked = [one for one in test["alert_rule_test"] if one["alertname"] == name]

    for before, after in zip(asked[::2], asked[1::2], strict=True):
        assert "exp_alerts" not in before
        assert seconds(after["eval_time"]) - seconds(before["eval_time"]) == seconds(TESTS["evaluation_interval"])
        for expected in after["exp_alerts"]:
            assert set(expected["exp_annotations"]) == set(ALERTS[name]["annotations"])


def test_the_processes_of_the_tests_say_what_they_are_made_to_say() -> None:
    given = [one["series"] for test in TESTS["tests"] for one in test["input_series"]]
    said = {(*re.findall(r'process="(\w+)"', one), one.partition("{")[0]) for one in given if "process=" in one}

    shown = {
        (process, family.name + suffix)
        for process, declared in families().items()
        for family in declared
        for suffix in SUFFIXES[family.type]
    }
    assert {(process, name) for process, name in said if name != "up"} - shown == set()


def test_what_is_recorded_comes_before_what_asks_for_it() -> None:
    groups = [group["name"] for file in ("recording", "alerts") for group in read_yaml(RULES / f"{file}.yml")["groups"]]

    assert TESTS["group_eval_order"] == groups


@pytest.mark.parametrize("name", sorted(recorded()))
def test_what_is_recorded_looks_back_as_far_as_its_name_says(name: str) -> None:
    said = re.findall(r"_(\d+[mhd])$", name)

    assert set(re.findall(r"\[(\w+)\]", of_rules()[name])) == {*said}


def test_what_is_recorded_says_its_level_its_metric_and_its_operation() -> None:
    assert [name for name in recorded() if not RECORDED.fullmatch(name)] == []


@pytest.mark.parametrize("name", of_rules())
def test_a_rule_asks_only_for_what_is_declared_or_recorded(name: str) -> None:
    assert asked_for(of_rules()[name]) - series() == set()


def test_everything_recorded_is_asked_for() -> None:
    asked = {name for expression in (*of_panels().values(), *of_rules().values()) for name in asked_for(expression)}
    assert recorded() - asked == set()


def test_a_limit_is_that_of_the_settings_and_of_the_panel_that_shows_it() -> None:
    blind_s = Settings.model_fields["canary_blind_s"].default
    limits = {panel.title.en: panel.limit for dashboard in DASHBOARDS for panel in dashboard.panels}

    def limit(name: str) -> float:
        return float(of_rules()[name].split(">")[1])

    assert limits["Age of the canary"] == limit("KlankbordBlind") == blind_s
    assert limits["Oldest event that waits, by topic"] == limit("KlankbordLag")
    assert limits["From event to page"] == limit("KlankbordPromiseBroken")


def test_the_rules_are_where_compose_mounts_them() -> None:
    prometheus = read_yaml(ROOT / "docker-compose.yml")["services"]["prometheus"]
    config = read_yaml(ROOT / "config" / "prometheus" / "prometheus.yml")

    assert "./config/prometheus:/etc/prometheus:ro" in prometheus["volumes"]
    assert config["rule_files"] == ["rules/*.yml"]


def test_without_the_programs_and_without_debian_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(Missing, match="put the three on the path"):
        programs._unpacked()


def test_a_download_that_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(programs, "FETCHED_WITH", ())
    (tmp_path / "apt-get").write_text("#!/bin/sh\necho no network; exit 100\n")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    with pytest.raises(Missing, match="no network"):
        programs._unpacked()

    assert list((tmp_path / "klankbord").iterdir()) == []
