"""The page of the dead-letter commands shows what they print, on a broker with three letters in it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from docs.generate import ROOT
from klankbord.events import encode
from streams import embedded, topics
from tests.docs.test_examples import blocks, commands
from tests.klankbord.given import utterance
from tests.streams.test_letterbox import arrives, buried

PAGE: Final = "docs/deadletters.md"
VARIES: Final = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)"), "<time>"),
    (re.compile(r'("by": ")[^"]+'), r"\1<user>"),
    (re.compile(r"^(by +)\S+", re.MULTILINE), r"\1<user>"),
)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[str]:
    with embedded.broker(tmp_path) as servers:
        topics.create(servers, topics.plan(partitions=2, replication_factor=1))
        said = utterance("waar blijft mijn pakket?")
        cut, keyless, right = arrives(servers, encode(said)[:60], encode(said), said, key=b"conversation-2")
        buried(servers, cut, reason="invalid_json", says="not valid JSON: Input data was truncated")
        buried(servers, keyless, reason="wrong_key", says="the record's key is not its conversation_id")
        buried(servers, right, reason="failed", says="observe() failed with ZeroDivisionError")
        yield servers


def same(text: str) -> str:
    for varies, name in VARIES:
        text = varies.sub(name, text)
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())


def run(command: str, servers: str) -> str:
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "140",
        "LC_ALL": "C.UTF-8",
        "KLANKBORD_BROKER": servers,
        "KLANKBORD_REDIS_URL": "redis://127.0.0.1:1/0",
    }
    done = subprocess.run(
        f"{command} 2>&1", shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def test_every_command_of_the_page_prints_what_the_page_shows(installation: str) -> None:
    shown = [pair for language, text in blocks(PAGE) if language == "console" for pair in commands(text)]

    assert len(shown) >= 6
    for command, expected in shown:
        assert same(run(command, installation)) == same("\n".join(expected)), command
