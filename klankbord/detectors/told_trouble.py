"""The customer tells of something that went wrong, however calmly."""

from typing import Final

from klankbord.events import Role
from klankbord.models.heads import reading
from klankbord.signals import Finding, Turn, of_effort
from klankbord.tone import strongest

# The head's chance is that of a clearly dissatisfied customer; from here on something is at least amiss.
TROUBLE_FROM: Final = 0.3


def find(turn: Turn) -> Finding | None:
    words = turn.said_by(Role.CUSTOMER)
    if words is None:
        return None
    read = reading(words.normal, words.language)
    chance = read.chances["dissatisfaction"]
    return Finding(chance, strongest(read, "dissatisfaction")) if chance >= TROUBLE_FROM else None


told_trouble: Final = of_effort("told_trouble", find, cues=("dissatisfaction",))
