"""Write what is made of other files in deploy/kubernetes: `python -m deploy.generate`, which `make manifests` does."""

import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

ROOT: Final = Path(__file__).parents[1]
KUBERNETES: Final = ROOT / "deploy" / "kubernetes"
# What Prometheus and Grafana read on one machine is what their operators are given in a cluster.
RULES: Final = ROOT / "config" / "prometheus" / "rules"
DASHBOARDS: Final = ROOT / "config" / "grafana" / "dashboards"
GENERATED: Final = KUBERNETES / "monitoring" / "generated.yaml"
RENDERED: Final = KUBERNETES / "rendered"
OVERLAYS: Final = ("trial", "production")
SAYS: Final = "# Made by `make manifests`; change what it is made of.\n"


def monitoring() -> str:
    """A PrometheusRule for each file of rules, and a ConfigMap for each dashboard."""
    yaml, text = YAML(), StringIO()
    yaml.default_flow_style = False
    yaml.width = 4096
    made = [_rule(path) for path in sorted(RULES.glob("*.yml"))] + [
        _map(path) for path in sorted(DASHBOARDS.glob("*.json"))
    ]
    yaml.dump_all(made, text)
    return SAYS + text.getvalue()


def rendered(overlay: str) -> str:
    """What `kubectl apply -k` would send for an overlay; FileNotFoundError where there is no kubectl."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise FileNotFoundError("kubectl is not here: it renders the overlays of deploy/kubernetes")
    command = [kubectl, "kustomize", str(KUBERNETES / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise ValueError(done.stderr)
    return SAYS + done.stdout


def _rule(path: Path) -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": f"klankbord-{path.stem}", "labels": {"app.kubernetes.io/name": "klankbord"}},
        "spec": YAML(typ="safe").load(path),
    }


def _map(path: Path) -> dict[str, Any]:
    name = path.stem.replace(".", "-")
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"klankbord-dashboard-{name}", "labels": {"grafana_dashboard": "1"}},
        "data": {path.name: LiteralScalarString(path.read_text(encoding="utf-8"))},
    }


def main() -> None:
    """Write the monitoring component, then every overlay."""
    GENERATED.write_text(monitoring(), encoding="utf-8")
    RENDERED.mkdir(exist_ok=True)
    for overlay in OVERLAYS:
        (RENDERED / f"{overlay}.yaml").write_text(rendered(overlay), encoding="utf-8")
    sys.stdout.write(f"wrote {GENERATED.relative_to(ROOT)} and {', '.join(OVERLAYS)} in {RENDERED.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
