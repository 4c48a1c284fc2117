"""When a customer who still waits is to be counted again: the moments at which silence becomes an event."""

import hashlib
from datetime import UTC, datetime

from klankbord.conversation import Conversation
from klankbord.events import SCHEMA, Seconds, Waited
from klankbord.policy import Policy


def next_waited(conversation: Conversation, policy: Policy, *, tenant: str, conversation_id: str) -> Waited | None:
    """What is to be said next of this customer's wait; its time is the deadline itself, and its id follows from it."""
    now = conversation
    if now.waiting_since is None or now.held_since is not None or now.ended_at is not None or now.objected:
        return None
    normal_s = policy.normal_wait_s[now.channel]
    wait_s = max(normal_s, now.wait_counted_s) + policy.wait_step_s
    # Where a rule asks for a wait of its own, the customer who reached it is not to wait for the next step.
    wait_s = min([wait_s, *(asked for asked in policy.program.waits if asked > now.wait_counted_s)])
    if wait_s > normal_s + policy.full_wait_s:
        return None
    at = now.waiting_since + wait_s
    return Waited(
        schema=SCHEMA,
        event_id=_event_id(conversation_id, at),
        tenant=tenant,
        conversation_id=conversation_id,
        channel=now.channel,
        at=datetime.fromtimestamp(at, UTC),
        wait_s=wait_s,
    )


def _event_id(conversation_id: str, at: Seconds) -> str:
    return "waited-" + hashlib.sha256(f"{conversation_id}\x1f{at:.3f}".encode()).hexdigest()[:24]
