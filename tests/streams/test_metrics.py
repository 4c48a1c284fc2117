"""Every metric says what it is, in base units, with labels from small closed sets."""

from collections.abc import Iterator
from typing import get_args, get_type_hints

import pytest
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.samples import Sample

from klankbord.errors import Reason
from klankbord.events import Channel
from klankbord.policy import EMOTIONS, RULES
from klankbord.suggestions import SUGGESTIONS
from streams.forgetting import STEPS
from streams.metrics import (
    ACTIONS,
    LAG,
    LEFT_STEPS,
    OTHER,
    PULLED,
    MonitorMetrics,
    PublisherMetrics,
    WebMetrics,
    WorkerMetrics,
    count_reload,
)
from web.lives import Wish

LABELS = {
    "action",
    "answer",
    "cause",
    "emotion",
    "event",
    "limit",
    "mark",
    "page",
    "quantile",
    "queue",
    "topic",
    "channel",
    "type",
    "reason",
    "reason_group",
    "kind",
    "outcome",
    "step",
    "rule",
    "severity",
    "state",
    "language",
    "process",
    "version",
}
# What is no time: a score of 1 to 7 and a share.
UNITS = ("_seconds", "_score", "_ratio")


def _families() -> Iterator[Metric]:
    monitor, publisher = CollectorRegistry(), CollectorRegistry()
    counted = MonitorMetrics(monitor)
    counted.events.labels(Channel.CHAT, "utterance").inc()
    counted.of_floor(Channel.CHAT, "nl", None).count(effort=2.0, valence=0.5, emotions={})
    _publisher(publisher)
    yield from monitor.collect()
    yield from publisher.collect()
    pages = WebMetrics()
    pages.messages.labels("row").inc()
    pages.marks.labels("high_effort", "right").inc()
    yield from pages.registry.collect()
    workers = CollectorRegistry()
    WorkerMetrics(workers, lambda: {one: {one.labels: 1.0} for one in PULLED})
    yield from workers.collect()


def _publisher(registry: CollectorRegistry) -> PublisherMetrics:
    return PublisherMetrics(
        registry,
        rules=[(name, rule.severity) for name, rule in RULES.items()],
        kinds=[suggester.kind for suggester in SUGGESTIONS],
    )


FAMILIES = tuple(_families())


def _labels(samples: list[Sample]) -> set[str]:
    return {label for sample in samples for label in sample.labels} - {"le"}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_metric_is_ours_and_says_what_it_is(family: Metric) -> None:
    assert family.name.startswith("klankbord_")
    assert len(family.documentation.split()) >= 3


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_name_of_a_metric_ends_in_its_unit(family: Metric) -> None:
    names = {sample.name for sample in family.samples}

    if family.type == "counter":
        assert names <= {f"{family.name}_total", f"{family.name}_created"}
        assert f"{family.name}_total" in names
    elif family.type == "histogram":
        assert family.name.endswith(UNITS)
    else:
        assert not family.name.endswith("_total")
    assert not any(unit in family.name for unit in ("_ms", "_milli", "_minutes", "_percent"))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_metric_is_never_split_by_who_it_is_about(family: Metric) -> None:
    assert family.samples
    assert _labels(family.samples) <= LABELS


def test_both_processes_have_their_metrics_once() -> None:
    # What every process says of itself.
    shared = ("klankbord_build", "klankbord_configuration_", "klankbord_start_time_")
    names = [family.name for family in FAMILIES if not family.name.startswith(shared)]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_of_a_dead_letter_is_counted_from_the_start(reason: str) -> None:
    registry = CollectorRegistry()
    MonitorMetrics(registry)

    assert registry.get_sample_value("klankbord_dead_letters_total", {"reason": reason}) == 0.0


@pytest.mark.parametrize("kind", ["fence", "event_id"])
def test_both_kinds_of_duplicates_are_counted_from_the_start(kind: str) -> None:
    registry = CollectorRegistry()
    MonitorMetrics(registry)

    assert registry.get_sample_value("klankbord_duplicates_total", {"kind": kind}) == 0.0


@pytest.mark.parametrize("state", ["opened", "cleared"])
@pytest.mark.parametrize("rule", RULES)
def test_the_alerts_of_every_rule_are_counted_from_the_start(rule: str, state: str) -> None:
    registry = CollectorRegistry()
    _publisher(registry)

    labels = {"rule": rule, "severity": RULES[rule].severity, "state": state}
    assert registry.get_sample_value("klankbord_alerts_total", labels) == 0.0


@pytest.mark.parametrize("kind", [suggester.kind for suggester in SUGGESTIONS])
def test_the_suggestions_of_every_kind_are_counted_from_the_start(kind: str) -> None:
    registry = CollectorRegistry()
    _publisher(registry)

    assert registry.get_sample_value("klankbord_suggestions_total", {"kind": kind}) == 0.0


def test_the_histograms_of_time_tell_the_promise_from_its_breach() -> None:
    buckets = {
        float(sample.labels["le"])
        for family in FAMILIES
        if family.name.startswith("klankbord_event_to_")
        for sample in family.samples
        if sample.name.endswith("_bucket")
    }

    assert {0.1, 0.5} <= buckets


def test_a_file_that_is_refused_shows_until_it_is_put_right() -> None:
    registry = CollectorRegistry()
    metrics = MonitorMetrics(registry)

    shown = []
    for taken in (True, False, True):
        count_reload(metrics, taken)
        shown.append(registry.get_sample_value("klankbord_configuration_in_force"))

    assert shown == [1, 0, 1]
    counts = ("taken", 2), ("refused", 1)
    for outcome, count in counts:
        assert registry.get_sample_value("klankbord_configuration_reloads_total", {"outcome": outcome}) == count


def test_what_is_counted_of_what_is_over_is_what_happens_to_it() -> None:
    assert LEFT_STEPS == STEPS


def test_every_action_of_a_supervisor_is_counted() -> None:
    assert {*ACTIONS} == {*get_args(get_type_hints(Wish)["action"])}


def test_a_queue_is_told_apart_where_the_operator_listed_it() -> None:
    registry = CollectorRegistry()
    metrics = MonitorMetrics(registry, queues=("billing",))

    for queue in ("billing", "Mrs Jones, 06-12345678", None):
        metrics.of_floor(Channel.CHAT, None, queue).count(effort=2.0, valence=0.0, emotions={"anger": 0.7})

    counted = {
        sample.labels["queue"]: sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "klankbord_effort_score_count"
    }
    assert counted == {"billing": 1, OTHER: 2}


def test_an_emotion_that_was_not_heard_counts_as_nought() -> None:
    registry = CollectorRegistry()

    MonitorMetrics(registry).of_floor("chat", "nl", None).count(effort=2.0, valence=0.0, emotions={"anger": 0.7})

    labels = {"channel": "chat", "language": "nl", "queue": OTHER}
    for emotion, heard in ((emotion, 0.7 * (emotion == "anger")) for emotion in EMOTIONS):
        sum_ = registry.get_sample_value("klankbord_emotion_ratio_sum", {"emotion": emotion, **labels})
        assert sum_ == heard


def test_what_is_pulled_is_read_at_every_scrape_and_never_before() -> None:
    registry, looks = CollectorRegistry(), iter((1.0, 2.0))

    WorkerMetrics(registry, lambda: {LAG: {("chat.messages",): next(looks)}})

    for expected in (1.0, 2.0):
        assert registry.get_sample_value(LAG.name, {"topic": "chat.messages"}) == expected
