"""The customer may be no further: how likely an answer refuses what was asked, or sends elsewhere."""

from typing import Final

from klankbord.events import ANSWERS
from klankbord.models.heads import answering
from klankbord.models.hints import HINTED, gist
from klankbord.signals import Finding, Turn, of_effort
from klankbord.tone import TOLD_FROM, strongest

# A plain question has up to 0.14 of it, in English more than in Dutch: many of those are no work (decision 35).
FROM: Final = 0.15


def find(turn: Turn) -> Finding | None:
    words = turn.said_by(*ANSWERS)
    if words is None:
        return None
    likely = gist(words.normal, words.language).denies
    if likely < FROM:
        return None
    if not turn.policy.evidence_from <= likely < TOLD_FROM:
        return Finding(likely, None)  # not shown: too little, or what `dead_end` or `channel_hop` already shows
    read = answering(words.normal, words.language)
    return Finding(likely, strongest(read, max(HINTED, key=read.chances.__getitem__)))


turned_away: Final = of_effort("turned_away", find, where=ANSWERS)
