"""The customer is cut off: another voice begins before the customer has finished, and the customer stops.

An overlap is either this or `talk_over`, by its length alone: a customer who stops before `talk_over_from_s` gave way.
A customer who interrupts is no signal: that is no work for the customer.
"""

from typing import Final

from klankbord.events import Role
from klankbord.signals import Finding, Turn, of_effort
from klankbord.speech import Overlap, overlap


def find(turn: Turn) -> Finding | None:
    both = overlap(turn.conversation, turn.event)
    shortest_s = turn.policy.interruption_from_s
    if both is None or not shortest_s <= both.seconds < turn.policy.talk_over_from_s:
        return None
    return Finding(1.0) if _cut_off(both, shortest_ms=1000 * shortest_s) else None


def _cut_off(both: Overlap, *, shortest_ms: float) -> bool:
    """Whether the customer was speaking already, and the other spoke on: else both began at once, or it was a nod."""
    began_later_ms = both.helper.start_ms - both.customer.start_ms
    went_on_ms = both.helper.end_ms - both.customer.end_ms
    return began_later_ms >= shortest_ms and went_on_ms >= shortest_ms


interruption: Final = of_effort("interruption", find, where=tuple(Role), timed=True)
