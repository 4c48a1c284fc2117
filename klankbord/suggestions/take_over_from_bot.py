"""The customer gets stuck with a bot: whoever takes over is told why, and begins where it went wrong."""

from typing import Final

from klankbord.advice import PERSON_NEEDED, Moment, Suggester
from klankbord.conversation import Evidence
from klankbord.signals import Signal

STRONG: Final = 0.5
STUCK: Final = ("asks_for_human", "dead_end", "gives_up", "not_following", "reasked_question", "repetition")


def why(moment: Moment) -> Signal | Evidence | None:
    if not moment.conversation.bot_helps:
        return None
    now = moment.strongest(STUCK, least=STRONG)
    return _earlier(moment) if now is None and moment.arrived else now


def _earlier(moment: Moment) -> Evidence | None:
    """What went wrong before anybody was there to read it: a wish for a person first, else the latest."""
    known = [one for one in moment.conversation.evidence if one.signal in STUCK and one.strength >= STRONG]
    wished = [one for one in known if one.signal == "asks_for_human"]
    return (wished or known)[-1] if known else None


take_over_from_bot: Final = Suggester("take_over_from_bot", why, urgency=PERSON_NEEDED, for_takeover=True)
