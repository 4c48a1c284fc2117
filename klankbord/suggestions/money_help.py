"""The customer cannot pay or has debts: say what can be arranged, without judging."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.5
NEEDS: Final = ("cannot_pay", "debt")


def why(moment: Moment) -> Signal | None:
    needed = (moment.signals[kind] for kind in NEEDS if kind in moment.signals)
    strongest = max(needed, key=lambda signal: signal.strength, default=None)
    return strongest if strongest is not None and strongest.strength >= STRONG else None


money_help: Final = Suggester("money_help", why)
