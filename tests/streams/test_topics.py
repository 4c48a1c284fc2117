"""The topic plan, and that a cluster can be brought to it and compared with it."""

import gc
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from klankbord.errors import InvalidConfiguration
from streams import embedded, topics, wire
from streams.topics import BrokerUnavailable, create, drift, plan

PLAN = plan(partitions=4, replication_factor=1)
BY_NAME = {topic.name: topic for topic in PLAN}


@pytest.fixture
def empty_broker(tmp_path: Path) -> Iterator[str]:
    with embedded.broker(tmp_path) as bootstrap_servers:
        yield bootstrap_servers


def test_the_plan_has_the_four_topics_of_the_wire() -> None:
    assert set(BY_NAME) == {wire.CHAT_MESSAGES, wire.CALL_TRANSCRIPTS, wire.OBSERVATIONS, wire.DEAD_LETTERS}


def test_a_conversation_stays_in_its_partition_from_input_to_observation() -> None:
    inputs = BY_NAME[wire.CHAT_MESSAGES].partitions, BY_NAME[wire.CALL_TRANSCRIPTS].partitions

    assert {*inputs, BY_NAME[wire.OBSERVATIONS].partitions} == {4}


def test_what_customers_said_is_kept_for_a_day_and_what_was_observed_is_compacted() -> None:
    assert BY_NAME[wire.CHAT_MESSAGES].settings() == {
        "cleanup.policy": "delete",
        "retention.ms": "86400000",
        "segment.ms": "3600000",
        "max.message.bytes": "524288",
        "compression.type": "uncompressed",
        "min.insync.replicas": "1",
    }
    assert BY_NAME[wire.OBSERVATIONS].settings() == {
        "cleanup.policy": "compact",
        "min.compaction.lag.ms": "120000",
        "max.compaction.lag.ms": "3600000",
        "segment.ms": "30000",
        "min.cleanable.dirty.ratio": "0.1",
        "delete.retention.ms": "604800000",
        "message.timestamp.before.max.ms": "7000",
        "max.message.bytes": "1048576",
        "min.insync.replicas": "1",
    }


@pytest.mark.parametrize(
    ("replication_factor", "in_sync"),
    [pytest.param(1, "1", id="demo"), pytest.param(2, "1", id="pair"), pytest.param(3, "2", id="production")],
)
def test_one_replica_may_be_away(replication_factor: int, in_sync: str) -> None:
    planned = plan(partitions=4, replication_factor=replication_factor)

    assert {topic.settings()["min.insync.replicas"] for topic in planned} == {in_sync}


def test_creating_twice_creates_once(empty_broker: str) -> None:
    assert set(create(empty_broker, PLAN)) == set(BY_NAME)
    assert create(empty_broker, PLAN) == ()
    assert drift(empty_broker, PLAN) == ()


def test_only_what_is_missing_is_created(empty_broker: str) -> None:
    create(empty_broker, PLAN[:1])

    assert create(empty_broker, PLAN) == tuple(topic.name for topic in PLAN[1:])


def test_drift_names_what_is_missing_and_what_differs(empty_broker: str) -> None:
    chat, calls, observations, _ = PLAN
    longer = {**observations.configs, "max.compaction.lag.ms": "9223372036854775807", "delete.retention.ms": "1"}
    kept = replace(observations, cleanup_policy="delete", configs=longer)
    create(empty_broker, (chat, replace(calls, partitions=2), kept))

    assert drift(empty_broker, PLAN) == (
        "partitions must be equal, and chat.messages has 4, call.transcripts has 2, conversation.observations has 4: "
        "drain what differs, delete it, and klankbord topics create",
        "topic call.transcripts has 2 partitions, the plan says 4: "
        "set KLANKBORD_PARTITIONS=2, or drain the topic and make it anew",
        "topic conversation.observations has cleanup.policy=delete, the plan says compact: "
        "kafka-configs.sh --alter --topic conversation.observations --add-config cleanup.policy=compact",
        "topic conversation.observations has max.compaction.lag.ms=9223372036854775807, the plan says 3600000: "
        "kafka-configs.sh --alter --topic conversation.observations --add-config max.compaction.lag.ms=3600000",
        "topic conversation.observations has delete.retention.ms=1, the plan says 604800000: "
        "kafka-configs.sh --alter --topic conversation.observations --add-config delete.retention.ms=604800000",
        "topic dead.letters is missing: klankbord topics create, before a worker starts",
    )


def test_drift_names_too_few_replicas(empty_broker: str) -> None:
    create(empty_broker, PLAN)

    differences = drift(empty_broker, plan(partitions=4, replication_factor=3))

    assert any(
        difference.startswith("topic chat.messages has 1 replicas, the plan says 3") for difference in differences
    )


def test_what_the_cluster_refuses_is_a_mistake_in_the_configuration() -> None:
    answer = {
        "topics": [
            {"name": wire.CHAT_MESSAGES, "error_code": 0, "error_message": None},
            {"name": wire.CALL_TRANSCRIPTS, "error_code": 36, "error_message": "Topic already exists."},
            {"name": wire.OBSERVATIONS, "error_code": 38, "error_message": "Replication factor is above 1 broker."},
        ]
    }

    with pytest.raises(InvalidConfiguration) as refusal:
        topics.created(answer)

    assert refusal.value.mistakes == ["topic conversation.observations: Replication factor is above 1 broker."]


def test_a_topic_that_another_process_made_first_is_not_ours() -> None:
    answer = {
        "topics": [
            {"name": wire.CHAT_MESSAGES, "error_code": 0, "error_message": None},
            {"name": wire.CALL_TRANSCRIPTS, "error_code": 36, "error_message": "Topic already exists."},
        ]
    }

    assert topics.created(answer) == (wire.CHAT_MESSAGES,)


# kafka-python leaves the socket of a refused connection to the garbage collector, and logs what still refers to it.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_an_unreachable_broker_is_named_and_no_thread_stays_behind(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="kafka")
    nobody = f"{embedded.HOST}:{next(embedded.free_ports())}"
    before = threading.enumerate()

    with pytest.raises(BrokerUnavailable, match=nobody):
        create(nobody, PLAN, wait_s=0.2)
    with pytest.raises(BrokerUnavailable, match=nobody):
        drift(nobody, PLAN, wait_s=0.2)

    assert threading.enumerate() == before
    gc.collect()
