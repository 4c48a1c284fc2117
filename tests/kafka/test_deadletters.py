"""On Apache Kafka: poison through a kill, what the broker refuses, compaction of letters, a recovery that ends."""

import os
import sys
import time
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError, MessageSizeTooLargeError, UnknownTopicOrPartitionError

from streams import embedded, topics, wire
from streams.demo import ROOT
from tests.e2e.poisoned import play
from tests.e2e.test_poison import judge
from tests.e2e.waiting import until
from tests.kafka.recovering import PARTITIONS, RECOVERED
from tests.streams.test_letterbox import (
    box,
    test_a_letter_of_which_only_the_beginning_was_kept_is_sent_whole_from_where_it_came,
    test_a_letter_that_a_crash_wrote_twice_counts_once,
    test_a_run_that_breaks_off_anywhere_is_finished_by_the_next_and_nothing_is_sent_twice,
    test_two_that_redrive_at_once_send_twice_at_most_and_it_is_observed_once,
    test_what_is_purged_is_gone_and_may_come_again,
    test_what_is_redriven_is_sent_with_its_key_to_where_it_came_from,
    test_what_was_redriven_is_not_sent_again,
)

pytestmark = pytest.mark.kafka

__all__ = [
    "box",
    "test_a_letter_of_which_only_the_beginning_was_kept_is_sent_whole_from_where_it_came",
    "test_a_letter_that_a_crash_wrote_twice_counts_once",
    "test_a_run_that_breaks_off_anywhere_is_finished_by_the_next_and_nothing_is_sent_twice",
    "test_two_that_redrive_at_once_send_twice_at_most_and_it_is_observed_once",
    "test_what_is_purged_is_gone_and_may_come_again",
    "test_what_is_redriven_is_sent_with_its_key_to_where_it_came_from",
    "test_what_was_redriven_is_not_sent_again",
]

GIVEN_S = 30.0
HANGS_S = 25.0  # Faust has recovered an empty log within 6 s here


@pytest.fixture
def installation(kafka_broker: str) -> str:
    """The broker with new, empty topics."""
    _renew(kafka_broker, partitions=2)
    return kafka_broker


class _admin:
    def __init__(self, servers: str) -> None:
        self._client = KafkaAdminClient(bootstrap_servers=servers)

    def __enter__(self) -> KafkaAdminClient:
        return self._client

    def __exit__(self, *_: object) -> None:
        self._client.close()


def _renew(servers: str, *, partitions: int) -> None:
    """Delete the topics and make them anew."""
    with _admin(servers) as admin:
        ours = {name for name in admin.list_topics() if not name.startswith("_")}
        if ours:
            admin.delete_topics(sorted(ours))
            until(lambda: not ours & set(admin.list_topics()), within_s=GIVEN_S, what="the topics are gone")
    topics.create(servers, topics.plan(partitions=partitions, replication_factor=1))


def test_a_thousand_mutants_and_a_kill_leave_one_letter_each(installation: str, tmp_path: Path) -> None:
    _renew(installation, partitions=4)

    played = play(installation, "kafka", tmp_path, kills=1)

    sys.stdout.write(f"\nletters written twice: {sum(letter.copies > 1 for letter in played.letters)}\n")
    judge(played)


def test_a_bomb_is_refused_by_the_broker_and_what_is_packed_arrives_unpacked(installation: str) -> None:
    producer = KafkaProducer(bootstrap_servers=installation, compression_type="gzip", max_request_size=64 * 1024 * 1024)

    with pytest.raises(MessageSizeTooLargeError):
        producer.send(wire.CHAT_MESSAGES, key=b"k", value=b"0" * 20_000_000).get(timeout=30)
    producer.close()

    producer = KafkaProducer(bootstrap_servers=installation, compression_type="gzip")
    producer.send(wire.CHAT_MESSAGES, key=b"k", value=b"0" * 100_000).get(timeout=30)
    producer.close()

    consumer = KafkaConsumer(
        wire.CHAT_MESSAGES, bootstrap_servers=installation, auto_offset_reset="earliest", consumer_timeout_ms=10_000
    )
    assert len(next(consumer).value) == 100_000
    consumer.close()


@pytest.mark.parametrize(("kind", "recovers"), [("faust", False), ("ours", True)])
def test_recovery_ends_where_the_last_record_is_one_that_no_reader_gets(
    kind: str, recovers: bool, installation: str, tmp_path: Path
) -> None:
    _renew(installation, partitions=PARTITIONS)
    _write_a_log_that_ends_in_a_hole(installation)
    log = tmp_path / "worker.log"
    environment = {**os.environ, "SERVERS": installation, "KIND": kind, "DIRECTORY": str(tmp_path)}
    command = (sys.executable, "-m", "faust", "-A", "tests.kafka.recovering", "worker", "--without-web", "-l", "info")

    worker = embedded.child(command, env=environment, log=log, cwd=ROOT)
    try:
        deadline = time.monotonic() + (GIVEN_S if recovers else HANGS_S)
        while RECOVERED not in (said := log.read_text()) and time.monotonic() < deadline and worker.poll() is None:
            time.sleep(0.2)
    finally:
        embedded.stop((worker,), patience_s=5)

    assert (RECOVERED in said) is recovers, said[-3000:]
    if recovers:
        assert f"{RECOVERED}[b'demo/here']" in said
    else:
        assert "Restoring state from changelog topics" in said


def _write_a_log_that_ends_in_a_hole(servers: str) -> None:
    """One conversation, one that is forgotten, and a transaction's marker: an offset without a record, as compaction
    leaves it where the last tombstone was."""
    producer = KafkaProducer(bootstrap_servers=servers, transactional_id="hole")
    producer.init_transactions()
    producer.begin_transaction()
    for key, value in ((b"demo/here", b"state"), (b"demo/gone", b"state"), (b"demo/gone", None)):
        producer.send(wire.OBSERVATIONS, key=key, value=value)
    producer.commit_transaction()
    producer.close()


def test_a_letter_without_a_key_cannot_be_written_by_mistake(installation: str) -> None:
    """The topic is compacted: a worker of the first version, whose letters had their record's key, is refused."""
    producer = KafkaProducer(bootstrap_servers=installation)

    with pytest.raises(KafkaError) as refused:
        producer.send(wire.DEAD_LETTERS, key=None, value=b"{").get(timeout=10)
    producer.close()

    assert not isinstance(refused.value, UnknownTopicOrPartitionError)
