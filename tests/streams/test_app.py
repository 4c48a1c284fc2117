"""What Faust ends up with: what we decided, whatever lies about in the environment."""

import importlib
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faust
import pytest
from faust.tables.globaltable import GlobalTable

from config.settings import PREFIX, Settings
from streams import embedded, wire
from streams.app import AGENTS, REFUSED, Worker, assert_compiled, create_monitor, create_publisher
from streams.transport import EMBEDDED_FETCH_WAIT_MS, FETCH_WAIT_MS

ROOT = Path(__file__).parent.parent.parent
FACTORIES = {"monitor": create_monitor, "publisher": create_publisher}
# Nothing listens there: building an app must not ask anybody.
NOBODY = {"BROKER": "127.0.0.1:1", "REDIS_URL": "redis://127.0.0.1:1/0"}
WORKER_S = 60.0


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module", params=FACTORIES)
def app(request: pytest.FixtureRequest, data_dir: Path) -> faust.App:
    return FACTORIES[request.param](settings(data_dir))


def settings(data_dir: Path, **changes: object) -> Settings:
    given = {name.lower(): value for name, value in NOBODY.items()}
    return Settings.model_validate({**given, "data_dir": data_dir, "partitions": 6, **changes})


def worker(name: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A worker as an operator starts it; every one of these ends by itself."""
    others = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
    return subprocess.run(
        [sys.executable, "-m", "faust", "-A", f"streams.app:{name}", "worker", "--without-web", "-l", "warn"],
        env={**others, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WORKER_S,
        check=False,
    )


def ours(environment: dict[str, str]) -> dict[str, str]:
    return {PREFIX + name: value for name, value in environment.items()}


@pytest.mark.parametrize(("kind", "level"), [(faust.Worker, logging.DEBUG), (Worker, logging.WARNING)])
def test_a_worker_that_says_little_makes_no_records_of_the_rest(
    kind: type[faust.Worker], level: int, app: faust.App
) -> None:
    root = logging.Logger("root", logging.WARNING)
    root.addHandler(logging.NullHandler())

    kind(app, loglevel="warn").on_setup_root_logger(root, logging.WARNING)

    assert root.level == level


def test_both_have_that_worker(app: faust.App) -> None:
    assert isinstance(app.Worker(loglevel="warn"), Worker)


def test_events_are_acknowledged_after_they_were_processed(app: faust.App) -> None:
    assert str(app.conf.processing_guarantee.value) == "at_least_once"
    assert app.conf.stream_wait_empty is True
    assert app.conf.producer_acks == -1


def test_a_new_group_reads_from_the_beginning(app: faust.App) -> None:
    assert app.conf.consumer_auto_offset_reset == "earliest"


def test_faust_serves_nothing_itself(app: faust.App) -> None:
    assert app.conf.web_enabled is False


def test_faust_makes_no_topics(app: faust.App) -> None:
    assert app.conf.topic_allow_declare is False
    assert app.conf.topic_disable_leader is True
    assert app.conf.topic_partitions == 6


def test_bytes_stay_bytes(app: faust.App) -> None:
    assert app.conf.key_serializer == "raw"
    assert app.conf.value_serializer == "raw"


def test_every_agent_does_one_thing_at_a_time(app: faust.App) -> None:
    assert [agent.concurrency for agent in app.agents.values()] == [1]


def test_state_lies_in_memory_and_files_in_the_data_directory(app: faust.App, data_dir: Path) -> None:
    assert str(app.conf.store).startswith("memory:")
    assert data_dir in Path(app.conf.datadir).parents
    assert app.conf.table_standby_replicas == 0


def test_no_worker_holds_the_state_of_all(app: faust.App) -> None:
    assert not any(isinstance(table, GlobalTable) or table.is_global for table in app.tables.values())


def test_the_two_apps_share_neither_group_nor_directory(data_dir: Path) -> None:
    monitor, publisher = (make(settings(data_dir)) for make in FACTORIES.values())

    assert (monitor.conf.id, publisher.conf.id) == ("klankbord-monitor", "klankbord-publisher")
    assert monitor.conf.datadir != publisher.conf.datadir


def test_two_instances_share_no_directory_and_are_two_members(data_dir: Path) -> None:
    one, other = (create_monitor(settings(data_dir, instance=instance)) for instance in ("0", "1"))

    assert one.conf.datadir != other.conf.datadir
    assert (one.conf.consumer_group_instance_id, other.conf.consumer_group_instance_id) == ("monitor-0", "monitor-1")


def test_the_monitor_reads_both_inputs_and_its_state_is_the_topic_of_observations(data_dir: Path) -> None:
    monitor = create_monitor(settings(data_dir))

    (agent,) = monitor.agents.values()
    assert set(agent.channel.topics) == set(wire.INPUTS)
    (table,) = monitor.tables.values()
    assert list(table.changelog_topic.topics) == [wire.OBSERVATIONS]
    assert table.partitions == 6


def test_the_publisher_reads_observations_and_keeps_no_state(data_dir: Path) -> None:
    publisher = create_publisher(settings(data_dir))

    (agent,) = publisher.agents.values()
    assert list(agent.channel.topics) == [wire.OBSERVATIONS]
    assert dict(publisher.tables) == {}


def test_the_brokers_may_be_several(data_dir: Path) -> None:
    monitor = create_monitor(settings(data_dir, broker="one:9092, two:9093"))

    assert [str(url) for url in monitor.conf.broker] == ["kafka://one:9092", "kafka://two:9093"]


@pytest.mark.parametrize(("kind", "wait_ms"), [("kafka", FETCH_WAIT_MS), ("embedded", EMBEDDED_FETCH_WAIT_MS)])
async def test_a_fetch_of_nothing_is_not_held_for_long(data_dir: Path, kind: str, wait_ms: int) -> None:
    """How much sooner the rest is answered then, on Apache Kafka, is in `tests/kafka/test_fetch.py`."""
    monitor: Any = create_monitor(settings(data_dir, broker_kind=kind))

    made = monitor.consumer._thread._create_worker_consumer(monitor.transport)

    await made.stop()
    assert made._fetch_max_wait_ms == wait_ms


STRAYS = {
    "APP_DATADIR": "/nowhere",
    "APP_STORE": "rocksdb://",
    "BROKER_URL": "kafka://elsewhere:9092",
    "NODE_HOSTNAME": "elsewhere",
    "PROCESSING_GUARANTEE": "exactly_once",
    "STREAM_BUFFER_MAXSIZE": "1",
    "STREAM_WAIT_EMPTY": "0",
    "TOPIC_ALLOW_DECLARE": "1",
    "TOPIC_PARTITIONS": "99",
    "WEB_ENABLED": "1",
    "WEB_PORT": "1",
}


# What Faust decided, every setting as text; apart from objects that are others in each process.
DECIDED = """
import json, sys, warnings
from pathlib import Path
from config.settings import Settings
from streams.app import create_monitor

warnings.simplefilter("ignore")  # that a setting is deprecated, said of all that are looked at
made = Settings(broker="127.0.0.1:1", redis_url="redis://127.0.0.1:1/0", data_dir=Path(sys.argv[1]))
conf = create_monitor(made).conf
print(json.dumps({name: str(getattr(conf, name)) for name in type(conf).SETTINGS if name != "reply_to"}))
"""


def decided(data_dir: Path, environment: dict[str, str]) -> dict[str, str]:
    ended = subprocess.run(
        [sys.executable, "-c", DECIDED, str(data_dir)],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WORKER_S,
        check=True,
    )
    found: dict[str, str] = json.loads(ended.stdout)
    return found


def test_a_stray_variable_of_another_faust_changes_nothing(data_dir: Path) -> None:
    plain, stray = decided(data_dir, {}), decided(data_dir, STRAYS)

    assert {name: (plain[name], value) for name, value in stray.items() if value != plain[name]} == {}


@pytest.mark.parametrize("room", ["klankbord", "config", "streams", "agents", "web"])
def test_a_room_is_the_one_of_this_checkout(room: str) -> None:
    # Another package owns the name `agents`: an installation must not answer for us.
    module = importlib.import_module(room)

    assert Path(str(module.__file__)).parent == ROOT / room


@pytest.mark.parametrize("module", AGENTS.values())
def test_the_agents_are_the_ones_of_this_checkout(module: str) -> None:
    assert Path(str(importlib.import_module(module).__file__)).parent == ROOT / "agents"


def test_the_compiled_extensions_are_loaded() -> None:
    assert_compiled()


@pytest.mark.parametrize("name", FACTORIES)
def test_a_worker_without_the_compiled_extensions_does_not_start(name: str, tmp_path: Path) -> None:
    ended = worker(name, {**ours({**NOBODY, "DATA_DIR": str(tmp_path)}), "NO_CYTHON": "1"})

    assert ended.returncode == REFUSED
    assert ended.stderr.startswith("klankbord: Faust's compiled extensions are not loaded.")
    assert "unset NO_CYTHON" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("name", FACTORIES)
def test_a_worker_says_every_mistake_in_its_settings_in_one_message(name: str) -> None:
    ended = worker(name, ours({"BROKER": "x", "PARTITIONS": "many", "COLOUR": "blue"}))

    assert ended.returncode == REFUSED
    assert ended.stdout == ""
    first, *mistakes = ended.stderr.splitlines()
    assert first == "klankbord: the configuration has mistakes; nothing was started:"
    assert [mistake.split()[1].rstrip(":") for mistake in mistakes] == [
        "KLANKBORD_BROKER",
        "KLANKBORD_REDIS_URL",
        "KLANKBORD_PARTITIONS",
        "KLANKBORD_COLOUR",
    ]


@pytest.mark.parametrize(
    ("setting", "content"),
    [
        pytest.param("POLICY", "emotion_fade = 7", id="policy"),
        pytest.param("POLICY", None, id="no policy"),
        pytest.param("PLAYBOOK", None, id="no playbook"),
    ],
)
def test_a_worker_names_the_file_that_is_wrong(setting: str, content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_text(content)

    ended = worker("publisher", ours({**NOBODY, "DATA_DIR": str(tmp_path), setting: str(path)}))

    assert ended.returncode == REFUSED
    assert str(path) in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server((embedded.HOST, 0)) as holder:
        yield holder.getsockname()[1]


def test_a_worker_whose_port_is_taken_says_so(taken_port: int, tmp_path: Path) -> None:
    ended = worker("publisher", ours({**NOBODY, "DATA_DIR": str(tmp_path), "PUBLISHER_PORT": str(taken_port)}))

    assert ended.returncode != 0
    assert f"cannot listen on 127.0.0.1:{taken_port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_app_that_does_not_exist_is_not_made_up() -> None:
    import streams.app

    with pytest.raises(AttributeError, match="no attribute 'listener'"):
        streams.app.listener  # noqa: B018
