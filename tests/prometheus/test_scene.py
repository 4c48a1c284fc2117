"""After a replay through real processes: every metric is there and no other, and every question has an answer."""

import math
from collections.abc import Iterator, Mapping
from typing import Final, get_args

import pytest
import redis
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from config.grafana.generate import DASHBOARDS
from config.grafana.panels import SPAN, Dashboard, Panel
from klankbord.errors import Reason
from klankbord.events import Channel, Event
from klankbord.policy import EMOTIONS, Policy, rules_in_force
from klankbord.suggestions import SUGGESTIONS
from streams import wire
from streams.leaving import CAUSES
from streams.metrics import ACTIONS, ANSWERS, FAUST_SEND, FAUST_SENT, LEFT_STEPS, MARKS, OTHER, OUTCOMES, SUPPRESSED_WHY
from streams.player import bundled
from streams.watchdog import LIMITS
from tests.e2e.waiting import until
from tests.prometheus.declared import families
from tests.prometheus.expressions import answered, asked_for, of_panels, of_rules
from tests.prometheus.scene import SETTLED_S, Scene, scene

pytestmark = pytest.mark.e2e

PROCESSES: Final = ("monitor", "publisher", "web")
# Of one process, without the times at which counters were made, which Prometheus is told to drop. A monitor has some
# sixty for every channel, language and queue in which customers spoke.
MOST_SERIES: Final = {"monitor": 4_000, "publisher": 400, "web": 400}
POLICY: Final = Policy()
# The publisher writes nothing to Kafka.
NEVER_THERE: Final = {"publisher": {FAUST_SENT.name, FAUST_SEND.name}}
PAUSED_MS: Final = 15_000
UNANSWERED_S: Final = 10.0
# Slow enough that each replay is scraped several times, however fast the machine is.
SPEED: Final = 150.0
SEEN_S: Final = 5.0  # what is promised
EXPRESSIONS: Final = {**of_panels(), **of_rules()}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("scene"), speed=SPEED) as made:
        yield made


@pytest.fixture(scope="module")
def scraped(played: Scene) -> Mapping[str, tuple[Metric, ...]]:
    """What each process shows, without when its counters were made."""
    return {
        process: tuple(one for one in text_string_to_metric_families(page) if not one.name.endswith("_created"))
        for process, page in played.pages().items()
    }


def test_every_process_that_runs_is_looked_at(played: Scene) -> None:
    up = {target["labels"]["process"]: target["health"] for target in played.prometheus.targets()}

    assert set(played.live.processes) == set(PROCESSES) == set(families())
    assert up == dict.fromkeys(PROCESSES, "up")


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_shows_what_is_declared_and_nothing_else(
    scraped: Mapping[str, tuple[Metric, ...]], process: str
) -> None:
    declared = {(one.name, one.type, one.documentation) for one in families()[process]}
    # A gauge with "_info" is what an info is in this format.
    shown = {
        (one.name.removesuffix("_info"), "info" if one.name.endswith("_info") else one.type, one.documentation)
        for one in scraped[process]
    }

    assert shown == declared


@pytest.mark.parametrize("process", PROCESSES)
def test_every_metric_has_a_value_after_a_replay(scraped: Mapping[str, tuple[Metric, ...]], process: str) -> None:
    assert {one.name for one in scraped[process] if not one.samples} == NEVER_THERE.get(process, set())


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_has_no_more_series_than_it_may(scraped: Mapping[str, tuple[Metric, ...]], process: str) -> None:
    assert sum(len(one.samples) for one in scraped[process]) <= MOST_SERIES[process]


def closed() -> dict[str, set[str]]:
    """Every label with all that it may say."""
    rules = rules_in_force(POLICY)
    queues = {line.event.queue for line in bundled() if line.event is not None and line.event.queue}
    return {
        "action": {*ACTIONS},
        "answer": {*ANSWERS},
        "cause": {*CAUSES},
        "channel": {*Channel},
        "emotion": {*EMOTIONS},
        "event": {"snapshot", "health", "canary", "alert", "suppressed", "life", "row", "bye"},
        "kind": {"fence", "event_id", *(suggester.kind for suggester in SUGGESTIONS)},
        "language": {"nl", "en", "unknown"},
        "limit": {*LIMITS},
        "mark": {*MARKS},
        "outcome": {*OUTCOMES, "taken", "refused", "made", "failed", "event", "skipped"},
        "page": {"supervisor", "agent"},
        "process": {*PROCESSES},
        "quantile": {"0.5", "0.95"},
        "queue": {*queues, OTHER},
        "reason": {*get_args(Reason), *SUPPRESSED_WHY, *get_args(wire.Because)},
        "rule": {*rules},
        "severity": {rule.severity for rule in rules.values()},
        "state": {"opened", "cleared"},
        "step": {*LEFT_STEPS},
        "topic": {*wire.INPUTS, wire.OBSERVATIONS, wire.DEAD_LETTERS},
        "type": {kind.__struct_config__.tag for kind in get_args(Event)},
    }


@pytest.mark.parametrize("process", PROCESSES)
def test_a_label_says_one_of_a_few_things_and_never_who_or_what_was_said(
    scraped: Mapping[str, tuple[Metric, ...]], process: str
) -> None:
    known = closed()
    # Neither is of a contact: bounds of buckets, the first level of contact reasons in a file, a version.
    free = {"le", "reason_group", "version"}
    said = {
        (label, value)
        for one in scraped[process]
        for sample in one.samples
        for label, value in sample.labels.items()
        if label not in free
    }

    assert {(label, value) for label, value in said if value not in known.get(label, ())} == set()
    assert len(said) > 10


def test_nothing_waits_when_all_is_played(played: Scene) -> None:
    def idle() -> bool:
        lag = played.prometheus.now("topic:klankbord_consumer_lag_events:sum")
        return len(lag) == len(wire.INPUTS) + 1 and all(one.points[0][1] == 0 for one in lag)

    # A canary may just be on its way.
    until(idle, within_s=SETTLED_S, what="nothing waits")


@pytest.mark.parametrize("name", sorted(EXPRESSIONS))
def test_a_question_of_a_panel_or_a_rule_has_an_answer(played: Scene, name: str) -> None:
    expression = EXPRESSIONS[name]
    parts = list(answered(expression)) if name in of_rules() else [expression]

    def unanswered() -> list[str]:
        server = played.prometheus
        unknown = [series for series in asked_for(expression) if not server.now(f'{{__name__="{series}"}}')]
        values = {part: [one.points[0][1] for one in server.now(part.replace(SPAN, "1m"))] for part in parts}
        return [*unknown, *(part for part, found in values.items() if all(map(math.isnan, found)))]

    # A scrape may fail where the machine has others to work for; the next one does not.
    until(lambda: not unanswered(), within_s=UNANSWERED_S, what=f"Prometheus answers {unanswered()}")


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one.name)
def test_every_line_of_a_panel_has_the_labels_that_name_it(played: Scene, dashboard: Dashboard) -> None:
    def named(panel: Panel) -> Iterator[tuple[str, set[str], set[str]]]:
        for question in panel.queries:
            labels = {part.partition("}}")[0] for part in question.legend.en.split("{{")[1:]}
            for series in played.prometheus.now(question.expression.replace(SPAN, "1m")):
                yield panel.title.en, labels, set(series.labels)

    lines = [line for panel in dashboard.panels for line in named(panel)]

    assert len(lines) > len(dashboard.panels)
    assert [(title, labels - has) for title, labels, has in lines if labels - has] == []


def test_no_rule_fails(played: Scene) -> None:
    rules = played.prometheus.rules()

    assert {rule["name"] for rule in rules} == of_rules().keys()
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}


def test_nothing_is_called_broken_while_all_is_well(played: Scene) -> None:
    alarmed = {rule["name"] for rule in played.prometheus.rules() if rule.get("state") in ("pending", "firing")}

    # What the scene brings about: a record that is no event, supervisors who call one rule wrong, a rush of alerts,
    # and, where the machine has others to work for, events that are late because they come as fast as they can.
    brought_about = {"KlankbordDeadLetters", "KlankbordMistrusted", "KlankbordMuchSuppressed", "KlankbordPromiseBroken"}
    assert alarmed <= brought_about
    assert "KlankbordDeadLetters" in alarmed


def test_what_people_did_is_counted(played: Scene) -> None:
    done = played.prometheus.now('sum(klankbord_alert_actions_total{outcome="done"})')[0].points[0][1]
    marks = played.prometheus.now("sum(klankbord_alert_marks_total)")[0].points[0][1]
    late = played.prometheus.now('klankbord_alert_actions_total{action="acknowledge",outcome="conflict"}')
    answers = played.prometheus.now("sum by (answer) (klankbord_suggestion_answers_total)")

    assert done == marks > 0
    assert late[0].points[0][1] == 1
    assert all(one.points[0][1] > 0 for one in answers)


def test_what_came_from_kafka_and_what_went_there_is_faust_s_own_number(played: Scene) -> None:
    sent = played.prometheus.now('klankbord_faust_messages_sent_total{process="monitor"}')
    received = played.prometheus.now("klankbord_faust_messages_received_total")

    assert {one.labels["topic"] for one in received} == {*wire.INPUTS, wire.OBSERVATIONS}
    assert all(one.points[0][1] > 0 for one in received)
    assert {one.labels["topic"] for one in sent if one.points[0][1]} >= {wire.OBSERVATIONS, wire.DEAD_LETTERS}


# The last one: it leaves its marks on what the others look at.
def test_redis_that_does_not_answer_is_seen_and_so_is_what_waits_for_it(played: Scene) -> None:
    server = played.prometheus

    with redis.Redis.from_url(played.live.redis_url) as client:
        client.execute_command("CLIENT", "PAUSE", PAUSED_MS, "ALL")
        until(lambda: "\nklankbord_redis_up 0.0\n" in played.pages()["publisher"], within_s=SEEN_S, what="it is said")
        until(lambda: server.now("klankbord_redis_up == 0"), within_s=PAUSED_MS / 1000, what="Prometheus knows")
        until(lambda: server.now("klankbord_web_redis_up == 0"), within_s=PAUSED_MS / 1000, what="the pages say so")
        until(
            lambda: server.now(f'klankbord_oldest_event_age_seconds{{topic="{wire.OBSERVATIONS}"}} > 3'),
            within_s=PAUSED_MS / 1000,
            what="observations wait",
        )
        alarmed = {rule["name"] for rule in server.rules() if rule.get("state") in ("pending", "firing")}

    assert "KlankbordRedisAway" in alarmed
    assert server.now("klankbord_redis_retries_total > 0")
    until(lambda: server.now("klankbord_redis_up == 1"), within_s=SETTLED_S, what="it answers again")
    until(
        lambda: server.now(f'klankbord_consumer_lag_events{{topic="{wire.OBSERVATIONS}"}} == 0'),
        within_s=SETTLED_S,
        what="nothing waits any more",
    )
