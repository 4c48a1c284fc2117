"""A monitor of a version to come: `faust -A tests.kafka.newer:monitor` writes fields that today's does not know."""

from typing import Any, Final

import faust
import msgspec
from msgspec import Struct

from streams import app, wire

MORE: Final = {"of_a_version_to_come": {"level": 3, "names": ["one", "two"], "none": None}}


def _encode(message: Struct) -> bytes:
    fields: dict[str, Any] = msgspec.to_builtins(message)
    if isinstance(message, wire.Record):
        seen, now = fields["observation"], fields["observation"]["conversation"]
        lists = (seen.get("alerts", ()), seen.get("suggestions", ()), seen.get("signals", ()), now.get("evidence", ()))
        for each in (fields, fields["origin"], seen, now, *(one for them in lists for one in them)):
            each.update(MORE)
    return msgspec.json.encode(fields)


def __getattr__(name: str) -> faust.App:
    if name not in ("monitor", "publisher"):
        raise AttributeError(name)
    setattr(wire, "encode", _encode)  # noqa: B010  # mypy would have it assigned
    return getattr(app, name)  # type: ignore[no-any-return]
