"""The customer threatens somebody: stay calm, and let others help at once."""

from typing import Final

from klankbord.advice import SAFETY, Moment, Suggester
from klankbord.signals import Signal


def why(moment: Moment) -> Signal | None:
    return moment.signals.get("threat_to_others")


safety_first: Final = Suggester(
    "safety_first", why, of=frozenset({"threat_to_others"}), urgency=SAFETY, for_takeover=True
)
