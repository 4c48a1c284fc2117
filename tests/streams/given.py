"""What the tests of the wires start from: records and messages, each in one call."""

import msgspec
from redis import Redis

from config.settings import HERE, load_playbook
from klankbord.channels.transcript import read_transcript
from klankbord.events import Event
from klankbord.observation import Observation
from klankbord.policy import Policy, threshold
from klankbord.replay import replay
from streams import advising, wire
from streams.advising import Offer
from streams.views import Views

# One customer who gets angry, is told what the page says already, asks for a person, is helped and leaves.
TRANSCRIPT = """
title: The refund that does not come
channel: chat
queue: billing
team: south
agent: agent-12
customer: customer-208
---
00:00 * started
00:02 customer: where is my refund?? this is ridiculous, worst service I have ever had
00:20 * joined role=agent
00:30 agent: Good morning. May I have your order number?
00:45 customer: I already told you three times, this is absolutely unacceptable, I am furious
01:10 customer: let me speak to your supervisor now, this is ridiculous
01:40 agent: I have put the refund through myself, it is in your account today.
02:00 customer: oh thank you so much, that is a relief
02:20 customer: thanks, great help, wonderful
02:40 * ended
"""

# Rules of the tests' own: what is tested here is how alerts travel, not where thresholds lie.
RULES = {
    "angry_customer": threshold("anger", 0.55, 0.2, "critical", "Klant is boos", "Customer is angry"),
    "frustrated_customer": threshold(
        "frustration", 0.6, 0.2, "warning", "Klant raakt gefrustreerd", "Customer is getting frustrated", 2
    ),
    "asks_for_human": threshold("asks_for_human", 0.8, 0.3, "warning", "Klant vraagt om een mens", "Asks for a human"),
}
POLICY = Policy(rules=RULES)
PARTITION = 1
PRODUCED_MS = 1_700_000_000_000


def conversation(name: str = "conversation-1", tenant: str = "demo") -> tuple[Event, ...]:
    """The events of `TRANSCRIPT` under another name."""
    return read_transcript(TRANSCRIPT.strip(), name=name, tenant=tenant).events


def record(observation: Observation, *, offset: int = 0, timestamp_ms: int = PRODUCED_MS) -> wire.Record:
    """What the monitor would have written of `observation`."""
    origin = wire.Origin(wire.CHAT_MESSAGES, PARTITION, offset, timestamp_ms)
    return wire.Record(observation, origin, {wire.CHAT_MESSAGES: offset})


def records(
    name: str = "conversation-1", *, tenant: str = "demo", timestamp_ms: int = PRODUCED_MS
) -> tuple[wire.Record, ...]:
    """The records of one whole conversation."""
    return tuple(
        record(observation, offset=offset, timestamp_ms=timestamp_ms)
        for offset, observation in enumerate(replay(conversation(name, tenant), POLICY))
    )


def values(*written: wire.Record) -> list[tuple[bytes, int]]:
    """`written` as the publisher reads them: value and offset."""
    return [(wire.encode(one), offset) for offset, one in enumerate(written)]


WORDED = Views(POLICY, load_playbook(HERE / "playbook"))
MINUTE_MS = 60_000


def offered(record: wire.Record, *, left_ms: int = 2 * MINUTE_MS) -> Offer:
    """What a record offers its agent, with this much time left."""
    messages = WORDED.suggestions(record)
    left = {message.suggestion_id: left_ms for message in messages}
    return advising.offer(record.observation, messages, left, POLICY)


def told(client: Redis) -> tuple[wire.SuggestionMessage | wire.WithdrawnMessage, ...]:
    """What the stream of suggestions says, in order."""
    found: list[wire.SuggestionMessage | wire.WithdrawnMessage] = []
    for _, entry in client.xrange(wire.SUGGESTIONS) or ():
        assert entry is not None
        raw = entry[wire.FIELD]
        if "because" in msgspec.json.decode(raw):
            found.append(msgspec.json.decode(raw, type=wire.WithdrawnMessage))
        else:
            found.append(msgspec.json.decode(raw, type=wire.SuggestionMessage))
    return tuple(found)
