"""What the publisher writes to Redis, as the bytes it writes: of the recordings that come with the library."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

import msgspec
from msgspec.structs import replace
from prometheus_client import CollectorRegistry
from redis import Redis

from agents.publish import Publisher
from config.settings import Settings, load_budget, load_playbook, load_policy
from klankbord.channels.transcript import recordings
from klankbord.conversation import Conversation
from klankbord.observation import observe
from klankbord.policy import rules_in_force
from klankbord.suggestions import SUGGESTIONS as KINDS
from streams.metrics import PublisherMetrics
from streams.sinks.redis import RedisSink
from streams.views import Views
from streams.wire import ALERTS, BOARD_CHANGES, CHAT_MESSAGES, FIELD, SUGGESTIONS, Origin, Record, encode

TENANT: Final = "acme"
# Names as long as the real ones, which the writer fills in.
CONVERSATION: Final = b"@conversation@"
TEAM: Final = b"@team@"
AGENT: Final = b"@agent@"
IDENTITY: Final = b"@identity@"


class Written(NamedTuple):
    """What so many events led to, with places to fill in; a row is split where its time stands."""

    events: int
    rows: Sequence[tuple[bytes, bytes]]
    opened: Sequence[bytes]
    cleared: Sequence[bytes]
    suggestions: Sequence[bytes]

    @property
    def alerts_an_event(self) -> float:
        """Alerts that open or clear, for each event."""
        return (len(self.opened) + len(self.cleared)) / self.events

    @property
    def suggestions_an_event(self) -> float:
        """Suggestions that are shown or taken back, for each event."""
        return len(self.suggestions) / self.events


def written(redis_url: str) -> Written:
    """Publish every bundled conversation, event by event, into an empty Redis; take what is there and empty it."""
    events = asyncio.run(_publish(redis_url))
    with Redis.from_url(redis_url) as redis:
        alerts = list(_entries(redis, ALERTS))
        rows = [_row(one) for one in _entries(redis, BOARD_CHANGES)]
        suggestions = [_suggestion(one) for one in _entries(redis, SUGGESTIONS)]
        redis.flushall()
    opened = [_alert(one) for one in alerts if one["alert"]["state"] == "opened"]
    cleared = [_alert(one) for one in alerts if one["alert"]["state"] == "cleared"]
    return Written(events, rows, opened, cleared, suggestions)


async def _publish(redis_url: str) -> int:
    settings = Settings(broker="none:1", redis_url=redis_url)
    policy = load_policy(settings.policy, settings.reasons)
    views = Views(policy, load_playbook(settings.playbook), load_budget(settings.budget))
    rules = [(name, rule.severity) for name, rule in rules_in_force(policy).items()]
    metrics = PublisherMetrics(CollectorRegistry(), rules=rules, kinds=[one.kind for one in KINDS])
    sink = RedisSink(redis_url)
    publisher, events = Publisher(views, sink, metrics), 0
    try:
        for recording in recordings():
            now = Conversation()
            for event in recording.events:
                seen = observe(now, replace(event, tenant=TENANT), policy)
                now, events = seen.conversation, events + 1
                origin = Origin(CHAT_MESSAGES, 0, events, round(time.time() * 1000))
                await publisher.publish([(encode(Record(seen, origin, {CHAT_MESSAGES: events})), events)])
    finally:
        await sink.close()
    return events


def _entries(redis: Redis, stream: str) -> Iterator[dict[str, Any]]:
    for _, fields in cast(list[tuple[bytes, Mapping[bytes, bytes]]], redis.xrange(stream)):
        yield msgspec.json.decode(fields[FIELD])


def _row(row: dict[str, Any]) -> tuple[bytes, bytes]:
    raw = _filled(row, team=TEAM)
    at = raw.index(b',"at":') + len(b',"at":')
    return raw[:at], raw[raw.index(b",", at) :]


def _alert(message: dict[str, Any]) -> bytes:
    message["alert"]["alert_id"] = IDENTITY.decode()
    return _filled(message, team=TEAM)


def _suggestion(message: dict[str, Any]) -> bytes:
    return _filled(message, suggestion_id=IDENTITY)


def _filled(message: dict[str, Any], **more: bytes) -> bytes:
    places = {"conversation_id": CONVERSATION, "agent_id": AGENT, **more}
    return msgspec.json.encode(message | {name: place.decode() for name, place in places.items()})
