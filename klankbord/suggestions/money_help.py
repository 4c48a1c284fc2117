"""The customer cannot pay or has debts: say what can be arranged, without judging."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.5
NEEDS: Final = ("cannot_pay", "debt")


def why(moment: Moment) -> Signal | None:
    return moment.strongest(NEEDS, least=STRONG)


money_help: Final = Suggester("money_help", why, of=frozenset(NEEDS))
