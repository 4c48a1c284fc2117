"""The customer may be no further: how likely an answer refuses what was asked, or sends elsewhere."""

import pytest

from klankbord.conversation import Conversation
from klankbord.detectors.turned_away import find
from klankbord.events import Language, Role
from klankbord.observation import Observation, observe
from klankbord.policy import Policy
from tests.klankbord.given import turn, utterance

POLICY = Policy()
DOUBTFUL = "Dan moet u dat aan de winkel vragen."
FAINT = "U kunt het formulier zelf nog eens invullen."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param(DOUBTFUL, "nl", id="ask the shop, Dutch"),
        pytest.param("Then you need to ask the shop about that.", "en", id="ask the shop, English"),
        pytest.param("Ik zie hier geen melding van u.", "nl", id="no report"),
        pytest.param("That is not in our system.", "en", id="not in the system"),
    ],
)
@pytest.mark.parametrize("role", [Role.AGENT, Role.BOT])
def test_an_answer_that_may_be_a_refusal_is_found(text: str, language: Language, role: Role) -> None:
    finding = find(turn(text, role, language=language))

    assert finding is not None
    assert 0.3 <= finding.strength <= 1.0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("Wat is uw klantnummer?", "nl", id="a question, Dutch"),
        pytest.param("What is your customer number?", "en", id="a question, English"),
        pytest.param("Ik heb het voor u aangepast.", "nl", id="done, Dutch"),
        pytest.param("I have changed it for you.", "en", id="done, English"),
    ],
)
def test_questions_and_solutions_turn_nobody_away(text: str, language: Language) -> None:
    assert find(turn(text, Role.AGENT, language=language)) is None


def test_what_a_customer_says_is_no_answer() -> None:
    assert find(turn(DOUBTFUL, Role.CUSTOMER)) is None


def _told(*lines: tuple[Role, str]) -> Observation:
    conversation = Conversation(language="nl")
    for number, (role, text) in enumerate(lines):
        seen = observe(conversation, utterance(text, role, number=number, after_s=20.0 * number), POLICY)
        conversation = seen.conversation
    return seen


def test_its_words_are_shown_where_no_other_detector_is_sure() -> None:
    shown = {signal.kind: signal.words for signal in _told((Role.AGENT, DOUBTFUL)).signals}

    assert shown.keys() == {"turned_away"}
    assert "winkel" in shown["turned_away"]


def test_it_is_not_shown_beside_one_that_is_sure() -> None:
    seen = _told((Role.AGENT, "Dat is helaas niet mogelijk."))

    assert {signal.kind for signal in seen.signals} == {"dead_end"}
    assert seen.conversation.drivers.keys() == {"dead_end", "turned_away"}


def test_one_that_is_too_faint_to_show_counts() -> None:
    seen = _told((Role.AGENT, FAINT))

    assert seen.signals == ()
    assert seen.conversation.drivers.keys() == {"turned_away"}
    assert seen.conversation.effort > 1.0


def test_several_add_up_and_thanks_release_them() -> None:
    once, twice = _told((Role.AGENT, DOUBTFUL)), _told((Role.AGENT, DOUBTFUL), (Role.AGENT, FAINT))
    gone_on = _told((Role.AGENT, DOUBTFUL), (Role.CUSTOMER, "ik kom morgen langs met mijn broer"))
    thanked = _told((Role.AGENT, DOUBTFUL), (Role.CUSTOMER, "heel erg bedankt voor uw hulp"))

    assert once.conversation.effort < twice.conversation.effort
    assert thanked.conversation.effort < gone_on.conversation.effort
