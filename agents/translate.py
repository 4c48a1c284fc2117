"""Turns records of another shape into events on the input topics, as the file of maps says."""

from collections.abc import Awaitable, Callable
from typing import cast

import faust
import structlog

from config.settings import PREFIX, Settings, load_maps
from klankbord.channels.cloudevents import envelope
from klankbord.channels.mapping import TopicMap, events_in
from klankbord.errors import InvalidConfiguration, InvalidEvent
from klankbord.events import Event, encode
from streams import wire
from streams.canary import is_canary
from streams.deadletters import MAX_AHEAD_S, Incoming
from streams.leaving import Leave, arisen
from streams.metrics import MonitorMetrics
from streams.transport import Consumer, LostOnItsWay

log = structlog.get_logger()

Bury = Callable[[Incoming, InvalidEvent], Awaitable[None]]
Send = Callable[[Event], Awaitable[None]]


def attach(app: faust.App, settings: Settings, metrics: MonitorMetrics, *, bury: Bury, leave: Leave) -> None:
    """Give `app` the agent `translate_records` for the topics that the file of maps names, if there is one."""
    maps = load_maps(settings.maps)
    if taken := sorted(maps.keys() & wire.OURS):
        raise InvalidConfiguration(
            [f"{PREFIX}MAPS: '{name}' is a topic of ours, which holds our events: map another" for name in taken]
        )
    if not maps:
        return

    async def send(event: Event) -> None:
        # Its partition follows from its key, as that of a source's own records does.
        await app.topic(wire.topic_for(event), key_type=bytes, value_type=bytes).send(
            key=wire.input_key(event), value=encode(event)
        )

    records_of = app.topic(*maps, key_type=bytes, value_type=bytes, allow_empty=True)

    @app.agent(records_of, name="translate_records", concurrency=1)
    async def translate_records(records: faust.StreamT[bytes]) -> None:
        async for record in records.events():
            try:
                cast(Consumer, app.consumer).arrived(record.message)
                incoming = incoming_of(record)
                await step(incoming, maps[incoming.topic], send=send, bury=bury, metrics=metrics)
            except LostOnItsWay as lost:
                leave(str(lost))
            except Exception as error:
                # As in the monitor: to leave the agent would acknowledge what was not done.
                leave(f"a record was not translated: {arisen(error)}")


async def step(incoming: Incoming, of: TopicMap, *, send: Send, bury: Bury, metrics: MonitorMetrics) -> None:
    """Send every event that is in one record, and bury the record once if something in it is none."""
    refused: list[InvalidEvent] = []
    try:
        found = events_in(incoming.value, of, produced_ms=incoming.timestamp_ms)
    except InvalidEvent as error:
        found, refused = [], [error]
    for made in found:
        try:
            if made.refused is not None:
                raise made.refused
            if made.event is not None:
                _check(made.event, incoming)
                await send(made.event)
            metrics.mapped.labels("skipped" if made.event is None else "event").inc()
        except InvalidEvent as error:
            refused.append(InvalidEvent(error.reason, f"entry {made.entry}: {error}" if of.each else str(error)))
    if refused:
        await _refuse(incoming, refused, bury=bury, metrics=metrics)


async def _refuse(incoming: Incoming, refused: list[InvalidEvent], *, bury: Bury, metrics: MonitorMetrics) -> None:
    first = refused[0]
    more = f"; and {len(refused) - 1} more" if len(refused) > 1 else ""
    error = InvalidEvent(first.reason, f"{first}{more}")
    metrics.dead_letters.labels(error.reason).inc()
    log.warning("dead letter", reason=error.reason, error=str(error), topic=incoming.topic, offset=incoming.offset)
    await bury(incoming, error)


def _check(event: Event, incoming: Incoming) -> None:
    """What the monitor would refuse of it is refused here, where the record is that it came from."""
    if is_canary(event.tenant):
        raise InvalidEvent("reserved_tenant", f"'{event.tenant}' is the name of our own canary, and no tenant's")
    if incoming.timestamp_ms and event.at_s > incoming.timestamp_ms / 1000 + MAX_AHEAD_S:
        raise InvalidEvent("absurd_time", "'at' lies more than a day after the record was produced")


def incoming_of(event: faust.EventT[bytes]) -> Incoming:
    """The record of an event of Faust's."""
    message = event.message
    headers = wire.headers(message.headers)
    return Incoming(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        timestamp_ms=round((message.timestamp or 0) * 1000),
        key=message.key,
        value=message.value,
        redrives=dict(headers).get(wire.REDRIVES) if headers else None,
        envelope=envelope(headers) if headers else (),
    )
