"""What a suggestion is: one line of help for the agent of one conversation, while it still helps."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec import Struct

from klankbord.conversation import Conversation, Evidence, Made
from klankbord.events import Language, Seconds
from klankbord.policy import Policy
from klankbord.signals import Signal


class Suggestion(Struct, frozen=True, omit_defaults=True):
    """Help for `agent_id`: `kind` names the wording in the playbook, `reason` says why now."""

    suggestion_id: str
    kind: str
    agent_id: str
    at: Seconds
    expires_at: Seconds
    language: Language | None = None
    reason: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """What a suggester looks at: the conversation as it now stands, and this event's signals by kind."""

    conversation: Conversation
    signals: Mapping[str, Signal]


@dataclass(frozen=True, slots=True)
class Suggester:
    """One kind of suggestion; `why` gives the signal that calls for it now, or nothing."""

    kind: str
    why: Callable[[Moment], Signal | None]


def suggestion_id(tenant: str, conversation_id: str, kind: str, number: int) -> str:
    """The same suggestion has the same id wherever and whenever it is computed."""
    name = "\x1f".join((tenant, conversation_id, kind, str(number)))
    return hashlib.sha256(name.encode()).hexdigest()[:24]


def may_repeat(kind: str, conversation: Conversation, policy: Policy, *, at: Seconds) -> bool:
    """Whether this kind may be made (again): not too soon and not too often."""
    made = conversation.suggested.get(kind, Made(0, float("-inf")))
    return made.number < policy.suggestion_most and at - made.at >= policy.suggestion_cooldown_s
