"""The files of Prometheus and Alertmanager by their own programs, for `make check`: `python -m tests.prometheus`."""

import subprocess
import sys
from typing import Final

from klankbord.errors import KlankbordError
from tests.deploy import ROOT
from tests.prometheus.programs import program

CHECKS: Final = (
    ("promtool", "check", "config", "config/prometheus/prometheus.yml"),
    ("promtool", "check", "rules", "config/prometheus/rules/recording.yml", "config/prometheus/rules/alerts.yml"),
    ("promtool", "test", "rules", "tests/prometheus/rules.test.yml"),
    ("amtool", "check-config", "config/alertmanager/alertmanager.yml"),
)


def main() -> int:
    """Run all of them; 1 if one of them found something."""
    failed = 0
    for name, *arguments in CHECKS:
        ran = subprocess.run([program(name), *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        if ran.returncode:
            failed = 1
            sys.stdout.write(f"{' '.join([name, *arguments])}\n{ran.stdout}{ran.stderr}")
    return failed


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KlankbordError as error:
        sys.exit(f"klankbord: {error}")
