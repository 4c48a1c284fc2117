"""The customer heard that it cannot be done: say what can."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.6


def why(moment: Moment) -> Signal | None:
    refused = moment.signals.get("dead_end")
    return refused if refused is not None and refused.strength >= STRONG else None


offer_alternative: Final = Suggester("offer_alternative", why, of=frozenset({"dead_end"}))
