"""An event in the envelope of CloudEvents 1.0, as its Kafka binding has it: around the value, or in the headers.

Our event is the envelope's `data`. What it leaves out the attributes give: `type` the type and the schema, `id` and
`source` the event id, `time` the time, `subject` the conversation.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from klankbord.errors import InvalidEvent
from klankbord.events import MAX_EVENT_BYTES, without_values

Headers: TypeAlias = tuple[tuple[str, bytes], ...]

CONTENT_TYPE: Final = "content-type"
PREFIX: Final = "ce_"
STRUCTURED: Final = "application/cloudevents+json"
MOST_HEADERS: Final = 32
_TYPE: Final = re.compile(r"klankbord\.([a-z_]{1,32})\.v([0-9]{1,3})")

Attribute = Annotated[str, Meta(min_length=1, max_length=1024)]


class Attributes(Struct, frozen=True, kw_only=True):
    """What the specification defines; extensions are ignored."""

    specversion: str
    id: Attribute
    source: Attribute
    type: Attribute
    subject: Attribute | None = None
    time: Annotated[datetime, Meta(tz=True)] | None = None
    datacontenttype: str = "application/json"


class Envelope(Attributes, frozen=True, kw_only=True):
    """A CloudEvent in structured mode; of `data` and `data_base64` it has one, and that is an event of ours."""

    data: Raw | UnsetType = UNSET
    data_base64: bytes | None = None


_envelope: Final[msgspec.json.Decoder[Envelope]] = msgspec.json.Decoder(Envelope)
_object: Final[msgspec.json.Decoder[dict[str, Raw]]] = msgspec.json.Decoder(dict[str, Raw])
_encoder: Final = msgspec.json.Encoder()


def envelope(headers: Iterable[tuple[str, bytes]]) -> Headers:
    """Those headers of a record that make it a CloudEvent; none where it is something else."""
    found = tuple((name, value or b"") for name, value in headers if _is_ours(name))
    return found if any(name.startswith(PREFIX) for name, _ in found) or _is_structured(found) else ()


def unwrapped(value: bytes, headers: Headers) -> bytes:
    """Our event in a CloudEvent with these `headers`, or `InvalidEvent` that quotes nothing of it."""
    if len(value) > MAX_EVENT_BYTES:
        raise InvalidEvent("too_large", f"too large: {len(value)} bytes, at most {MAX_EVENT_BYTES} are read")
    try:
        attributes, data = _structured(value, headers) if _is_structured(headers) else _binary(value, headers)
        return _encoder.encode(_event(attributes, data))
    except msgspec.ValidationError as error:
        raise InvalidEvent("invalid_envelope", f"no CloudEvent: {without_values(str(error))}") from None
    except UnicodeDecodeError:
        raise InvalidEvent("invalid_json", "a CloudEvent with bytes that are not UTF-8") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidEvent("invalid_json", f"a CloudEvent that is not valid JSON: {error}") from None


def _is_ours(name: str) -> bool:
    return name.startswith(PREFIX) or name.lower() == CONTENT_TYPE


def _is_structured(headers: Headers) -> bool:
    return _media_type(headers).startswith("application/cloudevents")


def _media_type(headers: Headers) -> str:
    given = next((value for name, value in headers if name.lower() == CONTENT_TYPE), b"")
    return given.decode("ascii", "replace").partition(";")[0].strip().lower()


def _structured(value: bytes, headers: Headers) -> tuple[Attributes, bytes]:
    if _media_type(headers) != STRUCTURED:
        raise _no_envelope(f"its content-type is not {STRUCTURED}: one event a record, in JSON")
    found = _envelope.decode(value)
    data = b"" if isinstance(found.data, UnsetType) else bytes(found.data)
    if found.data_base64 is not None:
        if data:
            raise _no_envelope("it has both 'data' and 'data_base64'")
        data = found.data_base64
    return found, data


def _binary(value: bytes, headers: Headers) -> tuple[Attributes, bytes]:
    if len(headers) > MOST_HEADERS:
        raise _no_envelope(f"it has more than {MOST_HEADERS} headers")
    given = {name.removeprefix(PREFIX): _text(header) for name, header in headers if name.startswith(PREFIX) and header}
    given["datacontenttype"] = _media_type(headers) or "application/json"
    return msgspec.convert(given, Attributes), value


def _text(header: bytes) -> str:
    try:
        return header.decode()
    except UnicodeDecodeError:
        raise _no_envelope("a header of it is not UTF-8") from None


def _event(attributes: Attributes, data: bytes) -> Mapping[str, object]:
    """The fields of our event, those of the data before those of the envelope."""
    if attributes.specversion != "1.0":
        raise _no_envelope("its specversion is not 1.0")
    named = _TYPE.fullmatch(attributes.type)
    if named is None:
        raise _no_envelope("its type is not 'klankbord.TYPE.v1', such as klankbord.utterance.v1")
    media_type = attributes.datacontenttype.partition(";")[0].strip().lower()
    if not media_type.endswith(("/json", "+json")):
        raise _no_envelope("its datacontenttype is not JSON")
    if not data:
        raise _no_envelope("it has no data")
    said = {"type": named[1], "schema": int(named[2])}
    fields = _object.decode(data)
    for name, value in said.items():
        if name in fields and msgspec.json.decode(fields[name]) != value:
            raise _no_envelope(f"its type says another '{name}' than its data")
    given = {
        "event_id": _event_id(attributes),
        "at": attributes.time,
        "conversation_id": attributes.subject,
    }
    return {**said, **{name: value for name, value in given.items() if value is not None}, **fields}


def _event_id(attributes: Attributes) -> str:
    """An id is unique within its source, and may hold what ours may not."""
    return "ce-" + hashlib.sha256(f"{attributes.source}\x1f{attributes.id}".encode()).hexdigest()[:32]


def _no_envelope(why: str) -> InvalidEvent:
    return InvalidEvent("invalid_envelope", f"no CloudEvent of ours: {why}")
