"""What can happen in a conversation, as canonical events on the wire."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from klankbord.errors import InvalidEvent

SCHEMA: Final[Literal[1]] = 1

# 16,000 characters hold the longest e-mail a customer writes by hand; 64 KB keeps the observation,
# which quotes from it, well under the 1 MB that a Kafka producer sends at most.
MAX_TEXT_CHARS: Final = 16_000
MAX_EVENT_BYTES: Final = 64 * 1024

# An event time outside these years is a broken clock or a wrong unit (milliseconds read as seconds).
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)

Seconds: TypeAlias = float
Language: TypeAlias = Literal["nl", "en"]
# Printable ASCII without quotes, backslash or space: an id travels into keys, URLs and logs.
Identifier: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[!#-&(-\[\]-~]+\Z")]
# No slash either: a state's key is tenant/conversation id, and "a" with "b/c" must not be "a/b" with "c".
Tenant: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[!#-&(-.0-\[\]-~]+\Z")]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f\\\"]+\Z")]
Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARS)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=1_000_000)]
Milliseconds: TypeAlias = Annotated[int, Meta(ge=0, le=7 * 24 * 3600 * 1000)]


class Channel(StrEnum):
    """How the customer and the contact centre talk."""

    CHAT = "chat"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    SMS = "sms"
    VOICE = "voice"


class Role(StrEnum):
    """Who spoke. An agent is always a human; only a customer's words are ever scored."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


ANSWERS: Final = (Role.AGENT, Role.BOT)


@lru_cache(maxsize=2)  # whoever handles an event asks for its time, eight times in all
def seconds(at: datetime) -> Seconds:
    """A time with a zone, in seconds since 1970."""
    return at.timestamp()


class Common(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What every event carries. `event_id` makes delivery idempotent; `at` is event time in UTC."""

    schema: Literal[1]
    event_id: Identifier
    tenant: Tenant
    conversation_id: Identifier
    channel: Channel
    at: Annotated[datetime, Meta(tz=True)]
    queue: Name | None = None
    team: Name | None = None
    agent_id: Name | None = None
    customer_key: Identifier | None = None
    # Open, so that a tenant's other languages are carried; what we cannot score is read as unknown.
    language: Annotated[str, Meta(min_length=2, max_length=12)] | None = None

    @property
    def at_s(self) -> Seconds:
        """Event time in seconds since 1970."""
        return seconds(self.at)


class Started(Common, frozen=True, kw_only=True, tag="started", omit_defaults=True):
    """The contact begins."""


class Joined(Common, frozen=True, kw_only=True, tag="joined", omit_defaults=True):
    """A participant joins; the common `agent_id` names the agent, if it is one."""

    role: Role = Role.AGENT


class Transferred(Common, frozen=True, kw_only=True, tag="transferred", omit_defaults=True):
    """The customer is handed to another queue or agent."""

    to_queue: Name | None = None
    to_agent: Name | None = None


class Held(Common, frozen=True, kw_only=True, tag="held", omit_defaults=True):
    """The customer is put on hold."""


class Resumed(Common, frozen=True, kw_only=True, tag="resumed", omit_defaults=True):
    """The hold ends."""


class Ended(Common, frozen=True, kw_only=True, tag="ended", omit_defaults=True):
    """The contact ends. With `idle_s` because nothing happened for so long: it goes on when somebody speaks."""

    reason: Name | None = None
    idle_s: Annotated[float, Meta(ge=0)] | None = None


class NoticeGiven(Common, frozen=True, kw_only=True, tag="notice_given", omit_defaults=True):
    """The customer was told that the words are read by a machine (GDPR 13, 14)."""

    notice_id: Name | None = None


class Objected(Common, frozen=True, kw_only=True, tag="objected", omit_defaults=True):
    """The customer objects (GDPR 21): scoring stops and what was scored is erased."""


class Context(Common, frozen=True, kw_only=True, tag="context", omit_defaults=True):
    """What other systems know of this customer."""

    recent_contacts: Count | None = None
    open_complaint: bool | None = None
    lifetime_value: Annotated[float, Meta(ge=0)] | None = None
    previous_channel: Channel | None = None


class Waited(Common, frozen=True, kw_only=True, tag="waited", omit_defaults=True):
    """A deadline passed in silence: at `at` the customer has waited `wait_s` seconds for an answer, or on hold."""

    wait_s: Annotated[float, Meta(ge=0)]


class Utterance(Common, frozen=True, kw_only=True, tag="utterance", omit_defaults=True):
    """One thing that one participant said. A final replaces its partials; it is never added to them."""

    utterance_id: Identifier
    revision: Count = 0
    is_final: bool = True
    role: Role
    text: Text
    start_ms: Milliseconds | None = None
    end_ms: Milliseconds | None = None


Event: TypeAlias = (
    Utterance | Started | Joined | Transferred | Held | Resumed | Ended | NoticeGiven | Objected | Context | Waited
)

_decoder: Final[msgspec.json.Decoder[Event]] = msgspec.json.Decoder(Event)
_encoder: Final = msgspec.json.Encoder()


def decode(raw: bytes) -> Event:
    """One canonical event from JSON bytes, or `InvalidEvent` with a reason that quotes no customer text."""
    if len(raw) > MAX_EVENT_BYTES:
        raise InvalidEvent("too_large", f"too large: {len(raw)} bytes, at most {MAX_EVENT_BYTES} are read")
    try:
        event = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise InvalidEvent("invalid_schema", f"does not fit the schema: {without_values(str(error))}") from None
    except UnicodeDecodeError:
        raise InvalidEvent("invalid_json", "not valid JSON: bytes that are not UTF-8") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidEvent("invalid_json", f"not valid JSON: {error}") from None
    _check(event)
    return event


def encode(event: Event) -> bytes:
    """The canonical JSON bytes of `event`; `decode` reads them back unchanged."""
    return _encoder.encode(event)


def _check(event: Event) -> None:
    """Refuse what a type cannot."""
    if not EARLIEST <= event.at < LATEST:
        raise InvalidEvent("absurd_time", f"absurd time: 'at' lies in the year {event.at.year}; is its unit right?")
    if isinstance(event, Utterance):
        if "\x00" in event.text:
            raise InvalidEvent("invalid_text", "field 'text' holds a NUL character")
        if not event.text.strip():
            raise InvalidEvent("invalid_text", "field 'text' is empty")
        if event.start_ms is not None and event.end_ms is not None and event.end_ms < event.start_ms:
            raise InvalidEvent("absurd_time", "'end_ms' lies before 'start_ms'")


def without_values(message: str) -> str:
    """What msgspec says of a mistake, without what it quotes.

    It repeats an unknown tag or enum value; a source may have put anything there, a name or number included."""
    return re.sub(r"(value) .*?( - at `\$[^`]*`)?\Z", r"\1\2", message, flags=re.DOTALL)[:300]
