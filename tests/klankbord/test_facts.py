"""Who, where and since when: what an event changes before anything is scored."""

from datetime import timedelta
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace

from klankbord.conversation import Conversation
from klankbord.events import SCHEMA, Event, Role, Utterance
from klankbord.observation import observe
from klankbord.policy import Policy
from tests.klankbord.given import START, START_S, held, resumed, transferred, utterance, waited

CUSTOMER: Final = Role.CUSTOMER
AGENT: Final = Role.AGENT


def after(*events: Event, conversation: Conversation | None = None) -> Conversation:
    """The conversation after `events`, each with an id of its own."""
    now = conversation or Conversation()
    for number, event in enumerate(events, 0 if conversation is None else 100):
        event = replace(event, event_id=f"event-{number}")
        if isinstance(event, Utterance):
            event = replace(event, utterance_id=f"utterance-{number}")
        now = observe(now, event, Policy()).conversation
    return now


def customer_at(after_s: float, text: str = "waar is mijn pakket") -> Utterance:
    return utterance(text, CUSTOMER, after_s=after_s)


def agent_at(after_s: float, text: str = "ik kijk het na") -> Utterance:
    return utterance(text, AGENT, after_s=after_s)


def happening(kind: str, after_s: float, **fields: object) -> Event:
    """An event as it comes from the wire, `after_s` seconds after `START`."""
    common = {"schema": SCHEMA, "event_id": "event", "tenant": "demo", "conversation_id": "conversation-1"}
    at = START + timedelta(seconds=after_s)
    event: Event = msgspec.convert({"type": kind, **common, "channel": "chat", "at": at, **fields}, Event)
    return event


def test_a_customer_waits_from_the_first_unanswered_line() -> None:
    assert after(customer_at(0), customer_at(20)).waiting_since == START_S


@pytest.mark.parametrize("role", [Role.AGENT, Role.BOT])
def test_an_answer_ends_the_wait(role: Role) -> None:
    assert after(customer_at(0), utterance("ik kijk het na", role, after_s=5)).waiting_since is None


def test_a_notice_of_the_system_is_no_answer() -> None:
    assert after(customer_at(0), utterance("u bent de derde", Role.SYSTEM, after_s=5)).waiting_since == START_S


def test_a_partial_transcript_is_no_answer_and_no_turn() -> None:
    now = after(customer_at(0), replace(agent_at(5), is_final=False))

    assert now.waiting_since == START_S
    assert now.agent_turns == 0


def test_a_transfer_starts_a_wait() -> None:
    assert after(customer_at(0), agent_at(5), transferred(8)).waiting_since == START_S + 8


def test_a_transfer_does_not_shorten_a_wait() -> None:
    assert after(customer_at(0), transferred(8)).waiting_since == START_S


def test_a_hold_moves_the_wait_to_its_end() -> None:
    on_hold = after(customer_at(0), held(10))
    back = after(customer_at(0), held(10), resumed(70))

    assert on_hold.held_since == START_S + 10
    assert back.held_since is None
    assert back.waiting_since == START_S + 70


REFUSED: Final = "helaas kan ik daar niets aan doen"
SOLVED: Final = "ik heb het bedrag net voor u teruggestort, het staat vandaag op uw rekening"


def test_what_the_last_answer_meant_is_remembered_until_the_next() -> None:
    refused = after(customer_at(0), agent_at(5, REFUSED), customer_at(9), customer_at(12))
    solved = after(customer_at(20), agent_at(25, SOLVED), customer_at(29), conversation=refused)

    assert refused.denied > 0.5 > refused.solved
    assert solved.solved > 0.5 > solved.denied


def test_lines_in_a_row_are_one_answer() -> None:
    now = after(customer_at(0), agent_at(5, SOLVED), agent_at(7, "een ogenblik"))

    assert now.solved > 0.5


def test_an_answer_in_a_language_that_is_not_scored_means_nothing() -> None:
    before = after(customer_at(0), agent_at(5, SOLVED), customer_at(9))
    foreign = replace(agent_at(12, "es tut mir leid"), language="de")

    assert after(foreign, conversation=before).solved == 0.0


def test_a_hold_starts_no_wait() -> None:
    assert after(customer_at(0), agent_at(5), held(10), resumed(70)).waiting_since is None


def test_a_deadline_counts_the_wait_so_far() -> None:
    now = after(customer_at(0), waited(150))

    assert now.wait_counted_s == 150
    assert now.waiting_since == START_S


def test_a_deadline_that_the_answer_overtook_counts_nothing() -> None:
    assert after(customer_at(0), agent_at(10), waited(150)).wait_counted_s == 0


def test_the_end_ends_waits_and_holds() -> None:
    now = after(customer_at(0), held(10), happening("ended", 20))

    assert (now.waiting_since, now.held_since, now.ended_at) == (None, None, START_S + 20)


def test_who_and_where_stay_until_told_otherwise() -> None:
    now = after(replace(customer_at(0), queue="billing", team="south", agent_id="agent-1"), customer_at(5))

    assert (now.queue, now.team, now.agent_id) == ("billing", "south", "agent-1")


def test_after_a_transfer_the_queue_is_the_new_one_and_the_agent_nobody_yet() -> None:
    moved = happening("transferred", 5, agent_id="agent-1", to_queue="returns")
    now = after(replace(customer_at(0), queue="billing", agent_id="agent-1"), moved)

    assert (now.queue, now.agent_id) == ("returns", None)


def test_after_a_transfer_the_agent_is_whom_it_names_or_who_joins() -> None:
    moved = happening("transferred", 5, to_agent="agent-2")
    joined = happening("joined", 9, agent_id="agent-3")

    assert after(replace(customer_at(0), agent_id="agent-1"), moved).agent_id == "agent-2"
    assert after(replace(customer_at(0), agent_id="agent-1"), moved, joined).agent_id == "agent-3"


def test_the_start_is_the_start_event_or_else_the_first() -> None:
    started = happening("started", 3)

    assert after(customer_at(5), customer_at(9)).started_at == START_S + 5
    assert after(started, customer_at(9)).started_at == START_S + 3


def test_a_conversation_never_ends_before_it_began_whatever_two_clocks_say() -> None:
    began, ended = happening("started", 3600), happening("ended", 20)

    for now in (after(began, ended), after(ended, began)):
        assert (now.started_at, now.ended_at) == (START_S + 20, START_S + 20)


def test_a_second_final_of_an_utterance_is_no_turn_no_wait_and_no_answer() -> None:
    first = after(customer_at(0), agent_at(5))
    again = replace(customer_at(8), event_id="corrected", utterance_id="utterance-0")
    now = observe(first, again, Policy()).conversation

    assert now.customer_turns == 1
    assert now.waiting_since is None


def test_a_second_final_of_the_agent_ends_no_new_wait() -> None:
    waiting = after(customer_at(0), agent_at(5), customer_at(8))
    again = replace(agent_at(9), event_id="corrected", utterance_id="utterance-2")
    seen = observe(waiting, again, Policy())

    assert waiting.agent_turns == seen.conversation.agent_turns == 1
    assert seen.conversation.waiting_since == START_S + 8


def test_one_clear_line_settles_the_language() -> None:
    assert after(customer_at(0, "ik heb al drie keer gebeld en niemand helpt mij")).language == "nl"
    assert after(customer_at(0, "i have called three times and nobody helps me")).language == "en"


@pytest.mark.parametrize("line", ["ok", "John Smith", "1234 AB", "yes", "thank you so much for your help"])
def test_a_settled_language_is_not_flipped(line: str) -> None:
    dutch = after(customer_at(0, "ik heb al drie keer gebeld en niemand helpt mij"))

    assert after(customer_at(9, line), conversation=dutch).language == "nl"


@pytest.mark.parametrize("line", ["ok", "John Smith", "1234 AB 12", "0612345678"])
def test_a_line_without_a_language_settles_none(line: str) -> None:
    assert after(customer_at(0, line)).language is None


@pytest.mark.parametrize(("given", "language"), [("nl", "nl"), ("NL-be", "nl"), ("en_GB", "en")])
def test_what_the_source_says_of_the_language_counts(given: str, language: str) -> None:
    assert after(replace(customer_at(0, "ok"), language=given)).language == language


def test_a_language_we_cannot_score_is_counted_but_not_scored() -> None:
    line = replace(customer_at(0, "c'est ridicule, this is ridiculous, belachelijk"), language="fr")
    seen = observe(Conversation(), line, Policy())

    assert seen.conversation.customer_turns == 1
    assert seen.conversation.waiting_since == START_S
    assert seen.conversation.emotions == {}
    assert seen.signals == ()


def test_what_a_customer_is_worth_is_remembered_until_told_otherwise_and_gone_after_an_objection() -> None:
    known = happening("context", 0, lifetime_value=9_000.0)
    silent = happening("context", 1, recent_contacts=2)
    objects = happening("objected", 5)

    assert after(known, silent, customer_at(2)).lifetime_value == 9_000.0
    assert after(known, objects).lifetime_value == 0.0
