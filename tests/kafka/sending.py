"""Records written straight into the inputs, and what the judge of `klankbord verify` says came of them.

The ledger is for what should have been observed. Here poison and late events are among what is sent, and
`streams/oracle.py` knows by rules of its own what is to become of those.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import count, cycle
from pathlib import Path
from typing import Any, Final, NamedTuple

from kafka import KafkaProducer
from kafka.errors import KafkaError

from config.settings import HERE as CONFIG
from config.settings import load_policy
from klankbord.events import Channel, Event, Role, Utterance, encode
from klankbord.policy import Policy
from streams import oracle, wire
from streams.letterbox import Letter, letterbox
from streams.player import bundled
from streams.verify import reading, records, verify
from tests.e2e.waiting import until
from tests.kafka.ledger import uncommitted
from tests.kafka.world import GROUPS, Outcome, World

POLICY: Final = load_policy(CONFIG / "policy.toml")
SETTLED_S: Final = 600.0  # on a quiet machine a fiftieth of it
ACKED_S: Final = 60.0


class Sending(NamedTuple):
    """A record as its producer makes it; `at_s` is what its clock shows, in seconds since 1970: None for the time."""

    topic: str
    key: bytes | None
    value: bytes | None
    at_s: float | None = None


def of_event(event: Event, *, at_s: float | None = None) -> Sending:
    return Sending(wire.topic_for(event), wire.input_key(event), encode(event), at_s)


def of_chat(key: bytes | None, value: bytes | None) -> Sending:
    return Sending(wire.CHAT_MESSAGES, key, value)


class Source:
    """A producer that knows where each of its records lies, and which were refused."""

    def __init__(self, bootstrap_servers: str, **options: Any) -> None:
        self._producer = KafkaProducer(bootstrap_servers=bootstrap_servers, linger_ms=5, acks="all", **options)
        self._sent: list[tuple[Sending, Any]] = []
        self.refused: list[tuple[Sending, KafkaError]] = []

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_: object) -> None:
        self._producer.close(timeout=ACKED_S)

    def send(self, one: Sending) -> None:
        at_ms = None if one.at_s is None else round(1000 * one.at_s)
        try:
            future = self._producer.send(one.topic, key=one.key, value=one.value, timestamp_ms=at_ms)
        except KafkaError as error:  # too large for its producer already
            self.refused.append((one, error))
        else:
            self._sent.append((one, future))

    def flush(self) -> dict[oracle.Place, Sending]:
        """Wait for every answer; where each that was taken since the last time lies."""
        self._producer.flush()
        places: dict[oracle.Place, Sending] = {}
        for one, future in self._sent:
            try:
                found = future.get(timeout=ACKED_S)
            except KafkaError as error:
                self.refused.append((one, error))
            else:
                places[oracle.Place(found.topic, found.partition, found.offset)] = one
        self._sent.clear()
        return places


def send(made: World, sendings: Iterable[Sending]) -> dict[oracle.Place, Sending]:
    """All of it, none refused; where each lies."""
    with Source(made.kafka.bootstrap_servers) as source:
        for one in sendings:
            source.send(one)
        places = source.flush()
        assert not source.refused
    return places


def origin(place: oracle.Place) -> str:
    """The name of a record, as its dead letter has it."""
    return f"{place.topic}/{place.partition}/{place.offset}"


def settle(made: World, *, within_s: float = SETTLED_S) -> None:
    """Wait until both groups have committed all there is; who ended meanwhile is started again."""
    servers = made.kafka.bootstrap_servers

    def committed() -> bool:
        made.look_after()
        return made.idle and all(uncommitted(servers, group, its) == 0 for group, its in GROUPS.items())

    until(committed, within_s=within_s, what="both groups have committed all there is")


@dataclass(frozen=True, slots=True)
class Judged:
    """The oracle's verdict, counted."""

    counts: Mapping[str, int]
    physical_dup: int


def ask(made: World, *, sent: int, took_s: float, policy: Policy = POLICY, apart: Sequence[str] = ()) -> Outcome:
    """What the oracle says of all that lies there; void where it could not judge something that is not set `apart`."""
    found = verify(made.kafka.bootstrap_servers, made.redis.own_url, policy)
    verdict = found.verdict
    counts = {name: len(keys) for name, keys in verdict.wrong.items()} | {"physical_dup": verdict.physical_dup}
    void = "" if found.records >= sent else f"{found.records} of {sent} records are in the inputs"
    if unjudged := {what: times for what, times in verdict.unjudged.items() if what not in apart}:
        void = f"not judged: {unjudged}"
    return Outcome(Judged(counts, verdict.physical_dup), sent, found.alerts, took_s, void)


@dataclass(frozen=True, slots=True)
class Observed:
    """A record of the observations, and when the monitor made it, in milliseconds since 1970."""

    record: wire.Record
    at_ms: int
    raw: bytes

    @property
    def took_ms(self) -> int:
        """From the record it was made from."""
        return self.at_ms - self.record.origin.timestamp_ms


def observed(made: World) -> list[Observed]:
    """Every observation there is, in the order of their partitions."""
    with reading(made.kafka.bootstrap_servers) as reader:
        return [
            Observed(wire.decode_record(one.value), one.timestamp, one.value)
            for one in records(reader, [wire.OBSERVATIONS])
            if one.value is not None
        ]


def letters(made: World) -> list[Letter]:
    """Every dead letter."""
    with letterbox(made.kafka.bootstrap_servers) as box:
        return box.letters()


def talk(name: str, *, start_s: float, every_s: float = 5.0, words: Sequence[str] = ()) -> Iterator[Utterance]:
    """A conversation without end: the customer and the agent in turns, in the words of the bundled ones."""
    texts = cycle(words or _texts())
    for number in count():
        yield Utterance(
            schema=1,
            event_id=f"{name}-{number}",
            tenant="demo",
            conversation_id=name,
            channel=Channel.CHAT,
            at=datetime.fromtimestamp(start_s + number * every_s, UTC),
            utterance_id=f"{name}-u-{number}",
            role=Role.AGENT if number % 2 else Role.CUSTOMER,
            text=next(texts),
        )


@cache
def _texts() -> list[str]:
    events = [line.event for line in bundled()]
    return [event.text for event in events if isinstance(event, Utterance) and event.is_final]


def quantile(values: Iterable[float], share: float) -> float:
    """-1 where there are none."""
    ordered = sorted(values)
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))]) if ordered else -1.0


def resident_mb(made: World, name: str) -> float:
    """The memory that the worker `name` has, in MB."""
    pages = int(Path(f"/proc/{made.running[name].pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
