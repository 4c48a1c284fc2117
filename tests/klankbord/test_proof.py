"""What an alert shows of why it opened, and what it does not show."""

from typing import Final

import pytest
from msgspec.structs import replace

from klankbord.alerting import MOST_CAUSES, Alert
from klankbord.events import Event, Role
from klankbord.policy import Policy, Rule, threshold
from klankbord.proof import MAX_PATH, MAX_SENTENCE_CHARS
from klankbord.replay import replay
from klankbord.rules import PhraseList
from tests.klankbord.given import utterance

ANGRY: Final = threshold("anger", 0.5, 0.2, "critical", "Klant is boos", "Customer is angry")
POLICY: Final = Policy(rules={"angry": ANGRY})
FURIOUS: Final = "Ik ben woedend"
HOPELESS: Final = "ik zie het niet meer zitten"


def opened(*events: Event, policy: Policy = POLICY) -> Alert:
    """The alert that the last of these events opens."""
    *_, seen = replay(events, policy)
    return next(alert for alert in seen.alerts if alert.state == "opened")


def marked(alert: Alert) -> list[str]:
    return [alert.sentence[start:end] for start, end in alert.marks]


def test_an_alert_shows_the_sentence_of_its_cause_with_the_words_that_count() -> None:
    alert = opened(utterance(f"Goedemorgen. {FURIOUS} over deze rekening! Wat nu?"))

    assert alert.sentence.strip() == f"{FURIOUS} over deze rekening!"
    assert "woedend" in marked(alert)[0]
    assert alert.causes[0].utterance_id == "utterance-1"
    assert alert.cause == alert.causes[0]


EFFORT: Final = Policy(rules={"hard": threshold("effort", 1.2, 1.1, "info", "x", "x")})
WORRIED: Final = Policy(rules={"worried": threshold("anxiety", 0.5, 0.2, "info", "x", "x")})
SOUR: Final = Policy(rules={"sour": threshold("frustration", 0.5, 0.2, "info", "x", "x")})


def test_the_words_of_all_causes_in_the_sentence_are_marked() -> None:
    alert = opened(
        utterance("hallo"),
        utterance("Machtigingen doen wij hier niet, ik zet u door naar de collega's.", Role.AGENT, number=2),
        policy=EFFORT,
    )

    assert marked(alert) == ["doen wij hier niet", "ik zet u door"]


@pytest.mark.parametrize(
    ("text", "policy", "words"),
    [
        pytest.param(
            "dan zeg ik het op. ben klaar met jullie, ga wel naar een ander",
            *(POLICY, "ben klaar met jullie"),
            id="listed words before heard ones",
        ),
        pytest.param(
            "maar het portaal zit achter dezelfde login. die dus niet werkt. this makes no sense",
            *(SOUR, "makes no sense"),
            id="in one sentence",
        ),
        pytest.param(
            "ik lig er 's nachts wakker van eerlijk gezegd", WORRIED, "'s nachts wakker van", id="with its apostrophe"
        ),
        pytest.param("Het witte dus, dat zei ik net al ;)", EFFORT, "dat zei ik net al", id="without the comma before"),
    ],
)
def test_marks_are_the_words_that_a_reader_would_point_at(text: str, policy: Policy, words: str) -> None:
    assert marked(opened(utterance("hallo daar"), utterance(text, number=2, after_s=9), policy=policy)) == [words]


def test_marks_stand_where_they_should_when_personal_data_goes() -> None:
    alert = opened(
        utterance("hallo"),
        utterance(
            "Voor 06-12345678 doen wij hier niet aan, ik zet u door naar jan@example.org toe.", Role.AGENT, number=2
        ),
        policy=EFFORT,
    )

    assert alert.sentence == "Voor [phone] doen wij hier niet aan, ik zet u door naar [email] toe."
    assert "ik zet u door" in marked(alert)


def test_a_long_sentence_is_shown_as_far_as_there_is_room_on_both_sides() -> None:
    text = (
        "elke keer wordt mij beloofd dat het wordt aangepast en elke keer staat die 380 euro er gewoon weer op "
        "belachelijk gewoon"
    )
    assert opened(utterance(text)).sentence == text


def test_an_alert_says_what_opened_it_and_what_will_clear_it() -> None:
    alert = opened(utterance(FURIOUS))

    assert (alert.when, alert.until) == ("anger >= raise_at", "anger < release_at")
    assert alert.numbers == {"raise_at": 0.5, "release_at": 0.2}
    assert alert.value >= 0.5


def test_without_a_condition_of_its_own_the_opposite_clears_an_alert() -> None:
    alert = opened(utterance(FURIOUS), policy=Policy(rules={"angry": replace(ANGRY, until="")}))

    assert alert.until == "!(anger >= raise_at)"


def test_nothing_but_the_end_of_the_conversation_clears_a_threat() -> None:
    alert = opened(utterance(HOPELESS), policy=Policy())

    assert (alert.rule, alert.until) == ("threat", "")


def test_an_alert_shows_at_most_three_causes_the_strongest_first() -> None:
    words = "Ik heb het al drie keer gevraagd en niemand helpt mij, dit is belachelijk, ik wil een leidinggevende"
    alert = opened(utterance(words), policy=Policy(rules={"stuck": threshold("effort", 1.2, 1.1, "info", "x", "x")}))

    assert 1 < len(alert.causes) <= MOST_CAUSES
    weights = [Policy().drivers[cause.signal].weight * cause.strength for cause in alert.causes]
    assert weights == sorted(weights, reverse=True)


def test_the_path_is_the_course_of_the_score_that_the_rule_watches() -> None:
    talk = [utterance(f"Regel nummer {n}", number=n, after_s=n * 10.0) for n in range(1, 15)]
    alert = opened(*talk, utterance(FURIOUS, number=15, after_s=150.0))

    assert alert.path_of == "valence"
    assert len(alert.path) == MAX_PATH
    assert alert.path[-1][0] == 140
    assert alert.path[-1][1] < alert.path[0][1]


@pytest.mark.parametrize(
    ("when", "path_of"),
    [
        pytest.param("effort >= 1", "effort", id="effort"),
        pytest.param("waited_s >= 0", "effort", id="a wait"),
        pytest.param("repetition >= 0", "effort", id="a driver"),
        pytest.param("joy >= 0", "valence", id="a feeling"),
        pytest.param("rise(effort, 60) >= 0", "effort", id="a trend"),
        pytest.param("channel == 'chat'", "", id="no score"),
    ],
)
def test_the_path_is_of_the_score_that_moves_with_what_is_watched(when: str, path_of: str) -> None:
    rule = Rule(when=when, severity="info", nl="x", en="x")

    assert opened(utterance("Hallo"), policy=Policy(rules={"one": rule})).path_of == path_of


def test_personal_data_is_never_in_the_sentence() -> None:
    alert = opened(utterance(f"{FURIOUS}, bel mij op 06-12345678 of mail jan@example.org"))

    assert alert.sentence == f"{FURIOUS}, bel mij op [phone] of mail [email]"
    assert "06" not in str(alert)
    assert "example" not in str(alert)


def test_a_sentence_that_tells_of_a_need_is_not_shown() -> None:
    alert = opened(utterance(f"{FURIOUS} want mijn man is overleden en nu dit"))

    assert alert.sentence == ""
    assert "overleden" not in str(alert)


def test_of_a_threat_the_whole_sentence_is_shown() -> None:
    alert = opened(utterance("Ik zie het niet meer zitten"), policy=Policy(rules={}))

    assert alert.rule == "threat"
    assert alert.sentence == "Ik zie het niet meer zitten"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("en dan nog iets " * 60 + HOPELESS + " en nog meer" * 60, id="words around"),
        pytest.param("x" * 5_000 + " " + HOPELESS, id="no space before"),
        pytest.param(HOPELESS + " 06-12345678" * 100, id="numbers after"),
        pytest.param(HOPELESS + " a@b.co" * 100, id="placeholders longer than what they stand for"),
    ],
)
def test_a_sentence_is_never_longer_than_one_reads(text: str) -> None:
    alert = opened(utterance(text), policy=Policy(rules={}))

    assert 0 < len(alert.sentence) <= MAX_SENTENCE_CHARS
    assert "zitten" in marked(alert)[0]


def test_the_sentence_of_an_earlier_utterance_is_not_kept() -> None:
    patient = Policy(rules={"angry": replace(ANGRY, for_turns=2, numbers={"raise_at": 0.3, "release_at": 0.2})})
    alert = opened(utterance(FURIOUS), utterance("Hallo?", number=2), policy=patient)

    assert alert.causes[0].utterance_id == "utterance-1"
    assert (alert.sentence, alert.marks) == ("", ())


def test_a_phrase_that_a_rule_asks_for_is_its_proof() -> None:
    refuses = Rule(when="said.refuses == 0", severity="info", nl="x", en="x")
    lists = {"refuses": PhraseList(role=Role.AGENT, nl=("daar doen wij niet aan",))}
    alert = opened(
        utterance("Kunt u dat doen?", number=2),
        utterance("Helaas. Daar doen wij niet aan, mevrouw.", Role.AGENT),
        policy=Policy(languages=("nl",), rules={"refuses": refuses}, phrases=lists),
    )

    assert alert.causes[0].signal == "said.refuses"
    assert marked(alert) == ["Daar doen wij niet aan"]


def test_proof_is_on_the_alert_that_opened_and_never_in_the_state() -> None:
    *_, seen = replay(
        [utterance(f"{FURIOUS} over deze rekening die ik vorige week al heb betaald aan de balie")], POLICY
    )

    assert "aan de balie" in seen.alerts[0].sentence
    assert seen.alerts[0].sentence not in str(seen.conversation)
