"""All of Klankbord on real servers with real workers: nothing lost, nothing twice, nothing left behind."""

import json
import os
import signal
import subprocess
import sysconfig
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from klankbord.events import MAX_EVENT_BYTES, MAX_TEXT_CHARS, encode
from streams import embedded
from streams.demo import ROOT
from streams.player import bundled
from tests.e2e.waiting import answer_of, processes_of, until
from tests.klankbord.given import utterance
from tests.streams.given import conversation

pytestmark = pytest.mark.e2e

KLANKBORD: Final = Path(sysconfig.get_path("scripts")) / "klankbord"
READY_S: Final = 90.0
PLAYED_S: Final = 120.0
GONE_S: Final = 10.0
INTERRUPTED_S: Final = 15.0
FIRST_ALERT_S: Final = 60.0
PROCESSES: Final = 6  # the demo itself, broker, server, monitor, publisher and pages

PROMISED: Final = {
    "sent", "observations", "dead_letters", "alerts", "alerts_by_rule", "suggestions", "suggestions_by_kind", "lost",
    "duplicates", "alerts_missing_in_redis", "suggestions_missing_in_redis", "seconds", "p50_ms", "p95_ms", "p99_ms",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Demo:
    """`klankbord demo` as somebody started it, with a directory for temporary files of its own."""

    process: subprocess.Popen[bytes]
    directory: Path
    log: Path

    def said(self) -> list[str]:
        return self.log.read_text(errors="replace").splitlines()

    def ended(self, within_s: float) -> int:
        """Its exit code; what it said is shown when the test fails."""
        try:
            return self.process.wait(timeout=within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError("\n".join([f"still there after {within_s:g} s; it said:", *self.said()])) from None

    def until_said(self, words: str) -> str:
        """The first line with `words`; it must not end before."""

        def line() -> str | None:
            found = next((line for line in self.said() if words in line), None)
            assert found or self.process.poll() is None, "\n".join(["it ended; it said:", *self.said()])
            return found

        return until(line, within_s=READY_S, what=f"the demo says '{words}'") or ""

    def url(self, of: str) -> str:
        return self.until_said(f"  {of} ").split()[-1]

    def until_gone(self) -> None:
        until(lambda: not processes_of(self.directory), within_s=GONE_S, what="every process of the demo is gone")


@contextmanager
def demo(directory: Path, *arguments: str) -> Iterator[Demo]:
    """A demo that ends with the test, however that ends."""
    temporary = directory / "tmp"
    temporary.mkdir(parents=True)
    log = directory / "demo.log"
    process = embedded.child(
        (str(KLANKBORD), "demo", *arguments),
        env={**os.environ, "TMPDIR": str(temporary), "COLUMNS": "200"},
        log=log,
        cwd=ROOT,
    )
    try:
        yield Demo(process, temporary, log)
    finally:
        embedded.stop((process,), patience_s=INTERRUPTED_S)


# From the smallest nuisance to what was made to break us; each is one line of a file.
GOOD: Final = tuple(encode(event) for event in conversation())
SAID: Final = encode(utterance("where is it", number=99))
HOSTILE: Final = (
    b"where is it",
    SAID[:-9],
    b"[" * 5_000,
    b"\x00\x01\xff\xfe",
    SAID.replace(b"where", b"wh\xe9re"),
    SAID.replace(b"where", b"\\ud83d"),
    SAID.replace(b"where", b"\\u0000"),
    SAID.replace(b"where is it", b""),
    SAID.replace(b"where is it", b"   "),
    SAID.replace(b"where", b"x" * (MAX_TEXT_CHARS + 1)),
    SAID.replace(b"where", b"x" * MAX_EVENT_BYTES),
    SAID.replace(b'"utterance"', b'"shouted"'),
    SAID.replace(b'"chat"', b'"pigeon"'),
    SAID.replace(b'"schema":1', b'"schema":"one"'),
    SAID.replace(b'"2026-', b'"1970-'),
    SAID.replace(b'"2026-', b'"9999-'),
)
# It can be read; but no clock runs so far ahead.
FROM_THE_FUTURE: Final = SAID.replace(b'"2026-', b'"2099-')


@dataclass(frozen=True, slots=True)
class Played:
    """A demo that played to its end."""

    code: int
    said: list[str]
    left: list[int]
    files: list[str]

    @property
    def summary(self) -> dict[str, int]:
        found: dict[str, int] = json.loads(self.said[-1])
        return found


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, Played]:
    """Two at once: the bundled conversations, and a file that mixes good lines with hostile ones."""
    mixed = tmp_path_factory.mktemp("input") / "mixed.jsonl"
    half = len(GOOD) // 2
    mixed.write_bytes(b"\n".join([*GOOD[:half], *HOSTILE, FROM_THE_FUTURE, *GOOD[half:]]))
    one, other = (tmp_path_factory.mktemp(name) for name in ("bundled", "mixed"))
    with (
        demo(one, "--once", "--json") as first,
        demo(other, "--once", "--json", "--input", str(mixed), "--keep-times") as second,
    ):
        return _played(first), _played(second)


def _played(one: Demo) -> Played:
    code = one.ended(within_s=PLAYED_S)
    return Played(code, one.said(), processes_of(one.directory), [path.name for path in one.directory.iterdir()])


@pytest.fixture
def of_bundled(played: tuple[Played, Played]) -> Played:
    return played[0]


@pytest.fixture
def of_mixed(played: tuple[Played, Played]) -> Played:
    return played[1]


def test_the_demo_accounts_for_every_event(of_bundled: Played) -> None:
    summary = of_bundled.summary

    assert (of_bundled.code, set(summary)) == (0, PROMISED)
    assert summary["sent"] == summary["observations"] == len(bundled())
    assert (summary["dead_letters"], summary["lost"], summary["duplicates"]) == (0, 0, 0)


def test_the_demo_shows_alerts_and_suggestions_and_redis_has_them_all(of_bundled: Played) -> None:
    summary = of_bundled.summary

    assert summary["alerts"] > 0
    assert summary["suggestions"] > 0
    assert (summary["alerts_missing_in_redis"], summary["suggestions_missing_in_redis"]) == (0, 0)


def test_hostile_lines_are_buried_once_each_and_hurt_no_other(of_mixed: Played) -> None:
    summary = of_mixed.summary

    assert of_mixed.code == 0
    assert summary["sent"] == len(GOOD) + len(HOSTILE) + 1
    assert summary["observations"] == len(GOOD)
    assert summary["dead_letters"] == len(HOSTILE) + 1
    assert (summary["lost"], summary["duplicates"]) == (0, 0)
    assert summary["alerts"] > 0


def test_a_demo_that_ended_leaves_no_process_and_no_file(played: tuple[Played, Played]) -> None:
    assert [one.left for one in played] == [[], []]
    assert [one.files for one in played] == [[], []]


def test_two_demos_at_once_do_not_share_an_address(played: tuple[Played, Played]) -> None:
    one, other = (
        {line.split("127.0.0.1:")[1].split("/")[0] for line in p.said if "127.0.0.1:" in line} for p in played
    )

    assert len(one) == len(other) == 5
    assert not one & other


def test_nothing_outlives_a_demo_that_was_killed_while_it_played(tmp_path: Path) -> None:
    with demo(tmp_path) as live:
        live.until_said("times talking speed")
        assert len(processes_of(live.directory)) == PROCESSES

        live.process.kill()
        live.process.wait()

        live.until_gone()


def test_a_live_demo_raises_an_alert_on_the_page_and_ends_at_ctrl_c(tmp_path: Path) -> None:
    with demo(tmp_path, "--speed", "10") as live:
        page = live.url("supervisor page")

        assert b"<html" in answer_of(page)[1]
        assert an_alert(page.replace("/supervisor", "/events/supervisor"))

        live.process.send_signal(signal.SIGINT)

        assert live.ended(within_s=INTERRUPTED_S) in (0, 130)
        assert processes_of(live.directory) == []
        assert list(live.directory.iterdir()) == []
        assert not any("Traceback" in line for line in live.said())


def an_alert(url: str) -> dict[str, object]:
    """The first alert that the stream of the page brings."""
    _, given = answer_of(url.replace("/events/supervisor", "/demo/token"))
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {json.loads(given)['token']}"})
    with closing(urllib.request.urlopen(request, timeout=FIRST_ALERT_S)) as stream:

        def message() -> dict[str, object]:
            if stream.readline() != b"event: alert\n":
                return {}
            found: dict[str, object] = json.loads(stream.readline().removeprefix(b"data: "))
            return found

        return until(message, within_s=FIRST_ALERT_S, what="an alert comes to the page")
