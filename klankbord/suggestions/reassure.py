"""The customer is worried: say what is certain."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.5


def why(moment: Moment) -> Signal | None:
    worried = moment.signals.get("anxiety")
    return worried if worried is not None and worried.strength >= STRONG else None


reassure: Final = Suggester("reassure", why, of=frozenset({"anxiety"}))
