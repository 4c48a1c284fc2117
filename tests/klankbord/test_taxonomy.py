"""What an operator may write of contact reasons, and how mistakes in it are told."""

from pathlib import Path
from typing import Final

import pytest

from klankbord.errors import InvalidConfiguration
from klankbord.models.reasons import known
from klankbord.taxonomy import QUESTIONS, Said, Taxonomy, read_taxonomy

SHIPPED: Final = Path(__file__).parents[2] / "config" / "reasons.toml"
LABELS: Final = """
preventable = "yes"
self_service = "partly"
automatable = "no"
why = { nl = "Daarom.", en = "Because." }
"""
DELIVERY: Final = f"""
[delivery]
nl = "Bezorging"
en = "Delivery"

[delivery.late]
nl = "Te laat"
en = "Late"
{LABELS}
"""
LIFT: Final = f"""
[delivery.lift]
nl = "Verhuislift"
en = "Furniture lift"
{LABELS}
phrases = {{ nl = ["Verhuislift", "’t liftje"], en = ["furniture lift"] }}
"""


def read(text: str) -> Taxonomy:
    return read_taxonomy(text, source="our-reasons.toml", known=known())


def mistakes(text: str) -> list[str]:
    with pytest.raises(InvalidConfiguration) as error:
        read(text)
    return error.value.mistakes


def test_the_shipped_taxonomy_names_and_answers_every_reason_that_the_models_know() -> None:
    taxonomy = read(SHIPPED.read_text(encoding="utf-8"))

    assert set(taxonomy.reasons) == set(known())
    assert {reason.split(".")[0] for reason in known()} == set(taxonomy.groups)
    for reason in taxonomy.reasons.values():
        assert all((reason.nl, reason.en, reason.why.nl, reason.why.en))
        assert all(getattr(reason, question) in ("yes", "partly", "no") for question in QUESTIONS)


def test_without_a_taxonomy_a_reason_goes_by_its_id() -> None:
    assert Taxonomy().place("delivery.late") == "delivery.late"
    assert Taxonomy().name("delivery.late") == Said("delivery.late", "delivery.late")


def test_a_reason_goes_by_the_name_that_the_tenant_gave() -> None:
    assert read(DELIVERY).name("delivery.late") == Said("Te laat", "Late")


def test_a_reason_that_was_removed_is_unknown() -> None:
    assert read(DELIVERY).place("delivery.where") == ""


def test_a_reason_may_count_as_another() -> None:
    where = DELIVERY.replace("delivery.late", "delivery.where") + 'same_as = "delivery.late"\n'

    assert read(DELIVERY + where.partition("\n\n")[2]).place("delivery.where") == "delivery.late"


@pytest.mark.parametrize(
    ("line", "language"),
    [("kan er een verhuislift mee", "nl"), ("met 't liftje graag", "nl"), ("i need a furniture lift", "en")],
)
def test_a_phrase_of_the_tenant_is_found(line: str, language: str) -> None:
    spoken = read(DELIVERY + LIFT).spoken(line, "nl" if language == "nl" else "en")

    assert spoken is not None
    assert spoken[0] == "delivery.lift"


def test_an_id_that_nothing_can_tell_is_refused_with_the_nearest() -> None:
    assert mistakes(DELIVERY.replace("delivery.late", "delivery.lat")) == [
        "our-reasons.toml: [delivery.lat]: no model knows it and it has no phrases to be told by; "
        "did you mean 'delivery.late'?"
    ]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        pytest.param("delivery = 3", "delivery: is no table", id="no table"),
        pytest.param("[delivery\n", "Expected", id="no toml"),
        pytest.param(DELIVERY.replace('"partly"', '"maybe"'), "[delivery.late]: Invalid enum value 'maybe' - at "
                     "`$.self_service`", id="no label"),
        pytest.param(DELIVERY.replace('en = "Late"', ""), "[delivery.late]: Object missing required field `en`",
                     id="no name"),
        pytest.param(DELIVERY.replace('en = "Delivery"', ""), "[delivery]: Object missing required field `en`",
                     id="a group without a name"),
        pytest.param(DELIVERY + 'same_as = "delivery.lates"', "[delivery.late] same_as: there is no 'delivery.lates'; "
                     "did you mean 'delivery.late'?", id="same as nothing"),
        pytest.param(DELIVERY + LIFT + LIFT.replace("delivery.lift", "delivery.crane"),
                     "[delivery.crane] phrases.nl: 'Verhuislift' already decides for 'delivery.lift'", id="one phrase"),
        pytest.param(DELIVERY + LIFT.replace("delivery.lift", 'delivery."Big lift"'), "[delivery.Big lift]: an id is",
                     id="no id"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(text: str, mistake: str) -> None:
    assert any(mistake in found and found.startswith("our-reasons.toml: ") for found in mistakes(text))
