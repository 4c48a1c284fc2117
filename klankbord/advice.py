"""What a suggestion is: one line of help for the agent of one conversation, while it still helps."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final, Generic, TypeVar

from msgspec import Struct

from klankbord.conversation import Conversation, Evidence
from klankbord.events import Channel, Language, Seconds
from klankbord.signals import Signal

# More than these are never weighed against each other: behind the third, a moment has passed.
MOST_CANDIDATES: Final = 3

SAFETY: Final = 2
PERSON_NEEDED: Final = 1

_MEDIA: Final = {Channel.VOICE: "call", Channel.EMAIL: "mail"}
_UPSET: Final = ("anger", "frustration", "disappointment")
_WORRIED: Final = ("anxiety", "confusion", "sadness")
# Halfway the scale of effort; a feeling that is as likely there as not.
_HARD_FROM: Final = 4.0
_FELT_FROM: Final = 0.5

# Where one kind of help may work and another not. Never a person, a need, a queue or a word: what is learned of these
# eighteen is learned of nobody.
SITUATIONS: Final = tuple(
    "-".join(parts) for parts in product(("chat", "call", "mail"), ("easy", "hard"), ("calm", "worried", "upset"))
)


class Suggestion(Struct, frozen=True, omit_defaults=True):
    """Help that applies now, for `agent_id`: `kind` names the wording in the playbook, `reason` says why now.

    An observation carries the candidates of its moment in their prior order; at most one of them is shown.
    """

    suggestion_id: str
    kind: str
    agent_id: str
    at: Seconds
    expires_at: Seconds
    reason: Evidence
    situation: str
    urgency: int = 0
    language: Language | None = None


class Moment(Struct, frozen=True):
    """What a suggester looks at: the conversation as it now stands, and this event's signals by kind.

    `unsure` is the judged chance of dissatisfaction where that is too close to call. `lately_asked`: whether the agent
    has just asked if it was solved. `arrived`: whether an agent comes in with this event.
    """

    conversation: Conversation
    signals: Mapping[str, Signal]
    at: Seconds = 0.0
    unsure: float | None = None
    lately_asked: bool = False
    arrived: bool = False

    def strongest(self, kinds: tuple[str, ...], *, least: float) -> Signal | None:
        """The strongest of these signals, if it reaches `least`; the first of equals."""
        found = [signal for kind in kinds if (signal := self.signals.get(kind)) and signal.strength >= least]
        return max(found, key=lambda signal: signal.strength, default=None)


Cause = TypeVar("Cause", bound=Signal | Evidence, covariant=True)


@dataclass(frozen=True, slots=True)
class Suggester(Generic[Cause]):
    """One kind of suggestion; `why` gives the signal or the earlier evidence that calls for it now, or nothing.

    `urgency` decides what takes the place of what stands: only the more urgent does. While a bot helps, there is
    nobody to read but who takes over, and only what is `for_takeover` is made.
    """

    kind: str
    why: Callable[[Moment], Cause | None]
    urgency: int = 0
    for_takeover: bool = False
    # Without one of these signals in the event, `why` gives nothing; with none named, it has to be asked.
    of: frozenset[str] = frozenset()


def suggestion_id(tenant: str, conversation_id: str, kind: str, event_id: str) -> str:
    """The same suggestion has the same id wherever and whenever it is computed."""
    name = "\x1f".join((tenant, conversation_id, kind, event_id))
    return hashlib.sha256(name.encode()).hexdigest()[:24]


def situation(conversation: Conversation) -> str:
    """Which of `SITUATIONS` the conversation is in: medium, effort and feeling."""
    feeling = "upset" if _felt(conversation, _UPSET) else "worried" if _felt(conversation, _WORRIED) else "calm"
    effort = "hard" if conversation.effort >= _HARD_FROM else "easy"
    return f"{_MEDIA.get(conversation.channel, 'chat')}-{effort}-{feeling}"


def _felt(conversation: Conversation, feelings: tuple[str, ...]) -> bool:
    return any(conversation.emotions.get(feeling, 0.0) >= _FELT_FROM for feeling in feelings)
