"""The customer is handed to somebody else."""

from typing import Final

from klankbord.conversation import Evidence
from klankbord.events import ANSWERS, Seconds, Transferred
from klankbord.phrases import Phrases
from klankbord.signals import Finding, Turn, of_effort

# The event is the transfer. Words only announce it and may stay words, so they weigh less...
ANNOUNCED: Final = 0.6
# ...and when the event follows within this time it adds the rest: one transfer is counted once.
SAME_TRANSFER_S: Final[Seconds] = 300.0

PHRASES: Final = Phrases.in_answers(
    nl={
        phrase: ANNOUNCED
        for phrase in (
            *("ik verbind u door", "ik verbind je door", "verbind u even door", "verbind je even door"),
            *("verbind u nu door", "verbind u graag door", "ga u doorverbinden", "ga je doorverbinden"),
            *("zal u doorverbinden", "zal je doorverbinden", "moet u doorverbinden", "moet ik u doorverbinden"),
            *("ik zet u door", "zet je door", "ik schakel u door", "ik verbind u over", "verbind ik u door"),
            *("verbind ik je door", "verbonden met een collega", "zet ik u door", "draag u over aan"),
            *("u wordt doorverbonden", "je wordt doorverbonden", "zoek een collega voor u", "zoek een collega voor je"),
        )
    },
    en={
        phrase: ANNOUNCED
        for phrase in (
            *(
                "i'll transfer you",
                "i will transfer you",
                "transfer you to",
                "transferring you",
                "need to transfer you",
            ),
            *("i'll put you through", "i will put you through", "putting you through", "let me put you through"),
            *(
                "pass you on to",
                "pass you over",
                "passing you on",
                "hand you over",
                "i'll connect you",
                "connect you to",
            ),
            *("connect you with", "connecting you", "reroute you", "look for a colleague for you", "get you over to"),
        )
    },
)


def find(turn: Turn) -> Finding | None:
    announced = _announced(turn)
    if isinstance(turn.event, Transferred):
        return Finding(1.0 if announced is None else 1.0 - announced.strength)
    words = turn.said_by(*ANSWERS)
    found = PHRASES.best(words.normal, words.language) if words and announced is None else None
    return None if found is None else Finding(found.strength, (found.start, found.end))


def _announced(turn: Turn) -> Evidence | None:
    """The announcement of a transfer that has not happened yet, as far as remembered."""
    for evidence in turn.conversation.evidence:
        if evidence.signal == "transfer" and evidence.words:
            return evidence if turn.event.at_s - evidence.at < SAME_TRANSFER_S else None
    return None


transfer: Final = of_effort("transfer", find, answer_cues=(PHRASES,), where=(*ANSWERS, Transferred))
