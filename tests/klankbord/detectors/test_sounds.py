"""How a customer sounds, where no phrase of ours is said."""

import pytest

from klankbord.detectors import DETECTORS
from klankbord.events import Language
from klankbord.tone import valence
from tests.klankbord.given import customer, turn

BY_KIND = {detector.kind: detector for detector in DETECTORS}


def heard(kind: str, text: str, language: Language) -> float:
    finding = BY_KIND[kind].find(turn(text, language=language))
    assert finding is not None
    return finding.strength


@pytest.mark.parametrize(
    ("kind", "text", "calm", "language"),
    [
        pytest.param("sounds_grateful", "many thanks for your help", "my order is 18422", "en", id="grateful"),
        pytest.param("sounds_grateful", "heel erg bedankt voor uw hulp", "mijn order is 18422", "nl", id="dankbaar"),
        pytest.param("sounds_confused", "i have no idea what you mean", "my order is 18422", "en", id="confused"),
        pytest.param("sounds_confused", "ik snap hier helemaal niks van", "mijn order is 18422", "nl", id="verward"),
        pytest.param("sounds_frustrated", "this is so annoying", "my order is 18422", "en", id="frustrated"),
        pytest.param("sounds_frustrated", "ik word hier gek van", "mijn order is 18422", "nl", id="gefrustreerd"),
        pytest.param("sounds_anxious", "i am so scared to lose my house", "my order is 18422", "en", id="anxious"),
        pytest.param("sounds_anxious", "ik ben bang dat het misgaat", "mijn order is 18422", "nl", id="ongerust"),
        pytest.param("sounds_sad", "i am so sorry, my mother died", "my order is 18422", "en", id="sad"),
        pytest.param("sounds_sad", "mijn man is vorige week overleden", "mijn order is 18422", "nl", id="verdrietig"),
        pytest.param("sounds_abusive", "you are a stupid bitch", "my order is 18422", "en", id="abusive"),
        pytest.param("sounds_abusive", "wat ben jij een stomme trut", "mijn order is 18422", "nl", id="scheldend"),
    ],
)
def test_feeling_is_heard_and_a_number_has_none(kind: str, text: str, calm: str, language: Language) -> None:
    assert heard(kind, text, language) >= 0.2
    assert heard(kind, calm, language) < 0.2


@pytest.mark.parametrize(
    ("good", "bad", "language"),
    [
        pytest.param("it works", "it does not work", "en", id="negation"),
        pytest.param("het werkt", "het werkt niet", "nl", id="ontkenning"),
        pytest.param("i am happy with it", "i am not happy with it", "en", id="denied happiness"),
        pytest.param("ik ben er blij mee", "ik ben er niet blij mee", "nl", id="niet blij"),
    ],
)
def test_a_negation_turns_valence_down(good: str, bad: str, language: Language) -> None:
    assert valence(customer(bad, language)) < valence(customer(good, language))


def test_an_order_number_is_neither_good_nor_bad() -> None:
    assert abs(valence(customer("18422", "en"))) < 0.3
