"""The customer does not follow: say it again in plain words."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.5


def why(moment: Moment) -> Signal | None:
    lost = moment.signals.get("confusion")
    return lost if lost is not None and lost.strength >= STRONG else None


plain_words: Final = Suggester("plain_words", why)
