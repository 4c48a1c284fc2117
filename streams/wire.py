"""Every name and every message on the wire: topics, Redis keys, codecs. No Faust, no Redis client."""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from klankbord.alerting import Alert
from klankbord.conversation import Evidence, Point
from klankbord.events import Channel, Event, Language, Seconds
from klankbord.observation import Observation
from klankbord.taxonomy import Said

# Kafka. Key of the inputs: the conversation id; of the observations: tenant and conversation id, so that two
# tenants' equal ids stay two conversations. Both in UTF-8, and an observation lies in its event's partition.
CHAT_MESSAGES: Final = "chat.messages"
CALL_TRANSCRIPTS: Final = "call.transcripts"
OBSERVATIONS: Final = "conversation.observations"
DEAD_LETTERS: Final = "dead.letters"
INPUTS: Final = (CHAT_MESSAGES, CALL_TRANSCRIPTS)

# Redis. One hash tag keeps all keys in one slot of a cluster, where one Lua call may touch several.
ALERTS: Final = "{klankbord}:alerts"  # stream of AlertMessage: what opened and cleared, in order
OPEN_ALERTS: Final = "{klankbord}:alerts:open"  # hash: alert id -> AlertMessage
SUGGESTIONS: Final = "{klankbord}:suggestions"  # stream of SuggestionMessage
BOARD: Final = "{klankbord}:board"  # hash: tenant/conversation -> BoardRow of every open conversation
BOARD_OFFSETS: Final = "{klankbord}:board:offsets"  # hash: tenant/conversation -> progress of its row
BOARD_CHANGES: Final = "{klankbord}:board:changes"  # stream of BoardRow, coalesced
COUNTS: Final = "{klankbord}:counts"  # hash: what was published once, by rule and kind
FIELD: Final = b"json"  # the one field of a stream entry


def current_suggestion(agent_id: str) -> str:
    """The key of the suggestion that stands for one agent; it expires with it."""
    return "{klankbord}:suggestion:" + agent_id


def once(identity: str) -> str:
    """The key whose existence says that `identity` was published."""
    return "{klankbord}:once:" + identity


def ended(conversation: str) -> str:
    """The key that holds the offset at which a conversation left the board: an older row must not bring it back."""
    return "{klankbord}:board:ended:" + conversation


# Longer than a publisher that lost its partitions can still be publishing.
ENDED_TTL_S: Final = 3600
# Longer than the longest replay of the input (its retention is a day) and than a source's retries (a week).
ONCE_TTL_S: Final = 8 * 24 * 3600
STREAM_MAXLEN: Final = 10_000


def topic_for(event: Event) -> str:
    """The input topic of an event: calls are transcripts, everything else is messages."""
    return CALL_TRANSCRIPTS if event.channel is Channel.VOICE else CHAT_MESSAGES


def input_key(event: Event) -> bytes:
    """The record key that brings all events of a conversation to one partition."""
    return event.conversation_id.encode()


def conversation_key(tenant: str, conversation_id: str) -> bytes:
    """The key of a conversation's state and observations."""
    return f"{tenant}/{conversation_id}".encode()


class Origin(Struct, frozen=True):
    """The input record an observation was made from; `timestamp_ms` is when it was produced, since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int


class Record(Struct, frozen=True, omit_defaults=True):
    """One value of `conversation.observations`: state and outputs in one record, so they can never disagree.

    `fence` holds per input topic the last offset that was applied: what Kafka delivers again is skipped.
    """

    observation: Observation
    origin: Origin
    fence: dict[str, int]

    @property
    def progress(self) -> int:
        """How much of the input the state has seen: more in every later state, whoever writes it and when."""
        return sum(self.fence.values())


class AlertMessage(Struct, frozen=True, omit_defaults=True):
    """An alert as a supervisor sees it, with where it happens and its words in both languages."""

    alert: Alert
    tenant: str
    conversation_id: str
    channel: Channel
    title: dict[str, str]
    opened_at: Seconds
    queue: str | None = None
    team: str | None = None
    agent_id: str | None = None
    language: Language | None = None


class SuggestionMessage(Struct, frozen=True, omit_defaults=True):
    """A suggestion as an agent sees it: wording and reason in both languages, gone at `expires_at`."""

    suggestion_id: str
    kind: str
    tenant: str
    conversation_id: str
    agent_id: str
    at: Seconds
    expires_at: Seconds
    text: dict[str, str]
    why: dict[str, str]
    source: str
    reason: Evidence | None = None


class OpenAlert(Struct, frozen=True):
    """An open alert on a row of the board."""

    alert_id: str
    rule: str
    severity: str
    title: dict[str, str]


class BoardRow(Struct, frozen=True, omit_defaults=True):
    """One conversation on the live board. Effort 1..7, higher = harder; `effort_parts` add up to effort - 1."""

    tenant: str
    conversation_id: str
    channel: Channel
    state: Literal["open", "ended"]
    at: Seconds
    started_at: Seconds
    valence: float
    effort: float
    risk: float
    customer_turns: int = 0
    reason: Said | None = None  # why the customer makes contact, as a person reads it; none while unknown
    emotions: dict[str, float] = {}
    # How likely the customer means to leave, 0..1, and the kinds of need: no sureness, since nobody sorts by it.
    churn: float = 0.0
    needs: tuple[str, ...] = ()
    effort_parts: dict[str, float] = {}
    evidence: tuple[Evidence, ...] = ()
    timeline: tuple[Point, ...] = ()
    alerts: tuple[OpenAlert, ...] = ()
    waiting_since: Seconds | None = None
    queue: str | None = None
    team: str | None = None
    agent_id: str | None = None
    language: Language | None = None


_encoder: Final = msgspec.json.Encoder()
_records: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)


def encode(message: Struct) -> bytes:
    """The JSON bytes of any message of this module."""
    return _encoder.encode(message)


def decode_record(raw: bytes) -> Record:
    """A record of `conversation.observations`, or msgspec's error: what we wrote ourselves must be readable."""
    return _records.decode(raw)
