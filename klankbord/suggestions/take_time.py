"""The customer carries a loss or an illness: take the time, and ask what helps now."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.5
NEEDS: Final = ("bereavement", "illness")


def why(moment: Moment) -> Signal | None:
    return moment.strongest(NEEDS, least=STRONG)


take_time: Final = Suggester("take_time", why, of=frozenset(NEEDS))
