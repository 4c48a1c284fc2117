"""Nobody can tell whether the customer is helped: ask, once, and only then."""

from typing import Final

from klankbord.advice import Moment, Suggester
from klankbord.conversation import Evidence
from klankbord.phrases import Phrases

# Before there was an answer and a reaction to it, everybody is unsure, and the question is an insult.
CUSTOMER_TURNS: Final = 3
AGENT_TURNS: Final = 2

ASKED: Final = Phrases.in_answers(
    nl=dict.fromkeys(
        (
            "is het opgelost", "is dit opgelost", "is alles opgelost", "is dat opgelost", "is uw vraag beantwoord",
            "is je vraag beantwoord", "is het zo opgelost", "bent u geholpen", "bent u zo geholpen",
            "bent u hiermee geholpen", "ben je geholpen", "ben je zo geholpen", "ben je hiermee geholpen",
            "heb ik u geholpen", "heb ik je geholpen", "uw vraag zo beantwoord", "je vraag zo beantwoord",
            "is het vandaag gelukt", "vandaag opgelost", "naar wens opgelost",
        ),
        1.0,
    ),
    en=dict.fromkeys(
        (
            "is it solved", "is this solved", "was it solved", "was this solved", "is that solved", "is it resolved",
            "is this resolved", "was this resolved", "is that resolved", "has this been resolved",
            "has that been resolved", "did that solve", "did this solve", "does that solve", "does this solve",
            "did that resolve", "does that resolve", "does this resolve", "does that answer your question",
            "did that answer your question", "does this answer your question", "have i answered your question",
            "did i answer your question", "solved for you", "resolved for you", "sorted for you",
        ),
        1.0,
    ),
)  # fmt: skip


def asks(normal: str) -> bool:
    """Whether a line asks if it was solved, in either language."""
    return ASKED.best_in_any(normal) is not None


def why(moment: Moment) -> Evidence | None:
    now = moment.conversation
    if moment.unsure is None or moment.lately_asked or now.threat:
        return None
    if now.customer_turns < CUSTOMER_TURNS or now.agent_turns < AGENT_TURNS:
        return None
    return Evidence("unsure", moment.unsure, moment.at)


ask_if_solved: Final = Suggester("ask_if_solved", why)
