"""Folds every event into its conversation: input topics -> observe() -> conversation.observations."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Final

import faust
import structlog
from prometheus_client import CollectorRegistry

from config.settings import Settings, load_policy
from klankbord.channels.transcript import recordings
from klankbord.conversation import Conversation
from klankbord.errors import InvalidEvent
from klankbord.events import Event, Role, encode
from klankbord.observation import Observation, observe
from klankbord.policy import Policy
from klankbord.replay import replay
from streams import wire
from streams.deadletters import Incoming, dead_letter, read
from streams.deadlines import Deadlines
from streams.metrics import MonitorMetrics

DEADLINES_EVERY_S: Final = 1.0

log = structlog.get_logger()

Bury = Callable[[Incoming, InvalidEvent], Awaitable[None]]


def attach(app: faust.App, settings: Settings, registry: CollectorRegistry) -> None:
    """Give `app` the agent `monitor_conversations` with its table and its dead-letter topic."""
    policy = load_policy(settings.policy, settings.reasons)
    metrics = MonitorMetrics(registry, reason_groups=policy.reasons.groups)
    warm_up(policy)
    inputs = app.topic(*wire.INPUTS, key_type=bytes, value_type=bytes)
    dead_letters = app.topic(wire.DEAD_LETTERS, key_type=bytes, value_type=bytes)
    conversations = app.Table(
        "conversations",
        key_type=bytes,
        value_type=bytes,
        partitions=settings.partitions,
        # Compacted, so that recovery reads one record a conversation; large, because nothing is lost by it.
        changelog_topic=app.topic(
            wire.OBSERVATIONS, key_type=bytes, value_type=bytes, compacting=True, deleting=False, maxsize=131_072
        ),
    )

    async def bury(incoming: Incoming, error: InvalidEvent) -> None:
        letter = dead_letter(incoming, error)
        sent = await dead_letters.send(key=letter.key, value=letter.value, headers=letter.headers)
        await sent  # the second await is the broker's acknowledgement

    deadlines = Deadlines(policy)
    assigned = asyncio.Event()
    assigned.set()

    @app.on_partitions_assigned.connect(weak=False)
    async def remember_to_restart(*_: object, **__: object) -> None:
        assigned.set()

    async def say_who_waits() -> None:
        if app.rebalancing or app.in_recovery:
            return
        if assigned.is_set():
            assigned.clear()
            deadlines.restart((key, wire.decode_record(raw)) for key, raw in conversations.items())
        for deadline in deadlines.take_due(time.time()):
            key, value = wire.input_key(deadline.event), encode(deadline.event)
            await app.topic(deadline.topic, key_type=bytes, value_type=bytes).send(
                key=key, value=value, partition=deadline.partition
            )

    app.timer(DEADLINES_EVERY_S, name="say_who_waits")(say_who_waits)

    @app.agent(inputs, name="monitor_conversations", concurrency=1)
    async def monitor_conversations(events: faust.StreamT[bytes]) -> None:
        async for event in events.events():
            try:
                await step(
                    _incoming(event), conversations, bury=bury, policy=policy, metrics=metrics, deadlines=deadlines
                )
            except Exception:
                # An exception that leaves an agent acknowledges the event: it would be lost. Whatever escapes
                # the step is trouble with the broker, so this process ends and the event comes again.
                log.exception("event not processed, the process ends")
                os._exit(os.EX_SOFTWARE)


def warm_up(policy: Policy) -> None:
    """Load lexicons, phrases and the language model now: it takes a second, and no customer should wait for it."""
    for _ in replay((event for recording in recordings() for event in recording.events), policy):
        pass


async def step(
    incoming: Incoming,
    conversations: MutableMapping[bytes, bytes],
    *,
    bury: Bury,
    policy: Policy,
    metrics: MonitorMetrics,
    deadlines: Deadlines | None = None,
) -> None:
    """Apply one input record: one observation, or one dead letter, or nothing if it was applied before."""
    try:
        event = read(incoming)
        key = wire.conversation_key(event.tenant, event.conversation_id)
        before = _remembered(conversations.get(key))
        if before is not None and incoming.offset <= before.fence.get(incoming.topic, -1):
            metrics.duplicates.labels("fence").inc()
            return
        observation = _observed(before, event, policy, metrics)
    except InvalidEvent as error:
        metrics.dead_letters.labels(error.reason).inc()
        log.warning("dead letter", reason=error.reason, error=str(error), topic=incoming.topic, offset=incoming.offset)
        await bury(incoming, error)
        return
    metrics.events.labels(event.channel, observation.type).inc()
    if observation.duplicate:
        metrics.duplicates.labels("event_id").inc()
        return
    fence = {**(before.fence if before else {}), incoming.topic: incoming.offset}
    origin = wire.Origin(incoming.topic, incoming.partition, incoming.offset, incoming.timestamp_ms)
    record = wire.Record(observation, origin, fence)
    conversations[key] = wire.encode(record)
    if deadlines is not None:
        deadlines.follow(key, record)
    _count(observation, incoming, metrics)
    if observation.conversation.ended_at is not None and not _has_ended(before):
        metrics.count_ended(observation.conversation.reason)


def _has_ended(record: wire.Record | None) -> bool:
    return record is not None and record.observation.conversation.ended_at is not None


def _incoming(event: faust.EventT[bytes]) -> Incoming:
    message = event.message
    return Incoming(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        timestamp_ms=round((message.timestamp or 0) * 1000),
        key=message.key,
        value=message.value,
    )


def _remembered(raw: bytes | None) -> wire.Record | None:
    return None if raw is None else wire.decode_record(raw)


def _observed(before: wire.Record | None, event: Event, policy: Policy, metrics: MonitorMetrics) -> Observation:
    began = time.perf_counter()
    try:
        return observe(before.observation.conversation if before else Conversation(), event, policy)
    except Exception as error:
        # A defect of ours must cost one event its score, not the conversation centre its monitor.
        raise InvalidEvent("failed", f"observe() failed with {type(error).__name__}") from error
    finally:
        metrics.observe_seconds.observe(time.perf_counter() - began)


def _count(observation: Observation, incoming: Incoming, metrics: MonitorMetrics) -> None:
    metrics.observations.inc()
    if incoming.timestamp_ms:
        metrics.event_to_observation_seconds.observe(max(0.0, time.time() - incoming.timestamp_ms / 1000))
    if observation.role is Role.CUSTOMER:
        labels = observation.conversation.channel, observation.conversation.language or "unknown"
        metrics.effort.labels(*labels).observe(observation.conversation.effort)
        metrics.valence.labels(*labels).observe(observation.valence)
