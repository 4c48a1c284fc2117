"""What the heads make of one line, and that they can say why."""

import math
from importlib.resources import files

import pytest

from klankbord.events import Language
from klankbord.models import heads as module
from klankbord.models.features import DENIED, between, words
from klankbord.models.heads import Model, heads, model, weights
from klankbord.policy import EMOTIONS
from training.own_lines import ANSWERS, MARKS, TOLD

LINES = [
    pytest.param("i have called three times and this is still not solved, ridiculous", "en", id="english"),
    pytest.param("ik heb nu drie keer gebeld en het is nog steeds niet opgelost, belachelijk", "nl", id="dutch"),
]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_emotion_has_a_head_in_both_languages(language: Language) -> None:
    assert {*EMOTIONS, "dissatisfaction", "abuse", "feeling", "valence", *TOLD, *MARKS} <= set(model(language).names)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_answers_have_heads_of_their_own_and_none_of_a_feeling(language: Language) -> None:
    assert set(model(language, "answers").names) == set(ANSWERS)


@pytest.mark.parametrize(("line", "language"), LINES)
def test_chances_are_chances(line: str, language: Language) -> None:
    assert all(0.0 <= chance <= 1.0 for chance in heads(line, language).values())


@pytest.mark.parametrize(("line", "language"), LINES)
def test_what_the_words_add_is_the_score(line: str, language: Language) -> None:
    for head, chance in heads(line, language).items():
        log_odds = model(language).bias(head) + sum(w.log_odds for w in weights(line, language, head))

        assert log_odds == pytest.approx(math.log(chance / (1.0 - chance)), abs=1e-3)


@pytest.mark.parametrize(("line", "language"), LINES)
def test_words_point_at_their_place(line: str, language: Language) -> None:
    said = [line[weight.start : weight.end] for weight in weights(line, language, "anger")]

    assert "".join(said) == line.replace(" ", "")


def test_a_full_cache_changes_no_score(monkeypatch: pytest.MonkeyPatch) -> None:
    data = files("klankbord.models").joinpath("heads_en.bin").read_bytes()
    monkeypatch.setattr(module, "WORDS_KEPT", 8)
    crowded = Model(data)

    scores = [crowded.read(line).chances for line in ("one two three four five six", "seven eight nine ten", "one two")]

    assert scores[0] == model("en").read("one two three four five six").chances
    assert scores[2] == model("en").read("one two").chances


def test_nothing_said_is_read_as_nothing() -> None:
    assert weights("", "en", "anger") == []
    assert heads("", "en")["anger"] < 0.2


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_weight_file_says_where_it_comes_from(language: Language) -> None:
    header = model(language).header

    assert header["command"] == "make train"
    assert header["figures"]
    assert all(header["data"].values())
    assert not {"uss", "airline-tweets", "bol-nl"} & set(header["data"])


def test_all_weights_together_are_small() -> None:
    listed = [found for found in files("klankbord.models").iterdir() if found.name.endswith(".bin")]

    assert sum(len(found.read_bytes()) for found in listed) < 6_000_000


@pytest.mark.parametrize("language", ["nl", "en"])
def test_neighbours_are_found_as_the_features_between_words_say(language: Language) -> None:
    known = model(language)
    said = words("dat heb ik niet gezegd want dat is niet waar, i have not said that and never will not")

    found = [(pair, left, right) for pair, left, right in between(said) if known.rows_of([pair])]

    assert known.read(" ".join(said)).pairs == [(known.rows_of([pair])[0], left, right) for pair, left, right in found]
    assert any(pair.startswith(DENIED) for pair, _, _ in found)
