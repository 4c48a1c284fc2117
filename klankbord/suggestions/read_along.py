"""Reading, a screen or the language is hard: short sentences, and do it together."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.5
NEEDS: Final = ("low_literacy", "language_barrier")


def why(moment: Moment) -> Signal | None:
    needed = (moment.signals[kind] for kind in NEEDS if kind in moment.signals)
    strongest = max(needed, key=lambda signal: signal.strength, default=None)
    return strongest if strongest is not None and strongest.strength >= STRONG else None


read_along: Final = Suggester("read_along", why)
