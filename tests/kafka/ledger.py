"""What was sent, what is in Kafka and in Redis afterwards, and a single-threaded fold of what was sent beside it."""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from tempfile import TemporaryFile
from types import TracebackType
from typing import Final, NamedTuple, Self

import msgspec
import redis
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from klankbord.conversation import Conversation
from klankbord.events import Event, Waited, decode
from klankbord.observation import Observation
from klankbord.policy import Policy
from klankbord.replay import replay
from streams import wire
from streams.canary import is_canary

SOME: Final = 5
Key = tuple[str, str]  # tenant and event id, or tenant and conversation id


class Heard(NamedTuple):
    """An alert as a page has it: which, opened or cleared, and shown or kept back."""

    alert_id: str
    state: str
    shown: bool


def heard(raw: bytes | str) -> Heard:
    """What a page makes of an entry of Redis' stream."""
    return _heard(msgspec.json.decode(raw, type=wire.AlertMessage))


@dataclass(frozen=True, slots=True)
class Found:
    """What one run left: the input log and the observations as they lie in Kafka, the alerts as a reader got them.

    Also how many of each kind Redis has counted; and, where pages were open, what Redis told and what each of them
    heard of it.
    """

    log: Sequence[Event]
    observations: Iterable[Observation]
    dead_letters: int
    alerts: Sequence[str]
    counted: Mapping[str, int] = field(default_factory=dict)
    told: Counter[Heard] = field(default_factory=Counter)
    pages: Sequence[Counter[Heard]] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that may not be, in the words of the fault matrix; all are empty or the run has failed."""

    lost: frozenset[Key] = frozenset()
    phantom: frozenset[Key] = frozenset()
    conflict: frozenset[Key] = frozenset()
    effective_dup: frozenset[str] = frozenset()
    order: frozenset[Key] = frozenset()
    state_mismatch: frozenset[Key] = frozenset()
    alert_missing: frozenset[str] = frozenset()
    alert_extra: frozenset[str] = frozenset()
    alert_twice: frozenset[str] = frozenset()
    page_missing: frozenset[Heard] = frozenset()
    page_extra: frozenset[Heard] = frozenset()
    dead_letters: int = 0
    refused: int = 0
    unknown: int = field(default=0, compare=False)
    physical_dup: int = field(default=0, compare=False)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value if isinstance(value, int) else len(value) for name, value in found.items()}

    @property
    def some(self) -> dict[str, list[str]]:
        """A few of each that there is, to look into."""
        found = {each.name: getattr(self, each.name) for each in fields(self) if each.type is not int}
        return {name: [str(one) for one in sorted(which)[:SOME]] for name, which in found.items() if which}


class _Digests:
    """What is kept of observations, in the order in which they were written; a million of them whole do not fit."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        self.of: Final[dict[Key, bytes]] = {}  # the first copy
        self.differ: Final[set[Key]] = set()  # some copy is another than the first
        self.state: Final[dict[Key, bytes]] = {}  # the last of each conversation
        self.alerts: Final[set[str]] = set()
        self.counts: Final[Counter[str]] = Counter()  # of the alerts, by what Redis counts them under
        self.count = 0
        for one in observations:
            self.count += 1
            digest = _digest(one)
            if self.of.setdefault(_event(one), digest) != digest:
                self.differ.add(_event(one))
            self.state[_conversation(one)] = _digest(one.conversation)
            for alert in one.alerts:
                name = f"{alert.alert_id}:{alert.state}"
                self.counts[f"alerts:{alert.rule}:{alert.state}"] += name not in self.alerts
                self.alerts.add(name)


def judge(
    sent: Sequence[Event],
    found: Found,
    policy: Policy,
    *,
    refused: Set[Key] = frozenset(),
    unknown: Set[Key] = frozenset(),
) -> Verdict:
    """Compare what was found with the fold of the log, after seeing that the log is what was sent.

    Of what was sent, an event that Kafka `refused` may not be there; one whose sending timed out is `unknown`, and may.
    """
    # The monitor itself writes to the log that a customer waits; all else must be what we sent, in our order.
    ours = [event for event in found.log if not isinstance(event, Waited)]
    logged = {_event(one) for one in ours}
    absent = refused | (unknown - logged)
    there = [event for event in sent if _event(event) not in absent]
    expected = _Digests(one for one in replay(found.log, policy) if not one.without_effect)
    written = _Digests(found.observations)
    published = Counter(found.alerts)
    return Verdict(
        lost=frozenset({_event(one) for one in there} | expected.of.keys()) - written.of.keys(),
        phantom=frozenset((written.of.keys() - expected.of.keys()) | (refused & logged)),
        conflict=frozenset(written.differ | {key for key, one in written.of.items() if one != expected.of.get(key)}),
        effective_dup=frozenset(
            what
            for what, times in found.counted.items()
            if what.startswith("alerts:") and times > expected.counts[what]
        ),
        order=_out_of_order(there, ours),
        state_mismatch=frozenset(key for key, state in expected.state.items() if written.state.get(key) != state),
        alert_missing=frozenset(expected.alerts - published.keys()),
        alert_extra=frozenset(published.keys() - expected.alerts),
        alert_twice=frozenset(alert for alert, times in published.items() if times > 1),
        page_missing=frozenset(alert for page in found.pages for alert in found.told - page),
        page_extra=frozenset(alert for page in found.pages for alert in page - found.told),
        dead_letters=found.dead_letters,
        refused=len(refused),
        unknown=len(unknown),
        physical_dup=written.count - len(written.of),
    )


class AlertReader:
    """Reads Redis' stream of alerts in a thread, from its beginning, as a page does: it keeps 10,000 and no more.

    One that the budget keeps back was published, too. An entry that says `again` is no second publication; of an alert
    that Redis lost before it was read, it is the only one.
    """

    def __init__(self, url: str) -> None:
        self.alerts: Final[list[str]] = []
        self.again: Final[list[str]] = []
        self.live: Final[list[str]] = []  # whose alert opened, or was told again, and was not said to be late
        self.heard: Final[Counter[Heard]] = Counter()  # every entry, as a page has it
        self.counted: Mapping[str, int] = {}  # when it stopped, by rule and kind
        self.at = ""  # the newest entry
        self.newest_s = 0.0  # when that was published, in seconds since 1970
        self._url = url
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read, name="alerts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Read what is there, and no further."""
        self._stopping.set()
        self._thread.join(timeout=30)

    def _read(self) -> None:
        position, over = b"0", False
        with redis.Redis.from_url(self._url) as client:
            while not over:
                over = self._stopping.is_set()
                with suppress(redis.ResponseError):  # a server that becomes a replica sends its readers away
                    for _, entries in client.xread({wire.ALERTS: position}, block=200) or ():
                        for identity, entry in entries:
                            position, self.at = identity, identity.decode()
                            self.newest_s = int(identity.partition(b"-")[0]) / 1000
                            self._note(msgspec.json.decode(entry[wire.FIELD], type=wire.AlertMessage))
            self.counted = {what.decode(): int(times) for what, times in client.hgetall(wire.COUNTS).items()}

    def _note(self, message: wire.AlertMessage) -> None:
        self.heard[_heard(message)] += 1
        told = self.again if message.again else self.alerts
        told.append(f"{message.alert.alert_id}:{message.alert.state}")
        if message.alert.state == "opened" and not message.late:
            self.live.append(message.conversation_id)

    @property
    def told(self) -> list[str]:
        """Every publication, and what was only told again."""
        return [*self.alerts, *sorted(set(self.again) - set(self.alerts))]


class ObservationReader:
    """Reads the observations into a file, in a thread, as they are written: compaction has them gone after a while.

    Once it has stopped, what it has read is an iterable of observations.
    """

    def __init__(self, bootstrap_servers: str) -> None:
        self._file = TemporaryFile()
        self.newest_s = 0.0  # when the newest was produced, in seconds since 1970
        self._bootstrap_servers = bootstrap_servers
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read, name="observations", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
        self._file.close()

    def stop(self) -> None:
        """Read on to where the topic ends now, and no further."""
        self._stopping.set()
        self._thread.join()

    def _read(self) -> None:
        with _reader(self._bootstrap_servers, wire.OBSERVATIONS) as consumer:
            stopping = False
            while not stopping:
                stopping = self._stopping.is_set()
                ends = consumer.end_offsets(sorted(consumer.assignment())) if stopping else {}
                for one in _until(consumer, ends):
                    self._file.write(one.value + b"\n")
                    self.newest_s = max(self.newest_s, one.timestamp / 1000)

    def __iter__(self) -> Iterator[Observation]:
        self._file.seek(0)
        yield from _observations(self._file)


def read_back(
    bootstrap_servers: str,
    alerts: Sequence[str],
    observations: Iterable[Observation] | None = None,
    *,
    group: str | None = None,
) -> Found:
    """Everything that lies in Kafka now, but the canaries of the installation; or `observations` that were read.

    Of the inputs what `group` has committed, if one is named: what comes after it nobody has worked on yet.
    """
    events = (decode(value) for topic in wire.INPUTS for value in _values(bootstrap_servers, topic, group))
    log = [event for event in events if not is_canary(event.tenant)]
    if observations is None:
        observations = list(_observations(_values(bootstrap_servers, wire.OBSERVATIONS)))
    return Found(log, observations, len(_values(bootstrap_servers, wire.DEAD_LETTERS)), tuple(alerts))


def _heard(message: wire.AlertMessage) -> Heard:
    return Heard(message.alert.alert_id, message.alert.state, message.shown)


def _observations(values: Iterable[bytes]) -> Iterator[Observation]:
    for value in values:
        one = wire.decode_record(value).observation
        # No event led to the marker of a conversation that is over.
        if one.type != wire.CLOSED and not is_canary(one.tenant):
            yield one


def uncommitted(bootstrap_servers: str, group: str, topics: Iterable[str]) -> int:
    """How many records of `topics` the group has not committed."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=group, enable_auto_commit=False)
    try:
        partitions = _partitions(consumer, topics)
        ends = consumer.end_offsets(partitions)
        return sum(end - (consumer.committed(partition) or 0) for partition, end in ends.items())
    finally:
        consumer.close()


@contextmanager
def _reader(bootstrap_servers: str, topic: str, group: str | None = None) -> Iterator[KafkaConsumer]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=group, enable_auto_commit=False)
    try:
        partitions = _partitions(consumer, [topic])
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        yield consumer
    finally:
        consumer.close()


def _values(bootstrap_servers: str, topic: str, group: str | None = None) -> list[bytes]:
    with _reader(bootstrap_servers, topic, group) as consumer:
        partitions = sorted(consumer.assignment())
        if group is None:
            return [one.value for one in _until(consumer, consumer.end_offsets(partitions))]
        ends = {partition: consumer.committed(partition) or 0 for partition in partitions}
        return [one.value for one in _until(consumer, ends) if one.offset < ends[TopicPartition(topic, one.partition)]]


def _until(consumer: KafkaConsumer, ends: Mapping[TopicPartition, int]) -> Iterator[ConsumerRecord]:
    """What one poll brings, and what more brings until all `ends` are reached, but tombstones."""
    while True:
        for records in consumer.poll(timeout_ms=1000).values():
            yield from (one for one in records if one.value is not None)
        if all(consumer.position(partition) >= end for partition, end in ends.items()):
            return


def _partitions(consumer: KafkaConsumer, topics: Iterable[str]) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for topic in topics for number in consumer.partitions_for_topic(topic)]


def _out_of_order(sent: Sequence[Event], logged: Sequence[Event]) -> frozenset[Key]:
    def by_conversation(events: Sequence[Event]) -> dict[Key, list[str]]:
        found: dict[Key, list[str]] = {}
        for event in events:
            found.setdefault((event.tenant, event.conversation_id), []).append(event.event_id)
        return found

    ours, theirs = by_conversation(sent), by_conversation(logged)
    return frozenset(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))


def _event(one: Observation | Event) -> Key:
    return one.tenant, one.event_id


def _conversation(one: Observation) -> Key:
    return one.tenant, one.conversation_id


def _digest(one: Observation | Conversation) -> bytes:
    return hashlib.blake2b(wire.encode(one), digest_size=16).digest()
