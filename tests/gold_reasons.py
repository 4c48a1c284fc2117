"""The reason of a whole conversation as the models give it, against what a reader makes of it."""

from functools import cache
from typing import Final

from klankbord.conversation import Conversation
from klankbord.policy import Policy
from klankbord.replay import replay
from tests.gold import FOLDER, Gold, Split, read_gold

REASONS: Final = dict(row.split("\t") for row in (FOLDER / "reasons.tsv").read_text(encoding="utf-8").splitlines())


@cache
def ends(split: Split) -> list[tuple[str, Conversation]]:
    """The right reason of each conversation, and what is known at its end."""
    return [(REASONS[gold.name], _end(gold)) for gold in read_gold() if gold.split == split and gold.name in REASONS]


def _end(gold: Gold) -> Conversation:
    *_, last = replay(gold.transcript.events, Policy())
    return last.conversation


def figures(split: Split) -> dict[str, float]:
    """How often the reason with most votes is right, and how often the one that is shown."""
    found = ends(split)
    first = [(right, next(iter(now.reason_votes), "")) for right, now in found]
    shown = [(right, now.reason) for right, now in found if now.reason]
    return {
        "right by most votes": _share(first),
        "right group by most votes": _share([(right.split(".")[0], said.split(".")[0]) for right, said in first]),
        "left unknown": 1 - len(shown) / len(found),
        "right where known": _share(shown),
        "right group where known": _share([(right.split(".")[0], said.split(".")[0]) for right, said in shown]),
    }


def _share(pairs: list[tuple[str, str]]) -> float:
    return sum(right == said for right, said in pairs) / max(1, len(pairs))
