"""`klankbord config show` says what the workers run with, and no secret."""

import json
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from config.settings import Settings, read_settings
from klankbord.errors import InvalidConfiguration
from streams.app import create_monitor, create_publisher
from streams.cli import config_app
from streams.effective import HIDDEN, SECRETS, SETTINGS, effective, in_force

FACTORIES: Final = {"monitor": create_monitor, "publisher": create_publisher}
NEEDED: Final = {"KLANKBORD_BROKER": "127.0.0.1:1", "KLANKBORD_REDIS_URL": "redis://127.0.0.1:1/0"}
NEVER_SHOWN: Final = ("broker-geheim", "redis-geheim", "proxy-geheim-van-zeker-32-tekens")


def settings(data_dir: Path, **changes: object) -> Settings:
    return Settings.model_validate(
        {"broker": "127.0.0.1:1", "redis_url": "redis://127.0.0.1:1/0", "data_dir": data_dir, **changes}
    )


def shown(*arguments: str, **environment: str) -> str:
    done = CliRunner().invoke(config_app, ["show", *arguments], env={**NEEDED, **environment})
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("kind", ["kafka", "embedded"])
@pytest.mark.parametrize("name", FACTORIES)
def test_what_is_shown_is_what_the_worker_has(name: str, kind: str, tmp_path: Path) -> None:
    chosen = settings(tmp_path, broker_kind=kind, instance="3", partitions=6)

    has = in_force(FACTORIES[name](chosen).conf)

    said = effective(chosen)
    assert len(has) > 90
    assert {one: said.get(f"faust.{name}.{one}", said.get(f"faust.{one}")) for one in has} == has


def test_every_setting_of_faust_is_shown_save_what_it_gave_up_and_what_is_random(tmp_path: Path) -> None:
    said = {name.rpartition(".")[2] for name in effective(settings(tmp_path))}

    assert SETTINGS.keys() - said == {
        "reply_to",
        "producer_linger_ms",
        "stream_ack_cancelled_tasks",
        "stream_ack_exceptions",
        "url",
    }
    assert said >= SECRETS


def test_the_decisions_of_ours_are_in_it() -> None:
    said = json.loads(shown("--json", KLANKBORD_PARTITIONS="6", KLANKBORD_INSTANCE="2"))

    assert (said["KLANKBORD_PARTITIONS"], said["faust.topic_partitions"]) == ("6", "6")
    assert said["faust.processing_guarantee"] == "at_least_once"
    assert said["faust.broker_commit_interval"] == "1.0"
    assert said["faust.monitor.consumer_group_instance_id"] == "monitor-2"
    assert said["faust.publisher.consumer_group_instance_id"] == "publisher-2"
    assert said["faust.Table"] == "streams.tables.Table"
    assert said["faust.broker_credentials"] == "None"


@pytest.mark.parametrize("arguments", [(), ("--json",)], ids=["text", "json"])
def test_no_secret_is_shown(arguments: tuple[str, ...], tmp_path: Path) -> None:
    in_file = tmp_path / "redis-password"
    in_file.write_text(f"{NEVER_SHOWN[1]}\n", encoding="utf-8")

    said = shown(
        *arguments,
        KLANKBORD_BROKER_SECURITY="SASL_SSL",
        KLANKBORD_BROKER_USER="klankbord-monitor",
        KLANKBORD_BROKER_PASSWORD=NEVER_SHOWN[0],
        KLANKBORD_REDIS_PASSWORD_FILE=str(in_file),
        KLANKBORD_PROXY_SECRET=NEVER_SHOWN[2],
    )

    assert [secret for secret in NEVER_SHOWN if secret in said] == []
    assert said.count(HIDDEN) == len(NEVER_SHOWN) + len(SECRETS)
    assert "klankbord-monitor" in said


def test_no_file_that_the_settings_name_is_needed_to_show_them(tmp_path: Path) -> None:
    away = tmp_path / "not there"

    said = shown(KLANKBORD_BROKER_SECURITY="SSL", KLANKBORD_BROKER_CA=str(away), KLANKBORD_DATA_DIR=str(away))

    assert f"faust.broker_credentials={HIDDEN}\n" in said
    assert not away.exists()


def test_a_login_in_the_address_of_the_broker_is_refused_since_it_would_be_shown() -> None:
    with pytest.raises(InvalidConfiguration) as error:
        read_settings({**NEEDED, "KLANKBORD_BROKER": "one:9092,me:geheim@two:9092"})

    assert error.value.mistakes == [
        "KLANKBORD_BROKER holds a login: put it into BROKER_USER and BROKER_PASSWORD, which are never printed"
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("REDIS_URL", "redis://:geheim@redis.example:6379/0", id="a password of Redis"),
        pytest.param("REDIS_URL", "rediss://me:ge/heim@redis.example:6379/0", id="with a slash in it"),
        pytest.param("REDIS_URL", "redis://:#geheim@redis.example:6379/0", id="with a hash in it"),
        pytest.param("REDIS_URL", "redis://redis.example:6379/0?p%61ssword=geheim", id="in disguise"),
        pytest.param("REDIS_URL", "unix://me:geheim@/run/redis.sock", id="of a socket"),
        pytest.param("REDIS_URL", "unix:///run/redis.sock?password=geheim", id="behind a socket"),
        pytest.param("TOKEN_KEYS", "https://me:geheim@login.example/jwks.json", id="of who signs tokens"),
        pytest.param("TOKEN_KEYS", '{"keys": [{"kty": "oct", "k": "geheim"}]}', id="a key itself"),
        pytest.param("TOKEN_KEYS", "-----BEGIN PRIVATE KEY-----geheim", id="a key in PEM"),
        pytest.param("EMBED_PARENTS", "acme=https://me:geheim@desk.example", id="of a desk"),
    ],
)
def test_a_setting_that_is_shown_holds_no_secret(name: str, value: str) -> None:
    done = CliRunner().invoke(config_app, ["show"], env={**NEEDED, f"KLANKBORD_{name}": value})

    assert isinstance(done.exception, InvalidConfiguration)
    (mistake,) = done.exception.mistakes
    assert mistake.startswith(f"KLANKBORD_{name} holds ")
    assert "geheim" not in done.output + mistake


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("REDIS_URL", "unix:///run/redis@cache/redis.sock", id="a socket of a unit"),
        pytest.param("TOKEN_KEYS", "/etc/klankbord/keys@2026/jwks.json", id="a file"),
        pytest.param("TOKEN_KEYS", "https://login.example/jwks.json", id="an address"),
    ],
)
def test_what_only_looks_like_a_login_is_taken(name: str, value: str) -> None:
    assert f"KLANKBORD_{name}={value}\n" in shown(**{f"KLANKBORD_{name}": value})
