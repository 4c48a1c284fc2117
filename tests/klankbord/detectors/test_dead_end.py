"""The customer hears that it cannot be done here."""

import pytest

from klankbord.detectors.dead_end import find
from klankbord.events import Language, Role
from tests.klankbord.given import turn


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("Daar ga ik niet over.", "nl", id="daar ga ik niet over"),
        pytest.param("dat kan ik helaas niet", "nl", id="helaas niet"),
        pytest.param("Dat is ons beleid.", "nl", id="beleid"),
        pytest.param("That's our policy.", "en", id="policy"),
        pytest.param("Unfortunately I can't do that.", "en", id="unfortunately"),
        pytest.param("unfortunately i cant", "en", id="no apostrophe"),
        pytest.param("I am unable to reissue it.", "en", id="unable"),
    ],
)
def test_dead_end_is_found(text: str, language: Language) -> None:
    finding = find(turn(text, Role.AGENT, language=language))

    assert finding is not None
    assert finding.strength >= 0.5
    assert finding.span is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("Dat is gelukkig niet nodig.", "nl", id="niet nodig"),
        pytest.param("Dat kan hier.", "nl", id="dat kan"),
        pytest.param("That is no trouble.", "en", id="no trouble"),
    ],
)
def test_this_is_no_dead_end(text: str, language: Language) -> None:
    finding = find(turn(text, Role.AGENT, language=language))

    assert finding is None or finding.strength == 0


def test_the_other_side_does_not_make_it() -> None:
    assert find(turn("dat kan ik helaas niet", Role.CUSTOMER)) is None
