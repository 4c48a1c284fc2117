"""What holds for every suggestion, and for the playbook that words them."""

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import klankbord.suggestions
from klankbord.suggestions import SUGGESTIONS

MODULES = sorted(path.stem for path in Path(klankbord.suggestions.__file__).parent.glob("[!_]*.py"))
PLAYBOOK = Path(__file__).parents[3] / "config" / "playbook"


def test_each_kind_is_one_file_and_each_file_is_in_the_tuple() -> None:
    assert sorted(suggester.kind for suggester in SUGGESTIONS) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_file_holds_the_suggestion_of_its_name(module: str) -> None:
    assert getattr(import_module(f"klankbord.suggestions.{module}"), module).kind == module


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_suggestion_has_its_words_and_its_reason(language: str) -> None:
    playbook = tomllib.loads((PLAYBOOK / f"{language}.toml").read_text(encoding="utf-8"))

    assert list(playbook) == [suggester.kind for suggester in SUGGESTIONS]
    for wording in playbook.values():
        assert wording.keys() == {"text", "why"}
        assert 1 <= wording["text"].count(".") <= 2
        assert wording["why"].count(".") == 1
