"""The customer was here before and may not say so: look up what was promised before asking anything."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

# One earlier contact.
STRONG: Final = 0.3


def why(moment: Moment) -> Signal | None:
    again = moment.signals.get("repeat_contact")
    # What the customer says, the agent has heard: what another system knows is the news.
    return again if again is not None and not again.words and again.strength >= STRONG else None


warn_of_repeat: Final = Suggester("warn_of_repeat", why, of=frozenset({"repeat_contact"}))
