"""It is still or again not solved, although the customer did what there was to do."""

from typing import Final

from klankbord.events import Role
from klankbord.phrases import Phrases
from klankbord.signals import Finding, Turn, of_effort
from klankbord.tone import tells

PHRASES: Final = Phrases.listed(
    nl={
        "nog steeds": 0.6,
        "nog altijd": 0.6,
        "nog steeds niet": 0.8,
        "nog steeds geen": 0.8,
        "nog altijd niet": 0.8,
        "nog altijd geen": 0.8,
        "weer hetzelfde": 0.8,
        "opnieuw hetzelfde": 0.8,
        "alweer": 0.6,
        "weer niet": 0.6,
        "weer kapot": 0.8,
        "weer stuk": 0.7,
        "weer fout": 0.7,
        "weer mis": 0.6,
        "terug bij af": 0.9,
        "niets opgelost": 0.9,
        "niks opgelost": 0.9,
        "niet opgelost": 0.8,
        "heb ik al geprobeerd": 0.7,
        "al geprobeerd": 0.6,
        "alles geprobeerd": 0.8,
        "al gedaan": 0.5,
        "al tig keer": 0.8,
        "al tien keer": 0.8,
        "al drie keer": 0.7,
        "al vier keer": 0.8,
        "al twee keer": 0.6,
        "werkt nog steeds niet": 0.9,
        "helpt niet": 0.5,
        "hielp niet": 0.5,
        "maakt niks uit": 0.4,
        "nog steeds bedankt": 0.0,
        "nog steeds tevreden": 0.0,
        "nog steeds blij": 0.0,
    },
    en={
        "still not": 0.8,
        "still no": 0.8,
        "still isn't": 0.8,
        "still doesn't": 0.8,
        "still hasn't": 0.8,
        "still haven't": 0.8,
        "still can't": 0.8,
        "still won't": 0.8,
        "still the same": 0.8,
        "still waiting": 0.7,
        "still broken": 0.9,
        "same thing again": 0.8,
        "not again": 0.6,
        "back to square one": 0.9,
        "isn't fixed": 0.8,
        "not fixed": 0.8,
        "not resolved": 0.8,
        "already tried": 0.7,
        "tried that": 0.6,
        "tried everything": 0.8,
        "tried it twice": 0.7,
        "tried three times": 0.8,
        "done that already": 0.7,
        "already done that": 0.7,
        "did that already": 0.7,
        "didn't help": 0.6,
        "doesn't help": 0.5,
        "made no difference": 0.7,
        "still happy": 0.0,
        "still good": 0.0,
    },
)


def find(turn: Turn) -> Finding | None:
    words = turn.said_by(Role.CUSTOMER)
    if words is None:
        return None
    found = [tells(words, head, PHRASES) for head in ("still", "tried")]
    return max((one for one in found if one is not None), key=lambda one: one.strength, default=None)


still_unsolved: Final = of_effort("still_unsolved", find, cues=(PHRASES, "still", "tried"))
