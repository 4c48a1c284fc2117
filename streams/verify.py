"""Reads a live installation back and has the oracle judge it; joins no group, commits nothing, writes nothing."""

# Everything here waits for a network: call it from the command line, a thread or a test, never on a worker's loop.

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError
from redis import Redis
from redis.exceptions import RedisError

from config.access import OPEN, Access
from klankbord.channels.cloudevents import envelope
from klankbord.errors import KlankbordError
from klankbord.policy import Policy
from streams import wire
from streams.oracle import Found, Input, Place, Shown, Verdict, Written, judge
from streams.permissions import MONITOR_GROUP, PUBLISHER_GROUP
from streams.topics import BrokerUnavailable

POLL_MS: Final = 1000

Offsets = Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class Span:
    """A range of the input topics: offsets by topic and partition, or times of production in ms since 1970."""

    first: Offsets
    last: Offsets
    since_ms: int | None = None
    until_ms: int | None = None


EVERYTHING: Final = Span({}, {})


@dataclass(frozen=True, slots=True)
class Verified:
    """What was read, and what the oracle says of it; `first` and `last` are the offsets, the last one exclusive."""

    verdict: Verdict
    first: Offsets
    last: Offsets
    records: int
    observations: int
    dead_letters: int
    alerts: int


def verify(
    bootstrap_servers: str,
    redis_url: str,
    policy: Policy,
    span: Span = EVERYTHING,
    *,
    access: Access = OPEN,
    redis_access: Access = OPEN,
) -> Verified:
    """Judge what lies in Kafka and in Redis by a fold of the inputs in `span` under `policy`.

    The order of reading makes sure that nothing is called wrong for being young: what the publisher had committed
    before Redis was read must be there, and so must the observations of what the monitor had committed before they
    were read.
    """
    published = {
        number: offset for (_, number), offset in _committed(bootstrap_servers, PUBLISHER_GROUP, access).items()
    }
    alerts, trimmed = shown(redis_url, access=redis_access)
    with reading(bootstrap_servers, access=access) as reader:
        first, last = _bounds(reader, span)
        inputs = [_input(record) for record in records(reader, wire.INPUTS, first=first, last=last)]
        ends = _ends(inputs, last)
        committed = _committed(bootstrap_servers, MONITOR_GROUP, access)
        found = Found(
            inputs=inputs,
            written=[
                Written(record.partition, record.offset, record.value)
                for record in records(reader, [wire.OBSERVATIONS])
                if record.value is not None
            ],
            letters=[_origin(record) for record in records(reader, [wire.DEAD_LETTERS])],
            shown=alerts,
            since={place: offset for place, offset in first.items() if offset > 0},
            done={place: min(offset, committed.get(place, 0)) for place, offset in ends.items()},
            published=published,
        )
    verdict = judge(found, policy)
    if trimmed and verdict.alert_missing:
        known = _published_once(redis_url, redis_access, verdict.alert_missing)
        verdict = judge(replace(found, trimmed=known), policy)
    return Verified(verdict, first, ends, len(inputs), len(found.written), len(found.letters), len(alerts))


@contextmanager
def reading(bootstrap_servers: str, group: str | None = None, *, access: Access = OPEN) -> Iterator[KafkaConsumer]:
    """A consumer that only looks."""
    try:
        # With a group it only asks for that group's commits; it is a member of none, for it subscribes to nothing.
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap_servers, group_id=group, enable_auto_commit=False, **access
        )
        try:
            yield consumer
        finally:
            consumer.close()
    except KafkaError as error:
        raise BrokerUnavailable(
            f"Kafka at {bootstrap_servers} did not answer as it should: {error}; check the address, then try again"
        ) from error


def _partitions(reader: KafkaConsumer, names: Iterable[str]) -> list[TopicPartition]:
    return [
        TopicPartition(name, number) for name in names for number in sorted(reader.partitions_for_topic(name) or ())
    ]


def _committed(bootstrap_servers: str, group: str, access: Access) -> dict[tuple[str, int], int]:
    names = wire.INPUTS if group == MONITOR_GROUP else (wire.OBSERVATIONS,)
    with reading(bootstrap_servers, group, access=access) as reader:
        return {(tp.topic, tp.partition): reader.committed(tp) or 0 for tp in _partitions(reader, names)}


def _bounds(reader: KafkaConsumer, span: Span) -> tuple[dict[tuple[str, int], int], dict[tuple[str, int], int]]:
    """Where to begin in each partition, and where to end if the span says so."""
    partitions = _partitions(reader, wire.INPUTS)
    begins = reader.beginning_offsets(partitions)
    first = {
        (tp.topic, tp.partition): max(begins[tp], span.first.get((tp.topic, tp.partition), 0)) for tp in partitions
    }
    last = dict(span.last)
    if span.since_ms is not None:
        for tp, offset in _at(reader, partitions, span.since_ms).items():
            first[tp.topic, tp.partition] = max(first[tp.topic, tp.partition], offset)
    if span.until_ms is not None:
        for tp, offset in _at(reader, partitions, span.until_ms).items():
            last[tp.topic, tp.partition] = min(last.get((tp.topic, tp.partition), offset), offset)
    return first, last


def is_past_the_end(found: Any) -> bool:
    """Whether a broker has nothing produced so late; the embedded one says so with a time of -1, at offset 0."""
    return found is None or found.timestamp < 0


def _at(reader: KafkaConsumer, partitions: Sequence[TopicPartition], at_ms: int) -> dict[TopicPartition, int]:
    """The first offset produced at `at_ms` or later; where there is none, the end."""
    ends = reader.end_offsets(partitions)
    found = reader.offsets_for_times(dict.fromkeys(partitions, at_ms))
    return {tp: ends[tp] if is_past_the_end(found.get(tp)) else found[tp].offset for tp in partitions}


def records(
    reader: KafkaConsumer, names: Iterable[str], *, first: Offsets | None = None, last: Offsets | None = None
) -> list[ConsumerRecord]:
    """Everything in `names` between the bounds, as far as it goes now."""
    partitions = _partitions(reader, names)
    reader.assign(partitions)
    reader.seek_to_beginning(*partitions)
    for tp in partitions:
        if first and (tp.topic, tp.partition) in first:
            reader.seek(tp, first[tp.topic, tp.partition])
    ends = {tp: (last or {}).get((tp.topic, tp.partition), end) for tp, end in reader.end_offsets(partitions).items()}
    found: list[ConsumerRecord] = []
    while any(reader.position(tp) < end for tp, end in ends.items()):
        taken = reader.poll(timeout_ms=POLL_MS)
        found += [record for records in taken.values() for record in records]
    return [one for one in found if (last or {}).get((one.topic, one.partition), one.offset + 1) > one.offset]


def _ends(inputs: Iterable[Input], last: Offsets) -> dict[tuple[str, int], int]:
    ends = dict(last)
    for place in (one.place for one in inputs):
        at = place.topic, place.partition
        ends[at] = max(ends.get(at, 0), place.offset + 1)
    return ends


def _input(record: ConsumerRecord) -> Input:
    place = Place(record.topic, record.partition, record.offset)
    return Input(place, max(0, record.timestamp), record.key, record.value, envelope(record.headers))


def _origin(record: ConsumerRecord) -> Place:
    headers = dict(record.headers)
    return Place(headers["origin_topic"].decode(), int(headers["origin_partition"]), int(headers["origin_offset"]))


def shown(redis_url: str, *, access: Access = OPEN) -> tuple[list[Shown], bool]:
    """The alerts in Redis' stream, and whether it let go of older ones."""
    with _redis(redis_url, access) as client:
        if not client.exists(wire.ALERTS):
            return [], False
        trimmed = client.xinfo_stream(wire.ALERTS)["entries-added"] > client.xlen(wire.ALERTS)
        messages = [
            msgspec.json.decode(entry[wire.FIELD], type=wire.AlertMessage)
            for _, entry in client.xrange(wire.ALERTS) or ()
            if entry
        ]
    return [
        Shown((one.tenant, one.conversation_id), f"{one.alert.alert_id}:{one.alert.state}")
        for one in messages
        if not one.again  # what the budget brings back, or takes away, was published before
    ], trimmed


def _published_once(redis_url: str, access: Access, missing: Iterable[str]) -> frozenset[str]:
    """Which of these Redis remembers to have had."""
    alerts = [one.rpartition(" ")[2] for one in missing]
    with _redis(redis_url, access) as client:
        return frozenset(alert for alert in alerts if client.exists(wire.once(alert)))


@contextmanager
def _redis(url: str, access: Access) -> Iterator[Redis]:
    try:
        with Redis.from_url(url, **access) as client:
            yield client
    except (RedisError, OSError) as error:
        raise KlankbordError(f"Redis did not answer: {error}; check the address, then try again") from error
