"""The customer carries a loss or an illness: take the time, and ask what helps now."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.5
NEEDS: Final = ("bereavement", "illness")


def why(moment: Moment) -> Signal | None:
    needed = (moment.signals[kind] for kind in NEEDS if kind in moment.signals)
    strongest = max(needed, key=lambda signal: signal.strength, default=None)
    return strongest if strongest is not None and strongest.strength >= STRONG else None


take_time: Final = Suggester("take_time", why)
