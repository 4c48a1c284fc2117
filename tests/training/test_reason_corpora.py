"""What teaches the contact reasons teaches reasons that exist."""

import pytest

from klankbord.models.reasons import known, model
from training import reason_corpora
from training.reason_corpora import (
    BANKING77,
    CFPB,
    CLINC150,
    LICENCES,
    MOST_OF_ONE,
    MULTIDOGO,
    NONE,
    Asked,
    few,
    written,
)


@pytest.mark.parametrize(
    "mapped",
    [
        pytest.param(set(BANKING77.values()), id="banking77"),
        pytest.param(set(CLINC150.values()) - {NONE}, id="clinc150"),
        pytest.param(set(MULTIDOGO.values()) - {NONE}, id="multidogo"),
        pytest.param({reason for _, _, reason in CFPB}, id="cfpb"),
    ],
)
def test_an_intent_is_mapped_to_a_reason_that_exists(mapped: set[str]) -> None:
    assert mapped <= set(known())


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_reason_has_plain_lines_of_our_own(language: str) -> None:
    assert {line.reason for line in written() if line.language == language} == {*known(), NONE}


def test_one_reason_of_one_set_is_not_most_of_what_is_taught() -> None:
    many = [Asked("banking77", "en", "bank.card", f"my card {number}") for number in range(2 * MOST_OF_ONE)]

    assert len(few(many)) == MOST_OF_ONE
    assert few(many) == few(reversed(many))


def test_a_weight_file_says_what_taught_it_and_under_which_licence() -> None:
    assert model("en").header["data"] == LICENCES
    assert model("nl").header["data"].items() >= LICENCES.items()
    assert reason_corpora.WRITTEN.exists()
