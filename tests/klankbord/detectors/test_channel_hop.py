"""The customer is sent elsewhere."""

import pytest

from klankbord.detectors.channel_hop import find
from klankbord.events import Channel, Language, Role
from tests.klankbord.given import context, happened, turn


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("Ga naar de website en vul het in.", "nl", id="website"),
        pytest.param("U kunt dat alleen online regelen.", "nl", id="alleen online"),
        pytest.param("Bel dit nummer.", "nl", id="bel"),
        pytest.param("You'll have to go to the website.", "en", id="website en"),
        pytest.param("Please call this line.", "en", id="call"),
    ],
)
def test_channel_hop_is_found(text: str, language: Language) -> None:
    finding = find(turn(text, Role.AGENT, language=language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("Ik dien de aanvraag hier voor u in.", "nl", id="done here"),
        pytest.param("I have done it for you.", "en", id="done here en"),
    ],
)
def test_this_is_no_channel_hop(text: str, language: Language) -> None:
    finding = find(turn(text, Role.AGENT, language=language))

    assert finding is None or finding.strength == 0


def test_the_other_side_does_not_make_it() -> None:
    assert find(turn("ga naar de website", Role.CUSTOMER)) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("ik heb al gemaild", "nl", id="mailed"),
        pytest.param("the website told me to contact chat", "en", id="from the website"),
    ],
)
def test_a_customer_who_came_from_another_channel_hopped(text: str, language: Language) -> None:
    assert find(turn(text, language=language)) is not None


def test_another_channel_before_is_a_hop() -> None:
    assert find(happened(context(previous_channel=Channel.EMAIL))) is not None
    assert find(happened(context(previous_channel=Channel.CHAT))) is None
    assert find(happened(context())) is None
