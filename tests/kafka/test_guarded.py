"""Everything over TLS, as users that may do what `klankbord acls` lists: on Apache Kafka and on a real Redis server."""

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError
from redis import Redis

from streams import embedded, permissions, topics, wire
from streams.player import bundled
from tests.certificates import certified
from tests.kafka.guarded import ADMIN, Guarded, guarded
from tests.web.serving import eventually

pytestmark = pytest.mark.kafka

ROOT: Final = Path(__file__).parents[2]
READY_S: Final = 90.0
KLANKBORD: Final = (str(Path(sys.executable).parent / "klankbord"),)
WORKER: Final = (sys.executable, "-m", "faust", "-A")


@dataclass(frozen=True, slots=True)
class Installation:
    """A guarded Kafka, a Redis with our users, and what was said by whoever was run."""

    kafka: Guarded
    redis_url: str
    redis_passwords: Mapping[str, str]
    directory: Path

    def environment(self, process: str, **more: str) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if not name.startswith("KLANKBORD_")}
        ours = self.kafka.environment(process, KLANKBORD_REDIS_URL=self.redis_url) | {
            "KLANKBORD_DATA_DIR": str(self.directory / process),
            "KLANKBORD_MONITOR_PORT": "0",
            "KLANKBORD_PUBLISHER_PORT": "0",
        }
        if process in self.redis_passwords:
            ours |= {
                "KLANKBORD_REDIS_USER": permissions.PREFIX + process,
                "KLANKBORD_REDIS_PASSWORD": self.redis_passwords[process],
            }
        return {**others, **ours, **more}

    def run(self, process: str, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env=self.environment(process, **more),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=READY_S,
            check=False,
        )

    @contextmanager
    def worker(self, process: str) -> Iterator[Path]:
        """A running worker, and where it writes what it says."""
        log = self.directory / f"{process}.log"
        command = (*WORKER, f"streams.app:{process}", "worker", "--without-web", "-l", "info")
        running = embedded.child(command, env=self.environment(process), log=log, cwd=ROOT)
        try:
            yield log
        finally:
            embedded.stop((running,), patience_s=20)


@pytest.fixture(scope="module")
def installation(kafka_there: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("guarded")
    with ExitStack() as stack:
        kafka = stack.enter_context(guarded(directory / "kafka"))
        url = stack.enter_context(embedded.redis_server(directory))
        passwords = {process: secrets.token_urlsafe(24) for process in permissions.REDIS}
        with Redis.from_url(url) as redis:
            for process, password in passwords.items():
                user = permissions.PREFIX + process
                redis.execute_command("ACL SETUSER", user, *permissions.redis_rules(process), f">{password}")
        made = Installation(kafka, url, passwords, directory)
        done = made.run("topics", *KLANKBORD, "topics", "create")
        assert done.returncode == 0, done.stderr
        yield made


def test_events_become_alerts_in_redis_and_nothing_is_refused_on_the_way(installation: Installation) -> None:
    lines = bundled()
    assert all(line.event is not None for line in lines)
    with installation.worker("monitor") as monitor, installation.worker("publisher") as publisher:
        producer = KafkaProducer(
            bootstrap_servers=installation.kafka.servers, acks="all", **installation.kafka.access("source")
        )
        for line in lines:
            assert line.event is not None
            producer.send(wire.topic_for(line.event), key=wire.input_key(line.event), value=line.raw)
        producer.close()
        with Redis.from_url(installation.redis_url, decode_responses=True) as redis:
            there = eventually(lambda: redis.xlen(wire.ALERTS) and redis.exists(wire.CANARY), within_s=READY_S)
            refused = [entry["object"] for entry in redis.execute_command("ACL LOG")]
    verified = installation.run("operator", *KLANKBORD, "verify")

    said = monitor.read_text() + publisher.read_text()
    assert there, said[-3000:]
    assert refused == []
    assert re.findall(r"\w*AuthorizationFailed\w*", said) == []
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "nothing lost, nothing twice" in verified.stdout
    for secret in (*installation.kafka.passwords.values(), *installation.redis_passwords.values()):
        assert secret not in said


def test_the_doctor_finds_nothing_wrong_and_prints_no_secret(installation: Installation) -> None:
    done = installation.run("operator", *KLANKBORD, "doctor")

    assert done.returncode == 0, done.stdout
    assert installation.kafka.passwords["operator"] not in done.stdout
    assert installation.redis_passwords["operator"] not in done.stdout


WRONG: Final = [
    pytest.param({"BROKER_PASSWORD": "not-the-password"}, "the login of 'klankbord-monitor' is refused", id="password"),
    pytest.param({"BROKER_USER": "nobody"}, "the login of 'nobody' is refused", id="user"),
    pytest.param({"BROKER_SASL": "PLAIN"}, "it takes no login of this kind", id="mechanism"),
    pytest.param({"BROKER_CA": "{other}"}, "its certificate is not believed", id="another authority"),
    pytest.param({"BROKER_CA": "/nowhere/ca.pem"}, "KLANKBORD_BROKER_CA: /nowhere/ca.pem cannot be read", id="no file"),
]


@pytest.mark.parametrize(("changed", "told"), WRONG)
def test_a_worker_that_is_not_let_in_says_why_and_ends(
    installation: Installation, tmp_path: Path, changed: dict[str, str], told: str
) -> None:
    other = certified(tmp_path, name="other").ca
    more = {f"KLANKBORD_{name}": value.format(other=other) for name, value in changed.items()}

    done = installation.run("monitor", *WORKER, "streams.app:monitor", "worker", "--without-web", **more)

    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert "not-the-password" not in done.stdout + done.stderr
    assert installation.kafka.passwords["monitor"] not in done.stdout + done.stderr


WRITES: Final = {
    (process, name)
    for process, grants in permissions.KAFKA.items()
    for grant in grants
    for name in grant.names
    if grant.resource == "topic" and "Write" in grant.operations
}


@pytest.mark.parametrize("process", permissions.KAFKA)
def test_a_process_writes_to_its_own_topics_and_to_no_other(installation: Installation, process: str) -> None:
    allowed = set()
    for topic in permissions.TOPICS:
        producer = KafkaProducer(
            bootstrap_servers=installation.kafka.servers,
            max_block_ms=5000,
            delivery_timeout_ms=6000,
            request_timeout_ms=5000,
            linger_ms=0,
            **installation.kafka.access(process),
        )
        try:
            producer.send(topic, key=b"acl/0/0", value=None).get(timeout=10)
            allowed.add(topic)
        except KafkaError:
            pass  # without Describe a client cannot tell a refusal from a topic that is not there
        finally:
            producer.close(timeout=1)

    assert allowed == {name for one, name in WRITES if one == process}


@pytest.mark.parametrize("process", permissions.KAFKA)
def test_a_process_reads_its_own_topics_and_no_other(
    installation: Installation, something_to_read: None, process: str
) -> None:
    read = {topic for topic in permissions.TOPICS if _reads(installation, process, topic)}

    assert read == {
        name
        for grant in permissions.KAFKA[process]
        for name in grant.names
        if grant.resource == "topic" and "Read" in grant.operations
    }


@pytest.fixture(scope="module")
def something_to_read(installation: Installation) -> None:
    producer = KafkaProducer(bootstrap_servers=installation.kafka.servers, **installation.kafka.access(ADMIN))
    for topic in permissions.TOPICS:
        producer.send(topic, key=b"acl/0/0", value=b"{}", partition=0).get(timeout=10)
    producer.close()


def _reads(installation: Installation, process: str, topic: str) -> bool:
    consumer = KafkaConsumer(
        bootstrap_servers=installation.kafka.servers,
        auto_offset_reset="earliest",
        **installation.kafka.access(process),
    )
    try:
        consumer.assign([TopicPartition(topic, 0)])
        return bool(consumer.poll(timeout_ms=2500))
    except TopicAuthorizationFailedError:
        return False
    finally:
        consumer.close()


def test_nobody_of_ours_takes_part_in_another_group_or_changes_the_lists(installation: Installation) -> None:
    access = installation.kafka.access("publisher")
    consumer = KafkaConsumer(
        wire.OBSERVATIONS,
        bootstrap_servers=installation.kafka.servers,
        group_id=permissions.MONITOR_GROUP,
        **access,
    )
    with pytest.raises(GroupAuthorizationFailedError):
        consumer.poll(timeout_ms=5000)
    consumer.close()

    admin = KafkaAdminClient(bootstrap_servers=installation.kafka.servers, **installation.kafka.access("operator"))
    with pytest.raises(KafkaError):
        admin.delete_topics([wire.OBSERVATIONS])
    admin.close()
    assert (
        topics.drift(
            installation.kafka.servers,
            topics.plan(partitions=2, replication_factor=1),
            access=installation.kafka.access("operator"),
        )
        == ()
    )
