"""The customer does not follow: say it again in plain words."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.5
LOST: Final = ("confusion", "not_following")


def why(moment: Moment) -> Signal | None:
    return moment.strongest(LOST, least=STRONG)


plain_words: Final = Suggester("plain_words", why, of=frozenset(LOST))
