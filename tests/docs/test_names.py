"""Whatever the pages name, the program has: settings, commands and targets of make."""

import re
from pathlib import Path
from typing import Final

import pytest

from config.settings import PREFIX, SECRETS, Settings
from docs.generate import FOLDER, ROOT
from docs.reference import every_command

WRITTEN: Final = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(FOLDER.rglob("*.md")))
CODE: Final = re.compile(r"`([^`\n]+)`|^(?:\$ )?((?:make|klankbord) .*)$", re.MULTILINE)

GROUPS: Final = {name.rpartition(" ")[0] for name in every_command()}

each_page = pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.relative_to(ROOT).as_posix())


def code(page: Path) -> list[str]:
    return [short or line for short, line in CODE.findall(page.read_text(encoding="utf-8"))]


@each_page
def test_every_variable_of_ours_is_a_setting(page: Path) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}

    assert set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b(?!_?\*)", page.read_text(encoding="utf-8"))) - known == set()


@each_page
def test_every_command_is_one(page: Path) -> None:
    known = set(every_command())
    known |= GROUPS - {"klankbord"}
    named = {found for line in code(page) for found in re.findall(r"^klankbord [a-z]+(?: [a-z]+)?", line)}

    # After a command that is no group a word is what it works on.
    assert {name for name in named if name not in known and name.rpartition(" ")[0] not in known - GROUPS} == set()


@each_page
def test_every_option_is_one_of_its_command(page: Path) -> None:
    commands = every_command()
    for line in (one for one in code(page) if one.startswith("klankbord ")):
        (words, *_) = re.split(r" [|>&]|;", line)
        name = next((n for n in sorted(commands, key=len, reverse=True) if f"{words} ".startswith(f"{n} ")), None)
        known = {"--help"} if name is None else {o for one in commands[name].params for o in (*one.opts, "--help")}

        assert {*re.findall(r"(?<=\s)--[a-z-]+", words)} - known == set(), line


@each_page
def test_every_target_of_make_is_one(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {target for line in code(page) for target in re.findall(r"^make ([a-z-]+)", line)}

    assert named - targets == set()
