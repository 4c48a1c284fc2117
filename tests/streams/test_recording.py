"""What a topic still holds, read back: whole conversations in their order, in no group."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient

from klankbord.backtest.recording import Piece, Refused
from klankbord.errors import InvalidConfiguration
from klankbord.events import Event, encode
from streams import topics
from streams.recording import of_topics, parts
from tests.klankbord.backtest.given import contact


def topic(broker: str, name: str, partitions: int = 2) -> str:
    planned = topics.Topic(f"{name}-{time.time_ns()}", partitions, 1, "delete")
    topics.create(broker, [planned])
    return planned.name


def send(
    broker: str, name: str, events: Sequence[Event], *, at_ms: int, more: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    producer = KafkaProducer(bootstrap_servers=broker)
    for number, event in enumerate(events):
        producer.send(name, key=event.conversation_id.encode(), value=encode(event), timestamp_ms=at_ms + number)
    for key, value in more:
        producer.send(name, key=key, value=value, timestamp_ms=at_ms)
    producer.close()


def ids(read: list[Piece]) -> list[str]:
    return [piece.event_id for piece in read if not isinstance(piece, Refused) and hasattr(piece, "event_id")]


def read(broker: str, *names: str, start_ms: int | None = None, end_ms: int | None = None) -> list[Piece]:
    return [piece for part in parts(broker, names, start_ms=start_ms, end_ms=end_ms) for piece in part]


PRODUCED_MS = round(datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp() * 1000)


def test_a_time_range_is_from_the_first_moment_up_to_the_last(broker: str) -> None:
    name = topic(broker, "range", 1)
    send(broker, name, contact("c"), at_ms=PRODUCED_MS)

    assert ids(read(broker, name)) == ["c-1", "c-2", "c-3"]
    assert ids(read(broker, name, start_ms=PRODUCED_MS + 1)) == ["c-2", "c-3"]
    assert ids(read(broker, name, end_ms=PRODUCED_MS + 2)) == ["c-1", "c-2"]
    assert ids(read(broker, name, start_ms=PRODUCED_MS + 1, end_ms=PRODUCED_MS + 2)) == ["c-2"]
    assert ids(read(broker, name, start_ms=PRODUCED_MS + 3)) == []


def test_what_the_monitor_refuses_is_refused_for_the_same_reason(broker: str) -> None:
    name = topic(broker, "refused")
    good = encode(contact("c")[0])
    ahead = good.replace(b'"2026-', b'"2027-')
    send(broker, name, (), at_ms=PRODUCED_MS, more=[(b"c", b"\xff"), (b"other", good), (b"c", ahead)])

    found = sorted(piece.reason for piece in read(broker, name) if isinstance(piece, Refused))

    assert found == ["absurd_time", "invalid_json", "wrong_key"]


def test_a_conversation_that_changes_topic_is_heard_in_the_order_of_its_events(broker: str) -> None:
    chat, calls = topic(broker, "chat"), topic(broker, "calls")
    first, second, third = contact("c")
    send(broker, chat, [first], at_ms=PRODUCED_MS)
    send(broker, calls, [second], at_ms=PRODUCED_MS + 10)
    send(broker, chat, [third], at_ms=PRODUCED_MS + 20)

    assert ids(read(broker, chat, calls)) == ["c-1", "c-2", "c-3"]


def test_nothing_is_committed_and_no_group_appears(broker: str) -> None:
    name = topic(broker, "silent")
    send(broker, name, contact("c"), at_ms=PRODUCED_MS)
    admin = KafkaAdminClient(bootstrap_servers=broker)
    before = admin.list_groups()

    assert len(read(broker, name)) == len(read(broker, name)) == 3

    assert admin.list_groups() == before
    admin.close()


def test_a_topic_that_is_not_there_and_times_that_are_none_are_refused(
    broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidConfiguration, match="'absent' is not at"):
        read(broker, "absent")
    with pytest.raises(InvalidConfiguration, match="'yesterday' is no time; write it as 2026-11-01T00:00"):
        list(of_topics(["x"], "yesterday", None))
    with pytest.raises(InvalidConfiguration, match="--to: does not lie after --from"):
        list(of_topics(["x"], "2026-11-02", "2026-11-01T00:00+00:00"))
