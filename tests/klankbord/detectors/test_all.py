"""What holds for every detector."""

from importlib import import_module
from pathlib import Path

import pytest

import klankbord.detectors
from klankbord.detectors import DETECTORS
from klankbord.phrases import Phrases, normal
from klankbord.policy import Policy
from klankbord.signals import Detector, Dimension

MODULES = sorted(path.stem for path in Path(klankbord.detectors.__file__).parent.glob("[!_]*.py"))


def phrases_in(module: str) -> list[Phrases]:
    return [
        value for value in vars(import_module(f"klankbord.detectors.{module}")).values() if isinstance(value, Phrases)
    ]


def test_each_kind_is_one_file_and_each_file_is_in_the_tuple() -> None:
    assert sorted(detector.kind for detector in DETECTORS) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_file_holds_the_detector_of_its_name(module: str) -> None:
    detector = getattr(import_module(f"klankbord.detectors.{module}"), module)

    assert isinstance(detector, Detector)
    assert detector.kind == module


def test_every_weighed_emotion_kind_is_found() -> None:
    assert set(Policy().emotion_weights) <= {d.kind for d in DETECTORS if d.dimension is Dimension.EMOTION}


def test_every_weighed_effort_kind_is_found() -> None:
    assert set(Policy().drivers) <= {d.kind for d in DETECTORS if d.dimension is Dimension.EFFORT}


@pytest.mark.parametrize("module", MODULES)
def test_phrases_are_there_in_both_languages(module: str) -> None:
    for phrases in phrases_in(module):
        assert phrases.nl
        assert phrases.en


@pytest.mark.parametrize("module", MODULES)
def test_phrases_are_written_as_they_are_searched(module: str) -> None:
    for phrases in phrases_in(module):
        for phrase, strength in (phrases.nl | phrases.en).items():
            assert phrase == normal(phrase).strip()
            assert 0.0 <= strength <= 1.0
