"""What the page on privacy tells of a request to be forgotten is so: what goes at once, and what waits for its time."""

from typing import Any, Final
from uuid import uuid4

import msgspec
import pytest
import redis
from kafka import KafkaProducer

from klankbord.channels.transcript import read_transcript
from klankbord.events import Event, encode
from streams import demo, wire
from tests.e2e.poisoned import observations
from tests.e2e.test_emptied import is_whole
from tests.e2e.waiting import until

pytestmark = pytest.mark.e2e

WORD: Final = "karmozijnrood"
STORY: Final = f"""
title: A parcel that somebody wants forgotten
channel: chat
queue: billing
team: south
agent: agent-12
customer: customer-208
---
00:00 * started
00:05 * joined role=agent
00:10 customer: Dit is echt schandalig, ik ben woedend over dat {WORD}e pakket, wat een waardeloze service!
00:40 customer: Schandalig! Ik ben woedend, jullie zijn waardeloos met dat {WORD}e pakket!
01:00 * objected
01:30 * ended
"""
WITHIN_S: Final = 30.0


def test_after_an_objection_and_the_end_no_word_is_left_but_in_what_waits_for_its_time() -> None:
    events = read_transcript(STORY.strip(), name=f"forgotten-{uuid4().hex}", tenant="demo").events
    story, objection, end = events[:-2], events[-2], events[-1]
    with (
        demo.running({"CANARY_EVERY_S": "0", "ENDED_STATE_MIN": "0"}) as live,
        redis.Redis.from_url(live.redis_url) as client,
    ):
        send(live.broker, *story)
        until(lambda: WORD in said(client, wire.OPEN_ALERTS), within_s=WITHIN_S, what="an alert that quotes")
        send(live.broker, objection)
        until(lambda: not client.exists(wire.OPEN_ALERTS), within_s=WITHIN_S, what="the alert is cleared")
        objected = observations(live.broker)[-1]
        send(live.broker, end)
        until(lambda: not client.exists(wire.BOARD), within_s=WITHIN_S, what="the row is gone")
        until(lambda: observations(live.broker)[-1].type == wire.CLOSED, within_s=WITHIN_S, what="a marker")
        marker = observations(live.broker)[-1]
        streams = {key for key in keys(client) if WORD in said(client, key)}

        client.flushall()
        until(lambda: is_whole(client), within_s=WITHIN_S, what="Redis is whole again")
        again = {key for key in keys(client) if WORD in said(client, key)}

    assert (objected.type, marker.conversation_id) == ("objected", end.conversation_id)
    assert WORD not in msgspec.json.encode(objected.conversation).decode()
    assert WORD not in msgspec.json.encode(marker).decode()
    assert wire.ALERTS in streams
    assert streams <= wire.STREAM_KEPT_S.keys()
    assert again == set()


def send(servers: str, *events: Event) -> None:
    producer = KafkaProducer(bootstrap_servers=servers)
    for event in events:
        producer.send(wire.topic_for(event), key=wire.input_key(event), value=encode(event))
    producer.close()


def keys(client: redis.Redis) -> list[str]:
    return [key.decode() for key in client.scan_iter()]


def said(client: redis.Redis, key: str) -> str:
    """All that lies under a key, whatever its type."""
    reads = {"hash": "HGETALL", "stream": "XRANGE", "string": "GET", "set": "SMEMBERS", "zset": "ZRANGE", "none": "GET"}
    spans = {"XRANGE": ("-", "+"), "ZRANGE": (0, -1)}
    asked: Any = client  # redis-py has no types for commands by name
    command = reads[asked.execute_command("TYPE", key).decode()]
    return str(asked.execute_command(command, key, *spans.get(command, ())))
