"""The customer wants somebody else: say what happens now, and hand over with the story."""

from typing import Final

from klankbord.advice import PERSON_NEEDED, Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.5


def why(moment: Moment) -> Signal | None:
    asked = moment.signals.get("asks_for_human")
    return asked if asked is not None and asked.strength >= STRONG else None


hand_over: Final = Suggester("hand_over", why, of=frozenset({"asks_for_human"}), urgency=PERSON_NEEDED)
