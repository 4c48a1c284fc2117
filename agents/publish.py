"""Shows what was observed: conversation.observations -> alerts, suggestions and the live board in Redis."""

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, cast

import faust
import structlog
from faust.streams import Stream
from prometheus_client import CollectorRegistry

from config.settings import Settings, load_playbook, load_policy
from klankbord.conversation import Episode
from klankbord.policy import rules_in_force
from klankbord.suggestions import SUGGESTIONS
from streams import wire
from streams.metrics import PublisherMetrics
from streams.sinks import Batch, New, Sink, Unavailable
from streams.sinks.redis import RedisSink
from streams.views import Views

# A batch is what arrives in this time: it is what the board is late by, and what coalesces its rows.
BATCH_S: Final = 0.05
BATCH_MOST: Final = 500
RETRY_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
# Conversations whose published episodes are remembered; beyond these Redis is asked again, and says "not new".
REMEMBERED: Final = 50_000

log = structlog.get_logger()


def attach(app: faust.App, settings: Settings, registry: CollectorRegistry) -> None:
    """Give `app` the agent `publish_observations`."""
    policy = load_policy(settings.policy, settings.reasons)
    metrics = PublisherMetrics(
        registry,
        rules=[(name, rule.severity) for name, rule in rules_in_force(policy).items()],
        kinds=[suggester.kind for suggester in SUGGESTIONS],
    )
    publisher = Publisher(Views(policy, load_playbook(settings.playbook)), RedisSink(settings.redis_url), metrics)
    observations = app.topic(wire.OBSERVATIONS, key_type=bytes, value_type=bytes)

    @app.agent(observations, name="publish_observations", concurrency=1)
    async def publish_observations(events: faust.StreamT[bytes]) -> None:
        stream = cast(Stream[bytes], events)  # its protocol lacks take_events
        async for batch in stream.take_events(BATCH_MOST, within=BATCH_S):
            try:
                await publisher.publish([(e.value, e.message.offset) for e in batch if e.value is not None])
            except Exception:
                # As in the monitor: an exception that leaves would acknowledge the batch.
                log.exception("batch not published, the process ends")
                os._exit(os.EX_SOFTWARE)


class Publisher:
    """One step of publishing, and what it remembers so that it asks Redis only about what changed."""

    def __init__(
        self,
        views: Views,
        sink: Sink,
        metrics: PublisherMetrics,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._views = views
        self._sink = sink
        self._metrics = metrics
        self._wait = wait
        self._published: OrderedDict[bytes, dict[str, Episode]] = OrderedDict()

    async def publish(self, values: Sequence[tuple[bytes, int]]) -> New:
        """Publish a run of (value, offset) of `conversation.observations`, however long the sink is away."""
        records = [(wire.decode_record(value), offset) for value, offset in values]
        new = await self._until_taken(self._batch(records))
        self._count(new)
        now_ms = time.time() * 1000
        for record, _ in records:
            self._remember(record)
            self._metrics.event_to_redis_seconds.observe(max(0.0, (now_ms - record.origin.timestamp_ms) / 1000))
        return new

    def _batch(self, records: Sequence[tuple[wire.Record, int]]) -> Batch:
        alerts: list[wire.AlertMessage] = []
        suggestions: list[wire.SuggestionMessage] = []
        rows: dict[bytes, tuple[wire.BoardRow, int]] = {}
        left_ms: dict[str, int] = {}
        episodes: dict[bytes, dict[str, Episode]] = {}
        now_ms = time.time() * 1000
        for record, _ in records:
            key = wire.conversation_key(record.observation.tenant, record.observation.conversation_id)
            known = episodes.get(key, self._published.get(key, {}))
            alerts += self._views.alerts(record, known)
            episodes[key] = record.observation.conversation.episodes
            if key not in rows or rows[key][1] <= record.progress:
                rows[key] = self._views.row(record), record.progress
            for suggestion in self._views.suggestions(record):
                suggestions.append(suggestion)
                # Its time runs from the production of its event: event times of a replay may lie anywhere.
                age_ms = now_ms - record.origin.timestamp_ms
                left_ms[suggestion.suggestion_id] = int((suggestion.expires_at - suggestion.at) * 1000 - age_ms)
        return Batch(alerts, suggestions, tuple(rows.values()), left_ms)

    async def _until_taken(self, batch: Batch) -> New:
        attempt = 0
        while True:
            try:
                new = await self._sink.publish(batch)
            except Unavailable as error:
                wait_s = RETRY_S[min(attempt, len(RETRY_S) - 1)]
                attempt += 1
                self._metrics.redis_up.set(0)
                self._metrics.redis_retries.inc()
                log.warning("redis away, trying again", error=str(error), wait_s=wait_s, attempt=attempt)
                await self._wait(wait_s)
            else:
                self._metrics.redis_up.set(1)
                return new

    def _count(self, new: New) -> None:
        for message in new.alerts:
            alert = message.alert
            self._metrics.alerts.labels(alert.rule, alert.severity, alert.state).inc()
        for suggestion in new.suggestions:
            self._metrics.suggestions.labels(suggestion.kind).inc()

    def _remember(self, record: wire.Record) -> None:
        key = wire.conversation_key(record.observation.tenant, record.observation.conversation_id)
        self._published[key] = record.observation.conversation.episodes
        self._published.move_to_end(key)
        if len(self._published) > REMEMBERED:
            self._published.popitem(last=False)
