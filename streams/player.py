"""Recorded events into the input topics, with an account of what became of each."""

import gzip
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeAlias

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import BrokerResponseError
from kafka.producer.future import RecordMetadata

from klankbord.channels.transcript import recordings
from klankbord.errors import InvalidEvent, KlankbordError
from klankbord.events import Event, Seconds, decode, encode
from klankbord.replay import shifted
from streams import wire

# So many events may be on their way at once when playing as fast as it goes: enough to keep every process busy,
# few enough that the latency measured is the path's and not that of a queue we filled ourselves.
IN_FLIGHT: Final = 100
# Nothing came back for so long: whatever is missing is lost.
STALLED_S: Final = 45.0
# Bundled conversations begin so far apart: a page with one is dull, with all at once unreadable.
APART_S: Final = 14.0


Key: TypeAlias = tuple[str, str]  # tenant and event id; of a line that cannot be read, "unreadable" and its number
Origin: TypeAlias = tuple[str, int, int]  # topic, partition, offset


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a recording; one that cannot be read is sent as it is, for the dead-letter topic to show."""

    raw: bytes
    event: Event | None


@dataclass(slots=True)
class Account:
    """What was sent and what came of it; each record sent is known by a key, and where it lies by its origin.

    A record that the broker `refused` is not there; of one whose sending timed out it is `unknown`.
    """

    sent: int = 0
    expected: set[Key] = field(default_factory=set)
    refused: set[Key] = field(default_factory=set)
    unknown: set[Key] = field(default_factory=set)
    origins: dict[Origin, Key] = field(default_factory=dict)
    observed: dict[Key, int] = field(default_factory=dict)
    buried: dict[Origin, int] = field(default_factory=dict)
    alerts: set[str] = field(default_factory=set)
    suggestions: set[str] = field(default_factory=set)

    @property
    def observations(self) -> int:
        """Observations of what was sent, repeated ones included."""
        return sum(self.observed.values())

    @property
    def dead_letters(self) -> int:
        """Dead letters on the topic, repeated ones included."""
        return sum(self.buried.values())

    @property
    def lost(self) -> int:
        """Records that led to nothing: no observation and no dead letter."""
        buried = {self.origins[origin] for origin in self.buried if origin in self.origins}
        return len(self.expected - self.observed.keys() - buried)

    @property
    def duplicates(self) -> int:
        """Observations and dead letters beyond the first of the same record."""
        return self.observations - len(self.observed) + self.dead_letters - len(self.buried)

    @property
    def answered(self) -> int:
        """Distinct records that something came of."""
        return len(self.observed) + len(self.buried)

    @property
    def outstanding(self) -> int:
        """Distinct records of which something is still to come."""
        return len(self.expected) - self.answered - len(self.refused) - len(self.unknown)


def is_refusal(error: BaseException) -> bool:
    """Whether the broker said no for good: any other end of a sending may have lost nothing but its answer."""
    return isinstance(error, BrokerResponseError) and not error.retriable


def read_lines(path: Path) -> tuple[Line, ...]:
    """The lines of a file of canonical events (`.jsonl`, `.jsonl.gz`)."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            return tuple(_line(raw.rstrip(b"\r\n")) for raw in file if raw.strip())
    except (OSError, EOFError) as error:
        raise KlankbordError(f"{path}: cannot be read: {error}") from None


def bundled(round_: int = 0) -> tuple[Line, ...]:
    """The bundled conversations, staggered, the hot ones first; a further round has other conversation ids."""
    order = sorted(recordings(), key=lambda r: (not r.name.startswith("hot-"), r.name[::-1]))
    events: list[Event] = []
    for place, recording in enumerate(order):
        for event in recording.events:
            moved = shifted(event, place * APART_S)
            suffix = f"-{round_ + 1}" if round_ else ""
            events.append(
                msgspec.structs.replace(
                    moved, event_id=moved.event_id + suffix, conversation_id=moved.conversation_id + suffix
                )
            )
    events.sort(key=lambda event: event.at)
    return tuple(Line(encode(event), event) for event in events)


def span(lines: Iterable[Line]) -> tuple[Seconds, Seconds]:
    """The first and the last event time of a recording, in seconds since 1970."""
    times = [line.event.at_s for line in lines if line.event is not None]
    return (min(times), max(times)) if times else (time.time(), time.time())


class Player:
    """Sends lines with kafka-python and, in a thread, reads what became of them."""

    def __init__(self, bootstrap_servers: str, *, in_flight: int = IN_FLIGHT, stalled_s: float = STALLED_S) -> None:
        self.account: Final = Account()
        self._in_flight = in_flight
        self._stalled_s = stalled_s
        self._producer = KafkaProducer(bootstrap_servers=bootstrap_servers, linger_ms=2, acks="all")
        self._consumer = _from_now(bootstrap_servers)
        self._stopping = threading.Event()
        self._changed = time.monotonic()
        self._reader = threading.Thread(target=self._read, name="account", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stopping.set()
        self._reader.join(timeout=5)
        self._producer.close(timeout=5)
        self._consumer.close()

    def play(self, lines: Sequence[Line], *, shift_s: Seconds, speed: float | None, watch: Callable[[], None]) -> None:
        """Send `lines`, event times moved by `shift_s`, at talking speed times `speed` or as fast as they are taken.

        `watch` is called all the while; it may raise to end the play. Taking none for `stalled_s` ends it too.
        """
        began, first = time.monotonic(), span(lines)[0]
        for line in lines:
            watch()
            if speed is None:
                self._wait_until(lambda: self.account.outstanding < self._in_flight, watch)
                if self._stalled():
                    break
            elif line.event is not None:
                moment = began + (line.event.at_s - first) / speed
                self._wait_until(partial(_is_past, moment), watch, stall=False)
            self._send(line, shift_s)
        self._producer.flush()

    def settle(self, watch: Callable[[], None]) -> None:
        """Wait until everything sent has come back, or nothing has for `stalled_s`."""
        self._wait_until(lambda: self.account.outstanding <= 0, watch)

    def _send(self, line: Line, shift_s: Seconds) -> None:
        account, event = self.account, line.event
        self._changed = time.monotonic()
        account.sent += 1
        if event is None:
            key: Key = "unreadable", str(account.sent)
            topic, record_key, value = wire.CHAT_MESSAGES, b"unreadable", line.raw
        else:
            key = event.tenant, event.event_id
            topic, record_key = wire.topic_for(event), wire.input_key(event)
            value = encode(shifted(event, shift_s)) if shift_s else line.raw
        account.expected.add(key)
        future = self._producer.send(topic, key=record_key, value=value)
        future.add_callback(self._sent, key).add_errback(self._not_sent, key)

    def _sent(self, key: Key, metadata: RecordMetadata) -> None:
        self.account.origins[metadata.topic, metadata.partition, metadata.offset] = key

    def _not_sent(self, key: Key, error: BaseException) -> None:
        (self.account.refused if is_refusal(error) else self.account.unknown).add(key)

    def _wait_until(self, done: Callable[[], bool], watch: Callable[[], None], *, stall: bool = True) -> None:
        while not done() and not (stall and self._stalled()):
            watch()
            time.sleep(0.002)

    def _stalled(self) -> bool:
        return time.monotonic() - self._changed > self._stalled_s

    def _read(self) -> None:
        while not self._stopping.is_set():
            for partition, records in self._consumer.poll(timeout_ms=100).items():
                self._changed = time.monotonic()
                for record in records:
                    if partition.topic == wire.DEAD_LETTERS:
                        origin = _origin(dict(record.headers))
                        self.account.buried[origin] = self.account.buried.get(origin, 0) + 1
                    elif record.value is not None:
                        self._observed(record.value)

    def _observed(self, value: bytes) -> None:
        observation = _seen.decode(value).observation
        if observation.tenant == wire.CANARY_TENANT:
            return
        key = observation.tenant, observation.event_id
        # The monitor itself says when a customer has waited too long; what follows from that is not of our events.
        if key in self.account.expected:
            self.account.observed[key] = self.account.observed.get(key, 0) + 1
        self.account.alerts.update(f"{alert.alert_id}:{alert.state}" for alert in observation.alerts)
        # The candidates of one observation are one choice.
        self.account.suggestions.update(suggestion.suggestion_id for suggestion in observation.suggestions[:1])


class _Alert(msgspec.Struct):
    alert_id: str
    state: str


class _Suggestion(msgspec.Struct):
    suggestion_id: str


class _Observation(msgspec.Struct):
    tenant: str
    event_id: str
    alerts: tuple[_Alert, ...] = ()
    suggestions: tuple[_Suggestion, ...] = ()


class _Seen(msgspec.Struct):
    """The few fields of a record that the account needs: reading them alone keeps up with two workers."""

    observation: _Observation


_seen: Final = msgspec.json.Decoder(_Seen)


def _origin(headers: Mapping[str, bytes]) -> Origin:
    return headers["origin_topic"].decode(), int(headers["origin_partition"]), int(headers["origin_offset"])


def _is_past(moment: float) -> bool:
    return time.monotonic() >= moment


def _line(raw: bytes) -> Line:
    try:
        return Line(raw, decode(raw))
    except InvalidEvent:
        return Line(raw, None)


def _from_now(bootstrap_servers: str) -> KafkaConsumer:
    """A reader of both result topics from where they end now, in no group."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap_servers, enable_auto_commit=False, group_id=None, fetch_max_wait_ms=20
    )
    partitions = [
        TopicPartition(topic, number)
        for topic in (wire.OBSERVATIONS, wire.DEAD_LETTERS)
        for number in sorted(consumer.partitions_for_topic(topic) or ())
    ]
    consumer.assign(partitions)
    for partition, end in consumer.end_offsets(partitions).items():
        consumer.seek(partition, end)
    return consumer


def rounds() -> Iterator[tuple[Line, ...]]:
    """The bundled conversations again and again."""
    number = 0
    while True:
        yield bundled(number)
        number += 1
