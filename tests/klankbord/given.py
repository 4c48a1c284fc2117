"""What the tests start from: words, events and turns, each in one call."""

from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from klankbord.advice import Moment
from klankbord.conversation import Conversation, Evidence, fingerprint, question
from klankbord.events import (
    SCHEMA,
    Channel,
    Context,
    Event,
    Held,
    Language,
    Resumed,
    Role,
    Transferred,
    Utterance,
    Waited,
)
from klankbord.phrases import clean, normal
from klankbord.policy import Policy
from klankbord.signals import CustomerWords, Dimension, Signal, Turn, Words, customer_words

START: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
START_S: Final = START.timestamp()


def said(text: str, role: Role = Role.CUSTOMER, language: Language = "nl") -> Words:
    """`text` as the detectors get it."""
    cleaned = clean(text)
    lowered = normal(cleaned)
    return Words(cleaned, lowered, language, role, fingerprint(lowered))


def customer(text: str, language: Language = "nl") -> CustomerWords:
    """What a customer said, as the emotion detectors get it."""
    words = customer_words(said(text, Role.CUSTOMER, language))
    assert words is not None
    return words


def utterance(
    text: str, role: Role = Role.CUSTOMER, *, after_s: float = 0.0, number: int = 1, channel: Channel = Channel.CHAT
) -> Utterance:
    """One final utterance, `after_s` seconds after `START`."""
    return Utterance(
        schema=SCHEMA,
        event_id=f"event-{number}",
        tenant="demo",
        conversation_id="conversation-1",
        channel=channel,
        at=START + timedelta(seconds=after_s),
        utterance_id=f"utterance-{number}",
        role=role,
        text=text,
    )


def turn(
    text: str,
    role: Role = Role.CUSTOMER,
    *,
    language: Language = "nl",
    conversation: Conversation | None = None,
    after_s: float = 0.0,
    channel: Channel = Channel.CHAT,
) -> Turn:
    """A line that somebody said in `conversation`, as the effort detectors get it."""
    words = said(text, role, language)
    event = utterance(text, role, after_s=after_s, channel=channel)
    return Turn(conversation or Conversation(), event, words, customer_words(words), Policy())


def spoken(
    start_ms: int,
    end_ms: int,
    role: Role = Role.CUSTOMER,
    text: str = "ik bel over mijn factuur",
    *,
    conversation: Conversation | None = None,
    is_final: bool = True,
) -> Turn:
    """A segment of a call, which comes when it ended, as the effort detectors get it."""
    event = segment(start_ms, end_ms, role, text, is_final=is_final)
    words = said(text, role) if is_final else None
    return Turn(conversation or Conversation(), event, words, customer_words(words), Policy())


def segment(
    start_ms: int | None,
    end_ms: int | None,
    role: Role = Role.CUSTOMER,
    text: str = "ik bel over mijn factuur",
    *,
    number: int = 1,
    after_s: float | None = None,
    is_final: bool = True,
) -> Utterance:
    """A segment of a call, which comes `after_s` seconds after `START`, or when it ended."""
    ended_s = (end_ms or 0) / 1000 if after_s is None else after_s
    event = utterance(text, role, after_s=ended_s, number=number, channel=Channel.VOICE)
    return replace(event, start_ms=start_ms, end_ms=end_ms, is_final=is_final, language="nl")


def by_agent(text: str, language: Language = "nl") -> Turn:
    """A line that the agent said."""
    return turn(text, Role.AGENT, language=language)


def happened(event: Event, conversation: Conversation | None = None) -> Turn:
    """An event without words, as the effort detectors get it."""
    return Turn(conversation or Conversation(), event, None, None, Policy())


def context(
    *, recent_contacts: int | None = None, previous_channel: Channel | None = None, channel: Channel = Channel.CHAT
) -> Context:
    """What other systems know."""
    return Context(
        schema=SCHEMA,
        event_id="event-1",
        tenant="demo",
        conversation_id="conversation-1",
        channel=channel,
        at=START,
        recent_contacts=recent_contacts,
        previous_channel=previous_channel,
    )


def waited(wait_s: float, channel: Channel = Channel.CHAT) -> Waited:
    """A deadline that passed, `wait_s` seconds after `START`."""
    return Waited(
        schema=SCHEMA,
        event_id="event-1",
        tenant="demo",
        conversation_id="conversation-1",
        channel=channel,
        at=START + timedelta(seconds=wait_s),
        wait_s=wait_s,
    )


def held(after_s: float = 0.0) -> Held:
    """The customer is put on hold."""
    return Held(
        schema=SCHEMA,
        event_id="event-held",
        tenant="demo",
        conversation_id="conversation-1",
        channel=Channel.VOICE,
        at=START + timedelta(seconds=after_s),
    )


def resumed(after_s: float) -> Resumed:
    """The hold ends."""
    return Resumed(
        schema=SCHEMA,
        event_id="event-resumed",
        tenant="demo",
        conversation_id="conversation-1",
        channel=Channel.VOICE,
        at=START + timedelta(seconds=after_s),
    )


def transferred(after_s: float = 0.0) -> Transferred:
    """The customer is handed on."""
    return Transferred(
        schema=SCHEMA,
        event_id="event-transferred",
        tenant="demo",
        conversation_id="conversation-1",
        channel=Channel.VOICE,
        at=START + timedelta(seconds=after_s),
    )


def having_said(*lines: str) -> Conversation:
    """A conversation in which the customer said `lines`."""
    return Conversation(customer_said=tuple(fingerprint(normal(clean(line))) for line in lines))


def having_asked(*lines: str) -> Conversation:
    """A conversation in which the agent asked `lines`."""
    return Conversation(agent_asked=tuple(fingerprint(question(normal(clean(line)))) for line in lines))


def signal(kind: str, strength: float = 1.0, words: str = "") -> Signal:
    """A signal of effort; suggestions look at its kind, strength and words."""
    return Signal(kind, Dimension.EFFORT, strength, words)


def moment(*signals: Signal) -> Moment:
    """A moment with these signals and no history."""
    return Moment(Conversation(), {signal.kind: signal for signal in signals})


def announced(strength: float, after_s: float) -> Conversation:
    """A conversation in which a transfer was announced in words, `after_s` seconds after `START`."""
    evidence = Evidence("transfer", strength, START_S + after_s, "ik verbind u door", utterance_id="utterance-1")
    return Conversation(evidence=(evidence,))


def evidence(kind: str, strength: float = 1.0, words: str = "", *, after_s: float = 0.0) -> Evidence:
    """What was found `after_s` seconds after `START`."""
    return Evidence(kind, strength, START_S + after_s, words)
