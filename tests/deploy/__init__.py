"""What an operator starts from: the files for containers, Prometheus and Grafana."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


# YAML has no types of its own; a test names the shape it relies on by failing.
def read_yaml(path: Path) -> Mapping[str, Any]:
    """The content of a YAML file, as a mapping."""
    content: Mapping[str, Any] = YAML(typ="safe").load(path)
    return content
