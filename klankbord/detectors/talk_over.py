"""The customer and whoever helps talk at the same time, and neither gives way.

An overlap is either this or an `interruption`, by its length alone: from `talk_over_from_s` on it is talk-over. Who
talked over whom is not asked.
"""

from typing import Final

from klankbord.events import Role
from klankbord.signals import Finding, Turn, of_effort
from klankbord.speech import overlap


def find(turn: Turn) -> Finding | None:
    both = overlap(turn.conversation, turn.event)
    if both is None or both.seconds < turn.policy.talk_over_from_s:
        return None
    return Finding(min(1.0, both.seconds / turn.policy.full_talk_over_s), amount=both.seconds)


talk_over: Final = of_effort("talk_over", find, where=tuple(Role), timed=True)
