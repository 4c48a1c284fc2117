"""`klankbord doctor` finds what is wrong with real servers, and says how to mend each."""

import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest
from redis import Redis

from config.settings import Settings
from klankbord.errors import KlankbordError
from streams import doctor, embedded, topics
from streams.doctor import Check, checks

PLAN: Final = topics.plan(partitions=4, replication_factor=1)
ALL: Final = (
    *("Faust's compiled extensions", "policy and playbook", "TLS and logins", "broker and topics"),
    *("dead letters", "Redis", "clock", "open files"),
)


@dataclass(frozen=True, slots=True)
class Servers:
    """A broker without a topic and a Redis, whose settings are the test's to spoil."""

    broker: str
    redis_url: str

    def found(self, **changes: object) -> dict[str, Check]:
        given = {"broker": self.broker, "redis_url": self.redis_url, "partitions": 4, **changes}
        return {check.name: check for check in checks(Settings.model_validate(given))}


@pytest.fixture
def servers(tmp_path: Path, redis_url: str) -> Iterator[Servers]:
    with embedded.broker(tmp_path) as broker, Redis.from_url(redis_url) as redis:
        redis.flushdb()
        yield Servers(broker, redis_url)
        redis.config_set("maxmemory-policy", "noeviction")


def test_a_sound_installation_passes_every_check(servers: Servers) -> None:
    topics.create(servers.broker, PLAN)

    found = servers.found()

    assert tuple(found) == ALL
    assert [check for check in found.values() if not check.ok] == []


def test_topics_that_drifted_are_named_with_what_mends_them(servers: Servers) -> None:
    chat, calls, observations, letters = PLAN
    now = replace(observations, configs={**observations.configs, "min.compaction.lag.ms": "0"})
    weeks = replace(letters, cleanup_policy="delete")
    topics.create(servers.broker, (chat, replace(calls, partitions=2), now, weeks))

    check = servers.found()["broker and topics"]

    assert not check.ok
    assert [line.strip() for line in check.says.splitlines()] == [
        "the topics differ from the plan:",
        "partitions must be equal, and chat.messages has 4, call.transcripts has 2, conversation.observations has 4: "
        "drain what differs, delete it, and klankbord topics create",
        "topic call.transcripts has 2 partitions, the plan says 4: "
        "set KLANKBORD_PARTITIONS=2, or drain the topic and make it anew",
        "topic conversation.observations has min.compaction.lag.ms=0, the plan says 120000: "
        "kafka-configs.sh --alter --topic conversation.observations --add-config min.compaction.lag.ms=120000",
        "topic dead.letters has cleanup.policy=delete, the plan says compact,delete: "
        "kafka-configs.sh --alter --topic dead.letters --add-config cleanup.policy=[compact,delete]",
    ]


def test_topics_of_another_number_that_are_equal_ask_for_the_setting_only(servers: Servers) -> None:
    topics.create(servers.broker, PLAN)

    check = servers.found(partitions=6)["broker and topics"]

    assert check.says.count("set KLANKBORD_PARTITIONS=4") == 3
    assert "must be equal" not in check.says


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_redis_that_would_drop_keys_is_told_of(servers: Servers, policy: str) -> None:
    with Redis.from_url(servers.redis_url) as redis:
        redis.config_set("maxmemory-policy", policy)

    check = servers.found()["Redis"]

    assert (check.ok, check.says) == (
        False,
        f"maxmemory-policy is {policy}: a full Redis would drop alerts in silence; "
        "redis-cli config set maxmemory-policy noeviction, and the same in its file",
    )


def test_a_redis_that_refuses_config_is_asked_all_the_same(servers: Servers) -> None:
    with Redis.from_url(servers.redis_url) as redis:
        redis.execute_command("ACL SETUSER", "managed", "on", ">pw", "~*", "+@all", "-config", "-acl")
        redis.config_set("maxmemory-policy", "allkeys-random")
    try:
        check = servers.found(redis_user="managed", redis_password="pw")["Redis"]
    finally:
        with Redis.from_url(servers.redis_url) as redis:
            redis.execute_command("ACL DELUSER", "managed")

    assert "maxmemory-policy is allkeys-random" in check.says


def test_a_user_who_may_not_ask_is_told_which_list_it_needs(servers: Servers) -> None:
    with Redis.from_url(servers.redis_url) as redis:
        redis.execute_command("ACL SETUSER", "narrow", "on", ">pw", "~*", "+ping", "+select")
    try:
        found = servers.found(redis_user="narrow", redis_password="pw")
    finally:
        with Redis.from_url(servers.redis_url) as redis:
            redis.execute_command("ACL DELUSER", "narrow")

    assert not found["Redis"].ok
    assert "klankbord acls redis" in found["Redis"].says


def test_an_old_redis_is_too_old(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "OLDEST_REDIS", (99, 0))

    assert "is too old" in servers.found()["Redis"].says


def test_clocks_that_differ_are_seen(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 5)

    check = servers.found()["clock"]

    assert not check.ok
    assert "start NTP on both" in check.says


def test_few_open_files_are_too_few(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))

    assert servers.found()["open files"].says.startswith("only 1024 files may be open (hard limit 4096): raise it")


def test_extensions_that_are_not_there_are_named(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise KlankbordError("Faust's compiled extensions are not loaded.")

    monkeypatch.setattr(doctor, "assert_compiled", missing)

    assert not servers.found()["Faust's compiled extensions"].ok


@pytest.mark.parametrize(
    ("given", "mend"),
    [
        pytest.param(
            {"broker": "kafka.example:9092", "broker_security": "SASL_PLAINTEXT", "broker_user": "m"},
            "KLANKBORD_BROKER_SECURITY=SASL_SSL",
            id="Kafka",
        ),
        pytest.param(
            {"redis_url": "redis://redis.example:6379/0", "redis_password": "pw"}, "with rediss://", id="Redis"
        ),
    ],
)
def test_a_password_over_the_network_in_plain_text_is_told_of(given: dict[str, object], mend: str) -> None:
    settings = Settings.model_validate({"broker": "127.0.0.1:1", "redis_url": "redis://127.0.0.1:1/0", **given})

    check = next(one for one in checks(settings) if one.name == "TLS and logins")

    assert not check.ok
    assert mend in check.says


# kafka-python leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_servers_that_are_away_are_named_soon_and_hide_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "WAIT_S", 0.3)
    began = time.monotonic()

    found = {
        check.name: check
        for check in checks(Settings.model_validate({"broker": "127.0.0.1:1", "redis_url": "redis://127.0.0.1:1/0"}))
    }

    assert time.monotonic() - began < 5
    assert {name for name, check in found.items() if not check.ok} == {
        *("broker and topics", "dead letters", "Redis", "clock"),
    }  # fmt: skip
