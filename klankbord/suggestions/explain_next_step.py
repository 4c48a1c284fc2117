"""The customer does not know how it goes on: name the next step, and when it is done."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.5
OPEN: Final = ("still_unsolved", "gives_up", "told_wait")


def why(moment: Moment) -> Signal | None:
    return moment.strongest(OPEN, least=STRONG)


explain_next_step: Final = Suggester("explain_next_step", why, of=frozenset(OPEN))
