"""One angry conversation of nobody's: while it comes through, everything between the topic and the pages works."""

from datetime import UTC, datetime
from typing import Final

from klankbord.events import SCHEMA, Channel, Ended, Event, Role, Seconds, Utterance
from streams.wire import CANARY_TENANT, CHAT_MESSAGES, Record

# One conversation for all canaries: the monitor forgets it when it ends, so nothing grows.
CONVERSATION: Final = "canary"
TOPIC: Final = CHAT_MESSAGES
# Partitions are owned by one monitor each: whoever has this one sends.
PARTITION: Final = 0
# What such a line weighs at least under any policy of sense; far above what a calm one does.
HEARD_FROM: Final = 0.5
_SAYS: Final = "This is absolutely ridiculous, I am furious! The worst service I have ever had."


def canary(now_s: Seconds) -> tuple[Event, ...]:
    """What one canary says: an angry line, and goodbye."""
    at = datetime.fromtimestamp(now_s, UTC)
    mark = f"canary-{now_s:.3f}"
    said = Utterance(
        schema=SCHEMA,
        event_id=mark,
        tenant=CANARY_TENANT,
        conversation_id=CONVERSATION,
        channel=Channel.CHAT,
        at=at,
        language="en",
        utterance_id=mark,
        role=Role.CUSTOMER,
        text=_SAYS,
    )
    over = Ended(
        schema=SCHEMA,
        event_id=f"{mark}-ended",
        tenant=CANARY_TENANT,
        conversation_id=CONVERSATION,
        channel=Channel.CHAT,
        at=at,
    )
    return said, over


def is_canary(tenant: str) -> bool:
    """Whether what carries this tenant is to be shown nowhere, whoever wrote it."""
    return tenant == CANARY_TENANT


def is_over(event: Event) -> bool:
    """Whether nothing of the canary's conversation is to be kept."""
    return is_canary(event.tenant) and isinstance(event, Ended)


def heard(record: Record) -> Seconds | None:
    """When the canary of this record was sent; none if its anger was not heard, or if it is no canary's."""
    seen = record.observation
    if not is_canary(seen.tenant) or seen.emotions.get("anger", 0.0) < HEARD_FROM:
        return None
    return seen.at
