"""deploy/kubernetes: every manifest fits its schema, and names only what the program has. No cluster ran it."""

import os
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
from ruamel.yaml import YAML

from config.settings import PREFIX, SECRETS, Settings, read_settings
from deploy.generate import DASHBOARDS, GENERATED, OVERLAYS, RENDERED, RULES, monitoring, rendered
from streams import permissions
from streams.app import AGENTS, create_monitor
from tests.deploy import ROOT, read_yaml
from web.security import SERVICE

SCHEMAS: Final = ("1.30", "1.37")  # the oldest and the newest that is tried
OURS: Final = ("topics", "monitor", "publisher", "web")
STAYING: Final = ("monitor", "publisher", "web")
OF_OPERATORS: Final = ("ServiceMonitor", "PrometheusRule")
HEALTH: Final = (ROOT / "streams" / "health.py").read_text()
PAGE: Final = (ROOT / "docs" / "kubernetes.md").read_text()

Manifest = Mapping[str, Any]
each_overlay = pytest.mark.parametrize("overlay", OVERLAYS)
each_process = pytest.mark.parametrize("process", OURS)
each_that_stays = pytest.mark.parametrize("process", STAYING)


@cache
def manifests(overlay: str) -> tuple[Manifest, ...]:
    return tuple(YAML(typ="safe").load_all(RENDERED / f"{overlay}.yaml"))


def of_kind(overlay: str, kind: str) -> list[Manifest]:
    return [made for made in manifests(overlay) if made["kind"] == kind]


def workload(overlay: str, process: str) -> Manifest:
    kinds = ("Job", "StatefulSet", "Deployment")
    (found,) = (m for m in manifests(overlay) if m["kind"] in kinds and m["metadata"]["name"] == f"klankbord-{process}")
    return found


def pod(overlay: str, process: str) -> Manifest:
    made: Manifest = workload(overlay, process)["spec"]["template"]["spec"]
    return made


def container(overlay: str, process: str) -> Manifest:
    (found,) = pod(overlay, process)["containers"]
    return dict(found)


def environment(overlay: str, process: str) -> dict[str, str]:
    """What the container gets, in the order in which Kubernetes lets one win over the other."""
    maps = {made["metadata"]["name"]: made["data"] for made in of_kind(overlay, "ConfigMap")}
    found: dict[str, str] = {}
    for source in container(overlay, process)["envFrom"]:
        found |= maps[source["configMapRef"]["name"]]
    for variable in container(overlay, process).get("env", ()):
        given = variable.get("value")
        if given is None:
            assert variable["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
            given = f"klankbord-{process}-0"
        found[variable["name"]] = given
    return found


def settings(overlay: str, process: str, secrets: Path) -> Settings:
    """The settings that the process would read, with some secret in each of its files."""
    given = environment(overlay, process)
    for name in given:
        if name.endswith("_FILE"):
            given[name] = str(secrets / name)
            Path(given[name]).write_text("secret")
    return read_settings(given)


@pytest.mark.parametrize("version", SCHEMAS)
@each_overlay
def test_every_manifest_fits_its_schema(overlay: str, version: str) -> None:
    native = [made for made in manifests(overlay) if made["kind"] not in OF_OPERATORS]

    assert len(native) >= 15
    for made in native:
        kubernetes_validate.validate(made, version, strict=True)


def test_what_is_rendered_is_what_the_overlays_say() -> None:
    if shutil.which("kubectl") is None:
        if os.environ.get("CI"):
            raise AssertionError("kubectl is not here")
        pytest.skip("kubectl is not here: whether deploy/kubernetes/rendered is new is not known")

    for overlay in OVERLAYS:
        assert (RENDERED / f"{overlay}.yaml").read_text() == rendered(overlay), "run `make manifests`"


def test_rules_and_dashboards_are_those_of_one_machine() -> None:
    assert GENERATED.read_text() == monitoring(), "run `make manifests`"

    made = list(YAML(typ="safe").load_all(GENERATED))
    boards = {name: text for one in made if one["kind"] == "ConfigMap" for name, text in one["data"].items()}
    rules = [one["spec"] for one in made if one["kind"] == "PrometheusRule"]
    assert boards == {path.name: path.read_text() for path in DASHBOARDS.glob("*.json")}
    assert boards
    assert rules == [read_yaml(path) for path in sorted(RULES.glob("*.yml"))]


@each_overlay
@each_process
def test_the_process_takes_its_settings(overlay: str, process: str, tmp_path: Path) -> None:
    made = settings(overlay, process, tmp_path)

    assert made.host == "0.0.0.0"
    assert str(made.data_dir).startswith("/tmp/")
    if overlay == "production":
        assert made.replication_factor == 3
        assert made.redis_url.startswith("rediss://")


@each_overlay
@each_process
def test_every_variable_is_a_setting_and_no_secret_is_among_them(overlay: str, process: str) -> None:
    fields = {PREFIX + name.upper() for name in Settings.model_fields}
    secrets = {PREFIX + name.upper() for name in SECRETS}

    assert environment(overlay, process).keys() - fields - {f"{name}_FILE" for name in secrets} == set()
    assert environment(overlay, process).keys() & secrets == set()


@each_process
def test_in_production_each_process_is_a_user_of_its_own_with_a_list(process: str, tmp_path: Path) -> None:
    made = settings("production", process, tmp_path)

    asks_kafka, asks_redis = process in permissions.KAFKA, process in permissions.REDIS
    assert made.broker_security == ("SASL_SSL" if asks_kafka else "PLAINTEXT")
    assert made.broker_user == (permissions.PREFIX + process if asks_kafka else "")
    assert made.redis_user == (permissions.PREFIX + process if asks_redis else "")


@each_process
def test_what_a_setting_names_as_a_file_lies_in_a_folder_that_is_mounted(process: str) -> None:
    mounted = [mount["mountPath"] for mount in container("production", process)["volumeMounts"]]
    files = [v for v in environment("production", process).values() if v.startswith("/etc/klankbord/")]

    assert files
    assert [path for path in files if str(Path(path).parent) not in mounted] == []


@each_overlay
@each_process
def test_image_command_and_user_are_those_of_the_image(overlay: str, process: str) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    compose = read_yaml(ROOT / "docker-compose.yml")["services"][process]
    made = container(overlay, process)

    assert made["image"] == f"klankbord:{version}"
    assert made["command"] == compose["command"]
    if process in AGENTS:
        assert made["command"][4] == f"streams.app:{process}"
    who = pod(overlay, process)["securityContext"]
    assert f"USER {who['runAsUser']}:{who['runAsGroup']}" in (ROOT / "Dockerfile").read_text()


@each_overlay
@each_process
def test_a_process_can_write_nothing_but_tmp_and_has_no_privileges(overlay: str, process: str) -> None:
    made, around = container(overlay, process), pod(overlay, process)

    assert made["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert around["securityContext"]["runAsNonRoot"] is True
    assert around["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert around["automountServiceAccountToken"] is False
    writable = [mount["mountPath"] for mount in made["volumeMounts"] if not mount.get("readOnly")]
    assert writable == ["/tmp"]


@each_overlay
@each_process
def test_kubernetes_adds_no_variables_of_services_which_would_be_read_as_settings(overlay: str, process: str) -> None:
    assert pod(overlay, process)["enableServiceLinks"] is False


@each_overlay
@each_that_stays
def test_probes_and_services_ask_the_port_that_the_process_listens_on(
    overlay: str, process: str, tmp_path: Path
) -> None:
    made = container(overlay, process)
    (port,) = made["ports"]
    (service,) = (s for s in of_kind(overlay, "Service") if s["metadata"]["name"] == f"klankbord-{process}")
    probes = {kind: made[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}

    assert port["containerPort"] == getattr(settings(overlay, process, tmp_path), f"{process}_port")
    assert {probe["port"] for probe in probes.values()} == {port["name"]}
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    assert (probes["startup"]["path"], probes["liveness"]["path"], probes["readiness"]["path"]) == (
        *("/livez", "/livez"),
        "/readyz",
    )
    assert all(probe["path"] in SERVICE and probe["path"] in HEALTH for probe in probes.values())


@each_overlay
@each_that_stays
def test_a_process_has_as_long_to_end_as_on_one_machine(overlay: str, process: str) -> None:
    compose = read_yaml(ROOT / "docker-compose.yml")["services"][process]["stop_grace_period"]

    assert f"{pod(overlay, process)['terminationGracePeriodSeconds']}s" == compose


@each_overlay
@pytest.mark.parametrize("process", ["monitor", "publisher"])
def test_a_worker_is_a_static_member_of_its_group_by_its_ordinal(overlay: str, process: str, tmp_path: Path) -> None:
    made = settings(overlay, process, tmp_path)
    plain = Settings(broker="none:1", redis_url="redis://none:1", instance=made.instance, data_dir=tmp_path)

    assert workload(overlay, process)["kind"] == "StatefulSet"
    assert made.instance == f"klankbord-{process}-0"
    assert create_monitor(plain).conf.consumer_group_instance_id == f"monitor-{made.instance}"


@each_overlay
@each_that_stays
def test_of_each_process_one_pod_at_a_time_may_be_taken_away(overlay: str, process: str) -> None:
    labels = workload(overlay, process)["spec"]["template"]["metadata"]["labels"]
    budgets = [
        budget["spec"]["maxUnavailable"]
        for budget in of_kind(overlay, "PodDisruptionBudget")
        if budget["spec"]["selector"]["matchLabels"].items() <= labels.items()
    ]

    assert budgets == [1]


def egress(overlay: str, process: str) -> Iterator[int]:
    labels = workload(overlay, process)["spec"]["template"]["metadata"]["labels"]
    for policy in of_kind(overlay, "NetworkPolicy"):
        if policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items():
            yield from (port["port"] for rule in policy["spec"].get("egress", ()) for port in rule["ports"])


@each_overlay
@each_process
def test_a_process_may_reach_its_own_servers_and_nobody_elses(overlay: str, process: str, tmp_path: Path) -> None:
    made = settings(overlay, process, tmp_path)
    kafka = {int(server.rpartition(":")[2]) for server in made.broker.split(",")}
    redis = {int(re.findall(r":(\d+)/", made.redis_url)[0])}
    wanted = (
        {53} | (kafka if process in permissions.KAFKA else set()) | (redis if process in permissions.REDIS else set())
    )

    assert set(egress(overlay, process)) == wanted | ({443} if process == "web" else set())


def test_the_operator_of_prometheus_scrapes_what_one_machine_scrapes() -> None:
    (monitor,) = of_kind("production", "ServiceMonitor")
    (endpoint,) = monitor["spec"]["endpoints"]
    config = read_yaml(ROOT / "config" / "prometheus" / "prometheus.yml")
    services = {s["metadata"]["labels"]["app.kubernetes.io/component"]: s for s in of_kind("production", "Service")}

    assert services.keys() == set(STAYING)
    for service in services.values():
        assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
        assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
    assert endpoint["path"] in SERVICE
    job, every = config["scrape_configs"][0], config["global"]
    assert (endpoint["interval"], endpoint["scrapeTimeout"]) == (every["scrape_interval"], every["scrape_timeout"])
    assert endpoint["honorLabels"] is job["honor_labels"]
    assert [
        {"source_labels": one["sourceLabels"], "regex": one["regex"], "action": one["action"]}
        for one in endpoint["metricRelabelings"]
    ] == job["metric_relabel_configs"]
    (named,) = {one["targetLabel"] for one in endpoint["relabelings"]}
    assert {named} == {label for entry in job["static_configs"] for label in entry["labels"]}
    (named,) = {service["metadata"]["labels"][monitor["spec"]["jobLabel"]] for service in services.values()}
    assert named == job["job_name"]


@each_overlay
def test_no_secret_is_in_the_manifests_and_what_has_to_be_made_is_told(overlay: str) -> None:
    assert of_kind(overlay, "Secret") == []
    made = {one["metadata"]["name"] for one in of_kind(overlay, "ConfigMap")}
    asked = set()
    for process in OURS:
        for volume in pod(overlay, process)["volumes"]:
            asked |= {volume.get("secret", {}).get("secretName"), volume.get("configMap", {}).get("name")}
    assert [name for name in asked - {None} - made if f"`{name}`" not in PAGE] == []


def test_the_page_says_that_no_cluster_ran_it() -> None:
    assert "Not run: rendered with kubectl and validated with kubernetes-validate only" in PAGE
