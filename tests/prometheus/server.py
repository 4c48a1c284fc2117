"""A Prometheus with the shipped configuration and rules, on loopback, that asks processes started by a test."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from klankbord.errors import KlankbordError
from streams import embedded
from tests.deploy import ROOT, read_yaml
from tests.prometheus.programs import program

CONFIG: Final = ROOT / "config" / "prometheus"
READY_S: Final = 30.0
STOP_S: Final = 10.0
PORTS_TRIED: Final = 5
POLL_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Series:
    """One line of an answer: its labels, and its points as (seconds since 1970, value)."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that runs."""

    url: str

    def now(self, expression: str) -> list[Series]:
        """What `expression` is at this moment."""
        found = self._asked("query", {"query": expression})["result"]
        return [Series(one["metric"], _points([one["value"]])) for one in found]

    def between(self, expression: str, *, start_s: float, end_s: float, step_s: float) -> list[Series]:
        """What `expression` was."""
        asked: dict[str, str | float] = {"query": expression, "start": start_s, "end": end_s, "step": step_s}
        return [Series(one["metric"], _points(one["values"])) for one in self._asked("query_range", asked)["result"]]

    def rules(self) -> list[dict[str, Any]]:
        """Every rule, with how it is."""
        return [rule for group in self._asked("rules", {})["groups"] for rule in group["rules"]]

    def targets(self) -> list[dict[str, Any]]:
        """Every target, with how it is."""
        found: list[dict[str, Any]] = self._asked("targets", {})["activeTargets"]
        return found

    def _asked(self, what: str, given: Mapping[str, str | float]) -> Any:
        # The environment may name a proxy, and it does not know our loopback.
        answer = httpx.get(f"{self.url}/api/v1/{what}", params=given, timeout=30, trust_env=False).json()
        if answer["status"] != "success":
            raise KlankbordError(f"{given.get('query', what)}: {answer['error']}")
        return answer["data"]


@contextmanager
def prometheus(directory: Path, targets: Mapping[str, str], *, every_s: float, past: str = "") -> Iterator[Prometheus]:
    """One that scrapes `targets` (process to host:port) every `every_s`; `past` is what it knew before, OpenMetrics."""
    directory.mkdir(parents=True)
    data, config, log = directory / "data", directory / "prometheus.yml", directory / "prometheus.log"
    config.write_text(json.dumps(configured(targets, every_s=every_s)), encoding="utf-8")
    if past:
        _write_past(directory / "past.txt", past, data)
    with _started(config, data, log) as url:
        yield Prometheus(url)


def configured(targets: Mapping[str, str], *, every_s: float) -> dict[str, Any]:
    """The shipped configuration with other addresses and other intervals, and nothing else."""
    shipped: dict[str, Any] = json.loads(json.dumps(read_yaml(CONFIG / "prometheus.yml")))
    interval = f"{round(every_s * 1000)}ms"
    shipped["global"] = {
        "scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval,
    }  # fmt: skip
    shipped["rule_files"] = [str(CONFIG / path) for path in shipped["rule_files"]]
    (job,) = shipped["scrape_configs"]
    for entry in job["static_configs"]:
        entry["targets"] = [targets[entry["labels"]["process"]]]
    return shipped


def _write_past(file: Path, past: str, data: Path) -> None:
    file.write_text(past, encoding="utf-8")
    command = [program("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(file), str(data)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if ran.returncode:
        raise KlankbordError(f"promtool could not write the past: {ran.stdout}{ran.stderr}")


@contextmanager
def _started(config: Path, data: Path, log: Path) -> Iterator[str]:
    for _, port in zip(range(PORTS_TRIED), embedded.free_ports(), strict=False):
        address = f"{embedded.HOST}:{port}"
        command = (
            *(program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={data}"),
            f"--web.listen-address={address}",
        )
        process = embedded.child(command, log=log)
        try:
            if _ready(process, f"http://{address}"):
                yield f"http://{address}"
                return
        finally:
            embedded.stop((process,), patience_s=STOP_S)
    raise KlankbordError("\n".join(["prometheus ended; it said last:", *log.read_text().splitlines()[-10:]]))


def _ready(process: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + READY_S
    while process.poll() is None:
        try:
            if httpx.get(f"{url}/-/ready", timeout=1, trust_env=False).status_code == 200:
                return True
        except httpx.TransportError:
            pass
        if time.monotonic() > deadline:
            raise KlankbordError(f"prometheus is not ready after {READY_S:g} s")
        time.sleep(POLL_S)
    return False


def _points(pairs: Sequence[tuple[float, str]]) -> tuple[tuple[float, float], ...]:
    return tuple((float(at), float(value)) for at, value in pairs)
