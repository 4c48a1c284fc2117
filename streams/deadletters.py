"""What cannot be processed, kept as it came, with why and where from in its headers."""

import hashlib
from dataclasses import dataclass
from typing import Final

from klankbord.errors import InvalidEvent
from klankbord.events import Event, decode
from streams import wire

# What the input topics take at most by the topic plan. A broker that takes more must not make a dead letter that
# cannot be sent: the worker would meet the same record for ever.
MAX_VALUE_BYTES: Final = 512 * 1024
MAX_KEY_BYTES: Final = 1024
# A source's clock may run ahead, and a replay may look into the day to come; more is a wrong unit or zone.
MAX_AHEAD_S: Final = 24 * 3600 + 300


@dataclass(frozen=True, slots=True)
class Incoming:
    """One input record as Kafka gave it; `timestamp_ms` is when it was produced, since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None


def read(incoming: Incoming) -> Event:
    """The event of a record, or `InvalidEvent` with why it is a dead letter."""
    if incoming.value is None:
        raise InvalidEvent("invalid_json", "the record has no value")
    event = decode(incoming.value)
    if incoming.key != wire.input_key(event):
        raise InvalidEvent("wrong_key", "the record's key is not its conversation_id, so its order is not kept")
    if incoming.timestamp_ms and event.at_s > incoming.timestamp_ms / 1000 + MAX_AHEAD_S:
        raise InvalidEvent("absurd_time", "'at' lies more than a day after the record was produced")
    return event


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record of the dead-letter topic."""

    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]


def dead_letter(incoming: Incoming, error: InvalidEvent) -> DeadLetter:
    """The record as it came, with why and where from; only what no topic of ours would take is cut, and says so."""
    key, value = incoming.key, incoming.value
    headers = {
        "reason": error.reason.encode(),
        "error": str(error).encode(),
        "origin_topic": incoming.topic.encode(),
        "origin_partition": str(incoming.partition).encode(),
        "origin_offset": str(incoming.offset).encode(),
        "origin_timestamp_ms": str(incoming.timestamp_ms).encode(),
        "sha256": hashlib.sha256(value or b"").hexdigest().encode(),
    }
    if value is not None and len(value) > MAX_VALUE_BYTES:
        headers["cut_from_bytes"] = str(len(value)).encode()
    return DeadLetter(
        key if key is None else key[:MAX_KEY_BYTES], value if value is None else value[:MAX_VALUE_BYTES], headers
    )
