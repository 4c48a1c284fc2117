"""Folds every event into its conversation: input topics -> observe() -> conversation.observations."""

import time
from collections.abc import MutableMapping
from typing import Final, cast

import faust
import structlog
from faust.types.topics import TopicT
from prometheus_client import CollectorRegistry

from agents import translate
from agents.clock import Clock
from agents.translate import Bury, incoming_of
from config.reloading import Reloading
from config.settings import Settings, load_policy
from klankbord.channels.transcript import recordings
from klankbord.conversation import Conversation
from klankbord.errors import InvalidEvent
from klankbord.events import Event, Role
from klankbord.observation import Observation, observe
from klankbord.policy import Policy
from klankbord.replay import replay
from streams import canary, wire
from streams.canary import is_canary
from streams.deadletters import Faults, Flood, Incoming, dead_letter, read
from streams.deadlines import Deadlines
from streams.forgetting import Forgetting, Keep
from streams.leaving import Leave, arisen, leave
from streams.metrics import MonitorMetrics, count_reload
from streams.tables import Table
from streams.transport import Consumer, LostOnItsWay

RELOAD_EVERY_S: Final = 1.0

log = structlog.get_logger()


def attach(app: faust.App, settings: Settings, registry: CollectorRegistry, *, leave: Leave = leave) -> None:
    """Give `app` the agent `monitor_conversations` with its table and its dead-letter topic."""
    policy = load_policy(settings.policy, settings.reasons)
    metrics = MonitorMetrics(registry, reason_groups=policy.reasons.groups, queues=settings.listed_queues)
    reloading = Reloading(
        lambda: load_policy(settings.policy, settings.reasons),
        (settings.policy, settings.reasons),
        told=lambda taken: count_reload(metrics, taken),
    )
    warm_up(reloading.current)
    inputs = app.topic(*wire.INPUTS, key_type=bytes, value_type=bytes)
    dead_letters = app.topic(wire.DEAD_LETTERS, key_type=bytes, value_type=bytes)
    conversations = _conversations(app, settings)

    bury = burying(dead_letters, metrics)
    translate.attach(app, settings, metrics, bury=bury, leave=leave)
    faults = Faults()
    deadlines = Deadlines(reloading.current)
    forgetting = Forgetting(
        reloading.current, Keep(whole_s=settings.ended_state_min * 60.0, marker_s=settings.input_retention_h * 3600.0)
    )
    Clock(app, conversations, deadlines, forgetting, metrics).start(settings.canary_every_s)

    async def reload() -> None:
        if reloading.look():
            deadlines.policy = forgetting.policy = reloading.current

    app.timer(RELOAD_EVERY_S, name="reload")(reload)

    @app.agent(inputs, name="monitor_conversations", concurrency=1)
    async def monitor_conversations(events: faust.StreamT[bytes]) -> None:
        async for event in events.events():
            try:
                cast(Consumer, app.consumer).arrived(event.message)
                await step(
                    incoming_of(event),
                    conversations,
                    bury=bury,
                    policy=reloading.current,
                    metrics=metrics,
                    deadlines=deadlines,
                    forgetting=forgetting,
                    faults=faults,
                )
            except LostOnItsWay as lost:
                leave(str(lost))
            except Exception as error:
                # An exception that leaves an agent acknowledges the event: it would be lost. Whatever escapes
                # the step is trouble with the broker, so this process ends and the event comes again.
                leave(f"an event was not processed: {arisen(error)}")


def _conversations(app: faust.App, settings: Settings) -> Table:
    table = app.Table(
        "conversations",
        key_type=bytes,
        value_type=bytes,
        partitions=settings.partitions,
        # Compacted, so that recovery reads one record a conversation; large, because nothing is lost by it.
        # Never acknowledged: recovery reads it and no stream does, so it would wait in hand for ever.
        changelog_topic=app.topic(
            wire.OBSERVATIONS,
            key_type=bytes,
            value_type=bytes,
            compacting=True,
            deleting=False,
            acks=False,
            allow_empty=True,
            maxsize=131_072,
        ),
    )
    if not isinstance(table, Table):
        raise TypeError("the app was not built by streams.app")
    return table


def burying(dead_letters: TopicT, metrics: MonitorMetrics) -> Bury:
    """Writes what is refused to `dead_letters`.

    It does not wait for Kafka's answer, which would hold up the neighbours of poison for 10 ms each: the transport
    commits nothing before every send was acknowledged, and ends the process when one was not.
    """
    flood = Flood()

    async def bury(incoming: Incoming, error: InvalidEvent) -> None:
        keep_bytes = flood.keep_bytes(incoming, error.reason, now_s=time.time())
        letter = dead_letter(incoming, error, keep_bytes=keep_bytes)
        await dead_letters.send(key=letter.key, value=letter.value, headers=letter.headers)
        if keep_bytes < len(incoming.value or b""):
            metrics.dead_letters_clipped.labels(error.reason).inc()

    return bury


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
    forgetting: Forgetting | None = None,
    faults: Faults | None = None,
) -> None:
    """Apply one input record: one observation, or one dead letter, or nothing if it was applied before."""
    try:
        event = read(incoming)
        if is_canary(event.tenant):
            if event.conversation_id != canary.CONVERSATION:
                raise InvalidEvent(
                    "reserved_tenant", f"'{event.tenant}' is the name of our own canary, and no tenant's"
                )
            metrics = metrics.of_canary
        key = wire.conversation_key(event.tenant, event.conversation_id)
        raw = conversations.get(key)
        before = None if raw is None else wire.read_state(raw)
        if before is not None and incoming.offset <= before.fence.get(incoming.topic, -1):
            metrics.duplicates.labels("fence").inc()
            return
        observation = _observed(before, event, policy, metrics)
    except InvalidEvent as error:
        metrics.dead_letters.labels(error.reason).inc()
        if faults is not None:
            faults.failed(error.reason)
        log.warning("dead letter", reason=error.reason, error=str(error), topic=incoming.topic, offset=incoming.offset)
        await bury(incoming, error)
        return
    if faults is not None:
        faults.observed()
    metrics.events.labels(event.channel, observation.type).inc()
    if canary.is_over(event):
        _forget(conversations, key, deadlines)
        return
    if observation.duplicate:
        metrics.duplicates.labels("event_id").inc()
        return
    if observation.late:
        metrics.late.inc()
        return
    fence = {**(before.fence if before else {}), incoming.topic: incoming.offset}
    origin = wire.Origin(incoming.topic, incoming.partition, incoming.offset, incoming.timestamp_ms)
    record = wire.Record(observation, origin, fence)
    conversations[key] = wire.encode(record)
    if deadlines is not None:
        deadlines.follow(key, record)
    if forgetting is not None:
        forgetting.follow(key, record)
    _count(observation, incoming, metrics)
    if observation.conversation.ended_at is not None and not _has_ended(before):
        metrics.count_ended(observation.conversation.reason)


def _forget(conversations: MutableMapping[bytes, bytes], key: bytes, deadlines: Deadlines | None) -> None:
    """A tombstone in the changelog is all that is left of a canary."""
    if key in conversations:
        del conversations[key]
    if deadlines is not None:
        deadlines.forget(key)


def _has_ended(record: wire.Record | None) -> bool:
    return record is not None and record.observation.conversation.ended_at is not None


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
        now = observation.conversation
        metrics.of_floor(now.channel, now.language, now.queue).count(
            effort=now.effort, valence=observation.valence, emotions=observation.emotions
        )
