"""What the lists allow is what the code asks for: the demo, the pages' tests and a real server hold them to it."""

import ast
import re
import secrets
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError
from typer.testing import CliRunner

from config.access import knock_redis, redis_access
from config.settings import Settings, read_settings
from klankbord.errors import InvalidConfiguration
from streams import embedded, permissions, wire
from streams.app import create_monitor, create_publisher
from streams.cli import acls_app
from tests.certificates import Certified, certified

ROOT: Final = Path(__file__).parents[2]
CLIENTS: Final = {"KafkaConsumer", "KafkaProducer", "KafkaAdminClient", "AIOKafkaConsumer", "from_url"}
# The demo's own servers listen on the loopback, and ask nobody.
OF_THE_DEMO: Final = {"streams/demo.py", "streams/player.py", "streams/embedded.py"}


def test_every_client_is_told_how_to_log_in() -> None:
    untold = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for room in ("streams", "web", "agents", "config")
        for path in (ROOT / room).rglob("*.py")
        if str(path.relative_to(ROOT)) not in OF_THE_DEMO
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and getattr(call.func, "attr", getattr(call.func, "id", "")) in CLIENTS
        and not any(word.arg is None and "access" in ast.unparse(word.value) for word in call.keywords)
    ]

    assert untold == []


def test_the_groups_and_topics_are_those_of_the_apps(tmp_path: Path) -> None:
    settings = Settings(broker="none:1", redis_url="redis://none:1", data_dir=tmp_path)

    assert create_monitor(settings).conf.id == permissions.MONITOR_GROUP
    assert create_publisher(settings).conf.id == permissions.PUBLISHER_GROUP
    assert {
        name for grants in permissions.KAFKA.values() for g in grants if g.resource == "topic" for name in g.names
    } == {*permissions.TOPICS}


@pytest.mark.parametrize(
    ("process", "files"),
    [
        ("publisher", ("streams/admission.py", "streams/advising.py", "streams/sinks/redis.py")),
        ("web", ("web/lives.py", "web/suggestions.py", "web/audit.py")),
    ],
)
def test_every_command_of_a_script_is_allowed_to_whoever_runs_it(process: str, files: tuple[str, ...]) -> None:
    asked = {
        command.lower()
        for file in files
        for command in re.findall(r"redis\.call\(\s*'([A-Z]+)'", (ROOT / file).read_text())
    }

    assert asked
    assert asked - set(permissions.REDIS[process].commands) == set()


def test_the_command_prints_the_lines() -> None:
    kafka, redis = (CliRunner().invoke(acls_app, [of]) for of in ("kafka", "redis"))

    assert kafka.output.splitlines() == list(permissions.kafka_lines())
    assert redis.output.splitlines() == list(permissions.redis_lines())


@contextmanager
def as_user(url: str, process: str) -> Iterator[Redis]:
    user, password = permissions.PREFIX + process, secrets.token_urlsafe(16)
    with Redis.from_url(url) as admin:
        admin.execute_command("ACL SETUSER", user, *permissions.redis_rules(process), f">{password}")
    with Redis.from_url(url, username=user, password=password, driver_info=None) as client:
        yield client


@pytest.mark.parametrize("process", permissions.REDIS)
def test_a_user_may_give_the_commands_of_its_list_and_no_other(redis_url: str, process: str) -> None:
    with Redis.from_url(redis_url, decode_responses=True) as admin, as_user(redis_url, process):
        rules = admin.acl_getuser(permissions.PREFIX + process)
        known = {name.lower() for name in admin.execute_command("COMMAND LIST")}

    assert rules is not None
    given = {word.removeprefix("+") for word in rules["commands"] if word.startswith("+")}
    assert given == set(permissions.REDIS[process].commands)
    assert {name for name in given if "|" not in name} <= known
    assert "-@all" in [*rules["commands"], *rules["categories"]]


@pytest.mark.parametrize("process", permissions.REDIS)
@pytest.mark.parametrize(
    "command",
    [
        ("FLUSHALL",),
        ("CONFIG", "SET", "maxmemory-policy", "allkeys-lru"),
        ("ACL", "LIST"),
        ("KEYS", "*"),
        ("MONITOR",),
        ("GET", "another-application"),
        ("EVAL", "return 1", "0"),
        ("REPLICAOF", "NO", "ONE"),
        ("SHUTDOWN", "NOSAVE"),
        ("SWAPDB", "0", "1"),
    ],
    ids=lambda command: command[0],
)
def test_nobody_of_ours_may_do_what_is_dangerous(redis_url: str, process: str, command: tuple[str, ...]) -> None:
    with as_user(redis_url, process) as client, pytest.raises(NoPermissionError):
        client.execute_command(*command)  # type: ignore[no-untyped-call]


def test_the_pages_cannot_raise_an_alert_or_pardon_anybody(redis_url: str) -> None:
    with as_user(redis_url, "web") as client:
        for command in (("XADD", wire.ALERTS, "*", "json", "{}"), ("HSET", wire.BOARD, "a", "b")):
            with pytest.raises(NoPermissionError):
                client.execute_command(*command)  # type: ignore[no-untyped-call]
        with pytest.raises(NoPermissionError):
            client.srem(wire.REVOKED, "subject:a kim")


@contextmanager
def over_tls(url: str, certificates: Certified) -> Iterator[str]:
    """The server at `url` behind TLS: the one in the wheel was built without."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates.ca))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificates.certificate, certificates.key)
    port = int(url.rpartition(":")[2].split("/")[0])
    with ExitStack() as stack:
        listening = stack.enter_context(closing(socket.create_server(("127.0.0.1", 0))))

        def pump(source: socket.socket, target: socket.socket) -> None:
            try:
                while data := source.recv(65_536):
                    target.sendall(data)
            except OSError:
                pass
            finally:
                target.close()

        def serve() -> None:
            while True:
                try:
                    raw, _ = listening.accept()
                except OSError:
                    return
                try:
                    client = context.wrap_socket(raw, server_side=True)
                except (ssl.SSLError, OSError):
                    raw.close()
                    continue
                server = socket.create_connection(("127.0.0.1", port))
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=pump, args=ends, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"rediss://127.0.0.1:{listening.getsockname()[1]}/0"


@pytest.fixture(scope="module")
def secured(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The settings of pages that reach Redis over TLS with a certificate of theirs and a login."""
    certificates = certified(tmp_path_factory.mktemp("certificates"))
    password = secrets.token_urlsafe(16)
    with Redis.from_url(redis_url) as admin:
        admin.execute_command("ACL SETUSER", "klankbord-web", *permissions.redis_rules("web"), f">{password}")
    with over_tls(redis_url, certificates) as url:
        yield {
            "KLANKBORD_BROKER": "none:1",
            "KLANKBORD_REDIS_URL": url,
            "KLANKBORD_REDIS_USER": "klankbord-web",
            "KLANKBORD_REDIS_PASSWORD": password,
            "KLANKBORD_REDIS_CA": str(certificates.ca),
            "KLANKBORD_REDIS_CERTIFICATE": str(certificates.certificate),
            "KLANKBORD_REDIS_KEY": str(certificates.key),
            "KLANKBORD_LOGIN": "demo",
        }


def test_redis_is_reached_over_tls_and_lets_us_in(secured: dict[str, str]) -> None:
    settings = read_settings(secured)
    knock_redis(settings)

    with Redis.from_url(settings.redis_url, **redis_access(settings)) as client:
        assert client.ping()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"KLANKBORD_REDIS_PASSWORD": "not-the-password"}, "the login of 'klankbord-web' is refused"),
        ({"KLANKBORD_REDIS_CA": "{other}"}, "no TLS with it"),
    ],
    ids=["password", "authority"],
)
def test_pages_that_redis_does_not_let_in_say_why_and_end(
    secured: dict[str, str], tmp_path: Path, changed: dict[str, str], told: str
) -> None:
    other = certified(tmp_path, name="other").ca
    environment = secured | {name: value.format(other=other) for name, value in changed.items()}
    with pytest.raises(InvalidConfiguration, match=told):
        knock_redis(read_settings(environment))

    done = subprocess.run(
        [sys.executable, "-m", "web"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert "not-the-password" not in done.stderr
    assert secured["KLANKBORD_REDIS_PASSWORD"] not in done.stderr


def test_that_redis_is_away_is_no_reason_not_to_start() -> None:
    port = next(embedded.free_ports())

    knock_redis(read_settings({"KLANKBORD_BROKER": "none:1", "KLANKBORD_REDIS_URL": f"redis://127.0.0.1:{port}"}))
