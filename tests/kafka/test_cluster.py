"""The broker that crashes are proved on is the one that is pinned, or there is none."""

from pathlib import Path

import pytest

from klankbord.errors import KlankbordError
from streams import topics
from tests.kafka.cluster import POM, SUMS, VERSION, Missing, _check, kafka


def test_the_pom_and_the_checksums_name_one_version() -> None:
    assert f"<version>{VERSION}</version>" in POM.read_text()
    assert f" kafka_2.13-{VERSION}.jar" in SUMS.read_text()


def test_another_jar_is_refused(tmp_path: Path) -> None:
    (tmp_path / f"kafka_2.13-{VERSION}.jar").write_bytes(b"not Kafka")

    with pytest.raises(KlankbordError, match=r"not the jars that SHA256SUMS names"):
        _check(tmp_path)


def test_without_java_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Missing, match="java is not here"), kafka(tmp_path):
        pass


@pytest.mark.kafka
def test_the_topic_plan_is_what_kafka_has(kafka_broker: str) -> None:
    plan = topics.plan(partitions=4, replication_factor=1)

    topics.create(kafka_broker, plan)

    assert topics.drift(kafka_broker, plan) == ()
