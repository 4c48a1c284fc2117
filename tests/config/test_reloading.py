"""A change of the configuration is taken while the process runs; a mistake changes nothing and is told once."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from config.reloading import Reloading
from config.settings import HERE, load_budget, load_maps, load_playbook, load_policy, load_reasons
from klankbord.errors import InvalidConfiguration
from klankbord.policy import Policy

GOOD: Final = "effort_fade = 0.5\n"
BAD: Final = "effort_fade = 'much'\n"


class Running:
    """A process that reads `path` again, and what it was told about its metrics."""

    def __init__(self, path: Path) -> None:
        self.told = list[bool]()
        self.reloading = Reloading(lambda: load_policy(path), (path,), told=self.told.append)

    def looks(self, times: int) -> list[bool]:
        """What a number of looks, a second apart, gave."""
        return [self.reloading.look() for _ in range(times)]

    @property
    def fade(self) -> float:
        return self.reloading.current.effort_fade


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text("")
    return path


def test_nothing_changed_is_nothing_read(path: Path) -> None:
    running = Running(path)

    assert running.looks(3) == [False, False, False]
    assert running.told == [True]


def test_a_change_is_in_force_at_the_second_look(path: Path) -> None:
    running = Running(path)
    path.write_text(GOOD)

    assert running.looks(3) == [False, True, False]
    assert running.fade == 0.5
    assert running.told == [True, True]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = " + "[" * 100_000, id="too deep"),
        pytest.param("effort_fade = 1" + "0" * 5_000, id="too many digits"),
        pytest.param(
            f"[rules.x]\nwhen = 'effort > big'\nbig = 1{'0' * 400}\nseverity = 'info'\nnl = 'x'\nen = 'x'",
            id="a number larger than numbers are",
        ),
        pytest.param("rules = []\nphrases = 3", id="no tables"),
    ],
)
def test_no_file_however_bad_ends_the_process(path: Path, text: str) -> None:
    path.write_text(GOOD)
    running = Running(path)
    path.write_text(text)

    assert running.looks(2) == [False, False]
    assert running.fade == 0.5
    assert running.told == [True, False]


@pytest.mark.parametrize("name", ["nl.toml", "reasons.toml", "budget.toml", "maps.toml"])
def test_every_file_of_the_configuration_is_refused_and_not_choked_on(tmp_path: Path, name: str) -> None:
    written = tmp_path / name
    written.write_text("x = " + "[" * 100_000)
    loads: dict[str, Callable[[], object]] = {
        "nl.toml": lambda: load_playbook(tmp_path),
        "reasons.toml": lambda: load_reasons(written),
        "budget.toml": lambda: load_budget(written),
        "maps.toml": lambda: load_maps(str(written)),
    }
    with pytest.raises(InvalidConfiguration) as error:
        loads[name]()

    assert f"{written}: brackets stand in brackets too deep to be read" in error.value.mistakes


def test_a_bad_file_keeps_what_was_in_force_and_says_so_once(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text(GOOD)
    running = Running(path)
    path.write_text(BAD)

    assert running.looks(5) == [False] * 5
    assert running.fade == 0.5
    assert running.told == [True, False]
    assert capsys.readouterr().out.count("configuration refused, the one before stays in force") == 1


def test_a_bad_file_that_is_put_right_is_taken(path: Path) -> None:
    running = Running(path)
    path.write_text(BAD)
    running.looks(3)
    path.write_text(GOOD)

    assert running.looks(2) == [False, True]
    assert running.told == [True, False, True]


def test_a_file_that_is_still_being_written_is_not_read_half(path: Path) -> None:
    path.write_text(GOOD)
    running = Running(path)

    # An editor that writes in place: first nothing, which by itself would be a policy, then half, then all.
    for text in ("", "effort_fade = 0.7\n", "effort_fade = 0.7\nemotion_fade = 0.2\n"):
        path.write_text(text)
        assert running.looks(1) == [False]
        assert running.fade == 0.5
    assert running.looks(1) == [True]
    assert (running.fade, running.reloading.current.emotion_fade) == (0.7, 0.2)


def test_a_file_that_is_replaced_at_once_is_taken(path: Path) -> None:
    running = Running(path)
    swap = path.with_suffix(".swp")
    swap.write_text(GOOD)
    swap.replace(path)

    assert running.looks(2) == [False, True]
    assert running.fade == 0.5


def test_a_file_that_is_gone_for_a_while_changes_nothing(path: Path) -> None:
    path.write_text(GOOD)
    running = Running(path)
    path.unlink()

    assert running.looks(3) == [False, False, False]
    assert running.fade == 0.5
    path.write_text("effort_fade = 0.25\n")
    assert running.looks(2) == [False, True]
    assert running.fade == 0.25


def test_a_process_does_not_start_with_a_mistake(path: Path) -> None:
    path.write_text(BAD)

    with pytest.raises(InvalidConfiguration):
        Running(path)


def test_a_change_in_a_folder_is_seen_and_an_editors_own_file_is_not(tmp_path: Path) -> None:
    for file in (HERE / "playbook").glob("*.toml"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    reloading = Reloading(lambda: load_playbook(tmp_path), (tmp_path,), told=lambda _: None)
    (tmp_path / ".nl.toml.swp").write_text("half")
    assert [reloading.look(), reloading.look()] == [False, False]

    dutch = tmp_path / "nl.toml"
    dutch.write_text(dutch.read_text(encoding="utf-8") + "\n# a remark\n", encoding="utf-8")

    assert [reloading.look(), reloading.look()] == [False, True]


def test_the_shipped_policy_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text((HERE / "policy.toml").read_text(encoding="utf-8"), encoding="utf-8")
    running = Running(path)
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    assert running.looks(2) == [False, True]
    assert running.reloading.current == Policy()
