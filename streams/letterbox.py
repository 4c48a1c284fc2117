"""The dead-letter topic as people work with it: read, send again once, purge."""

# Everything here waits for a network, like streams/topics.py: for the command line and tests, never a worker's loop.

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Literal

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError

from config.access import OPEN, Access
from klankbord.channels.cloudevents import Headers, envelope
from klankbord.errors import KlankbordError
from streams.deadletters import GIVEN, VERSION
from streams.wire import DEAD_LETTERS, REDRIVES

POLL_S: Final = 2.0
QUIET_POLLS: Final = 2  # without a record, and with a broker that answers: there is nothing more
ANSWER_S: Final = 30.0
BATCH: Final = 100

State = Literal["waiting", "sending", "redriven"]
Gap = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Letter:
    """One refused record of the input, and what became of it."""

    topic: str
    partition: int
    offset: int
    reason: str
    error: str
    at_ms: int  # when it was written to the dead-letter topic
    length: int  # of the value as it came
    whole: bool
    sha256: str
    headers: Mapping[str, bytes]
    state: State = "waiting"
    copies: int = 1
    key: bytes | None = None
    value: bytes | None = None

    @property
    def origin(self) -> str:
        """Its name."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def envelope(self) -> Headers:
        """The headers that made the record a CloudEvent."""
        return tuple((name.removeprefix(GIVEN), value) for name, value in self.headers.items() if _is_given(name))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters; what is empty does not choose. `since_ms` <= at < `until_ms`."""

    origins: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    since_ms: int | None = None
    until_ms: int | None = None

    def __contains__(self, letter: object) -> bool:
        return (
            isinstance(letter, Letter)
            and (not self.origins or letter.origin in self.origins)
            and (not self.reasons or letter.reason in self.reasons)
            and (not self.topics or letter.topic in self.topics)
            and (self.since_ms is None or self.since_ms <= letter.at_ms)
            and (self.until_ms is None or letter.at_ms < self.until_ms)
        )


@dataclass(frozen=True, slots=True)
class Redriven:
    """What came of a redrive, by origin."""

    sent: tuple[str, ...] = ()
    # Sent by a run that ended before it could say so: found in the input, and marked now.
    found: tuple[str, ...] = ()
    # Perhaps sent by such a run, and the input no longer tells.
    in_doubt: tuple[str, ...] = ()
    # Only its beginning was kept, and the input no longer has the whole.
    gone: tuple[str, ...] = ()

    def __add__(self, other: "Redriven") -> "Redriven":
        return Redriven(
            self.sent + other.sent, self.found + other.found, self.in_doubt + other.in_doubt, self.gone + other.gone
        )


def fold(records: Iterable[ConsumerRecord], *, keep: Callable[[Letter], bool] = lambda _: False) -> dict[str, Letter]:
    """The letters by origin, oldest first, as the records of the topic make them; values only where `keep` says so."""
    letters: dict[str, Letter] = {}
    for record in records:
        letter = read(record)
        if letter is None:
            letters.pop((record.key or b"").decode(errors="replace"), None)
            continue
        before = letters.get(letter.origin)
        if before is not None:
            letter = _after(before, letter)
        letters[letter.origin] = letter if keep(letter) else replace(letter, value=None)
    return letters


def read(record: ConsumerRecord) -> Letter | None:
    """The letter that a record is, or None for a tombstone or what nobody of ours wrote."""
    headers = dict(record.headers)
    if "reason" not in headers or "origin_offset" not in headers:
        return None
    version = int(headers.get("version", b"1"))
    if version > VERSION:
        raise KlankbordError(
            f"a dead letter has version {version}: a later Klankbord wrote it, and must be used for it"
        )
    value = None if "no_value" in headers else record.value
    return Letter(
        topic=headers["origin_topic"].decode(),
        partition=int(headers["origin_partition"]),
        offset=int(headers["origin_offset"]),
        reason=headers["reason"].decode(errors="replace"),
        error=headers.get("error", b"").decode(errors="replace"),
        at_ms=int(headers.get("buried_ms", record.timestamp)),
        length=int(headers.get("cut_from_bytes", len(value or b""))),
        whole=headers.keys().isdisjoint(("cut_from_bytes", "key_cut_from_bytes", "given_cut")),
        sha256=headers.get("sha256", b"").decode(),
        headers=headers,
        state=_state(headers),
        key=record.key if version == 1 else headers.get("key"),
        value=value,
    )


class Letterbox:
    """Kafka with its dead letters and the input topics they came from."""

    def __init__(self, bootstrap_servers: str, consumer: KafkaConsumer, access: Access) -> None:
        self._servers, self._access = bootstrap_servers, access
        self._consumer = consumer

    def letters(self, wanted: Wanted = Wanted(), *, reveal: bool = False) -> list[Letter]:
        """The letters that are `wanted`, oldest first; with what they hold only on `reveal`."""
        keep: Callable[[Letter], bool] = lambda letter: reveal and letter in wanted  # noqa: E731
        return [letter for letter in fold(self._records(DEAD_LETTERS), keep=keep).values() if letter in wanted]

    def redrive(self, wanted: Wanted, *, by: str, dry_run: bool = False, gap: Gap = lambda _: None) -> Redriven:
        """Send what is `wanted` to its input topic again, once, however often this is asked and wherever it breaks off.

        `gap` is told between any two effects: tests end the run there.
        """
        open_ = [letter for letter in self.letters(wanted) if letter.state != "redriven"]
        if dry_run:
            return Redriven(sent=tuple(letter.origin for letter in open_))
        done = Redriven()
        ordered = iter(sorted(open_, key=lambda letter: (letter.topic, letter.partition, letter.offset)))
        with _producer(self._servers, self._access) as producer:
            while batch := list(islice(ordered, BATCH)):
                chosen = Wanted(origins=frozenset(letter.origin for letter in batch))
                full = {letter.origin: letter for letter in self.letters(chosen, reveal=True)}
                letters = [full[letter.origin] for letter in batch if letter.origin in full]
                done += self._redrive(producer, letters, by=by, gap=gap)
        return done

    def purge(self, wanted: Wanted) -> tuple[str, ...]:
        """Write a tombstone for each letter that is `wanted`; Kafka drops what they held when it compacts."""
        letters = self.letters(wanted)
        with _producer(self._servers, self._access) as producer:
            _flush(
                producer,
                [producer.send(DEAD_LETTERS, key=letter.origin.encode(), value=None) for letter in letters],
            )
        return tuple(letter.origin for letter in letters)

    def _redrive(self, producer: KafkaProducer, letters: Sequence[Letter], *, by: str, gap: Gap) -> Redriven:
        send, outcome = [], Redriven()
        found: list[Letter] = []
        for letter in letters:
            sent = self._was_sent(letter) if letter.state == "sending" else False
            payload = self._payload(letter)
            if sent is None:
                outcome += Redriven(in_doubt=(letter.origin,))
            elif sent:
                found.append(letter)
            elif payload is None:
                outcome += Redriven(gone=(letter.origin,))
            else:
                send.append((letter, *payload))
        ends = self._ends({letter.topic for letter, *_ in send})
        gap("read")
        _flush(
            producer,
            [_mark(producer, each, "sending", from_offset=ends[each.topic, each.partition]) for each, *_ in send],
        )
        gap("announced")
        _flush(
            producer,
            [
                producer.send(
                    each.topic,
                    key=key,
                    value=value,
                    partition=each.partition,
                    headers=[*given, (REDRIVES, each.origin.encode())],
                )
                for each, key, value, given in send
            ],
        )
        gap("sent")
        done = [*found, *(letter for letter, *_ in send)]
        _flush(producer, [_mark(producer, letter, "redriven", by=by) for letter in done])
        gap("marked")
        return outcome + Redriven(
            sent=tuple(letter.origin for letter, *_ in send), found=tuple(letter.origin for letter in found)
        )

    def _was_sent(self, letter: Letter) -> bool | None:
        """Whether the run that announced it also sent it; None when the input no longer tells."""
        start, partition = int(letter.headers["from_offset"]), TopicPartition(letter.topic, letter.partition)
        self._consumer.assign([partition])
        if self._consumer.beginning_offsets([partition])[partition] > start:
            return None
        marker = letter.origin.encode()
        records = self._records(letter.topic, partitions=[partition], start={partition: start})
        return any(dict(record.headers).get(REDRIVES) == marker for record in records)

    def _payload(self, letter: Letter) -> tuple[bytes | None, bytes | None, Headers] | None:
        """Key, value and envelope as they came; what was clipped is read where it came from, if it is there still."""
        if letter.whole:
            # A client of Kafka's sends no record of nothing; it is refused for the same reason when it is empty.
            value = b"" if letter.key is None and letter.value is None else letter.value
            return letter.key, value, letter.envelope
        partition = TopicPartition(letter.topic, letter.partition)
        self._consumer.assign([partition])
        if self._consumer.beginning_offsets([partition])[partition] > letter.offset:
            return None
        records = self._records(letter.topic, partitions=[partition], start={partition: letter.offset})
        first = next(iter(records), None)
        if first is None or hashlib.sha256(first.value or b"").hexdigest() != letter.sha256:
            return None
        return first.key, first.value, envelope(first.headers)

    def _ends(self, names: Iterable[str]) -> dict[tuple[str, int], int]:
        partitions = [partition for name in names for partition in self._partitions(name)]
        return {(tp.topic, tp.partition): end for tp, end in self._consumer.end_offsets(partitions).items()}

    def _partitions(self, topic: str) -> list[TopicPartition]:
        return [TopicPartition(topic, number) for number in sorted(self._consumer.partitions_for_topic(topic) or ())]

    def _records(
        self,
        topic: str,
        *,
        partitions: Sequence[TopicPartition] | None = None,
        start: Mapping[TopicPartition, int] | None = None,
    ) -> Iterator[ConsumerRecord]:
        """What lies in the topic now, from `start` or the beginning."""
        partitions = self._partitions(topic) if partitions is None else partitions
        self._consumer.assign(partitions)
        first, ends = self._consumer.beginning_offsets(partitions), self._consumer.end_offsets(partitions)
        for partition in partitions:
            self._consumer.seek(partition, max(first[partition], (start or {}).get(partition, 0)))
        quiet = 0
        while quiet < QUIET_POLLS and any(self._consumer.position(each) < ends[each] for each in partitions):
            polled = self._consumer.poll(timeout_ms=int(POLL_S * 1000))
            if polled:
                quiet = 0
                yield from (record for records in polled.values() for record in records)
            else:
                # A compacted topic may end in a hole. A broker that does not answer raises here.
                quiet += 1
                self._consumer.end_offsets(partitions)


@contextmanager
def letterbox(bootstrap_servers: str, *, access: Access = OPEN, wait_s: float = ANSWER_S) -> Iterator[Letterbox]:
    """The letterbox of one installation; a broker that is away is waited for `wait_s`."""
    try:
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap_servers,
            enable_auto_commit=False,
            group_id=None,
            fetch_max_wait_ms=100,
            bootstrap_timeout_ms=int(wait_s * 1000),
            **access,
        )
        try:
            yield Letterbox(bootstrap_servers, consumer, access)
        finally:
            consumer.close()
    except KafkaError as error:
        raise KlankbordError(
            f"Kafka at {bootstrap_servers} did not answer as it should: {type(error).__name__}: {error}; "
            "nothing that was not reported is known to be done, and the command may be given again"
        ) from error


def counts(letters: Iterable[Letter]) -> dict[str, int]:
    """How many letters of each reason."""
    found: dict[str, int] = {}
    for letter in letters:
        found[letter.reason] = found.get(letter.reason, 0) + 1
    return dict(sorted(found.items()))


def _after(before: Letter, letter: Letter) -> Letter:
    """A copy of a letter never takes back what was done with it: a worker may bury a record twice."""
    order: tuple[State, ...] = ("waiting", "sending", "redriven")
    newest = letter if order.index(letter.state) >= order.index(before.state) else before
    return replace(
        newest,
        at_ms=min(before.at_ms, letter.at_ms),
        copies=before.copies + (letter.state == "waiting"),
        length=before.length,
        value=newest.value if newest.value is not None else before.value,
    )


def _is_given(name: str) -> bool:
    return name.startswith(GIVEN) and name != "given_cut"


def _state(headers: Mapping[str, bytes]) -> State:
    mark = headers.get("mark", b"")
    return "redriven" if mark == b"redriven" else "sending" if mark == b"sending" else "waiting"


def _mark(producer: KafkaProducer, letter: Letter, state: State, *, from_offset: int = 0, by: str = "") -> object:
    """What became of a letter, under its key: once compacted, the payload is gone with its announcement."""
    headers = {**letter.headers, "version": b"%d" % VERSION, "mark": state.encode(), "buried_ms": b"%d" % letter.at_ms}
    if letter.key is not None:
        headers["key"] = letter.key
    if state == "redriven":
        headers |= {"by": by.encode(), "redriven_ms": b"%d" % (time.time() * 1000)}
        headers = {name: value for name, value in headers.items() if name != "key" and not name.startswith(GIVEN)}
        headers.setdefault("cut_from_bytes", b"%d" % letter.length)
    else:
        headers["from_offset"] = b"%d" % from_offset
        if letter.value is None:
            headers["no_value"] = b"1"
    value = letter.value or b"" if state == "sending" else b""
    return producer.send(DEAD_LETTERS, key=letter.origin.encode(), value=value, headers=list(headers.items()))


@contextmanager
def _producer(bootstrap_servers: str, access: Access) -> Iterator[KafkaProducer]:
    producer = KafkaProducer(
        bootstrap_servers=bootstrap_servers, acks="all", max_request_size=2 * 1024 * 1024, **access
    )
    try:
        yield producer
    finally:
        producer.close(timeout=ANSWER_S)


def _flush(producer: KafkaProducer, sent: Sequence[object]) -> None:
    """Wait until Kafka has all of it; a record that it refuses raises."""
    producer.flush(timeout=ANSWER_S)
    for future in sent:
        future.get(timeout=ANSWER_S)  # type: ignore[attr-defined]  # kafka-python has no types
