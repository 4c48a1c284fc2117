"""The reason of a whole conversation, against what a reader makes of it; floors lie below what was measured."""

from functools import cache
from typing import Final

import pytest

from klankbord.conversation import Conversation
from klankbord.models.reasons import known
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
        "most votes": _share(first),
        "most votes, group": _share([(right.split(".")[0], said.split(".")[0]) for right, said in first]),
        "unknown": 1 - len(shown) / len(found),
        "right where known": _share(shown),
        "right group where known": _share([(right.split(".")[0], said.split(".")[0]) for right, said in shown]),
    }


def _share(pairs: list[tuple[str, str]]) -> float:
    return sum(right == said for right, said in pairs) / max(1, len(pairs))


def test_every_reason_given_is_one_that_exists() -> None:
    assert set(REASONS.values()) <= set(known())


def test_the_conversations_named_exist() -> None:
    assert set(REASONS) <= {gold.name for gold in read_gold()}


@pytest.mark.parametrize(
    ("figure", "floor"),
    [("most votes", 0.42), ("most votes, group", 0.50), ("right where known", 0.60), ("right group where known", 0.70)],
)
def test_the_reason_agrees_with_a_reader(figure: str, floor: float) -> None:
    assert figures("train")[figure] >= floor


def test_not_everything_is_unknown() -> None:
    assert figures("train")["unknown"] <= 0.65
