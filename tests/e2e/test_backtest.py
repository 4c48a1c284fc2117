"""What a backtest counts is what the workers raised, on the events that are still in their topics."""

import json
import subprocess
import sysconfig
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import redis

from klankbord.backtest.playing import Play
from klankbord.backtest.recording import Labelled, Piece, Refused
from klankbord.backtest.recording import parts as parts_of_files
from klankbord.events import Channel, Role, Started, Utterance, Waited, encode
from klankbord.policy import Policy
from klankbord.policy_file import read_policy
from streams import wire
from streams.demo import ROOT, Running, replay_once, running
from streams.player import Line, bundled
from streams.recording import parts
from tests.e2e.waiting import until

pytestmark = pytest.mark.e2e

KLANKBORD: Final = Path(sysconfig.get_path("scripts")) / "klankbord"
# So that waits come within seconds of a test, and all of them have come after this.
WAITS: Final = "full_wait_s = 4.0\nwait_step_s = 1.0\n"
QUIET_S: Final = 5.0
WITHIN_S: Final = 60.0


def impatient(folder: Path) -> Path:
    """The shipped policy, for customers who wait a second."""
    shipped = (ROOT / "config" / "policy.toml").read_text(encoding="utf-8")
    head, table, rest = shipped.partition("[normal_wait_s]")
    waits, rule, rules = rest.partition("\n\n")
    for channel in Channel:
        waits = "\n".join(f"{channel} = 1" if line.startswith(f"{channel} =") else line for line in waits.splitlines())
    path = folder / "impatient.toml"
    path.write_text(f"{head}{WAITS}{table}{waits}{rule}{rules}", encoding="utf-8")
    return path


def silent() -> tuple[Line, ...]:
    """A customer whom nobody answers."""
    common: dict[str, Any] = {
        "schema": 1, "tenant": "demo", "conversation_id": "silent", "channel": Channel.CHAT, "at": datetime.now(UTC),
    }  # fmt: skip
    said = Utterance(
        event_id="u", utterance_id="1", role=Role.CUSTOMER, text="Is there anybody who can help?", **common
    )
    return tuple(Line(encode(event), event) for event in (Started(event_id="s", **common), said))


def raised(live: Running) -> dict[str, int]:
    """The alerts that opened by rule, as the publisher counted them when each was first in Redis."""
    with redis.Redis.from_url(live.redis_url, decode_responses=True) as client:
        counts = client.hgetall(wire.COUNTS)
    return {name.split(":")[1]: int(number) for name, number in counts.items() if name.endswith(":opened")}


def by_rule(play: Play) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for (_, _, rule), number in play.tallies[0].alerts.items():
        counts[rule] += number
    return dict(counts)


def in_topics(live: Running) -> list[Piece]:
    return [piece for part in parts(live.broker, wire.INPUTS) for piece in part]


def until_quiet(live: Running) -> list[Piece]:
    """Every wait was said, and nothing comes any more."""
    until(lambda: raised(live).get("long_wait"), within_s=WITHIN_S, what="an alert about the wait")
    found = in_topics(live)
    while True:
        time.sleep(QUIET_S)
        before, found = found, in_topics(live)
        if len(before) == len(found):
            return found


def environment(live: Running) -> dict[str, str]:
    return {"KLANKBORD_BROKER": live.broker, "KLANKBORD_REDIS_URL": live.redis_url, "LC_ALL": "C.UTF-8"}


def said(live: Running, policy: Path) -> Any:
    chosen = [f"--topic={topic}" for topic in wire.INPUTS]
    command = [str(KLANKBORD), "backtest", "--policy", str(policy), *chosen, "--json"]
    done = subprocess.run(command, env=environment(live), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_the_counts_of_a_backtest_are_those_of_the_live_run(tmp_path: Path) -> None:
    path = impatient(tmp_path)
    policy = read_policy(path.read_text(encoding="utf-8"), source=path.name)
    unreadable = Line(b"where is it", None)
    lines = (*bundled(), unreadable)
    with running({"POLICY": str(path)}) as live:
        summary = replay_once(live, lines, keep_times=False, progress=lambda _: None)
        replay_once(live, silent(), keep_times=True, progress=lambda _: None)
        recorded = until_quiet(live)
        live_counts = raised(live)
        answered = said(live, path)
        later = datetime.now(UTC).isoformat()
        nothing = subprocess.run(
            (KLANKBORD, "backtest", "--policy", path, "--topic", wire.CHAT_MESSAGES, "--from", later),
            env=environment(live), capture_output=True, timeout=60,
        )  # fmt: skip

    assert summary.clean
    assert live_counts["long_wait"] > 0
    assert len(live_counts) > 4, "a recording that raises little proves little"
    assert sum(isinstance(piece, Waited) for piece in recorded) == answered["recording"]["waits_recorded"] > 0
    assert [piece for piece in recorded if isinstance(piece, Refused)] == [Refused("invalid_json")]
    assert answered["recording"]["refused"] == {"invalid_json": 1}
    assert {rule["rule"]: rule["alerts"] for rule in answered["new"]["by_rule"] if rule["alerts"]} == live_counts
    assert nothing.returncode == 1
    assert b"no events" in nothing.stderr

    events = [piece for piece in recorded if not isinstance(piece, Refused | Labelled)]
    file = tmp_path / "recorded.jsonl"
    file.write_bytes(b"\n".join(map(encode, events)))
    assert counted(policy, file) == live_counts


def counted(policy: Policy, file: Path) -> dict[str, int]:
    play = Play([policy, Policy()])
    play.hear_all(parts_of_files([file]))
    return by_rule(play)
