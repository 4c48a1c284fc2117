"""Shows what was observed: conversation.observations -> alerts, suggestions and the live board in Redis."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, cast

import faust
import msgspec
import structlog
from faust.streams import Stream
from prometheus_client import CollectorRegistry

from agents.restore import Restoring
from config.access import kafka_access, redis_access
from config.reloading import Reloading
from config.settings import Settings, load_budget, load_playbook, load_policy
from klankbord.conversation import Episode
from klankbord.events import Seconds
from klankbord.policy import rules_in_force
from klankbord.suggestions import SUGGESTIONS
from streams import wire
from streams.advising import Offer, offer
from streams.budget import Claim
from streams.canary import heard, is_canary
from streams.leaving import Leave, arisen, leave
from streams.metrics import SUPPRESSED_WHY, PublisherMetrics, count_reload
from streams.rebuilding import Lost, read
from streams.sinks import Batch, New, Sink, Unavailable
from streams.sinks.redis import RedisSink
from streams.transport import Consumer, LostOnItsWay
from streams.views import Views

# A batch is what arrives in this time: it is what the board is late by, and what coalesces its rows.
BATCH_S: Final = 0.05
BATCH_MOST: Final = 500
RELOAD_EVERY_S: Final = 1.0
RETRY_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
# Conversations whose published episodes are remembered; beyond these Redis is asked again, and says "not new".
REMEMBERED: Final = 50_000

FORGET_EVERY_S: Final = 60.0

log = structlog.get_logger()


def attach(app: faust.App, settings: Settings, registry: CollectorRegistry, *, leave: Leave = leave) -> None:
    """Give `app` the agent `publish_observations`."""
    policy = load_policy(settings.policy, settings.reasons)
    metrics = PublisherMetrics(
        registry,
        rules=[(name, rule.severity) for name, rule in rules_in_force(policy).items()],
        kinds=[suggester.kind for suggester in SUGGESTIONS],
    )
    reloading = Reloading(
        lambda: Views(
            load_policy(settings.policy, settings.reasons),
            load_playbook(settings.playbook),
            load_budget(settings.budget),
        ),
        (settings.policy, settings.reasons, settings.playbook, settings.budget),
        told=lambda taken: count_reload(metrics, taken),
    )
    sink = RedisSink(settings.redis_url, access=redis_access(settings))
    publisher = Publisher(reloading.current, sink, metrics)
    restoring = Restoring(
        publisher,
        sink,
        metrics,
        suggested_s=lambda: publisher.views.policy.suggestion_expires_s,
        read=partial(read, settings.broker, access=kafka_access(settings)),
    )

    async def reload() -> None:
        if reloading.look():
            publisher.views = reloading.current

    app.timer(RELOAD_EVERY_S, name="reload")(reload)

    async def forget() -> None:
        try:
            await sink.forget(time.time())
        except Unavailable as error:
            log.warning("old entries stay in redis, trying again", error=str(error), wait_s=FORGET_EVERY_S)

    app.timer(FORGET_EVERY_S, name="forget")(forget)

    async def keep_whole() -> None:
        await restoring.watch(lambda: cast(Consumer, app.consumer).partitions(wire.OBSERVATIONS))

    app.task(keep_whole)
    observations = app.topic(wire.OBSERVATIONS, key_type=bytes, value_type=bytes)

    @app.agent(observations, name="publish_observations", concurrency=1)
    async def publish_observations(events: faust.StreamT[bytes]) -> None:
        stream = cast(Stream[bytes], events)  # its protocol lacks take_events
        async for batch in stream.take_events(BATCH_MOST, within=BATCH_S):
            try:
                for event in batch:
                    cast(Consumer, app.consumer).arrived(event.message)
                await publisher.publish([(e.value, e.message.offset) for e in batch if e.value is not None])
            except LostOnItsWay as lost:
                leave(str(lost))
            except Exception as error:
                # As in the monitor: an exception that leaves would acknowledge the batch.
                leave(f"a batch was not published: {arisen(error)}")


@dataclass(frozen=True, slots=True)
class Known:
    """What was published of a conversation: its alert episodes, and the highest rank of each open one by rule."""

    episodes: Mapping[str, Episode] = field(default_factory=dict)
    progress: int = -1
    ranks: Mapping[str, float] = field(default_factory=dict)


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
        self.views = views
        self._sink = sink
        self._metrics = metrics
        self._wait = wait
        self._published: OrderedDict[bytes, Known] = OrderedDict()
        # Until when, in event time, a suggestion may stand in a conversation.
        self._may_stand: OrderedDict[bytes, Seconds] = OrderedDict()
        self._reached: dict[int, int] = {}
        self._one_by_one = asyncio.Lock()
        # While Redis is made again: the newest record of every conversation that was published meanwhile.
        self._meanwhile: dict[bytes, wire.Record] | None = None
        self.lost = asyncio.Event()

    def reached(self, partition: int) -> int:
        """The offset up to which this process has published this partition of the observations; 0 for nothing."""
        return self._reached.get(partition, 0)

    async def publish(self, values: Sequence[tuple[bytes, int]]) -> New:
        """Publish a run of (value, offset) of `conversation.observations`, however long the sink is away."""
        async with self._one_by_one:
            return await self._publish([(wire.decode_record(value), offset) for value, offset in values])

    async def _publish(self, read: Sequence[tuple[wire.Record, int]]) -> New:
        records = [(record, offset) for record, offset in read if _is_to_show(record)]
        batch, known = self._batch(records)
        canary, reached = _newest_canary(record for record, _ in read), _furthest(read)
        steps = {partition: (self.reached(partition), offset) for partition, offset in reached.items()}
        new = await self._until_taken(replace(batch, canary=canary, reached=steps))
        self._reached |= {partition: max(pair) for partition, pair in steps.items()}
        if not new.whole:
            self.lost.set()
        if self._meanwhile is not None:
            # The state of a worker that was frozen may be written after a newer one.
            newest = sorted((record for record, _ in read), key=lambda record: record.progress)
            known_now = {_key(record): record for record in newest}
            self._meanwhile |= {
                key: record
                for key, record in known_now.items()
                if key not in self._meanwhile or self._meanwhile[key].progress <= record.progress
            }
        self._count(new)
        now_ms = time.time() * 1000
        for record, _ in records:
            self._metrics.event_to_redis_seconds.observe(max(0.0, (now_ms - record.origin.timestamp_ms) / 1000))
        for key, what in known.items():
            self._remember(key, what)
        return new

    def _batch(self, records: Sequence[tuple[wire.Record, int]]) -> tuple[Batch, dict[bytes, Known]]:
        alerts: list[wire.AlertMessage] = []
        claims: list[Claim] = []
        offers: list[Offer] = []
        rows: dict[bytes, tuple[wire.BoardRow, int, Seconds]] = {}
        known: dict[bytes, Known] = {}
        now_ms = time.time() * 1000
        for record, _ in records:
            key = _key(record)
            told, known[key] = self._alerts(record, known.get(key) or self._published.get(key, Known()))
            alerts += told
            claims += (self.views.claim(record, message) for message in told)
            if key not in rows or rows[key][1] <= record.progress:
                rows[key] = self.views.row(record), record.progress, record.origin.timestamp_ms / 1000
            offers += self._offers(key, record, age_ms=now_ms - record.origin.timestamp_ms)
        shown = [(row, progress) for row, progress, _ in rows.values()]
        return Batch(alerts, offers, shown, claims, produced=[at for _, _, at in rows.values()]), known

    @asynccontextmanager
    async def noting(self) -> AsyncIterator[None]:
        """Between two batches; what is published from then on is noted, for `again` is told older things."""
        async with self._one_by_one:
            self._meanwhile = {}
            yield

    @asynccontextmanager
    async def done_noting(self) -> AsyncIterator[None]:
        """Between two batches; nothing is noted from then on."""
        async with self._one_by_one:
            self._meanwhile = None
            yield

    async def again(self, conversations: Sequence[Lost]) -> None:
        """Publish the state of conversations, by their newest and recent records, to a sink that lost it.

        What is open is told with the mark `again`; what is over is not told.
        """
        async with self._one_by_one:
            found = [self._lost_of(*one) for one in conversations]
            await self._until_taken(
                Batch(
                    alerts=[message for batch in found for message in batch.alerts],
                    claims=[claim for batch in found for claim in batch.claims],
                    over=[pair for batch in found for pair in batch.over],
                    offers=[made for batch in found for made in batch.offers],
                    rows=[row for batch in found for row in batch.rows],
                )
            )

    def _lost_of(self, record: wire.Record, recent: Sequence[wire.Record]) -> Batch:
        key, now_ms = _key(record), time.time() * 1000
        newer = (self._meanwhile or {}).get(key)
        if newer is not None:
            # Its row is there, and what was suggested before it may be over by now.
            record, recent = newer, ()
        if not _is_to_show(record):
            return Batch()
        told = [(message, self._claim_of_then(record, message)) for message in self.views.alerts(record, {})]
        cleared = {message.alert.alert_id for message, _ in told if message.alert.state == "cleared"}
        told = [(message, claim) for message, claim in told if message.alert.state == "opened"]
        still = [pair for pair in told if pair[0].alert.alert_id not in cleared]
        row = self.views.row(record)
        if key not in self._published:
            ranks = {message.alert.rule: message.rank for message, _ in told}
            self._remember(key, Known(record.observation.conversation.episodes, record.progress, ranks))
        offers = [self._offers(key, then, age_ms=now_ms - then.origin.timestamp_ms) for then in recent]
        return Batch(
            alerts=[message for message, _ in still],
            claims=[claim for _, claim in still],
            over=[pair for pair in told if pair[0].alert.alert_id in cleared],
            offers=[one for made in offers for one in made],
            rows=[(row, record.progress)] if row.state == "open" else [],
        )

    def _claim_of_then(self, record: wire.Record, message: wire.AlertMessage) -> Claim:
        """As it claimed its place in the hour in which it opened; what it weighed then is not known."""
        hour = int(message.opened_at // wire.HOUR_S)
        return replace(self.views.claim(record, message), hour=hour, fresh=False)

    def _alerts(self, record: wire.Record, known: Known) -> tuple[list[wire.AlertMessage], Known]:
        """What opened or cleared, and which open alerts weigh more than when Redis was told last.

        An older state after a newer one, from a worker that woke up after it lost its partitions, tells nothing: what
        it does not know yet would look as if it were over.
        """
        if record.progress < known.progress:
            return [], known
        changed = self.views.alerts(record, known.episodes)
        opened = {message.alert.rule: message.rank for message in changed if message.alert.state == "opened"}
        ranks = {**known.ranks, **opened}
        worse = self.views.worse(record, ranks)
        ranks |= {message.alert.rule: message.rank for message in worse}
        late = record.origin.timestamp_ms / 1000 < time.time() - wire.LATE_S
        told = [msgspec.structs.replace(message, late=late) for message in (*changed, *worse)]
        return told, Known(record.observation.conversation.episodes, record.progress, ranks)

    def _offers(self, key: bytes, record: wire.Record, *, age_ms: float) -> list[Offer]:
        """What is to be decided: candidates, and what is over where something may stand."""
        messages = self.views.suggestions(record)
        # Its time runs from the production of its event: event times of a replay may lie anywhere.
        left_ms = {one.suggestion_id: int((one.expires_at - one.at) * 1000 - age_ms) for one in messages}
        made = offer(record.observation, messages, left_ms, self.views.policy)
        if made.candidates:
            self._may_stand[key] = max(one.expires_at for one in made.candidates)
            self._may_stand.move_to_end(key)
            if len(self._may_stand) > REMEMBERED:
                self._may_stand.popitem(last=False)
        # Of what this process has not seen from the start, anything may stand.
        elif key in self._published and self._may_stand.get(key, made.at) <= made.at:
            return []
        return [] if made.empty else [made]

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
        for decision in new.decisions:
            if decision.shown is not None:
                self._metrics.suggestions.labels(decision.shown.kind).inc()
            if decision.withdrawn is not None:
                self._metrics.withdrawn.labels(decision.withdrawn.because).inc()
            if decision.not_acted:
                self._metrics.not_acted.labels(decision.not_acted).inc()
        for why in SUPPRESSED_WHY:
            self._metrics.alerts_suppressed.labels(why).inc(new.verdicts.get(why, 0))
        self._metrics.alerts_folded.inc(new.verdicts.get("folded", 0))
        self._metrics.alerts_shown_later.inc(new.verdicts.get("shown_later", 0))
        self._metrics.canaries_seen.inc(new.canary)

    def _remember(self, key: bytes, known: Known) -> None:
        self._published[key] = known
        self._published.move_to_end(key)
        if len(self._published) > REMEMBERED:
            self._published.popitem(last=False)


def _key(record: wire.Record) -> bytes:
    return wire.conversation_key(record.observation.tenant, record.observation.conversation_id)


def _furthest(read: Iterable[tuple[wire.Record, int]]) -> dict[int, int]:
    """The offset behind the last record of each partition: an observation lies in its event's."""
    furthest: dict[int, int] = {}
    for record, offset in read:
        partition = record.origin.partition
        furthest[partition] = max(offset + 1, furthest.get(partition, 0))
    return furthest


def _newest_canary(records: Iterable[wire.Record]) -> float | None:
    return max((sent_at for record in records if (sent_at := heard(record)) is not None), default=None)


def _is_to_show(record: wire.Record) -> bool:
    """Not a canary, and not the marker of an ended conversation: all there is to show of that was shown."""
    return not is_canary(record.observation.tenant) and record.observation.type != wire.CLOSED
