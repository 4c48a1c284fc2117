"""The customer had to say it again: use what is there."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.5


def why(moment: Moment) -> Signal | None:
    for kind in ("reasked_question", "repetition"):
        signal = moment.signals.get(kind)
        if signal is not None and signal.strength >= STRONG:
            return signal
    return None


stop_asking_again: Final = Suggester("stop_asking_again", why, of=frozenset({"reasked_question", "repetition"}))
