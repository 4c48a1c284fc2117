"""A supervisor hears of a waiting customer while the customer still waits."""

import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import redis
from kafka import KafkaProducer

from klankbord.events import Channel, Event, Role, Started, Utterance, encode
from streams import demo, wire

pytestmark = pytest.mark.e2e

IMPATIENT = """
full_wait_s = 4.0
wait_step_s = 1.0
[normal_wait_s]
chat = 1.0
voice = 1.0
whatsapp = 1.0
sms = 1.0
email = 1.0
[rules.long_wait]
when = "long_wait >= raise_at"
until = "long_wait < release_at"
raise_at = 0.5
release_at = 0.2
severity = "warning"
nl = "Klant wacht te lang"
en = "Customer has waited too long"
"""


def test_nobody_answers_and_the_alert_opens_by_itself(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(IMPATIENT)

    with demo.running({"POLICY": str(policy)}) as running:
        _send(running.broker, _started(), _asks())
        opened = _first_alert(running, patience_s=30)

    assert opened.alert.rule == "long_wait"
    assert opened.alert.cause is not None
    assert opened.alert.cause.amount is not None
    assert 3.0 <= opened.alert.cause.amount <= 5.0


def _send(bootstrap_servers: str, *events: Event) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap_servers)
    for event in events:
        producer.send(wire.topic_for(event), key=wire.input_key(event), value=encode(event))
    producer.close()


def _first_alert(running: demo.Running, *, patience_s: float) -> wire.AlertMessage:
    deadline = time.monotonic() + patience_s
    with redis.Redis.from_url(running.redis_url) as client:
        while time.monotonic() < deadline:
            running.check()
            for _, entries in client.xread({wire.ALERTS: "0"}, block=500) or []:
                return msgspec.json.decode(entries[0][1][wire.FIELD], type=wire.AlertMessage)
    raise AssertionError(f"no alert within {patience_s} s")


def _started() -> Started:
    return Started(
        schema=1, event_id="s", tenant="t", conversation_id="silent", channel=Channel.CHAT, at=datetime.now(UTC)
    )


def _asks() -> Utterance:
    return Utterance(
        schema=1,
        event_id="u",
        tenant="t",
        conversation_id="silent",
        channel=Channel.CHAT,
        at=datetime.now(UTC),
        utterance_id="1",
        role=Role.CUSTOMER,
        text="Is there anybody who can look at my order?",
    )
