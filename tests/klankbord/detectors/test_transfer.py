"""The customer is handed to somebody else."""

import pytest

from klankbord.detectors.transfer import ANNOUNCED, find
from klankbord.events import Language, Role
from tests.klankbord.given import announced, by_agent, happened, transferred, turn


def test_the_event_is_a_transfer() -> None:
    finding = find(happened(transferred()))

    assert finding is not None
    assert finding.strength == 1.0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("Ik verbind u door met contracten.", "nl", id="dutch"),
        pytest.param("I'll transfer you to billing.", "en", id="english"),
        pytest.param("ill transfer you to billing", "en", id="no apostrophe"),
    ],
)
def test_words_announce_a_transfer(text: str, language: Language) -> None:
    finding = find(by_agent(text, language))

    assert finding is not None
    assert finding.strength == ANNOUNCED


def test_an_announced_transfer_is_counted_once() -> None:
    finding = find(happened(transferred(after_s=30.0), announced(ANNOUNCED, after_s=0.0)))

    assert finding is not None
    assert finding.strength + ANNOUNCED == pytest.approx(1.0)


def test_the_same_announcement_twice_is_counted_once() -> None:
    before = announced(ANNOUNCED, after_s=0.0)

    assert find(turn("Ik verbind u nu door.", Role.AGENT, conversation=before, after_s=20.0)) is None


def test_a_transfer_long_after_an_announcement_is_another_one() -> None:
    finding = find(happened(transferred(after_s=900.0), announced(ANNOUNCED, after_s=0.0)))

    assert finding is not None
    assert finding.strength == 1.0


def test_a_customer_who_speaks_of_it_is_not_transferred() -> None:
    assert find(turn("ik verbind u door zeiden ze")) is None
