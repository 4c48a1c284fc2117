"""What the pages tell a reader to type does what they say."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from docs.generate import ROOT

PAGES: Final = ("README.md", "docs/tutorial.md", "docs/index.md", "docs/backtest.md")
BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
NEED_A_BROKER: Final = ("klankbord demo", "klankbord doctor", "klankbord topics")


def blocks(page: str) -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


def commands(block: str) -> list[tuple[str, list[str]]]:
    """Each command of a console block with the lines that are shown under it."""
    parts = block.split("$ ")[1:]
    return [(lines[0], lines[1:]) for lines in (part.splitlines() for part in parts)]


def run(command: str, folder: Path) -> str:
    scripts = str(Path(sys.executable).parent)
    environment = {"PATH": f"{scripts}:{os.environ['PATH']}", "COLUMNS": "200", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A place that looks like a checkout and may be written to."""
    (tmp_path / "tests").mkdir()
    for room in ("klankbord", "config", "tests/conversations"):
        (tmp_path / room).symlink_to(ROOT / room)
    return tmp_path


def test_the_example_of_the_readme_prints_what_it_says(checkout: Path) -> None:
    found = blocks("README.md")
    (code,) = [text for language, text in found if language == "python"]
    (printed,) = [text for language, text in found if language == "text"]
    (checkout / "example.py").write_text(code, encoding="utf-8")

    assert run("python example.py", checkout) == printed


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_works_and_shows_what_the_page_shows(page: str, checkout: Path) -> None:
    """In their order, in one place, with the files that the page tells the reader to write."""
    ran = 0
    for language, text in blocks(page):
        if language == "toml":
            with (checkout / "mine.toml").open("a", encoding="utf-8") as file:
                file.write("\n" + text)
        if language == "jsonl":
            (checkout / "marks.jsonl").write_text(text, encoding="utf-8")
        if language == "json":
            (checkout / "events.jsonl").write_text(text, encoding="utf-8")
        for command, shown in commands(text) if language == "console" else []:
            assert not command.startswith(NEED_A_BROKER), "what needs a broker is no console block"
            printed = [line.rstrip() for line in run(command, checkout).splitlines()]
            assert [line for line in shown if line.rstrip() not in printed] == []
            ran += 1

    assert ran > 0


def test_the_rule_of_the_tutorial_makes_the_difference_it_promises(checkout: Path) -> None:
    (rule,) = [text for language, text in blocks("docs/tutorial.md") if language == "toml"]
    shipped = (ROOT / "config" / "policy.toml").read_text(encoding="utf-8")
    (checkout / "mine.toml").write_text(f"{shipped}\n{rule}", encoding="utf-8")
    replay = "klankbord replay --jsonl klankbord/recordings/municipality-not-our-desk-nl.txt"

    before, after = (run(command, checkout) for command in (replay, f"{replay} --policy mine.toml"))

    assert '"rule": "dead_ends"' not in before
    assert '"rule": "dead_ends"' in after


def test_the_detector_of_the_tutorial_passes_the_test_of_the_tutorial(monkeypatch: pytest.MonkeyPatch) -> None:
    detector, its_test = (text for language, text in blocks("docs/tutorial.md") if language == "python")
    module = ModuleType("klankbord.detectors.broken_promise")
    exec(detector, module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    tests: dict[str, object] = {}
    exec(its_test, tests)

    ran = [test() for name, test in tests.items() if name.startswith("test_") and callable(test)]

    assert ran == [None, None]


def test_the_events_of_the_index_are_events() -> None:
    (events,) = [text for language, text in blocks("docs/index.md") if language == "json"]

    assert [json.loads(line)["type"] for line in events.splitlines()] == ["started", "utterance"]
