"""Redis is emptied under running workers: the publisher makes it whole again from the observations."""

import sys
import time
from typing import Final

import httpx
import msgspec
import pytest
import redis

from streams import demo, wire
from streams.player import bundled
from tests.e2e.waiting import until

pytestmark = pytest.mark.e2e

EVENTS: Final = 400  # of the bundled conversations, so that some are open
WITHIN_S: Final = 20.0


def test_an_emptied_redis_is_made_whole_and_nothing_is_news() -> None:
    with demo.running({"CANARY_EVERY_S": "0"}) as running, redis.Redis.from_url(running.redis_url) as client:
        demo.replay_once(running, bundled()[:EVENTS], keep_times=False, progress=lambda answered: None)
        board, alerts = client.hgetall(wire.BOARD), client.hkeys(wire.OPEN_ALERTS)
        counted = published(running)
        began = time.monotonic()

        client.flushall()

        until(lambda: client.hgetall(wire.BOARD) == board, within_s=WITHIN_S, what="the board is as it was")
        until(lambda: is_whole(client), within_s=WITHIN_S, what="Redis is whole")
        took_s = time.monotonic() - began
        told = [
            msgspec.json.decode(entry[wire.FIELD], type=wire.AlertMessage)
            for _, entry in client.xrange(wire.ALERTS) or ()
            if entry
        ]
        found = client.hkeys(wire.OPEN_ALERTS)
        counted_after = published(running)

    sys.stdout.write(f"\n{len(board)} rows and {len(alerts)} alerts were there again after {took_s:.1f} s\n")
    assert len(board) > 1
    assert alerts
    assert sorted(map(str, found)) == sorted(map(str, alerts))
    assert {str(one.alert.alert_id.encode()) for one in told if one.shown} == set(map(str, alerts))
    assert all(one.again for one in told)
    assert counted_after == counted


def is_whole(client: redis.Redis) -> bool:
    at = client.hvals(wire.WHOLE)
    return len(at) == demo.PARTITIONS and all(bytes(offset).isdigit() for offset in at if isinstance(offset, bytes))


def published(running: demo.Running) -> list[str]:
    """What the publisher counts of alerts."""
    lines = httpx.get(running.address("publisher", "/metrics"), timeout=10).text.splitlines()
    return [line for line in lines if line.startswith("klankbord_alerts")]
