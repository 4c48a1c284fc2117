"""What a turn is judged by, as numbers with names: its words, and what has happened in the conversation so far."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from klankbord.conversation import Conversation
from klankbord.events import Role
from klankbord.policy import Policy
from klankbord.scoring import Felt, felt, load
from klankbord.signals import Dimension, Signal, Words

# How a call sounds in time is work, and nothing else: it must not make anybody dissatisfied.
_SPOKEN: Final = frozenset({"talk_over", "interruption", "dead_air", "pace"})
_GLAD: Final = ("gratitude", "relief", "joy")
_SHORT_WORDS: Final = 3
_MOST_MARKS: Final = 3
_LETTER: Final = re.compile(r"[^\W\d_]")
_CAPITALS: Final = 0.6  # of the letters
_CAPITALS_FROM: Final = 4  # letters; "OK" shouts at nobody


def of_turn(before: Conversation, words: Words | None, found: Iterable[Signal], policy: Policy) -> dict[str, float]:
    """The numbers that judge how dissatisfied a customer is in this turn, 0..1 each; none where it is no customer's."""
    found = tuple(found)
    return judged_by(before, words, found, felt(found, policy), policy)


def judged_by(
    before: Conversation, words: Words | None, found: Iterable[Signal], turn: Felt, policy: Policy
) -> dict[str, float]:
    """The same of a turn of which is known what it shows."""
    if words is None or words.role is not Role.CUSTOMER:
        return {}
    effort = Dimension.EFFORT
    told = sum([s.strength for s in found if s.dimension is effort and s.kind not in _SPOKEN])
    work = {kind: count for kind, count in before.drivers.items() if kind not in _SPOKEN} if before.drivers else {}
    count = words.normal.count(" ") + 1
    numbers = {
        "words": turn.dissatisfied,
        "words of an opening": 0.0 if before.customer_turns else turn.dissatisfied,
        "negative": max(0.0, -turn.valence),
        "positive": max(0.0, turn.valence),
        "glad": _gladness(turn.emotions),
        **{feeling: value for feeling, value in turn.emotions.items() if feeling not in _GLAD},
        "mood": before.mood,
        "mood of few words": before.mood if count <= _SHORT_WORDS else 0.0,
        "felt before": max(before.emotions.get("frustration", 0.0), before.emotions.get("anger", 0.0)),
        "work before": load(work, policy),
        "hardest before": sum([part for kind, part in before.hardest.items() if kind not in _SPOKEN]) / 6.0,
        "told of work": min(2.0, told) / 2.0,
        "solved": before.solved,
        "turned away": before.denied,
        "contacted before": min(1.0, before.hardest.get("repeat_contact", 0.0)),
        "question": float(words.clean.endswith("?")),
        "exclamations": min(_MOST_MARKS, words.clean.count("!")) / _MOST_MARKS,
        "capitals": float(_shouted(words)),
        "few words": float(count <= _SHORT_WORDS),
    }
    return {name: value for name, value in numbers.items() if value}


def _gladness(emotions: Mapping[str, float]) -> float:
    return max(emotions.get("gratitude", 0.0), emotions.get("relief", 0.0), emotions.get("joy", 0.0))


def _shouted(words: Words) -> bool:
    if words.clean[1:] == words.normal[1:]:
        return False
    capitals = sum(map(str.isupper, words.clean))
    if capitals <= _CAPITALS * _CAPITALS_FROM:  # as in most lines, of which the letters need no counting
        return False
    letters = len(_LETTER.findall(words.normal))
    return letters >= _CAPITALS_FROM and capitals > _CAPITALS * letters


def of_conversation(now: Conversation, policy: Policy) -> dict[str, float]:
    """The numbers that judge whether a conversation needs a supervisor, as it stands after an event."""
    numbers = {
        "mood": now.mood,
        "worst mood": now.worst_mood,
        "effort": (now.effort - 1.0) / 6.0,
        "work now": load(now.drivers, policy),
        **{feeling: value for feeling, value in now.emotions.items() if feeling not in _GLAD},
        "glad": _gladness(now.emotions),
        "solved": now.solved,
        "turned away": now.denied,
        "asks for a human": min(1.0, now.drivers.get("asks_for_human", 0.0)),
        "gives up": min(1.0, now.drivers.get("gives_up", 0.0)),
        "dead end": min(2.0, now.drivers.get("dead_end", 0.0)) / 2.0,
        "asked again": min(1.0, now.drivers.get("reasked_question", 0.0)),
        "contacted before": min(1.0, now.hardest.get("repeat_contact", 0.0)),
        "opening": float(now.customer_turns <= 1),
    }
    return {name: value for name, value in numbers.items() if value}
