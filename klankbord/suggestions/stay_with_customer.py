"""The customer may be a danger to themselves: stay, ask, and bring in help."""

from typing import Final

from klankbord.advice import SAFETY, Moment, Suggester
from klankbord.signals import Signal


def why(moment: Moment) -> Signal | None:
    return moment.signals.get("threat_to_self")


stay_with_customer: Final = Suggester(
    "stay_with_customer", why, of=frozenset({"threat_to_self"}), urgency=SAFETY, for_takeover=True
)
