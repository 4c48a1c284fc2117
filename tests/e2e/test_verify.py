"""A live installation: its processes are well, and `klankbord verify` is clean, or red for damage that was planted."""

import json
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from kafka import KafkaProducer
from redis import Redis

from config.settings import PREFIX
from streams import wire
from streams.demo import ROOT, Running, replay_once, running
from streams.player import bundled
from streams.verify import reading, records
from tests.e2e.waiting import answer_of, until

pytestmark = pytest.mark.e2e

KLANKBORD: Final = Path(sysconfig.get_path("scripts")) / "klankbord"
READY_S: Final = 90.0


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    data: dict[str, Any]

    @property
    def wrong(self) -> set[str]:
        return {name for name, keys in self.data["verdicts"].items() if keys}


def verified(broker: str, redis_url: str, *arguments: str) -> Answer:
    """What `klankbord verify --json` answers, as an operator would call it."""
    done = subprocess.run(
        [KLANKBORD, "verify", "--json", *arguments],
        env={"PATH": "/usr/bin:/bin", PREFIX + "BROKER": broker, PREFIX + "REDIS_URL": redis_url},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout, done.stderr
    return Answer(done.returncode, json.loads(done.stdout))


@pytest.fixture(scope="module")
def played() -> Iterator[Running]:
    """A demo that is up, with the first bundled conversations behind it."""
    with running() as started:
        replay_once(started, bundled()[:400], keep_times=False, progress=lambda answered: None)
        yield started


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
@pytest.mark.parametrize("process", ["monitor", "publisher", "web"])
def test_a_running_process_says_that_it_is_well(played: Running, process: str, path: str) -> None:
    url = played.address(process, path)

    until(lambda: answer_of(url)[0] == 200, within_s=READY_S, what=f"{process} answers {path}")


def test_a_worker_answers_nothing_else(played: Running) -> None:
    assert answer_of(played.address("monitor", "/table/conversations"))[0] == 404


def test_what_was_played_is_clean(played: Running) -> None:
    answer = verified(played.broker, played.redis_url)

    assert answer.wrong == set()
    assert answer.code == 0
    assert answer.data["judged"] > 5
    assert answer.data["inputs"] >= 400
    assert answer.data["alerts"] > 0


def test_from_an_offset_on_it_says_what_it_cannot_judge(played: Running) -> None:
    starts = [
        argument for topic in wire.INPUTS for number in range(4) for argument in ("--from", f"{topic}:{number}:10")
    ]

    answer = verified(played.broker, played.redis_url, *starts)

    assert (answer.wrong, answer.code) == (set(), 0)
    assert sum(answer.data["unjudged"].values()) > 0


# Damage is planted in Redis first, and in Kafka last: what is written there stays.


def test_an_alert_that_came_twice_is_seen(played: Running) -> None:
    with Redis.from_url(played.redis_url) as redis:
        (_, entry), *_ = redis.xrange(wire.ALERTS, count=1)
        planted = redis.xadd(wire.ALERTS, entry)
        answer = verified(played.broker, played.redis_url)
        redis.xdel(wire.ALERTS, planted)

    assert (answer.wrong, answer.code) == ({"alert_twice"}, 1)


def test_an_alert_that_is_missing_is_seen(played: Running) -> None:
    with Redis.from_url(played.redis_url) as redis:
        (identity, entry), *_ = redis.xrange(wire.ALERTS, count=1)
        alert = msgspec.json.decode(entry[wire.FIELD], type=wire.AlertMessage).alert
        redis.delete(wire.once(f"{alert.alert_id}:{alert.state}"))
        redis.xdel(wire.ALERTS, identity)
        answer = verified(played.broker, played.redis_url)

    assert (answer.wrong, answer.code) == ({"alert_missing"}, 1)


def test_a_changed_state_is_seen(played: Running) -> None:
    with KafkaProducer(bootstrap_servers=played.broker) as producer:
        raw, number = last_observation(played.broker)
        record = wire.decode_record(raw)
        seen = record.observation
        state = msgspec.structs.replace(seen.conversation, effort=6.66)
        damaged = msgspec.structs.replace(record, observation=msgspec.structs.replace(seen, conversation=state))
        key = wire.conversation_key(seen.tenant, seen.conversation_id)
        producer.send(wire.OBSERVATIONS, key=key, value=wire.encode(damaged), partition=number)
        producer.flush()

    answer = verified(played.broker, played.redis_url)

    assert answer.code == 1
    assert {"conflict", "state_mismatch"} <= answer.wrong


def last_observation(broker: str) -> tuple[bytes, int]:
    """The last record of a partition, and its number."""
    with reading(broker) as reader:
        *_, last = records(reader, [wire.OBSERVATIONS])
    return last.value, last.partition
