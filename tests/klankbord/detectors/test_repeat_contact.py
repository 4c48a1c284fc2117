"""The customer has been here before."""

import pytest

from klankbord.detectors.repeat_contact import find
from klankbord.events import Language, Role
from tests.klankbord.given import context, happened, turn


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("dit is al de derde keer dat ik bel", "nl", id="derde keer"),
        pytest.param("4e keer deze maand", "nl", id="4e keer"),
        pytest.param("heb ik vorige week ook al gemeld", "nl", id="vorige week"),
        pytest.param("ik heb al 3x gebeld", "nl", id="3x gebeld"),
        pytest.param("ik bel al weken", "nl", id="weken"),
        pytest.param("third time I'm calling", "en", id="third time"),
        pytest.param("this is the 2nd time ive called", "en", id="2nd time"),
        pytest.param("I've contacted you 3 times now", "en", id="3 times"),
        pytest.param("I've been calling for weeks", "en", id="weeks"),
    ],
)
def test_repeat_contact_is_found(text: str, language: Language) -> None:
    finding = find(turn(text, Role.CUSTOMER, language=language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("ik heb drie keer de verkeerde pincode ingetoetst", "nl", id="three times something else"),
        pytest.param("de derde knop doet het niet", "nl", id="ordinal alone"),
        pytest.param("I need two tickets", "en", id="count alone"),
    ],
)
def test_this_is_no_repeat_contact(text: str, language: Language) -> None:
    finding = find(turn(text, Role.CUSTOMER, language=language))

    assert finding is None or finding.strength == 0


def test_the_other_side_does_not_make_it() -> None:
    assert find(turn("dit is de derde keer dat ik bel", Role.AGENT)) is None


@pytest.mark.parametrize(
    ("contacts", "strength"),
    [pytest.param(1, 1 / 3, id="one"), pytest.param(3, 1.0, id="three"), pytest.param(9, 1.0, id="many")],
)
def test_recent_contacts_weigh_by_their_count(contacts: int, strength: float) -> None:
    finding = find(happened(context(recent_contacts=contacts)))

    assert finding is not None
    assert finding.strength == pytest.approx(strength)
    assert finding.amount == contacts


def test_a_first_contact_is_no_repeat_contact() -> None:
    assert find(happened(context(recent_contacts=0))) is None
    assert find(happened(context())) is None


def test_the_third_call_weighs_more_than_the_second() -> None:
    second, third = find(turn("de tweede keer dat ik bel")), find(turn("de derde keer dat ik bel"))

    assert second is not None
    assert third is not None
    assert second.strength < third.strength
