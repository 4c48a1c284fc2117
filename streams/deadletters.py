"""What cannot be processed, kept as it came, with why and where from in its headers."""

import hashlib
from dataclasses import dataclass

from klankbord.errors import InvalidEvent


@dataclass(frozen=True, slots=True)
class Incoming:
    """One input record as Kafka gave it; `timestamp_ms` is when it was produced, since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None


def headers(incoming: Incoming, error: InvalidEvent) -> dict[str, bytes]:
    """Why and where from: enough to count, to find and to send again, and no word of a customer."""
    return {
        "reason": error.reason.encode(),
        "error": str(error).encode(),
        "origin_topic": incoming.topic.encode(),
        "origin_partition": str(incoming.partition).encode(),
        "origin_offset": str(incoming.offset).encode(),
        "origin_timestamp_ms": str(incoming.timestamp_ms).encode(),
        "sha256": hashlib.sha256(incoming.value or b"").hexdigest().encode(),
    }
