"""A supervisor marks alerts on the page, and the next model has learnt from it."""

import json
import subprocess
import sysconfig
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest
import redis

from klankbord.policy import Policy
from klankbord.policy_file import read_policy
from streams import wire
from streams.demo import Running, replay_once, running
from streams.player import bundled
from streams.wire import AlertLife

pytestmark = pytest.mark.e2e

KLANKBORD: Final = Path(sysconfig.get_path("scripts")) / "klankbord"
NAME: Final = "Anna de Vries"
# What this supervisor thinks nothing of, whatever the conversation.
NEVER: Final = ("high_effort", "frustrated_customer")


def klankbord(live: Running, *arguments: str | Path) -> str:
    environment = {"KLANKBORD_BROKER": live.broker, "KLANKBORD_REDIS_URL": live.redis_url, "LC_ALL": "C.UTF-8"}
    done = subprocess.run((KLANKBORD, *arguments), env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def lives(live: Running) -> list[AlertLife]:
    with redis.Redis.from_url(live.redis_url) as client:
        return [msgspec.json.decode(raw, type=AlertLife) for raw in client.hvals(wire.LIVES)]


def mark(live: Running, life: AlertLife, asking: httpx.Client) -> int:
    wrong: dict[str, Any] = {"action": "wrong", "reason": f"{NAME} says so"}
    asked = wrong if life.rule in NEVER else {"action": "right"}
    answer = asking.post(f"/api/alerts/{life.alert_id}/life", json={"revision": life.revision, **asked})
    return answer.status_code


def test_what_is_marked_on_the_page_fits_the_next_model(tmp_path: Path) -> None:
    events, marks, ours = (tmp_path / name for name in ("events.jsonl", "marks.jsonl", "ours.toml"))
    lines = bundled()
    events.write_bytes(b"".join(line.raw + b"\n" for line in lines))

    with running() as live:
        assert replay_once(live, lines, keep_times=False, progress=lambda _: None).clean
        token = httpx.get(live.address("web", "/demo/token"), params={"name": NAME}).json()["token"]
        headers = {"Authorization": f"Bearer {token}", "X-Klankbord": "1"}
        with httpx.Client(base_url=live.address("web"), headers=headers) as asking:
            answers = [mark(live, life, asking) for life in lives(live)]
            counted = asking.get("/metrics").text
        written = klankbord(live, "marks", "--out", marks)
        fitted = klankbord(live, "adapt", events, "--marks", marks, "--out", ours)
        said = klankbord(live, "backtest", "--policy", ours, "--marks", marks, "--json", events)

    assert set(answers) == {200}
    assert f"wrote {len(answers)} marks" in written
    assert NAME.encode() not in marks.read_bytes()
    assert f"moments with a mark: {len(moments(marks))}; in the file of marks: {len(answers)}" in fitted
    assert read_policy(ours.read_text(encoding="utf-8"), source="ours").judges.escalation != Policy().judges.escalation
    found = json.loads(said)
    assert found["recording"]["marks_not_heard"] == 0
    for of_rule in found["old"]["marks"]:
        # The old policy is the one that was live: it raises what was marked, neither more nor less.
        assert of_rule["raised"] == of_rule["marked"] > 0
        assert of_rule["wrong"]["hits"] == of_rule["marked"] * (of_rule["rule"] in NEVER)
        kind = "wrong" if of_rule["rule"] in NEVER else "right"
        metric = f'klankbord_alert_marks_total{{mark="{kind}",rule="{of_rule["rule"]}"}} {of_rule["marked"]}.0'
        assert metric in counted
    assert {of_rule["rule"] for of_rule in found["old"]["marks"]} >= {*NEVER, "needs_supervisor"}


def moments(marks: Path) -> set[tuple[str, str]]:
    """Where the marked alerts opened: two rules may open at one event."""
    found = [json.loads(line) for line in marks.read_text(encoding="utf-8").splitlines()]
    return {(mark["conversation_id"], mark["event_id"]) for mark in found}
