"""Whoever takes over from a bot is told what went wrong there; while an agent helps, nobody is."""

from datetime import timedelta

import pytest

from klankbord.advice import Moment
from klankbord.conversation import Conversation, Evidence
from klankbord.events import SCHEMA, Joined, Role, Utterance
from klankbord.observation import Observation, observe
from klankbord.policy import Policy
from klankbord.signals import Signal
from klankbord.suggestions.take_over_from_bot import STUCK, take_over_from_bot
from tests.klankbord.given import START, evidence, signal, utterance

WITH_BOT = Conversation(bot_helps=True)


def moment_of(conversation: Conversation, *signals: Signal, arrived: bool = False) -> Moment:
    return Moment(conversation, {one.kind: one for one in signals}, arrived=arrived)


@pytest.mark.parametrize("kind", STUCK)
def test_it_is_called_for_by(kind: str) -> None:
    reason = take_over_from_bot.why(moment_of(WITH_BOT, signal(kind)))

    assert isinstance(reason, Signal)
    assert reason.kind == kind


@pytest.mark.parametrize("kind", STUCK)
def test_it_is_not_called_for_while_a_person_helps(kind: str) -> None:
    assert take_over_from_bot.why(moment_of(Conversation(), signal(kind))) is None


@pytest.mark.parametrize("kind", STUCK)
def test_a_weak_sign_is_not_enough(kind: str) -> None:
    assert take_over_from_bot.why(moment_of(WITH_BOT, signal(kind, 0.4))) is None


def test_whoever_comes_in_is_told_the_wish_for_a_person_before_what_came_later() -> None:
    known = (evidence("asks_for_human", 0.9, "a human please"), evidence("repetition", 0.8, "again"))
    arriving = moment_of(Conversation(bot_helps=True, evidence=known), arrived=True)

    assert take_over_from_bot.why(arriving) == known[0]
    assert take_over_from_bot.why(moment_of(Conversation(bot_helps=True, evidence=known))) is None
    assert take_over_from_bot.why(moment_of(WITH_BOT, arrived=True)) is None


def told(*events: Utterance | Joined) -> list[Observation]:
    seen, now = [], Conversation()
    for event in events:
        seen.append(observe(now, event, Policy()))
        now = seen[-1].conversation
    return seen


def test_in_a_conversation_with_a_bot_nobody_is_told_until_somebody_comes_in() -> None:
    bot = utterance("Wilt u betalen of uw saldo zien?", Role.BOT, number=1)
    wish = utterance("ik wil een medewerker spreken", after_s=10, number=2)
    joined = Joined(
        schema=SCHEMA, event_id="event-3", tenant="demo", conversation_id="conversation-1", channel=wish.channel,
        at=START + timedelta(seconds=20), agent_id="agent-1",
    )  # fmt: skip
    greeting = utterance("Goedemiddag, ik neem het over.", Role.AGENT, after_s=30, number=4)

    *with_bot, at_joining, after = told(bot, wish, joined, greeting)

    assert [seen.suggestions for seen in with_bot] == [(), ()]
    (suggestion,) = at_joining.suggestions
    assert (suggestion.kind, suggestion.agent_id) == ("take_over_from_bot", "agent-1")
    assert isinstance(suggestion.reason, Evidence)
    assert suggestion.reason.signal == "asks_for_human"
    assert at_joining.conversation.bot_helps
    assert not after.conversation.bot_helps
    assert after.suggestions == ()
