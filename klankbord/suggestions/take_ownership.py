"""The customer was here before or was handed on: show that you know the story and that it stops with you."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.signals import Signal

STRONG: Final = 0.3


def why(moment: Moment) -> Signal | None:
    moved = moment.signals.get("transfer")
    # A transfer that was only announced is no reason: the agent who announced it is handing over.
    if moved is not None and not moved.words:
        return moved
    again = moment.signals.get("repeat_contact")
    return again if again is not None and again.strength >= STRONG else None


take_ownership: Final = Suggester("take_ownership", why, of=frozenset({"transfer", "repeat_contact"}))
