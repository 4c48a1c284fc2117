"""The customer has waited long: offer to call back at a time that suits."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

# Three minutes past the normal: from there on waiting on costs the customer more than a new moment.
STRONG: Final = 0.5
WAITS: Final = ("long_wait", "hold", "told_wait")


def why(moment: Moment) -> Signal | None:
    return moment.strongest(WAITS, least=STRONG)


offer_callback: Final = Suggester("offer_callback", why, of=frozenset(WAITS))
