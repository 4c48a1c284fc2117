"""What the input topics still hold, read for a backtest: in no group, and nothing is committed."""

# Everything here waits for a network: call it from the command line or a test, never on a worker's loop.

import heapq
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError, KafkaTimeoutError

from config.access import OPEN, Access
from config.settings import read_settings
from klankbord.backtest.recording import Part, Piece, Refused
from klankbord.channels.cloudevents import envelope
from klankbord.errors import InvalidConfiguration, InvalidEvent
from streams.canary import is_canary
from streams.deadletters import Incoming, read
from streams.knocking import knock
from streams.topics import BrokerUnavailable
from streams.verify import is_past_the_end

ANSWER_S: Final = 30.0  # a broker that gives nothing for so long, though there is more, is not going to
POLL_MS: Final = 500


def of_topics(topics: Sequence[str], since: str | None, until: str | None) -> Iterator[Part]:
    """The records of these topics, from the configured broker, by the time at which they were produced."""
    start_ms, end_ms = _milliseconds("--from", since), _milliseconds("--to", until)
    if start_ms is not None and end_ms is not None and end_ms <= start_ms:
        raise InvalidConfiguration(["--to: does not lie after --from"])
    settings = read_settings()
    return parts(settings.broker, topics, start_ms=start_ms, end_ms=end_ms, access=knock(settings))


def parts(
    bootstrap_servers: str,
    topics: Sequence[str],
    *,
    start_ms: int | None = None,
    end_ms: int | None = None,
    access: Access = OPEN,
) -> Iterator[Part]:
    """One part for each number of a partition, which holds whole conversations; `end_ms` is not in it."""
    try:
        with closing(_consumer(bootstrap_servers, access)) as consumer:
            found = {topic: sorted(consumer.partitions_for_topic(topic) or ()) for topic in topics}
        missing = [topic for topic, numbers in found.items() if not numbers]
        if missing:
            raise InvalidConfiguration([f"--topic: '{topic}' is not at {bootstrap_servers}" for topic in missing])
        for number in sorted({number for numbers in found.values() for number in numbers}):
            partitions = [TopicPartition(topic, number) for topic, numbers in found.items() if number in numbers]
            yield _part(bootstrap_servers, access, partitions, start_ms, end_ms)
    except KafkaError as error:
        raise _unavailable(bootstrap_servers, error) from error


def _part(
    bootstrap_servers: str,
    access: Access,
    partitions: Sequence[TopicPartition],
    start_ms: int | None,
    end_ms: int | None,
) -> Iterator[Piece]:
    """A conversation that goes from one topic to the other is heard in the order in which it was produced."""
    streams = [_records(bootstrap_servers, access, partition, start_ms, end_ms) for partition in partitions]
    try:
        for record in heapq.merge(*streams, key=lambda record: record.timestamp):
            piece = _piece(record)
            # Our own canary is no customer's, and is shown nowhere.
            if isinstance(piece, Refused) or not is_canary(piece.tenant):
                yield piece
    except KafkaError as error:
        raise _unavailable(bootstrap_servers, error) from error
    finally:
        for stream in streams:
            stream.close()


def _records(
    bootstrap_servers: str, access: Access, partition: TopicPartition, start_ms: int | None, end_ms: int | None
) -> Generator[ConsumerRecord, None, None]:
    """The records between both times that are there now; what comes while we read is left alone."""
    began_ms = time.time() * 1000
    with closing(_consumer(bootstrap_servers, access)) as consumer:
        consumer.assign([partition])
        end = consumer.end_offsets([partition])[partition]
        consumer.seek(partition, _first(consumer, partition, start_ms))
        answered = time.monotonic()
        while True:
            fetched = consumer.poll(timeout_ms=POLL_MS).get(partition, ())
            for record in fetched:
                # Not only the end offset: the embedded broker gives one that lies inside its last batch.
                if record.offset >= end and record.timestamp > began_ms:
                    return
                # A producer may set these times, so they need not rise: all are looked at.
                if (start_ms is None or record.timestamp >= start_ms) and (end_ms is None or record.timestamp < end_ms):
                    yield record
            if fetched:
                answered = time.monotonic()
            elif consumer.position(partition) >= end:
                return
            elif time.monotonic() - answered > ANSWER_S:
                raise KafkaTimeoutError(f"nothing of {partition.topic} came within {ANSWER_S:g} s")


def _first(consumer: KafkaConsumer, partition: TopicPartition, start_ms: int | None) -> int:
    if start_ms is not None:
        found = consumer.offsets_for_times({partition: start_ms})[partition]
        return int(consumer.end_offsets([partition])[partition] if is_past_the_end(found) else found.offset)
    return int(consumer.beginning_offsets([partition])[partition])


def _piece(record: ConsumerRecord) -> Piece:
    incoming = Incoming(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        envelope=envelope(record.headers),
    )
    try:
        return read(incoming)
    except InvalidEvent as error:
        return Refused(error.reason)


def _consumer(bootstrap_servers: str, access: Access) -> KafkaConsumer:
    return KafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **access,
    )


def _unavailable(bootstrap_servers: str, error: KafkaError) -> BrokerUnavailable:
    return BrokerUnavailable(
        f"Kafka at {bootstrap_servers} did not answer as it should: {error}; check the address and the brokers"
    )


def _milliseconds(option: str, written: str | None) -> int | None:
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise InvalidConfiguration([f"{option}: '{written}' is no time; write it as 2026-11-01T00:00"]) from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
