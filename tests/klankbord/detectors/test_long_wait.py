"""The customer waits longer for an answer than the channel has made normal."""

import pytest

from klankbord.conversation import Conversation
from klankbord.detectors.long_wait import SAID, find
from klankbord.events import Channel, Language, Role
from tests.klankbord.given import START_S, happened, turn, waited

WAITING = Conversation(waiting_since=START_S)


@pytest.mark.parametrize(
    ("after_s", "strength"),
    [
        pytest.param(91.0, 1 / 360, id="just past the normal"),
        pytest.param(270.0, 0.5, id="three minutes past"),
        pytest.param(3600.0, 1.0, id="an hour is full"),
    ],
)
def test_a_late_answer_in_a_chat_is_a_long_wait(after_s: float, strength: float) -> None:
    finding = find(turn("Daar ben ik weer.", Role.AGENT, conversation=WAITING, after_s=after_s))

    assert finding is not None
    assert finding.strength == pytest.approx(strength)
    assert finding.amount == after_s


@pytest.mark.parametrize(
    ("channel", "after_s"),
    [
        pytest.param(Channel.CHAT, 90.0, id="a minute and a half in a chat"),
        pytest.param(Channel.WHATSAPP, 299.0, id="five minutes in WhatsApp"),
        pytest.param(Channel.EMAIL, 80_000.0, id="most of a day by e-mail"),
    ],
)
def test_what_the_channel_made_normal_is_no_long_wait(channel: Channel, after_s: float) -> None:
    assert find(turn("Daar ben ik.", Role.AGENT, conversation=WAITING, after_s=after_s, channel=channel)) is None


def test_a_deadline_that_passes_is_a_long_wait() -> None:
    finding = find(happened(waited(180.0), WAITING))

    assert finding is not None
    assert finding.strength == pytest.approx(0.25)
    assert finding.amount == 180.0


def test_seconds_that_count_already_do_not_count_again() -> None:
    counted = Conversation(waiting_since=START_S, wait_counted_s=180.0)

    finding = find(turn("Daar ben ik weer.", Role.AGENT, conversation=counted, after_s=216.0))

    assert finding is not None
    assert finding.strength == pytest.approx(0.1)
    assert find(happened(waited(180.0), counted)) is None


def test_a_hold_is_not_counted_as_a_wait_too() -> None:
    on_hold = Conversation(waiting_since=START_S, held_since=START_S)

    assert find(happened(waited(300.0, Channel.VOICE), on_hold)) is None


def test_who_waits_for_nothing_does_not_wait() -> None:
    assert find(turn("Bent u er nog?", Role.AGENT, after_s=900.0)) is None
    assert find(turn("nog een vraag", conversation=WAITING, after_s=900.0)) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("ik wacht al een half uur", "nl", id="half uur"),
        pytest.param("ik heb 40 minuten in de wacht gestaan", "nl", id="in de wacht"),
        pytest.param("been on hold for 40 minutes", "en", id="on hold"),
        pytest.param("I have been waiting for over an hour", "en", id="over an hour"),
    ],
)
def test_a_wait_that_the_customer_tells_of_is_moderate(text: str, language: Language) -> None:
    finding = find(turn(text, language=language))

    assert finding is not None
    assert finding.strength == SAID
