"""docker-compose.yml: it fits the schema, listens on loopback, and its settings are ours."""

import json
import re
import tomllib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

# jsonschema ships no types
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from config.settings import PREFIX, Settings, read_settings
from tests.deploy import ROOT, read_yaml

COMPOSE = read_yaml(ROOT / "docker-compose.yml")
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
OURS = ("topics", "monitor", "publisher", "web")
ENVIRONMENTS = {
    name: {k: v for k, v in service["environment"].items() if k.startswith(PREFIX)}
    for name, service in SERVICES.items()
    if name in OURS
}


def test_the_file_fits_the_schema_of_compose() -> None:
    # The schema that check-jsonschema calls vendor.compose-spec. Its command line cannot be called from here:
    # it needs click 8.4, and Faust allows none above 8.3.
    package = find_spec("check_jsonschema")
    assert package is not None
    assert package.origin is not None
    schema = json.loads((Path(package.origin).parent / "builtin_schemas/vendor/compose-spec.json").read_text())

    mistakes = [f"{error.json_path}: {error.message}" for error in Draft7Validator(schema).iter_errors(COMPOSE)]

    assert mistakes == []


def test_every_service_has_an_image_with_a_version() -> None:
    versions = {name: service["image"].rpartition(":")[2] for name, service in SERVICES.items()}

    assert [name for name, version in versions.items() if not re.fullmatch(r"v?\d+\.\d+\.\d+", version)] == []


def test_our_image_carries_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert {SERVICES[name]["image"] for name in OURS} == {f"klankbord:{project['version']}"}


def test_every_port_on_the_host_is_on_its_loopback() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]

    assert published
    assert [port for port in published if not re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)] == []


def test_no_port_of_the_host_is_taken_twice() -> None:
    published = [port.split(":")[1] for service in SERVICES.values() for port in service.get("ports", ())]

    assert len(set(published)) == len(published)


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_ours_is_a_setting_and_its_value_is_taken(name: str) -> None:
    settings = read_settings(ENVIRONMENTS[name])

    assert settings.host == "0.0.0.0"
    assert settings.broker == "kafka:9092"
    assert settings.redis_url == "redis://valkey:6379/0"


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_text_because_compose_and_yaml_read_bare_values_differently(name: str) -> None:
    assert [k for k, v in SERVICES[name]["environment"].items() if not isinstance(v, str)] == []


def test_no_other_variable_in_the_files_has_our_prefix() -> None:
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    files = ("docker-compose.yml", "Dockerfile", "docs/docker.md")

    named = {name for file in files for name in re.findall(rf"\b{PREFIX}[A-Z_]+\b", (ROOT / file).read_text())}

    assert named - known == set()


@pytest.mark.parametrize("name", ["monitor", "publisher", "web"])
def test_the_health_check_asks_the_port_that_the_process_listens_on(name: str) -> None:
    settings = read_settings(ENVIRONMENTS[name])

    assert SERVICES[name]["environment"]["HEALTH_PORT"] == str(getattr(settings, f"{name}_port"))
    assert "/readyz" in SERVICES[name]["healthcheck"]["test"][-1]


def test_every_service_that_stays_has_a_health_check_and_comes_back() -> None:
    staying = {name: service for name, service in SERVICES.items() if name != "topics"}

    assert [name for name, service in staying.items() if "test" not in service.get("healthcheck", {})] == []
    assert {service["restart"] for service in staying.values()} == {"unless-stopped"}


def test_every_service_has_time_to_stop() -> None:
    assert [name for name, service in SERVICES.items() if "stop_grace_period" not in service] == []


@pytest.mark.parametrize("name", OURS)
def test_our_processes_can_write_nothing_but_tmp_and_have_no_privileges(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [mount.partition(":")[0] for mount in service["tmpfs"]] == ["/tmp"]
    assert "volumes" not in service
    assert "privileged" not in service


def test_workers_start_when_the_topics_are_there() -> None:
    for name in ("monitor", "publisher"):
        assert SERVICES[name]["depends_on"]["topics"] == {"condition": "service_completed_successfully"}
    assert SERVICES["topics"]["depends_on"]["kafka"] == {"condition": "service_healthy"}


def test_the_monitor_scores_without_redis() -> None:
    assert "valkey" not in SERVICES["monitor"]["depends_on"]


def test_kafka_tells_each_side_an_address_it_can_reach() -> None:
    advertised = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")

    assert advertised == ["INSIDE://kafka:9092", "HOST://127.0.0.1:29092"]
    assert "127.0.0.1:29092:29092" in SERVICES["kafka"]["ports"]


def test_a_misspelt_topic_is_not_created() -> None:
    assert SERVICES["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_every_folder_that_is_mounted_exists() -> None:
    mounted = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", ())]

    assert [path for path in mounted if path.startswith("./") and not (ROOT / path).is_dir()] == []
    assert {name for name in mounted if not name.startswith("./")} == set(COMPOSE["volumes"])


def test_the_pages_want_a_login_and_are_not_told_by_the_file_whose() -> None:
    settings = read_settings(ENVIRONMENTS["web"])

    assert settings.login == "token"
    assert settings.token_issuer.startswith("${KLANKBORD_TOKEN_ISSUER:?")
    assert settings.token_keys.startswith("${KLANKBORD_TOKEN_KEYS:?")


def test_the_file_holds_no_secret() -> None:
    text = (ROOT / "docker-compose.yml").read_text()

    named = re.findall(r"(?im)^\s*[A-Z_]*(?:PASSWORD|SECRET|TOKEN|CREDENTIAL)[A-Z_]*\s*:.*$", text)

    # Whose tokens are believed, and with which public keys, is no secret.
    assert [line for line in named if not re.match(r"\s*KLANKBORD_TOKEN_(ISSUER|AUDIENCE|KEYS):", line)] == []
    assert re.findall(r"://[^/\s]*:[^/\s]*@", text) == []
