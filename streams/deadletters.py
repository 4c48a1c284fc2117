"""What cannot be processed, kept with why and where from in its headers; and what stops a flood of it."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from klankbord.channels.cloudevents import MOST_HEADERS, Headers, unwrapped
from klankbord.errors import InvalidEvent, KlankbordError, Reason
from klankbord.events import Event, decode
from streams import wire

# Of the headers. 1: the letter had the key of its record. 2: its key is its origin, so that one letter can be marked,
# purged and compacted, and the record's key is a header.
VERSION: Final = 2

# What the input topics take at most by the topic plan. A broker that takes more must not make a dead letter that
# cannot be sent: the worker would meet the same record for ever.
MAX_VALUE_BYTES: Final = 512 * 1024
MAX_KEY_BYTES: Final = 1024
# Before the name of a header that the record came with: those of a CloudEvent are half of what was said.
GIVEN: Final = "given_"
MAX_HEADER_CHARS: Final = 64
# A source's clock may run ahead, and a replay may look into the day to come; more is a wrong unit or zone.
MAX_AHEAD_S: Final = 24 * 3600 + 300

# So many letters a second of one reason and partition are kept whole; of the others the beginning, for whoever has to
# recognise the source. A deploy that breaks a source at 4,000 events a second then costs 5 MB a second, not 250.
WHOLE_A_SECOND: Final = 50
CLIPPED_BYTES: Final = 1024

# Defects of ours in a row, without one event between them that was observed: this is no poison, it is a bad deploy.
OWN_FAULTS: Final = 100
OWN: Final[frozenset[Reason]] = frozenset({"failed", "unreadable_state"})


class TooManyFaults(KlankbordError):
    """Every event fails for a defect of ours. The worker ends: to bury the whole input helps nobody."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One input record as Kafka gave it; `timestamp_ms` is when it was produced, since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    redrives: bytes | None = None  # the origin of the dead letter that was sent again as this record
    envelope: Headers = ()  # its headers, where they make it a CloudEvent

    @property
    def origin(self) -> str:
        """The record's name: topic, partition and offset."""
        return f"{self.topic}/{self.partition}/{self.offset}"


def read(incoming: Incoming) -> Event:
    """The event of a record, or `InvalidEvent` with why it is a dead letter."""
    if incoming.value is None:
        raise InvalidEvent("invalid_json", "the record has no value")
    event = decode(unwrapped(incoming.value, incoming.envelope) if incoming.envelope else incoming.value)
    if incoming.key != wire.input_key(event):
        raise InvalidEvent("wrong_key", "the record's key is not its conversation_id, so its order is not kept")
    if incoming.timestamp_ms and event.at_s > incoming.timestamp_ms / 1000 + MAX_AHEAD_S:
        raise InvalidEvent("absurd_time", "'at' lies more than a day after the record was produced")
    return event


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record of the dead-letter topic; its value is never None, for that would be a tombstone."""

    key: bytes
    value: bytes
    headers: dict[str, bytes]


def dead_letter(incoming: Incoming, error: InvalidEvent, *, keep_bytes: int = MAX_VALUE_BYTES) -> DeadLetter:
    """The record as it came, with why and where from; what is cut to `keep_bytes` says so, and how to know it."""
    value = incoming.value or b""
    headers = {
        "version": str(VERSION).encode(),
        "reason": error.reason.encode(),
        "error": str(error).encode(),
        "origin_topic": incoming.topic.encode(),
        "origin_partition": str(incoming.partition).encode(),
        "origin_offset": str(incoming.offset).encode(),
        "origin_timestamp_ms": str(incoming.timestamp_ms).encode(),
        "sha256": hashlib.sha256(value).hexdigest().encode(),
    }
    if incoming.key is not None:
        headers["key"] = incoming.key[:MAX_KEY_BYTES]
        if len(incoming.key) > MAX_KEY_BYTES:
            headers["key_cut_from_bytes"] = str(len(incoming.key)).encode()
    if incoming.value is None:
        headers["no_value"] = b"1"
    if len(value) > keep_bytes:
        headers["cut_from_bytes"] = str(len(value)).encode()
    if incoming.redrives is not None:
        headers["redrives"] = incoming.redrives[:MAX_KEY_BYTES]
    return DeadLetter(incoming.origin.encode(), value[:keep_bytes], headers | _given(incoming.envelope))


def _given(envelope: Headers) -> dict[str, bytes]:
    """The headers of a CloudEvent, and whether they are not all of it."""
    kept = {
        GIVEN + name: value[:MAX_KEY_BYTES] for name, value in envelope[:MOST_HEADERS] if len(name) <= MAX_HEADER_CHARS
    }
    whole = len(kept) == len(envelope) and all(len(value) <= MAX_KEY_BYTES for _, value in envelope)
    return kept if whole else {**kept, "given_cut": b"1"}


@dataclass(slots=True)
class Flood:
    """Says how much of a letter is kept: in a flood every letter is still written, but not the whole of it."""

    whole_a_second: int = WHOLE_A_SECOND
    _seen: dict[tuple[str, int, Reason], tuple[int, int]] = field(default_factory=dict)

    def keep_bytes(self, incoming: Incoming, reason: Reason, *, now_s: float) -> int:
        """How much to keep of the next letter of this partition and reason."""
        source, second = (incoming.topic, incoming.partition, reason), int(now_s)
        began, count = self._seen.get(source, (second, 0))
        count = count + 1 if began == second else 1
        self._seen[source] = second, count
        # What fails for a defect of ours is right, and will be wanted whole.
        return MAX_VALUE_BYTES if count <= self.whole_a_second or reason in OWN else CLIPPED_BYTES


@dataclass(slots=True)
class Faults:
    """Counts defects of ours in a row."""

    at_most: int = OWN_FAULTS
    _in_a_row: int = 0

    def observed(self) -> None:
        """An event went well."""
        self._in_a_row = 0

    def failed(self, reason: Reason) -> None:
        """An event did not; raises when that is all they do."""
        if reason not in OWN:
            return
        self._in_a_row += 1
        if self._in_a_row > self.at_most:
            raise TooManyFaults(
                f"{self.at_most} events in a row were refused as '{reason}', which is a defect of this version: "
                "go back to the last one, then redrive their dead letters"
            )
