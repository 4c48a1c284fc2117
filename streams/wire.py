"""Every name and every message on the wire: topics, Redis keys, codecs. No Faust, no Redis client."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from klankbord.alerting import Alert
from klankbord.conversation import Evidence, Point
from klankbord.errors import InvalidEvent
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
OURS: Final = frozenset({*INPUTS, OBSERVATIONS, DEAD_LETTERS})
CLOSED: Final = "closed"  # type of the observation that no event led to: the marker of a conversation that is over
REDRIVES: Final = "klankbord_redrives"  # header of an input record: the origin of the dead letter it was

# Redis. One hash tag keeps all keys in one slot of a cluster, where one Lua call may touch several.
ALERTS: Final = "{klankbord}:alerts"  # stream of AlertMessage: what opened and cleared, in order
OPEN_ALERTS: Final = "{klankbord}:alerts:open"  # hash: alert id -> AlertMessage
SUGGESTIONS: Final = "{klankbord}:suggestions"  # stream of SuggestionMessage and WithdrawnMessage
BOARD: Final = "{klankbord}:board"  # hash: tenant/conversation -> BoardRow of every open conversation
BOARD_OFFSETS: Final = "{klankbord}:board:offsets"  # hash: tenant/conversation -> progress of its row
BOARD_CHANGES: Final = "{klankbord}:board:changes"  # stream of BoardRow, coalesced
LIVES: Final = "{klankbord}:alerts:lives"  # hash: alert id -> AlertLife, until 8 days after the alert cleared
LIFE_CHANGES: Final = "{klankbord}:alerts:lives:changes"  # stream of AlertLife
LIVES_UNTIL: Final = "{klankbord}:alerts:lives:until"  # sorted set: id of a cleared alert -> when its life is forgotten
ACTIONS: Final = "{klankbord}:alerts:actions"  # stream of AlertAction: what supervisors did, in order
HELD_ALERTS: Final = "{klankbord}:alerts:held"  # hash: alert id -> AlertMessage, open ones that the budget keeps back
PLACES: Final = (
    "{klankbord}:alerts:places"  # hash: id of an open alert -> its highest rank and the hour it was placed in
)
CANARY: Final = "{klankbord}:canary"  # CanarySeen
# Hash: partition of the observations -> the offset up to which everything was published here. What is no number, or
# is not there, says that the rest is not whole: Redis lost it, and it is being made again from Kafka.
WHOLE: Final = "{klankbord}:whole"
COUNTS: Final = "{klankbord}:counts"  # hash: what was published once, by rule and kind
REVOKED: Final = "{klankbord}:revoked"  # set of revoked_token() and revoked_subject(): who may no longer see anything
AUDIT: Final = "{klankbord}:audit"  # stream of audit lines, each holding the hash of the one before
AUDIT_HEAD: Final = "{klankbord}:audit:head"  # number and hash of the newest audit line
FIELD: Final = b"json"  # the one field of a stream entry, but for:
PRODUCED: Final = b"produced"  # when the newest event of a row came into Kafka, in seconds since 1970; 0 if made again


def current_suggestion(tenant: str, agent_id: str) -> str:
    """The key of the suggestion that stands for one agent; it expires with it."""
    # A tenant holds no space and may hold any other separator, as an agent's id may: two tenants never meet in a key.
    return f"{{klankbord}}:suggestion:{tenant} {agent_id}"


def revoked_token(token_id: str) -> str:
    """The member of `REVOKED` that ends one token, by its jti."""
    return f"token:{token_id}"


def revoked_subject(tenant: str, name: str) -> str:
    """The member of `REVOKED` that ends everything of one person."""
    return f"subject:{tenant} {name}"


def suppressed(hour: int | str) -> str:
    """The key of what the budget kept back in an hour, counted since 1970: hash of alert id to AlertMessage."""
    return f"{{klankbord}}:alerts:suppressed:{hour}"


def spent(hour: int | str, of: str) -> str:
    """The key of what takes up the budget of a tenant's team in an hour: set of alert ids and folds."""
    return f"{{klankbord}}:alerts:budget:{hour}:{of}"


def folding(key: str) -> str:
    """The key of the alerts of one cause: sorted set of alert ids by when they opened."""
    return "{klankbord}:alerts:fold:" + key


def advice(tenant: str, conversation_id: str) -> str:
    """The key of what stands in one conversation, and of what was shown and dismissed there."""
    return f"{{klankbord}}:advice:{tenant} {conversation_id}"


def shown_suggestion(suggestion_id: str) -> str:
    """The key of one suggestion that was shown: to whom, and whether it may still be answered."""
    return "{klankbord}:shown:" + suggestion_id


def learned(tenant: str) -> str:
    """The key of a tenant's answers, counted per kind, situation and answer: of nobody."""
    return "{klankbord}:learned:" + tenant


def silenced(tenant: str, kind: str, situation: str) -> str:
    """The key whose existence says that a kind is silent in a situation."""
    return f"{{klankbord}}:silenced:{tenant} {kind} {situation}"


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
HOUR_S: Final = 3600
DAY_S: Final = 24 * HOUR_S
# By stream: how long an entry stays, in seconds. A page that comes back asks for what it missed of a day at most;
# what supervisors did is taken out for the next model, once a month.
STREAM_KEPT_S: Final[Mapping[str, int]] = {
    ALERTS: DAY_S,
    SUGGESTIONS: DAY_S,
    BOARD_CHANGES: DAY_S,
    LIFE_CHANGES: DAY_S,
    ACTIONS: 31 * DAY_S,
}
SUPPRESSED_TTL_S: Final = DAY_S
# Nobody's tenant: its one conversation tells whether the path works, and is shown nowhere.
CANARY_TENANT: Final = "klankbord-canary"
# For whom a suggestion was is known as long as somebody may ask whether it can still be answered.
SHOWN_TTL_S: Final = HOUR_S


def headers(given: Mapping[str, bytes] | Iterable[tuple[str, bytes]] | None) -> tuple[tuple[str, bytes], ...]:
    """The headers of a record, in whichever form a client gives them."""
    if not given:
        return ()
    return tuple(given.items() if isinstance(given, Mapping) else given)


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


class Fold(Struct, frozen=True):
    """Alerts of one cause that are shown as one: how many there are, and the ids of the latest of them."""

    key: str
    count: int
    title: dict[str, str]
    members: tuple[str, ...]


LATE_S: Final = 60.0


class AlertMessage(Struct, frozen=True, omit_defaults=True):
    """An alert as a supervisor sees it, with where it happens and its words in both languages.

    `shown` is false for one that the budget keeps back, and `why` says why; `rank` is what it weighed. `again` marks
    what was told before and is shown, or kept back, after all: leave it out to count each opening once. `late` marks
    what was told more than `LATE_S` after its event came: it is no news of the moment.
    """

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
    link: str = ""
    rank: float = 0.0
    shown: bool = True
    why: Literal["", "over_budget", "displaced"] = ""
    again: bool = False
    late: bool = False
    fold: Fold | None = None
    event_id: str = ""  # the event at which it opened; none where the state told of it later


class AlertLife(Struct, frozen=True):
    """What supervisors made of an alert, the same for all of them; whoever changes it names the revision they saw.

    The last five fields say what a mark is about, for whoever learns from it when the alert itself is gone.
    """

    alert_id: str
    tenant: str
    team: str | None
    revision: int = 0
    state: Literal["new", "acknowledged", "snoozed", "cleared"] = "new"
    by: str | None = None
    assigned_to: str | None = None
    snoozed_until: Seconds | None = None
    mark: Literal["right", "wrong"] | None = None
    reason: str = ""
    at: Seconds = 0.0
    marked_at: Seconds = 0.0
    conversation_id: str = ""
    event_id: str = ""
    rule: str = ""
    rule_version: str = ""
    value: float = 0.0


class AlertAction(Struct, frozen=True):
    """One thing that a supervisor did with an alert, and what it led to."""

    action_id: str
    action: str
    by: str
    life: AlertLife


class CanarySeen(Struct, frozen=True):
    """The newest canary that came all the way: when it was sent and when it was seen, seconds since 1970."""

    sent_at: Seconds
    seen_at: Seconds


class Source(Struct, frozen=True, omit_defaults=True):
    """An article of the operator's own, with an https link where it has one."""

    name: str
    link: str = ""


class SuggestionMessage(Struct, frozen=True, omit_defaults=True):
    """A suggestion as an agent sees it: wording and reason in both languages, gone at `expires_at`.

    `source` is the entry of the playbook, `articles` what that entry names, by language.
    """

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
    articles: dict[str, Source] = {}
    urgency: int = 0  # 2 safety, 1 a person is asked for, 0 anything else


Because: TypeAlias = Literal["ended", "transferred", "objected", "confirmed", "over", "replaced", "answered"]


class WithdrawnMessage(Struct, frozen=True):
    """A suggestion that no longer holds: the topic moved on, or somebody answered it."""

    suggestion_id: str
    tenant: str
    conversation_id: str
    agent_id: str
    at: Seconds
    because: Because


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


def encoded(words: dict[str, str]) -> bytes:
    """The JSON bytes of words by language."""
    return _encoder.encode(words)


def decode_record(raw: bytes) -> Record:
    """A record of `conversation.observations`, or msgspec's error: what we wrote ourselves must be readable."""
    return _records.decode(raw)


def read_state(raw: bytes) -> Record:
    """The record that a conversation's state is; `InvalidEvent` where it is none.

    To begin anew would forget what is there; to end the process would stop its partition for everybody.
    """
    try:
        return decode_record(raw)
    except msgspec.DecodeError as error:
        raise InvalidEvent("unreadable_state", f"the state cannot be read: {type(error).__name__}") from None
