"""The customer is put on hold for longer than is ordinary."""

from typing import Final

from klankbord.events import Resumed
from klankbord.signals import Finding, Turn, of_effort


def find(turn: Turn) -> Finding | None:
    since = turn.conversation.held_since
    if not isinstance(turn.event, Resumed) or since is None:
        return None
    held_s = turn.event.at_s - since
    past_normal_s = held_s - turn.policy.normal_hold_s
    return Finding(min(1.0, past_normal_s / turn.policy.full_wait_s), amount=held_s) if past_normal_s > 0 else None


hold: Final = of_effort("hold", find, where=(Resumed,))
