"""Brokers of Apache Kafka in this process's care: fetched once, checked, started, and gone when we are."""

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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Broker:
    """One broker that is a controller too; its port and its data outlive a stop, a kill and a start."""

    node: int
    port: int
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> bool:
        """Start it and wait until it answers; False when it ended, as it does when its port was taken."""
        self.process = embedded.child(self.command, log=self.log)
        return _ready(self.process, self.port, self.log)

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        if self.process is not None:
            embedded.stop((self.process,), patience_s=PATIENCE_S)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@dataclass(frozen=True, slots=True)
class Guard:
    """How clients are let in: the listener's name, its properties, and the users made with the cluster, by password."""

    listener: str = "PLAINTEXT"
    properties: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cluster:
    """All brokers; the first of them are not more important than the others."""

    brokers: Sequence[Broker]

    @property
    def bootstrap_servers(self) -> str:
        return ",".join(f"{embedded.HOST}:{broker.port}" for broker in self.brokers)


@contextmanager
def cluster(directory: Path, *, brokers: int = 1, started: bool = True, guard: Guard = Guard()) -> Iterator[Cluster]:
    """So many brokers with everything they need; data and logs lie in `directory`."""
    java = _program("java")
    classes = f"{libraries()}/*"
    directory.mkdir(parents=True, exist_ok=True)
    for attempt in range(PORTS_TRIED):
        made = Cluster(_format_all(java, classes, directory / str(attempt), brokers, guard))
        try:
            if not started or _start_all(made):
                yield made
                return
        finally:
            embedded.stop([broker.process for broker in made.brokers if broker.process], patience_s=PATIENCE_S)
            shutil.rmtree(directory / str(attempt) / "data", ignore_errors=True)
    raise KlankbordError(f"Kafka ended on every port it was given; see {directory}")


@contextmanager
def kafka(directory: Path) -> Iterator[str]:
    """One running broker, as "host:port"."""
    with cluster(directory) as one:
        yield one.bootstrap_servers


def _start_all(made: Cluster) -> bool:
    # A controller alone elects nobody: all are started before any is waited for.
    for broker in made.brokers:
        broker.process = embedded.child(broker.command, log=broker.log)
    return all(_ready(broker.process, broker.port, broker.log) for broker in made.brokers if broker.process)


def _format_all(java: str, classes: str, directory: Path, brokers: int, guard: Guard) -> list[Broker]:
    directory.mkdir(parents=True)
    ports = list(dict.fromkeys(islice(embedded.free_ports(), 4 * brokers)))[: 2 * brokers]
    controllers = {node: ports[brokers + node - 1] for node in range(1, brokers + 1)}
    speaks = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"
    identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    made = []
    for node in controllers:
        port = ports[node - 1]
        log = directory / f"kafka-{node}.log"
        properties = directory / f"server-{node}.properties"
        properties.write_text(_properties(node, port, controllers, directory / "data" / str(node), guard))
        _format(java, classes, properties, identity, log, guard)
        command = (java, "-Xms256m", "-Xmx512m", *speaks, "-cp", classes, "kafka.Kafka", str(properties))
        made.append(Broker(node, port, command, log))
    return made


def _properties(node: int, port: int, controllers: Mapping[int, int], data: Path, guard: Guard) -> str:
    host = embedded.HOST
    replicas = min(3, len(controllers))
    settings = {
        "process.roles": "broker,controller",
        "node.id": node,
        "controller.quorum.voters": ",".join(f"{each}@{host}:{voter}" for each, voter in controllers.items()),
        "listeners": f"{guard.listener}://{host}:{port},CONTROLLER://{host}:{controllers[node]}",
        "advertised.listeners": f"{guard.listener}://{host}:{port}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        # As many replicas as there are brokers, up to three, and one of them may be away.
        "default.replication.factor": replicas,
        "min.insync.replicas": max(1, replicas - 1),
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": max(1, replicas - 1),
        # Tests start one member a group and need not wait three seconds for a second.
        "group.initial.rebalance.delay.ms": 0,
        **guard.properties,
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


def _format(java: str, classes: str, properties: Path, identity: str, log: Path, guard: Guard) -> None:
    # One word with "=": an identity in 64 begins with "-", and would be taken for an option.
    tool = [java, "-cp", classes, "kafka.tools.StorageTool", "format"]
    command = [*tool, f"--cluster-id={identity}", "--config", str(properties)]
    for user, password in guard.users.items():
        command += ["--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]"]
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
    """`make kafka`: one broker, or `BROKERS` of them, for as long as Enter is not pressed."""
    brokers = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    with tempfile.TemporaryDirectory(prefix="klankbord-kafka-") as directory:
        try:
            with cluster(Path(directory), brokers=brokers) as made:
                where = made.bootstrap_servers
                sys.stdout.write(f"Apache Kafka {VERSION} at {where}; logs in {directory}; Enter or Ctrl-C ends it\n")
                sys.stdout.flush()
                sys.stdin.readline()
        except KeyboardInterrupt:
            pass
        except Missing as error:
            sys.exit(f"kafka: {error}")


if __name__ == "__main__":
    main()
