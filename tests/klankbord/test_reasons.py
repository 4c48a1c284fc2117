"""Why a customer makes contact: the first turns vote, and the conversation remembers who leads."""

from typing import Final

import pytest
from msgspec.structs import replace

from klankbord.conversation import MAX_BYTES, Conversation, Evidence
from klankbord.events import Language, Role
from klankbord.models.reasons import known, model
from klankbord.policy import Policy
from klankbord.reasons import KEPT_VOTES, TURNS_READ, answers, lead, leading, voted
from klankbord.replay import replay
from klankbord.taxonomy import Heard, Reason, Said, Taxonomy
from tests.klankbord.given import said, utterance

LATE: Final = "mijn pakket is te laat, het zou dinsdag bezorgd worden"
LOGIN: Final = "i forgot my password and can't log in"
WHY: Final = Said("Daarom.", "Because.")
TAXONOMY: Final = Taxonomy(
    {"delivery": Said("Bezorging", "Delivery")},
    {
        "delivery.late": Reason("Te laat", "Late", "partly", "partly", "no", WHY),
        "delivery.lift": Reason("Lift", "Lift", "no", "yes", "no", WHY, Heard(nl=("verhuislift",))),
    },
)


def heard(*lines: str, language: Language = "nl", taxonomy: Taxonomy | None = None) -> Conversation:
    now = Conversation()
    for line in lines:
        now = voted(now, said(line, language=language), taxonomy or Taxonomy())
    return now


@pytest.mark.parametrize("language", ["nl", "en"])
def test_both_languages_know_the_same_reasons(language: Language) -> None:
    assert model(language).names == ("none", *known())


@pytest.mark.parametrize(
    ("line", "language", "reason"),
    [
        (LATE, "nl", "delivery.late"),
        ("ik wil mijn abonnement opzeggen", "nl", "contract.cancel"),
        ("mijn pinpas is gestolen, kunt u hem blokkeren", "nl", "bank.card"),
        (LOGIN, "en", "account.login"),
        ("i want to book a flight to boston", "en", "travel.ticket"),
        ("there is a transaction on my card i don't recognise", "en", "bank.fraud"),
    ],
)
def test_a_plain_request_tells_its_reason(line: str, language: Language, reason: str) -> None:
    assert heard(line, language=language).reason == reason


@pytest.mark.parametrize("line", ["ok", "ja hoor, dank u wel", "goedemorgen mevrouw", "Thanks!", "👍", ""])
def test_a_courtesy_adds_nothing(line: str) -> None:
    assert heard(line) == Conversation()


def test_who_is_no_customer_has_no_vote() -> None:
    assert voted(Conversation(), said(LATE, Role.AGENT), Taxonomy()) == Conversation()


@pytest.mark.parametrize("line", ["zet een wekker voor zeven uur", "wat is de hoofdstad van peru"])
def test_what_no_contact_centre_is_asked_stays_unknown(line: str) -> None:
    assert heard(line).reason == ""


def test_after_so_many_turns_nothing_is_read() -> None:
    full = heard(*[LATE] * TURNS_READ)

    assert heard(*[LATE] * TURNS_READ, "ik wil mijn abonnement opzeggen") == full


def test_few_votes_are_kept_the_most_first() -> None:
    votes = heard(LATE, "ik wil mijn abonnement opzeggen", "en mijn factuur klopt niet, en de app doet het niet")

    assert len(votes.reason_votes) <= KEPT_VOTES
    assert list(votes.reason_votes.values()) == sorted(votes.reason_votes.values(), reverse=True)


def test_a_small_lead_is_unknown() -> None:
    votes = {"delivery.late": 0.5, "delivery.where": 0.4}

    assert leading(votes, 0.25) == ""
    assert leading(votes, 0.05) == "delivery.late"
    assert leading({}, 0.25) == ""


def test_another_reason_may_overtake_and_bring_its_words() -> None:
    cancel = "ik wil mijn abonnement opzeggen"

    overtaken = heard(LATE, cancel, cancel, cancel, cancel)

    assert overtaken.reason == "contract.cancel"
    assert overtaken.reason_words in cancel


def test_the_words_that_told_it_are_quoted_without_personal_data() -> None:
    now = heard("mijn pakket is te laat, bel 06-12345678")

    assert "06" not in now.reason_words
    assert now.reason_words in "mijn pakket is te laat, bel [phone]"
    assert now.reason_words


def test_a_phrase_of_the_tenant_decides() -> None:
    now = heard(LATE, LATE, "en de verhuislift dan", taxonomy=TAXONOMY)

    assert now.reason == "delivery.lift"
    assert now.reason_words == "verhuislift"


def test_a_reason_that_the_tenant_removed_is_unknown() -> None:
    assert heard("ik wil mijn abonnement opzeggen", taxonomy=TAXONOMY).reason == ""


def test_reasons_that_count_as_one_add_up() -> None:
    same = replace(TAXONOMY.reasons["delivery.late"], same_as="delivery.late")
    joined = replace(TAXONOMY, reasons={**TAXONOMY.reasons, "delivery.where": same, "delivery.missing": same})

    assert lead(heard(LATE, taxonomy=joined)) >= lead(heard(LATE, taxonomy=TAXONOMY))


def test_the_answers_are_the_taxonomys_with_the_facts_of_the_conversation() -> None:
    hop = Evidence("channel_hop", 0.8, 0.0, "on the website")
    now = Conversation(reason="delivery.late", evidence=(hop,))

    found = {answer.question: (answer.label, answer.facts) for answer in answers(now, TAXONOMY)}

    assert found == {
        "preventable": ("partly", ()),
        "self_service": ("partly", (hop,)),
        "automatable": ("no", ()),
    }


def test_a_contact_that_comes_again_could_have_been_prevented() -> None:
    again = Evidence("repeat_contact", 0.9, 0.0, "third time")

    answer = answers(Conversation(reason="delivery.late", evidence=(again,)), TAXONOMY)[0]

    assert (answer.question, answer.label, answer.facts) == ("preventable", "yes", (again,))


def test_nothing_is_answered_of_an_unknown_reason() -> None:
    assert answers(Conversation(), TAXONOMY) == ()


def test_an_observation_says_when_the_reason_becomes_known_and_not_again() -> None:
    policy = Policy(languages=("nl",))

    seen = list(replay([utterance(LATE, number=1), utterance("het is bestelling 12", number=2)], policy))

    assert [observation.reason for observation in seen] == ["delivery.late", None]
    assert seen[-1].conversation.reason == "delivery.late"


def test_the_files_are_small() -> None:
    assert MAX_BYTES == 4096
    for language in ("nl", "en"):
        header = model(language).header
        assert header["features"] * (len(header["heads"]) + 1) + header["feature_bytes"] < 800_000
