"""Nobody says anything for longer than is normal in a call.

No second counts twice: silence during a hold is the hold's, and of a wait for an answer only those seconds are dead
air that are normal to wait and are therefore no `long_wait`.
"""

from typing import Final

from klankbord.events import Role, Seconds
from klankbord.signals import Finding, Turn, of_effort
from klankbord.speech import silence_s


def find(turn: Turn) -> Finding | None:
    silent_s = silence_s(turn.conversation, turn.event)
    if silent_s <= turn.policy.normal_silence_s:
        return None
    past_normal_s = silent_s - turn.policy.normal_silence_s - _long_waited_s(turn)
    return Finding(min(1.0, past_normal_s / turn.policy.full_silence_s), amount=silent_s) if past_normal_s > 0 else None


def _long_waited_s(turn: Turn) -> Seconds:
    """Seconds of the wait for an answer that `long_wait` has counted or will count when the answer comes."""
    since = turn.conversation.waiting_since
    if since is None:
        return 0.0
    waited_s = max(turn.event.at_s - since, turn.conversation.wait_counted_s)
    return max(0.0, waited_s - turn.policy.normal_wait_s[turn.event.channel])


dead_air: Final = of_effort("dead_air", find, where=tuple(Role), timed=True)
