"""How positive or negative words are."""

import time
from importlib.resources import files

import pytest
from vaderSentiment import vaderSentiment as english_vader

from klankbord.events import Language
from klankbord.polarity import MAX_CHARS, MAX_WORDS_SHOWN, polarity

ENTRIES = [
    line.split("\t")
    for line in files("klankbord.lexicons").joinpath("valence_nl.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def nl(text: str) -> float:
    return polarity(text, "nl").compound


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("dit werkt niet", id="after the verb"),
        pytest.param("dat helpt me niet", id="after the object"),
        pytest.param("ik snap het niet", id="at the end"),
        pytest.param("het werkt bij mij nog steeds niet", id="five words away"),
        pytest.param("het lukt maar niet", id="after a particle"),
        pytest.param("Leuk vind ik het niet.", id="turned round"),
        pytest.param("omdat het niet werkt", id="before the verb"),
        pytest.param("niet leuk", id="before an adjective"),
        pytest.param("klopt niet", id="no subject"),
        pytest.param("ik ben niet erg blij", id="before a booster"),
        pytest.param("geen goede service", id="geen"),
        pytest.param("dit is verre van goed", id="verre van"),
        pytest.param("allesbehalve tevreden", id="allesbehalve"),
        pytest.param("nauwelijks bruikbaar", id="nauwelijks"),
        pytest.param("niemand reageert", id="niemand"),
        pytest.param("ik heb nog steeds niets ontvangen", id="niets"),
        pytest.param("níet blij", id="stressed"),
        pytest.param("nieeeet leuk", id="stretched"),
    ],
)
def test_a_negation_on_either_side_makes_good_bad(text: str) -> None:
    assert nl(text) < -0.2


@pytest.mark.parametrize("text", ["niet slecht", "geen probleem", "zonder problemen geholpen", "het is niet erg"])
def test_a_negation_makes_bad_good(text: str) -> None:
    assert nl(text) > 0.15


def test_a_negation_ends_with_its_clause() -> None:
    assert nl("het werkt niet, vervelend") < nl("vervelend")
    assert dict(polarity("werkt niet. fijn", "nl").words)["fijn"] > 0


def test_a_verb_alone_says_nothing_of_feeling() -> None:
    assert nl("hoe werkt dit?") == 0.0


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        pytest.param("blij", "heel blij", id="heel"),
        pytest.param("blij", "ontzettend blij", id="ontzettend"),
        pytest.param("goed", "verschrikkelijk goed", id="a curse that praises"),
        pytest.param("goed", "super goed", id="praise that strengthens"),
        pytest.param("een beetje blij", "blij", id="een beetje"),
        pytest.param("nogal blij", "blij", id="nogal"),
        pytest.param("het is FIJN", "het is HEEL FIJN", id="booster in capitals"),
        pytest.param("het is fijn", "het is FIJN", id="capitals"),
        pytest.param("fijn", "fijn!!!", id="exclamation marks"),
        pytest.param("blij", "superblij", id="compound"),
        pytest.param("veel te snel", "snel", id="too much of a good thing"),
        pytest.param("prima, maar duur", "duur, maar prima", id="maar"),
        pytest.param("goedkoop", "goedkoop :)", id="emoticon"),
        pytest.param("goedkoop", "goedkoop👍", id="emoji"),
    ],
)
def test_more_positive(weaker: str, stronger: str) -> None:
    assert nl(weaker) < nl(stronger)


@pytest.mark.parametrize(
    ("worse", "bad"),
    [
        pytest.param("heel vervelend", "vervelend", id="heel"),
        pytest.param("vervelend", "een beetje vervelend", id="een beetje"),
        pytest.param("dat is VERVELEND", "dat is vervelend", id="capitals"),
        pytest.param("vervelend!!!", "vervelend", id="exclamation marks"),
        pytest.param("vervelend :(", "vervelend", id="emoticon"),
        pytest.param("vervelend 😡", "vervelend", id="emoji"),
    ],
)
def test_more_negative(worse: str, bad: str) -> None:
    assert nl(worse) < nl(bad) < 0


@pytest.mark.parametrize(
    "text", ["verschrikkelijk", "vreselijk, zeg", "kutservice", "wat een klotebedrijf", "pffff", "😡😡"]
)
def test_one_word_is_enough(text: str) -> None:
    assert nl(text) < -0.3


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Ik word van het kastje naar de muur gestuurd", "van het kastje naar de muur"),
        ("met een kluitje in het riet", "met een kluitje in het riet"),
        ("Dit slaat nergens op!", "slaat nergens op"),
        ("laat maar zitten", "laat maar zitten"),
        ("ik ben ten einde raad.", "ten einde raad"),
    ],
)
def test_a_phrase_is_read_whole(text: str, phrase: str) -> None:
    found = polarity(text, "nl")

    assert [word for word, _ in found.words] == [phrase]
    assert found.compound < -0.3


@pytest.mark.parametrize(
    "text",
    [
        "Wat is de status van mijn bestelling?",
        "Kan ik mijn adres wijzigen?",
        "Ik wil graag weten wanneer mijn pakket komt.",
        "Mijn postcode is 1234 AB",
        "goedemorgen, mijn ordernummer is 99",
        "ik wacht op het pakket",
        "8 uur, met de bus naar Rotterdam",
    ],
)
def test_a_neutral_line_is_near_zero(text: str) -> None:
    assert abs(nl(text)) < 0.1


def test_the_words_that_carried_it_come_strongest_first() -> None:
    words = polarity("bedankt, prima, fijn, top, geweldig, netjes, snel", "nl").words

    values = [abs(value) for _, value in words]
    assert len(words) == MAX_WORDS_SHOWN
    assert values == sorted(values, reverse=True)
    assert words[0][0] == "geweldig"


@pytest.mark.parametrize(
    "text",
    [
        "I am not happy",
        "GREAT service!!!",
        "this is kind of bad :(",
        "good but slow",
        "thanks 😂",
        "verre van not good",
        "",
    ],
)
def test_english_is_vader_unchanged_also_after_dutch(text: str) -> None:
    polarity("dit werkt niet", "nl")

    plain = english_vader.SentimentIntensityAnalyzer().polarity_scores(text)
    assert polarity(text, "en").compound == plain["compound"]


def test_dutch_rules_stay_out_of_the_shared_module() -> None:
    polarity("dit werkt niet", "nl")

    assert "niet" not in english_vader.NEGATE
    assert "not" in english_vader.NEGATE
    assert "heel" not in english_vader.BOOSTER_DICT
    assert "kiss of death" in english_vader.SPECIAL_CASES


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(" \n\t ", id="white space"),
        pytest.param("...!?,;:", id="punctuation"),
        pytest.param("¬ ² _ ___ niet¬ goed²", id="our own marks"),
        pytest.param("\x00\ud800\u202e\ufffd", id="broken unicode"),
        pytest.param("ÍNİ ǅ ß ŉ", id="letters that grow"),
        pytest.param("😂" * 16_000, id="emoji"),
        pytest.param("👩‍👩‍👧‍👦" * 2_000, id="joined emoji"),
        pytest.param("a" * 16_000, id="one word"),
        pytest.param("x :) " * 3_200, id="emoticons"),
        pytest.param("niet goed " * 1_600, id="negations"),
        pytest.param("van het kastje " * 1_000, id="half phrases"),
        pytest.param("super" * 3_200, id="compounds"),
        pytest.param("e\u0301" * 8_000, id="combining"),
    ],
)
def test_hostile_text_never_raises_and_takes_no_time(text: str, language: Language) -> None:
    polarity("", language)

    began = time.perf_counter()
    found = polarity(text, language)

    assert -1 <= found.compound <= 1
    assert time.perf_counter() - began < 0.5


def test_what_lies_beyond_the_bound_is_not_read() -> None:
    assert nl("x" * MAX_CHARS + " vreselijk") == 0.0


def test_every_line_of_the_lexicon_is_a_word_and_a_value_in_bounds() -> None:
    assert len(ENTRIES) > 1_200
    for word, value in ENTRIES:
        assert word == word.strip().lower()
        assert word
        assert -4 <= float(value) <= 4


def test_no_word_stands_in_the_lexicon_twice() -> None:
    words = [word for word, _ in ENTRIES]

    assert len(words) == len(set(words))
