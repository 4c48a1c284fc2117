"""Fit the second stage to conversations that people labelled: one tenant's words, agents and habits."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from klankbord import context
from klankbord.conversation import Conversation
from klankbord.events import Event
from klankbord.fitting import Example
from klankbord.labels import Label
from klankbord.observation import heard, observe
from klankbord.policy import Policy

# What a person calls dissatisfied: the customer would complain if asked.
DISSATISFIED_FROM: Final = 2
# Numbers that speak for a customer who is content, and such as may speak either way.
CALMING: Final = frozenset({"glad", "positive", "relief", "joy", "gratitude"})
SHAPE: Final = frozenset(
    {"opening", "question", "exclamations", "capitals", "few words", "few calm words", "told of work"}
)


@dataclass(frozen=True, slots=True)
class Judged:
    """One customer turn that a person labelled: its numbers, those of the conversation after it, and the label."""

    turn: Mapping[str, float]
    conversation: Mapping[str, float]
    label: Label
    alerted: bool  # at this turn or an earlier one a supervisor would have wanted to be told


def judged(events: Iterable[Event], labels: Mapping[str, Label], policy: Policy) -> Iterator[Judged]:
    """Every labelled turn of one conversation, in order."""
    conversation = Conversation()
    alerted = False
    for event in events:
        _, _, words, found = heard(conversation, event, policy)
        numbers = context.of_turn(conversation, words, found, policy)
        observation = observe(conversation, event, policy)
        conversation = observation.conversation
        label = labels.get(observation.utterance_id)
        if label is not None and numbers:
            alerted = alerted or label.alert
            yield Judged(numbers, context.of_conversation(conversation, policy), label, alerted)


def of_dissatisfaction(turns: Iterable[Judged], *, share: float = 1.0) -> list[Example]:
    """What the turns say of dissatisfaction."""
    return [Example(one.turn, float(one.label.dissatisfied >= DISSATISFIED_FROM), share) for one in turns]


def of_escalation(turns: Iterable[Judged], *, share: float = 1.0) -> list[Example]:
    """What the turns say of the need for a supervisor: from the turn that was marked, while the customer is unhappy."""
    return [
        Example(one.conversation, float(one.alerted and one.label.dissatisfied >= DISSATISFIED_FROM), share)
        for one in turns
    ]
