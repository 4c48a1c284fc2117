"""One broker of Apache Kafka in this process's care: fetched once, checked, started, and gone when we are."""

import base64
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from klankbord.errors import KlankbordError
from streams import embedded

HERE: Final = Path(__file__).parent
POM: Final = HERE / "pom.xml"
SUMS: Final = HERE / "SHA256SUMS"
VERSION: Final = "4.1.1"
COPY: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
FETCH_S: Final = 300.0
FORMAT_S: Final = 60.0
READY_S: Final = 60.0  # 5 s on an idle machine of two cores
PATIENCE_S: Final = 15.0
PORTS_TRIED: Final = 3
POLL_S: Final = 0.05


class Missing(KlankbordError):
    """Apache Kafka cannot be had here: no Java, no Maven, or nothing to fetch it from."""


def libraries() -> Path:
    """The folder with Kafka's jars, each as `SHA256SUMS` has it; fetched with Maven when it is not there yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "klankbord"
    folder = cache / f"kafka-{VERSION}-{hashlib.sha256(SUMS.read_bytes()).hexdigest()[:12]}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as fetched:
            _fetch(Path(fetched) / "jars")
            _check(Path(fetched) / "jars")
            # In one step: another process may be fetching too, and whoever is second finds it there.
            try:
                (Path(fetched) / "jars").rename(folder)
            except OSError:
                if not folder.is_dir():
                    raise
    _check(folder)
    return folder


@contextmanager
def kafka(directory: Path) -> Iterator[str]:
    """A broker that is its own controller, as "host:port"; data and log lie in `directory`."""
    java = _program("java")
    classes = f"{libraries()}/*"
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / "kafka.log"
    for port, controller in _pairs():
        data = directory / f"data-{port}"
        properties = directory / f"server-{port}.properties"
        properties.write_text(_properties(port, controller, data))
        _format(java, classes, properties, log)
        speaks = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"
        server = embedded.child(
            [java, "-Xms256m", "-Xmx512m", *speaks, "-cp", classes, "kafka.Kafka", str(properties)], log=log
        )
        try:
            if _ready(server, port, log):
                yield f"{embedded.HOST}:{port}"
                return
        finally:
            embedded.stop((server,), patience_s=PATIENCE_S)
            shutil.rmtree(data, ignore_errors=True)
    raise KlankbordError(f"Kafka ended on every port it was given; see {log}")


def _pairs() -> Iterator[tuple[int, int]]:
    ports = embedded.free_ports()
    for port, controller in islice(zip(ports, ports, strict=False), PORTS_TRIED):
        if port != controller:
            yield port, controller


def _properties(port: int, controller: int, data: Path) -> str:
    host = embedded.HOST
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{host}:{controller}",
        "listeners": f"PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{host}:{port}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        # One broker has one replica.
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        # Tests start one member a group and need not wait three seconds for a second.
        "group.initial.rebalance.delay.ms": 0,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not here: Apache Kafka needs a JDK 17 or later, and Maven to be fetched with")
    return found


def _fetch(folder: Path) -> None:
    command = [
        _program("mvn"),
        "-B",
        "-q",
        "-f",
        str(POM),
        COPY,
        "-DincludeScope=runtime",
        f"-DoutputDirectory={folder}",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_S, check=False)
    except subprocess.TimeoutExpired:
        raise Missing(f"Maven did not fetch Apache Kafka within {FETCH_S:g} s") from None
    if done.returncode or not folder.is_dir():
        raise Missing(f"Maven could not fetch Apache Kafka: {(done.stdout + done.stderr)[-800:]}")


def _check(folder: Path) -> None:
    expected = {name: checksum for checksum, name in map(str.split, SUMS.read_text().splitlines())}
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.glob("*.jar")}
    if found != expected:
        wrong = sorted(set(found.items()) ^ set(expected.items()))
        raise KlankbordError(f"not the jars that {SUMS.name} names: {sorted({name for name, _ in wrong})}")


def _format(java: str, classes: str, properties: Path, log: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    command = [java, "-cp", classes, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)]
    with log.open("ab") as output:
        subprocess.run(command, stdout=output, stderr=output, timeout=FORMAT_S, check=True)


def _ready(server: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    """False when the broker ended, as it does when another took one of its ports first."""
    deadline = time.monotonic() + READY_S
    while server.poll() is None:
        # Kafka listens when it is ready to serve, and ends when it cannot listen: who answers is ours.
        with socket.socket() as probe:
            if probe.connect_ex((embedded.HOST, port)) == 0:
                return True
        if time.monotonic() > deadline:
            raise KlankbordError(f"Kafka does not answer after {READY_S:g} s; see {log}")
        time.sleep(POLL_S)
    return False


def main() -> None:
    """`make kafka`: one broker for as long as Enter is not pressed."""
    with tempfile.TemporaryDirectory(prefix="klankbord-kafka-") as directory:
        try:
            with kafka(Path(directory)) as server:
                sys.stdout.write(f"Apache Kafka {VERSION} at {server}; log in {directory}; Enter or Ctrl-C ends it\n")
                sys.stdout.flush()
                sys.stdin.readline()
        except KeyboardInterrupt:
            pass
        except Missing as error:
            sys.exit(f"kafka: {error}")


if __name__ == "__main__":
    main()
