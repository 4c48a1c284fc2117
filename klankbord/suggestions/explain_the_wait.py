"""The customer waited: say why, and how long it still takes."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

# About half a minute past the normal: less is not worth a word.
STRONG: Final = 0.1


def why(moment: Moment) -> Signal | None:
    for kind in ("long_wait", "hold"):
        signal = moment.signals.get(kind)
        if signal is not None and signal.strength >= STRONG:
            return signal
    return None


explain_the_wait: Final = Suggester("explain_the_wait", why, of=frozenset({"long_wait", "hold"}))
