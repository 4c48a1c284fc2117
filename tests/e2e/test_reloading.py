"""A supervisor's rules change while conversations run, and a mistake in them stops nothing."""

import urllib.request
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import pytest
import redis
from kafka import KafkaProducer

from klankbord.events import Channel, Role, Utterance, encode
from streams import demo, wire
from tests.e2e.waiting import until

pytestmark = pytest.mark.e2e

RULE: Final = """[rules.{name}]
when = "customer_turns >= 1 && {condition}"
severity = "info"
nl = "{name}"
en = "{name}"
"""


def test_rules_change_while_the_workers_run_and_a_bad_file_keeps_the_old(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(RULE.format(name="first", condition="effort >= 1"))

    with demo.running({"POLICY": str(policy)}) as running:
        _say(running, "one")
        assert _rules(running, 1) == ["first"]

        policy.write_text(RULE.format(name="second", condition="efort >= 1"))
        for process in ("monitor", "publisher"):
            until(partial(_is_in_force, running, process, False), within_s=20, what=f"{process} refuses")
        _say(running, "two")
        assert _rules(running, 2) == ["first", "first"]

        policy.write_text(RULE.format(name="second", condition="effort >= 1"))
        for process in ("monitor", "publisher"):
            until(partial(_is_in_force, running, process, True), within_s=20, what=f"{process} takes it")
        _say(running, "three")
        assert _rules(running, 3) == ["first", "first", "second"]
        running.check()


def _say(running: demo.Running, conversation_id: str) -> None:
    said = Utterance(
        schema=1, event_id=f"said-{conversation_id}", tenant="t", conversation_id=conversation_id,
        channel=Channel.CHAT, at=datetime.now(UTC), utterance_id="1", role=Role.CUSTOMER,
        text="Is there anybody who can look at my order?",
    )  # fmt: skip
    producer = KafkaProducer(bootstrap_servers=running.broker)
    producer.send(wire.topic_for(said), key=wire.input_key(said), value=encode(said))
    producer.close()


def _rules(running: demo.Running, count: int) -> list[str]:
    """The rules of the first `count` alerts that opened, in their order."""

    def opened() -> list[str]:
        with redis.Redis.from_url(running.redis_url) as client:
            entries = client.xrange(wire.ALERTS)
        alerts = [msgspec.json.decode(fields[wire.FIELD], type=wire.AlertMessage).alert for _, fields in entries]
        found = [alert.rule for alert in alerts if alert.state == "opened"]
        return found if len(found) >= count else []

    return until(opened, within_s=20, what=f"{count} alerts")


def _is_in_force(running: demo.Running, process: str, expected: bool) -> bool:
    with urllib.request.urlopen(running.address(process, "/metrics"), timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    (value,) = (line.split()[1] for line in lines if line.startswith("klankbord_configuration_in_force "))
    return bool(float(value)) == expected
