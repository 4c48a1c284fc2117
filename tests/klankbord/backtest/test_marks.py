"""Of the alerts that people marked, how many each policy raises, and how many of those were wrong."""

from pathlib import Path

import msgspec

from klankbord.backtest.playing import Play
from klankbord.backtest.report import MarkFigures, report, share
from klankbord.tenant import Mark, read_marks
from tests.klankbord.backtest.given import CALM, contact, policy

BOLD, SHY = policy(0.2), policy(0.99)
RULE = "angry_customer"


def mark(name: str, *, right: bool, rule: str = RULE, number: int = 2) -> Mark:
    return Mark("demo", name, f"{name}-{number}", right, rule)


def counted(*marks: Mark, make_waits: bool = False) -> tuple[tuple[MarkFigures, ...] | None, ...]:
    """What the bold and the shy policy make of the marks, in four angry conversations and a calm one."""
    play = Play([BOLD, SHY], make_waits=make_waits, marks=marks)
    events = [event for name in ("a", "b", "c", "d") for event in contact(name)] + contact("calm", CALM)
    play.hear_all([events])
    found = report(play, [BOLD, SHY], ("bold", "shy"), source="", budget=None, sweep=None)
    assert found.recording.marks == len(marks)
    return found.new.marks, found.old.marks


def test_a_policy_is_held_against_the_marks_of_what_it_raises() -> None:
    marks = [mark("a", right=True), mark("b", right=False), mark("c", right=False), mark("calm", right=False)]

    new, old = counted(*marks)

    assert new == (MarkFigures(RULE, 4, 3, 3, share(2, 3)),)
    assert old == (MarkFigures(RULE, 4, 3, 0, share(0, 0)),)


def test_an_alert_of_another_rule_at_that_moment_is_not_the_one_that_was_marked() -> None:
    new, _ = counted(mark("a", right=False, rule="frustrated_customer"))

    assert new == (MarkFigures("frustrated_customer", 1, 1, 0, share(0, 0)),)


def test_a_mark_without_a_rule_is_of_any_alert_at_that_moment() -> None:
    assert counted(mark("a", right=True, rule=""))[0] == (MarkFigures("", 1, 0, 1, share(0, 1)),)


def test_before_it_opens_an_alert_does_not_stand() -> None:
    assert counted(mark("a", right=True, number=1))[0] == (MarkFigures(RULE, 1, 0, 0, share(0, 0)),)


def test_a_mark_of_a_conversation_that_was_not_recorded_counts_for_nobody() -> None:
    play = Play([BOLD, SHY], marks=[mark("elsewhere", right=False), mark("a", right=False)])
    play.hear_all([contact("a")])

    found = report(play, [BOLD, SHY], ("bold", "shy"), source="", budget=None, sweep=None)

    assert (found.recording.marks, found.recording.marks_not_heard) == (2, 1)
    assert found.new.marks == (MarkFigures(RULE, 1, 1, 1, share(1, 1)),)


def test_without_marks_nothing_is_said_of_them() -> None:
    assert counted() == (None, None)


def test_of_an_alert_that_was_marked_twice_the_last_mark_counts(tmp_path: Path) -> None:
    file = tmp_path / "marks.jsonl"
    file.write_bytes(b"\n".join(map(msgspec.json.encode, (mark("a", right=True), mark("a", right=False)))))

    assert read_marks(file) == (mark("a", right=False),)
