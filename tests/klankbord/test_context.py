"""What a turn and a conversation are judged by."""

from klankbord.context import of_conversation, of_turn
from klankbord.conversation import Conversation
from klankbord.events import Role
from klankbord.policy import Policy
from klankbord.signals import Dimension, Signal
from tests.klankbord.given import said

POLICY = Policy()
ANGRY = Signal("anger", Dimension.EMOTION, 0.8)
AGAIN = Signal("repetition", Dimension.EFFORT, 0.9)


def test_only_a_customer_is_judged() -> None:
    for role in (Role.AGENT, Role.BOT, Role.SYSTEM):
        assert of_turn(Conversation(), said("Dit is schandalig!", role), (ANGRY,), POLICY) == {}
    assert of_turn(Conversation(), None, (), POLICY) == {}


def test_a_turn_is_judged_by_its_words_its_shape_and_what_it_tells() -> None:
    numbers = of_turn(Conversation(customer_turns=1), said("DIT IS DE DERDE KEER!!"), (ANGRY, AGAIN), POLICY)

    assert numbers["anger"] == 0.72
    assert numbers["told of work"] == 0.45
    assert numbers["capitals"] == 1.0
    assert numbers["exclamations"] > 0.5
    assert "words of an opening" not in numbers


def test_a_short_answer_carries_the_mood_of_the_conversation() -> None:
    before = Conversation(customer_turns=3, mood=0.8, denied=0.7, drivers={"dead_end": 1.0}, hardest={"dead_end": 2.0})

    numbers = of_turn(before, said("ja"), (), POLICY)

    assert numbers["mood"] == numbers["mood of few words"] == 0.8
    assert numbers["turned away"] == 0.7
    assert numbers["work before"] > 0.0
    assert numbers["hardest before"] > 0.0


def test_what_the_last_answer_meant_and_that_the_customer_came_before_count() -> None:
    before = Conversation(customer_turns=3, solved=0.9, denied=0.2, hardest={"repeat_contact": 0.7})

    numbers = of_turn(before, said("ja"), (), POLICY)

    assert (numbers["solved"], numbers["turned away"], numbers["contacted before"]) == (0.9, 0.2, 0.7)
    assert of_conversation(before, POLICY)["solved"] == 0.9


def test_an_easy_conversation_has_nothing_that_speaks_for_a_supervisor() -> None:
    assert set(of_conversation(Conversation(customer_turns=4), POLICY)) == set()
