"""What the sources send: a few conversations, and the ways in which sources spoil them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from klankbord.events import (
    SCHEMA,
    Channel,
    Context,
    Ended,
    Event,
    Held,
    Joined,
    Objected,
    Resumed,
    Role,
    Started,
    Transferred,
    Utterance,
    encode,
)
from streams import wire
from tests.simulator.chance import Chance

START: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

ANGRY: Final = (
    "where is my refund?? this is ridiculous, worst service I have ever had",
    "I already told you three times, this is absolutely unacceptable, I am furious",
    "let me speak to your supervisor now, this is ridiculous",
)
CALM: Final = ("oh thank you so much, that is a relief", "thanks, great help, wonderful", "hello", "ok")
ANSWERS: Final = ("May I have your order number?", "One moment please.", "I have put the refund through myself.")
# More events of its conversation between the two than the state remembers of either side.
LONG_AFTER: Final = 24
PARTIALS: Final = 12


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record on its way to an input topic."""

    topic: str
    key: bytes
    value: bytes


def arrivals(chance: Chance) -> list[Arrival]:
    """Some conversations, interleaved, with everything that a source may do wrong."""
    random = chance.random
    conversations = [_conversation(chance, number) for number in range(random.randint(2, 4))]
    if chance.seldom_commits:
        conversations.append(_long(chance))
    spoiled = [_spoiled(chance, events) for events in conversations]
    mixed: list[Arrival] = []
    while any(spoiled):
        mixed.append(random.choice([one for one in spoiled if one]).pop(0))
    return mixed


def _conversation(chance: Chance, number: int) -> list[Event]:
    random = chance.random
    channel = random.choice((Channel.CHAT, Channel.CHAT, Channel.VOICE))
    first = _Maker(f"talk-{number}", channel)
    events = [first.make(Started)]
    for _ in range(random.randint(2, 9)):
        events.append(_happening(chance, first))
    if random.random() < 0.1:
        events += _partials(chance, first)
    if random.random() < 0.1:
        events.append(first.make(Objected))
        events.append(first.make(Utterance, role=Role.CUSTOMER, text=ANGRY[0]))
    if random.random() < 0.7:
        events.append(first.make(Ended))
    return events


def _long(chance: Chance) -> list[Event]:
    """More events than the state remembers, so that the fence alone tells what comes again; nobody waits in it."""
    maker = _Maker("talk-long", Channel.CHAT)
    events = [maker.make(Started)]
    for number in range(40):
        events.append(maker.make(Context, recent_contacts=number) if number % 8 else maker.make(Held))
    chance.fault("a conversation longer than its memory")
    return events


def _partials(chance: Chance, maker: "_Maker") -> list[Event]:
    """A line as it grows, all of it at one time; or so it goes with transcripts."""
    chance.fault("more partials of a line than are remembered")
    line = maker.make(Utterance, role=Role.CUSTOMER, text="I ", is_final=False)
    return [replace(line, event_id=f"{line.event_id}-{revision}", revision=revision) for revision in range(PARTIALS)]


def _happening(chance: Chance, maker: "_Maker") -> Event:
    random = chance.random
    kind = random.random()
    if kind < 0.3:
        return maker.make(Utterance, role=Role.CUSTOMER, text=random.choice(ANGRY))
    if kind < 0.5:
        return maker.make(Utterance, role=Role.CUSTOMER, text=random.choice(CALM))
    if kind < 0.7:
        return maker.make(Utterance, role=Role.AGENT, text=random.choice(ANSWERS))
    if kind < 0.8:
        return maker.make(Joined, agent_id="agent-7")
    if kind < 0.88:
        return maker.make(Held)
    if kind < 0.94:
        return maker.make(Resumed)
    return maker.make(Transferred, to_agent="agent-8")


@dataclass(slots=True)
class _Maker:
    conversation_id: str
    channel: Channel
    made: int = 0
    at: datetime = START

    def make(self, kind: Any, **more: object) -> Event:
        self.made += 1
        self.at += timedelta(seconds=7)
        name = f"{self.conversation_id}-{self.made}"
        if kind is Utterance:
            more["utterance_id"] = f"u-{name}"
        event: Event = kind(
            schema=SCHEMA,
            event_id=name,
            tenant="demo",
            conversation_id=self.conversation_id,
            channel=self.channel,
            at=self.at,
            **more,
        )
        return event


def _spoiled(chance: Chance, events: list[Event]) -> list[Arrival]:
    random = chance.random
    events = _both_topics(chance, list(events))
    for place in range(len(events) - 1):
        if chance.strikes(0.05):
            chance.fault("a source reorders", events[place].event_id)
            events[place], events[place + 1] = events[place + 1], events[place]
    if chance.strikes(0.1 if len(events) < LONG_AFTER else 0.4):
        late = events.pop(random.randrange(len(events)))
        chance.fault("a source is late", late.event_id)
        events.append(late)
    told = [_arrival(event) for event in events]
    for place in range(len(told) - 1, -1, -1):
        if chance.strikes(0.08):
            chance.fault("a source repeats itself", events[place].event_id)
            again = random.randint(place + 1, len(told))
            if again - place > LONG_AFTER:
                chance.fault("a source repeats itself long after", events[place].event_id)
            told.insert(again, told[place])
        if chance.strikes(0.03):
            chance.fault("poison", events[place].event_id)
            told.insert(place, random.choice(_poisons(told[place])))
    return told


def _both_topics(chance: Chance, events: list[Event]) -> list[Event]:
    """Some conversations change their channel, and with it their topic.

    Only where no worker freezes, for between two topics there is no order, and a zombie may have seen another one.
    """
    if chance.zombies or not chance.strikes(0.2):
        return events
    chance.fault("a conversation in two topics", events[0].conversation_id)
    half = len(events) // 2
    other = Channel.VOICE if events[0].channel is Channel.CHAT else Channel.CHAT
    return events[:half] + [replace(event, channel=other) for event in events[half:]]


def _arrival(event: Event) -> Arrival:
    return Arrival(wire.topic_for(event), wire.input_key(event), encode(event))


def _poisons(good: Arrival) -> list[Arrival]:
    return [
        Arrival(good.topic, good.key, good.value[:-9]),
        Arrival(good.topic, b"another", good.value),
        Arrival(good.topic, good.key, good.value.replace(b'"2026-', b'"2099-')),
        Arrival(good.topic, good.key, b"\xff\x00"),
    ]
