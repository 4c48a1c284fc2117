"""What each process declares in streams/metrics.py, as Prometheus names it."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Metric

from streams.metrics import MonitorMetrics, PublisherMetrics, WebMetrics, WorkerMetrics
from tests.deploy import ROOT, read_yaml

SUFFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_count", "_sum"),
    "info": ("_info",),
}
# prometheus-client leaves out the sum of a histogram with negative buckets: it would not only rise.
NO_SUM: Final = "klankbord_valence_ratio_sum"
RULES: Final = ROOT / "config" / "prometheus" / "rules"


@cache
def families() -> Mapping[str, tuple[Metric, ...]]:
    """The families of each process."""
    monitor, publisher = CollectorRegistry(), CollectorRegistry()
    for registry in (monitor, publisher):
        WorkerMetrics(registry, dict)
    MonitorMetrics(monitor)
    PublisherMetrics(publisher, rules=[], kinds=[])
    declared = {"monitor": monitor, "publisher": publisher, "web": WebMetrics().registry}
    return {process: tuple(registry.collect()) for process, registry in declared.items()}


@cache
def series() -> frozenset[str]:
    """The name of every series that is scraped, recorded by a rule, or made by Prometheus itself."""
    return frozenset({*_scraped(), *recorded(), "up"})


@cache
def recorded() -> frozenset[str]:
    """The name of every series that a rule records."""
    groups = read_yaml(RULES / "recording.yml")["groups"]
    return frozenset(rule["record"] for group in groups for rule in group["rules"])


def _scraped() -> Iterator[str]:
    for declared in families().values():
        for family in declared:
            yield from (name for suffix in SUFFIXES[family.type] if (name := family.name + suffix) != NO_SUM)
