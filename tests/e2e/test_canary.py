"""The canary comes through the whole path, leaves no trace, and the pages say blind once it does not."""

import time
from typing import Final

import httpx
import pytest
import redis
from kafka import KafkaConsumer, TopicPartition

from streams import canary, demo, embedded, wire
from tests.e2e.waiting import until
from tests.web.serving import PATIENCE_S, Stream

pytestmark = pytest.mark.e2e

EVERY_S: Final = 1.0
BLIND_S: Final = 4.0
STATE: Final = wire.conversation_key(wire.CANARY_TENANT, canary.CONVERSATION)


def test_the_canary_is_seen_until_the_monitor_stops_and_is_shown_nowhere() -> None:
    given = {"CANARY_EVERY_S": str(EVERY_S), "CANARY_BLIND_S": str(BLIND_S)}
    with demo.running(given) as running, redis.Redis.from_url(running.redis_url) as client:
        until(lambda: client.get(wire.CANARY), within_s=30, what="a canary comes through")
        with (
            httpx.Client(timeout=2 * PATIENCE_S) as http,
            http.stream("GET", running.address("web", "/events/supervisor"), headers=bearer(running)) as response,
        ):
            stream = Stream(response)
            until_state(stream, "seen")
            time.sleep(3 * EVERY_S)
            said = metrics(running, "monitor"), metrics(running, "publisher"), metrics(running, "web")

            embedded.stop((running.processes["monitor"],), patience_s=10)

            stopped_at = time.monotonic()
            until_state(stream, "blind")
            blind_after_s = time.monotonic() - stopped_at
        left = {key.decode() for key in client.scan_iter()}
        kept = records(running.broker)

    assert blind_after_s < BLIND_S + 4
    # That this test looked is put down, and how far the publisher is.
    assert left == {wire.CANARY, wire.AUDIT, wire.AUDIT_HEAD, wire.WHOLE}
    monitor, publisher, pages = said
    assert monitor["klankbord_canary_sent_total"] >= 3
    assert publisher["klankbord_canary_seen_total"] >= 2
    assert 0 < pages["klankbord_canary_age_seconds"] < BLIND_S
    others = {**monitor, **publisher}
    assert {name: value for name, value in others.items() if _counts(name) and value} == {}
    # Each canary leaves its record and a tombstone, which compaction takes away.
    assert set(kept) == {STATE}
    assert kept[STATE][-1] is None
    assert len(kept[STATE]) % 2 == 0


def bearer(running: demo.Running) -> dict[str, str]:
    """The demo gives a token to whoever asks."""
    given = httpx.get(running.address("web", "/demo/token?role=supervisor"), timeout=PATIENCE_S)
    return {"Authorization": f"Bearer {given.json()['token']}"}


def until_state(stream: Stream, state: str) -> None:
    stream.until(lambda event: event.event == "canary" and event.data["state"] == state)


def metrics(running: demo.Running, process: str) -> dict[str, float]:
    lines = httpx.get(running.address(process, "/metrics"), timeout=PATIENCE_S).text.splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}


def _counts(name: str) -> bool:
    # What a worker says of itself is of no conversation.
    apart = ("canary", "_created", "configuration", "_commits", "_rebalances")
    ours = name.startswith("klankbord_") and not any(part in name for part in apart)
    return ours and ("_total" in name or "_count" in name) and "faust" not in name


def records(bootstrap_servers: str) -> dict[bytes, list[bytes | None]]:
    """Every record of the observations, by key."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=None, enable_auto_commit=False)
    partitions = [TopicPartition(wire.OBSERVATIONS, n) for n in consumer.partitions_for_topic(wire.OBSERVATIONS) or ()]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    found: dict[bytes, list[bytes | None]] = {}
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for batch in consumer.poll(timeout_ms=500).values():
            for record in batch:
                found.setdefault(record.key, []).append(record.value)
    consumer.close()
    return found
