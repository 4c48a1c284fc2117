"""Every command that stands in a block of README.md or docs/*.md is run by a test, or listed with why it is not."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest
import redis

from docs.generate import FOLDER, ROOT
from streams import wire
from streams.demo import PARTITIONS, PROCESSES, Running, replay_once, running
from streams.player import bundled
from tests.docs import test_deadletters, test_examples

PAGES: Final = (ROOT / "README.md", *sorted(FOLDER.glob("*.md")))
BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHELL: Final = ("sh", "bash", "shell")
# What begins with one of these is a command, in whatever block of no language it stands.
PROGRAMS: Final = frozenset(
    "amtool bash cp curl docker export faust git helm java kafka-acls.sh kafka-configs.sh kafka-delete-records.sh "
    "kafka-topics.sh klankbord kubectl kustomize make mvn npm openssl pip podman promtool pytest python python3 "
    "redis-cli rm sed sh sudo systemctl ulimit uv uvicorn uvx valkey-cli wget".split()
)
ASSIGNED: Final = re.compile(r"^(?:[A-Z_]+=\S* )+(?=\S)|^[A-Z_]+=\$\(")

# Their console blocks are run there, with what they print.
RUN_THERE: Final = {*test_examples.PAGES, test_deadletters.PAGE}

# Command (with … for the rest of it) -> why nobody runs it here, and what of it is tested where.
NOT_RUN: Final = {
    "docker compose up --build --wait": "no Docker here; tests/deploy/test_compose.py validates the file",
    "docker compose up --scale monitor=2 --wait": "no Docker here; tests/deploy/test_compose.py validates the file",
    "docker compose run --rm topics klankbord doctor": "no Docker here; `klankbord doctor` is run on this page",
    "kubectl apply -k …": "no cluster here; tests/deploy/test_kubernetes.py validates what would be applied",
    "kafka-acls.sh …": "Apache Kafka's own tool; tests/kafka/test_guarded.py holds a real broker to the lists",
    "cp typo.toml config/policy.toml": "it changes the checkout; tests/e2e/test_reloading.py does it elsewhere",
    "cp mine.toml config/policy.toml": "it changes the checkout; tests/e2e/test_reloading.py does it elsewhere",
    "git checkout config/policy.toml": "it changes the checkout",
    "klankbord adapt events.jsonl --marks marks.jsonl --out ours.toml": "it needs marks: tests/e2e/test_marks.py",
}  # fmt: skip
# Long ones: that the target is there and its recipe can be read.
DRY: Final = ("make demo", "make test", "make demo INPUT=events.jsonl")
WORKERS: Final = (
    "python -m faust -A streams.app:monitor worker --without-web -l info",
    "python -m faust -A streams.app:publisher worker --without-web -l info",
    "python -m web",
)
YESTERDAY: Final = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M}"
TOMORROW: Final = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}"


@dataclass(frozen=True, slots=True)
class Live:
    """A command on a live demo: what differs from the page, and a pattern of what it says. Streams go on for ever."""

    changes: tuple[tuple[str, str], ...] = ()
    streams: bool = False
    says: str = ""


DEMO: Final = {
    "klankbord marks --since 2026-11-01 --out marks.jsonl": Live(),
    "klankbord marks --out marks.jsonl": Live(),
    "klankbord verify --since 2026-11-22T09:00:00 --until 2026-11-22T10:00:00": Live(
        (("2026-11-22T09:00:00", f"{YESTERDAY}:00"), ("2026-11-22T10:00:00", f"{TOMORROW}:00")),
        says="nothing lost, nothing twice",
    ),
    "klankbord verify --from chat.messages:0:1200 --to chat.messages:0:4800 --json": Live(
        ((":1200", ":0"), (":4800", ":5")), says='"lost"'
    ),
    "klankbord backtest --policy new.toml --against old.toml --topic chat.messages --topic call.transcripts "
    "--from 2026-11-01T00:00 --to 2026-11-02T00:00": Live(
        (("2026-11-01T00:00", YESTERDAY), ("2026-11-02T00:00", TOMORROW)), says="conversations"
    ),
    "KLANKBORD_BROKER=127.0.0.1:29092 KLANKBORD_REDIS_URL=redis://127.0.0.1:26379/0 klankbord doctor": Live(
        (("127.0.0.1:29092", "$LIVE_BROKER"), ("redis://127.0.0.1:26379/0", "$LIVE_REDIS")), says="topics as planned"
    ),
    'TOKEN=$(curl --silent "http://127.0.0.1:8080/demo/token?role=agent&agent_id=agent-01" | python3 -c "import json, '
    "sys; print(json.load(sys.stdin)['token'])\")": Live((("http://127.0.0.1:8080", "$LIVE_WEB"),)),
    'curl --no-buffer --header "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/events/agent': Live(
        (("http://127.0.0.1:8080", "$LIVE_WEB"),), streams=True
    ),
    'curl --no-buffer -H "Authorization: Bearer $TOKEN" https://klankbord.example.org/events/agent': Live(
        (("https://klankbord.example.org", "$LIVE_WEB"),), streams=True
    ),
    'curl -X POST -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -H "X-Klankbord: 1" '
    '-d \'{"answer": "used"}\' https://klankbord.example.org/api/suggestions/$SUGGESTION_ID/answer': Live(
        (("https://klankbord.example.org", "$LIVE_WEB"), ("curl", "curl -sw '%{http_code}'")), says=r"(20\d|409)$"
    ),
    "export KLANKBORD_TOKEN_ISSUER=https://login.example KLANKBORD_TOKEN_KEYS=https://login.example/jwks.json": Live(),
}  # fmt: skip
REDIS: Final = 'redis-cli sadd {klankbord}:revoked "subject:acme kim"'
# Run in a checkout, without a server; how they end where not with 0.
PLAIN: Final = {
    "klankbord map check config/map.example.toml": 0,
    "klankbord map check config/map.example.toml config/map.example.jsonl --topic desk.messages": 1,
}


def is_command(line: str, language: str) -> bool:
    if language in SHELL:
        return bool(line.strip()) and not line.startswith("#")
    bare = ASSIGNED.sub("", line)
    return "$(" in line[: len(line) - len(bare)] or bare.partition(" ")[0] in PROGRAMS


def commands(page: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Each command of a page: the language of its block, the command, and the lines that it shows in a console."""
    for language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "console":
            yield from (("console", command, shown) for command, shown in test_examples.commands(text))
        elif language in ("", "text", *SHELL):
            lines = re.sub(r"\\\n\s*", "", text).splitlines()
            yield from ((language, line, []) for line in lines if is_command(line, language))


ALL: Final = [(page, *found) for page in PAGES for found in commands(page)]
ELSEWHERE: Final = [
    (page, command) for page, language, command, _ in ALL
    if language == "console" and page.relative_to(ROOT).as_posix() in RUN_THERE
]  # fmt: skip
TO_SORT: Final = {command for page, _, command, _ in ALL if (page, command) not in ELSEWHERE}


def listed(command: str) -> str | None:
    """The entry of `NOT_RUN` that a command falls under."""
    return next(
        (
            entry
            for entry in NOT_RUN
            if command == entry or (entry.endswith("…") and command.startswith(entry.removesuffix("…")))
        ),
        None,
    )


def test_every_command_is_run_or_listed_with_the_reason_and_nothing_else_is() -> None:
    run = {*DRY, *WORKERS, *DEMO, REDIS, *PLAIN}

    assert {command for command in TO_SORT if listed(command) is None} == run
    assert {listed(command) for command in TO_SORT} - {None} == NOT_RUN.keys()
    assert len(ELSEWHERE) > 20


@pytest.mark.parametrize(
    ("line", "language"),
    [
        pytest.param("klankbord explain x.txt", "", id="a program of ours"),
        pytest.param("KLANKBORD_MAPS=a.toml klankbord doctor", "text", id="with a setting"),
        pytest.param('TOKEN=$(curl "http://x")', "", id="what another prints"),
        pytest.param("anything --at all", "sh", id="any line of a shell"),
    ],
)
def test_a_command_is_known_as_one(line: str, language: str) -> None:
    assert is_command(line, language)


@pytest.mark.parametrize("line", ["KLANKBORD_LOGIN=token", "klankbord/   the core", "klankbord: no", "# make x", ""])
def test_a_setting_or_a_sentence_is_none(line: str) -> None:
    assert not is_command(line, "")


@pytest.mark.parametrize("command", DRY)
def test_a_target_of_make_has_a_recipe_that_can_be_read(command: str) -> None:
    done = subprocess.run(f"{command} --dry-run", shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_workers_of_the_page_are_those_that_every_demo_starts() -> None:
    started = {" ".join(("python", *arguments)).replace("-l warn", "-l info") for arguments in PROCESSES.values()}

    assert started == {*WORKERS}


@pytest.mark.parametrize("command", PLAIN)
def test_a_command_without_a_server_shows_what_the_page_shows(command: str) -> None:
    (shown,) = [shown for _, _, found, shown in ALL if found == command]

    done = sh(command, ROOT, {})

    printed = [line.rstrip() for line in done.stdout.splitlines()]
    assert done.returncode == PLAIN[command], done.stderr
    assert [line for line in shown if line.rstrip() not in printed] == []


def sh(command: str, folder: Path, more: dict[str, str], *, timeout_s: float = 90) -> subprocess.CompletedProcess[str]:
    """Run it as a reader would, who has our environment on the path."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "COLUMNS": "200", "LC_ALL": "C.UTF-8", **more}
    return subprocess.run(
        ("bash", "-c", command), cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout_s
    )


@pytest.fixture(scope="module")
def live() -> Iterator[Running]:
    with running() as live:
        assert replay_once(live, bundled(), keep_times=False, progress=lambda _: None).clean
        yield live


@pytest.fixture(scope="module")
def given(live: Running) -> dict[str, str]:
    """The environment of a reader whose installation is the demo, and who is the agent of the newest suggestion."""
    with redis.Redis.from_url(live.redis_url, decode_responses=True) as client:
        keys = list(client.scan_iter(match=wire.shown_suggestion("*").replace("{", "[{]")))
        suggestion = keys[0].removeprefix(wire.shown_suggestion(""))
        of = client.hgetall(keys[0])
    token = httpx.get(live.address("web", "/demo/token"), params={"role": "agent", "agent_id": of["agent_id"]})
    return {
        "KLANKBORD_BROKER": live.broker,
        "KLANKBORD_REDIS_URL": live.redis_url,
        "KLANKBORD_PARTITIONS": str(PARTITIONS),
        "LIVE_BROKER": live.broker,
        "LIVE_REDIS": live.redis_url,
        "LIVE_WEB": live.address("web"),
        "TOKEN": token.json()["token"],
        "SUGGESTION_ID": suggestion,
    }


@pytest.mark.e2e
@pytest.mark.parametrize("command", DEMO)
def test_a_command_does_what_it_should_on_a_live_demo(command: str, given: dict[str, str], tmp_path: Path) -> None:
    typed = DEMO[command]
    changed = command
    for old, new in typed.changes:
        assert old in changed
        changed = changed.replace(old, new, 1)
    for name in ("old.toml", "new.toml"):
        (tmp_path / name).symlink_to(ROOT / "config" / "policy.toml")
    if typed.streams:
        changed = changed.replace("curl", "curl --silent --max-time 2 --fail", 1)

    done = sh(changed, tmp_path, given)

    # 28 is what curl says when its time is over: until then it listened.
    assert done.returncode == (28 if typed.streams else 0), f"{changed}: {done.stdout[-500:]} {done.stderr[-500:]}"
    assert re.search(typed.says, done.stdout)


@pytest.mark.e2e
def test_a_command_of_redis_does_what_it_should(live: Running) -> None:
    arguments = [part.strip('"') for part in re.findall(r'"[^"]*"|\S+', REDIS)][1:]

    with redis.Redis.from_url(live.redis_url) as client:
        assert client.execute_command(*arguments) == 1
        assert client.sismember(wire.REVOKED, wire.revoked_subject("acme", "kim"))
