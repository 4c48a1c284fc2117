"""The customer speaks clearly faster than in their own earlier turns of this call."""

from typing import Final

from klankbord import speech
from klankbord.events import Role
from klankbord.signals import Finding, Turn, of_effort


def find(turn: Turn) -> Finding | None:
    words, segment = turn.said_by(Role.CUSTOMER), speech.segment_of(turn.event)
    before = turn.conversation
    if words is None or segment is None or before.paced_words < turn.policy.pace_known_words or not before.paced_ms:
        return None
    now = speech.pace(words.normal, segment)
    if now is None:
        return None
    faster = now / (before.paced_words * 60_000 / before.paced_ms) - 1.0
    return Finding(min(1.0, faster), amount=faster) if faster >= turn.policy.pace_faster_from else None


pace: Final = of_effort("pace", find, where=(Role.CUSTOMER,), timed=True)
