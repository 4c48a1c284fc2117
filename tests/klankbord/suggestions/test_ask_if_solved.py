"""The one question is asked when, and only when, nobody can tell and it was not asked lately."""

from collections.abc import Sequence

import pytest

from klankbord.advice import Moment
from klankbord.conversation import Conversation, Need
from klankbord.events import Event, Role
from klankbord.observation import Observation, observe
from klankbord.phrases import clean, normal
from klankbord.policy import Policy
from klankbord.suggestions.ask_if_solved import ask_if_solved, asks
from tests.klankbord.given import START_S, utterance

UNDER_WAY = Conversation(customer_turns=3, agent_turns=2)


def moment_of(
    conversation: Conversation = UNDER_WAY, *, unsure: float | None = 0.5, lately_asked: bool = False
) -> Moment:
    return Moment(conversation, {}, START_S, unsure, lately_asked)


def test_it_is_called_for_by_doubt() -> None:
    reason = ask_if_solved.why(moment_of())

    assert reason is not None
    assert (reason.signal, reason.strength) == ("unsure", 0.5)


@pytest.mark.parametrize(
    "not_now",
    [
        pytest.param(moment_of(unsure=None), id="no doubt"),
        pytest.param(moment_of(lately_asked=True), id="asked lately"),
        pytest.param(moment_of(Conversation(customer_turns=2, agent_turns=2)), id="too early for the customer"),
        pytest.param(moment_of(Conversation(customer_turns=3, agent_turns=1)), id="too early for the agent"),
        pytest.param(
            moment_of(Conversation(customer_turns=3, agent_turns=2, needs={"threat_to_self": Need(0.6, 1.0, 1)})),
            id="danger",
        ),
    ],
)
def test_it_is_not_called_for(not_now: Moment) -> None:
    assert ask_if_solved.why(not_now) is None


@pytest.mark.parametrize(
    "line",
    [
        "Is het zo opgelost voor u?",
        "Heb ik uw vraag zo beantwoord?",
        "Was this solved for you today?",
        "Great. Does that answer your question?",
    ],
)
def test_an_agent_who_asks_has_asked(line: str) -> None:
    assert asks(normal(clean(line)))


@pytest.mark.parametrize("line", ["Wat is uw postcode?", "I solved it for a neighbour.", "Dat los ik voor u op."])
def test_another_line_is_not_that_question(line: str) -> None:
    assert not asks(normal(clean(line)))


def observed(events: Sequence[Event], policy: Policy) -> list[Observation]:
    seen, now = [], Conversation(agent_id="agent-1")
    for event in events:
        seen.append(observe(now, event, policy))
        now = seen[-1].conversation
    return seen


# Whatever a turn sounds like, this policy is not sure of it, or always is.
NEVER_SURE = Policy(unsure_from=0.0, unsure_to=1.0)
ALWAYS_SURE = Policy(unsure_from=0.0, unsure_to=0.0)


def story(*, asked: bool) -> list[Event]:
    question = "Is het zo opgelost voor u?" if asked else "Ik heb het aangepast."
    lines = [
        ("ik krijg de app niet open", Role.CUSTOMER),
        ("Welke telefoon is het?", Role.AGENT),
        ("een gewone", Role.CUSTOMER),
        (question, Role.AGENT),
        ("ja ik zie iets", Role.CUSTOMER),
        ("Goed om te horen.", Role.AGENT),
        ("nou ja", Role.CUSTOMER),
    ]
    return [utterance(text, role, after_s=10.0 * n, number=n) for n, (text, role) in enumerate(lines)]


def test_in_doubt_it_is_offered_and_after_the_question_it_is_not() -> None:
    offered = [
        [suggestion.kind for suggestion in seen.suggestions] for seen in observed(story(asked=False), NEVER_SURE)
    ]
    asked = observed(story(asked=True), NEVER_SURE)

    assert [n for n, kinds in enumerate(offered) if "ask_if_solved" in kinds] == [4, 6]
    assert asked[-1].conversation.asked_at == START_S + 30
    assert [kinds for seen in asked for kinds in seen.suggestions if kinds.kind == "ask_if_solved"] == []


def test_without_doubt_it_is_never_offered() -> None:
    kinds = {one.kind for seen in observed(story(asked=False), ALWAYS_SURE) for one in seen.suggestions}

    assert "ask_if_solved" not in kinds
