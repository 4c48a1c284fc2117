"""Reading, a screen or the language is hard: short sentences, and do it together."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.5
NEEDS: Final = ("low_literacy", "language_barrier")


def why(moment: Moment) -> Signal | None:
    return moment.strongest(NEEDS, least=STRONG)


read_along: Final = Suggester("read_along", why, of=frozenset(NEEDS))
