"""The customer waits longer for an answer than the channel has made normal."""

from typing import Final

from klankbord.events import ANSWERS, Role, Utterance, Waited
from klankbord.phrases import Phrases
from klankbord.signals import Finding, Turn, of_effort

# What the customer says of a wait is moderate evidence: it may have been elsewhere, and the clock counts our own.
SAID: Final = 0.4

_NL_LENGTHS: Final = (
    *("een kwartier", "een half uur", "een halfuur", "drie kwartier", "een uur", "anderhalf uur", "twee uur", "uren"),
    *("lang", "heel lang", "zo lang", "de hele ochtend", "de hele middag", "de hele dag"),
    *(f"{n} {unit}" for n in range(5, 125, 5) for unit in ("minuten", "min", "minuutjes")),
    *(f"{n} uur" for n in range(1, 6)),
    *("tien minuten", "vijftien minuten", "twintig minuten", "dertig minuten", "veertig minuten", "vijftig minuten"),
)
_EN_LENGTHS: Final = (
    *("an hour", "half an hour", "ages", "so long", "hours", "over an hour", "nearly an hour", "a whole hour"),
    *("an hour and a half", "two hours", "three hours", "all morning", "all afternoon", "all day"),
    *(f"{n} {unit}" for n in range(5, 125, 5) for unit in ("minutes", "mins", "min")),
    *(f"{n} hours" for n in range(2, 6)),
    *("ten minutes", "fifteen minutes", "twenty minutes", "thirty minutes", "forty minutes", "fifty minutes"),
)
_NL_BEFORE: Final = ("ik wacht al", "wachten al", "wacht nu al", "zit al", "sta al", "hang al", "na")
_NL_AFTER: Final = ("in de wacht", "gewacht", "zitten wachten", "aan de lijn", "moeten wachten", "in de wachtrij")
_EN_BEFORE: Final = (
    *("been waiting for", "been waiting", "waited for", "waited", "on hold for", "been on hold", "been holding for"),
    *("waiting here for", "in the queue for", "been queueing for"),
)

PHRASES: Final = Phrases.listed(
    nl={
        **{f"{before} {length}": SAID for before in _NL_BEFORE[:-1] for length in _NL_LENGTHS},
        **{f"{length} {after}": SAID for after in _NL_AFTER for length in _NL_LENGTHS},
        "waarom duurt het zo lang": SAID,
        "duurt het zo lang": 0.3,
        "duurt wel erg lang": 0.3,
        "wat een wachttijd": SAID,
        "lange wachttijd": SAID,
    },
    en={
        **{f"{before} {length}": SAID for before in _EN_BEFORE for length in _EN_LENGTHS},
        "why is it taking so long": SAID,
        "why does it take so long": SAID,
        "taking so long": 0.3,
        "taking forever": SAID,
        "what a wait": SAID,
    },
)


def find(turn: Turn) -> Finding | None:
    words = turn.said_by(Role.CUSTOMER)
    if words is not None:
        found = PHRASES.best(words.normal, words.language)
        return None if found is None else Finding(found.strength, (found.start, found.end))
    waited_s = _waited_s(turn)
    counted_s = max(turn.policy.normal_wait_s[turn.event.channel], turn.conversation.wait_counted_s)
    if waited_s <= counted_s:
        return None
    return Finding(min(1.0, (waited_s - counted_s) / turn.policy.full_wait_s), amount=waited_s)


def _waited_s(turn: Turn) -> float:
    """Seconds the customer has waited for an answer when this event comes; a hold is counted as a hold."""
    event, conversation = turn.event, turn.conversation
    if conversation.held_since is not None:
        return 0.0
    if conversation.waiting_since is None:
        return 0.0
    if isinstance(event, Waited):
        # The answer may have overtaken the timer: then a new wait has begun, or none.
        return min(event.wait_s, event.at_s - conversation.waiting_since)
    answers = isinstance(event, Utterance) and event.is_final and event.role in ANSWERS
    return event.at_s - conversation.waiting_since if answers else 0.0


long_wait: Final = of_effort("long_wait", find, cues=(PHRASES,), where=(Role.CUSTOMER, *ANSWERS, Waited))
