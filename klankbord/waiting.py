"""When a customer who still waits is to be counted again: the moments at which silence becomes an event."""

import hashlib
from datetime import UTC, datetime
from typing import Final, NamedTuple

from klankbord.conversation import Conversation
from klankbord.events import SCHEMA, Channel, Seconds, Waited
from klankbord.policy import Policy


class Wait(NamedTuple):
    """A silence of `wait_s` that is to be told of at `at_s`, if nothing ends it before."""

    at_s: Seconds
    wait_s: Seconds


def next_wait(conversation: Conversation, policy: Policy) -> Wait | None:
    """When this customer's wait is to be counted next; nothing where nobody waits, or nothing is left to count."""
    now = conversation
    if now.ended_at is not None or now.objected:
        return None
    if now.held_since is not None:
        since, wait_s = now.held_since, _next_hold(now, policy, now.held_since)
    elif now.waiting_since is not None:
        since, wait_s = now.waiting_since, _next_wait(now, policy)
    else:
        return None
    return None if wait_s is None else Wait(since + wait_s, wait_s)


def waited(wait: Wait, *, tenant: str, conversation_id: str, channel: Channel) -> Waited:
    """What is to be said of a wait; its time is the deadline itself, and its id follows from it."""
    return Waited(
        schema=SCHEMA,
        event_id=_event_id(conversation_id, wait.at_s),
        tenant=tenant,
        conversation_id=conversation_id,
        channel=channel,
        at=datetime.fromtimestamp(wait.at_s, UTC),
        wait_s=wait.wait_s,
    )


def _next_wait(now: Conversation, policy: Policy) -> Seconds | None:
    normal_s = policy.normal_wait_s[now.channel]
    step_s = max(normal_s, now.wait_counted_s) + policy.wait_step_s
    # Past the full wait silence is no further evidence, yet a rule may ask for a longer one; and the customer who
    # reached the wait that a rule asks for is not to wait for the next step.
    steps = [step_s] if step_s <= normal_s + policy.full_wait_s else []
    return min([*steps, *(asked for asked in policy.program.waits if asked > now.wait_counted_s)], default=None)


def _next_hold(now: Conversation, policy: Policy, held_since: Seconds) -> Seconds | None:
    """A hold counts when it ends; before that only a rule can ask for it."""
    seen_s = (held_since if now.last_at is None else now.last_at) - held_since
    return next((asked for asked in policy.program.holds if asked > seen_s + _ROUNDING_S), None)


# Two times of an event, written and read back, differ by a microsecond at most.
_ROUNDING_S: Final = 0.001


def _event_id(conversation_id: str, at: Seconds) -> str:
    return "waited-" + hashlib.sha256(f"{conversation_id}\x1f{at:.3f}".encode()).hexdigest()[:24]
