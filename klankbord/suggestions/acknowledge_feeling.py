"""The customer is angry, frustrated or let down: name it before anything else."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

# A sigh needs no speech: below this an apology sounds like a script.
STRONG: Final = 0.6
FEELINGS: Final = ("anger", "frustration", "disappointment")


def why(moment: Moment) -> Signal | None:
    return moment.strongest(FEELINGS, least=STRONG)


acknowledge_feeling: Final = Suggester("acknowledge_feeling", why, of=frozenset(FEELINGS))
