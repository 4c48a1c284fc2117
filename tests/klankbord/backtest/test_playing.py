"""One pass: both policies hear the same, ended conversations are let go of, and differences are kept with words."""

from typing import Any

import pytest

from klankbord.backtest import playing
from klankbord.backtest.playing import Play
from klankbord.backtest.recording import Labelled, Piece, Refused
from klankbord.backtest.report import RuleFigures, report, share
from klankbord.policy import Policy
from tests.klankbord.backtest.given import CALM, FURIOUS, contact, policy

BOLD, SHY = policy(0.2), policy(0.99)


def played(*pieces: Piece, policies: tuple[Policy, ...] = (BOLD, SHY)) -> Play:
    play = Play(policies)
    play.hear_all([pieces])
    return play


def test_only_the_bold_policy_flags_and_its_words_are_kept() -> None:
    play = played(*contact("angry"), *contact("calm", CALM))

    (difference,) = play.only[0].kept
    assert (difference.conversation_id, difference.team) == ("angry", "south")
    assert [flag.rule for flag in difference.flags] == ["angry_customer"]
    assert difference.flags[0].words in FURIOUS
    assert difference.flags[0].words
    assert play.only[1].count == 0


def test_a_number_in_the_words_is_redacted() -> None:
    play = played(*contact("angry", "my number is 06-12345678 and this is ridiculous, I am furious"))

    assert "12345678" not in play.only[0].kept[0].flags[0].words


def test_no_more_is_remembered_than_what_is_open() -> None:
    play = Play([BOLD, SHY])
    most = 0

    def look(_: int) -> None:
        nonlocal most
        most = max(most, play.open_conversations)

    play.hear_all([(event for number in range(200) for event in contact(f"c-{number}", CALM))], look)

    assert play.conversations == 200
    assert most == 1
    assert play.open_conversations == 0


def test_differences_beyond_what_is_kept_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "KEPT", 2)
    play = played(*(event for number in range(5) for event in contact(f"c-{number}")))

    assert play.only[0].count == 5
    assert len(play.only[0].kept) == 2


def test_what_comes_after_the_end_opens_nothing() -> None:
    late = contact("c", FURIOUS)[1]
    play = played(*contact("c", CALM)[::2], late)

    assert play.after_end == 1
    assert play.tallies[0].alerts.total() == 0


def test_a_repeated_event_counts_once() -> None:
    once, twice = contact("c"), contact("c")
    play = played(once[0], once[1], twice[1], once[2])

    assert play.tallies[0].alerts.total() == 1


def test_what_is_no_event_is_counted_by_reason() -> None:
    play = played(Refused("invalid_json"), *contact("c"), Refused("invalid_json"), Refused("too_large"))

    assert play.refused == {"invalid_json": 2, "too_large": 1}
    assert play.events == 3


def figures(play: Play, *, budget: int | None = None, policies: tuple[Policy, ...] = (BOLD, SHY)) -> Any:
    """The report, of whose parts each test knows which are there."""
    return report(play, policies, ("new", "old"), source="test", budget=budget, sweep=None)


def test_hours_without_contact_make_no_rate_look_low() -> None:
    play = played(*contact("a"), *contact("b", hour=1), *contact("c", hour=20, team="north"))

    found = figures(play)

    assert found.recording.hours == 3
    assert found.new.per_hour == 1.0
    assert [(team.team, team.hours, team.alerts) for team in found.new.by_team] == [("north", 1, 1), ("south", 2, 2)]
    assert found.old.alerts == 0


def test_the_budget_keeps_back_what_is_above_it_and_never_what_is_critical() -> None:
    contacts = [event for number in range(5) for event in contact(f"c-{number}")]
    both = policy(0.2), policy(0.2, severity="critical")

    found = figures(played(*contacts, policies=both), budget=2, policies=both)

    plain, critical = found.new.budget, found.old.budget
    assert (plain.hours_over, plain.kept_back, plain.critical_over) == (1, 3, 0)
    assert plain.share.share == 0.6
    assert (critical.hours_over, critical.kept_back, critical.critical_over) == (1, 0, 3)


def test_precision_and_recall_count_labelled_conversations() -> None:
    found = figures(
        played(
            Labelled("demo", "hot", 0, calm=False), *contact("hot"),
            Labelled("demo", "missed", 0, calm=False), *contact("missed", CALM),
            Labelled("demo", "sworn", None, calm=True), *contact("sworn"),
            *contact("unlabelled"),
        )
    )  # fmt: skip

    labels = found.new.labels
    assert (labels.conversations, labels.wanted) == (3, 2)
    assert (labels.precision.hits, labels.precision.of) == (1, 2)
    assert (labels.recall.hits, labels.recall.of) == (1, 2)
    assert (labels.calm_alerted.hits, labels.calm_alerted.of) == (1, 1)
    assert (labels.near, labels.earlier, labels.later, labels.never) == (1, 0, 0, 1)
    rule: RuleFigures = next(rule for rule in found.new.by_rule if rule.rule == "angry_customer")
    assert rule.precision == labels.precision
    assert found.old.labels.precision.share is None


def test_an_alert_two_turns_before_the_one_people_marked_is_early() -> None:
    found = figures(played(Labelled("demo", "hot", 2, calm=False), *contact("hot")))

    assert (found.new.labels.near, found.new.labels.earlier) == (0, 1)


def test_the_interval_is_that_of_wilson() -> None:
    # Newcombe 1998, table I: 81 of 263 and 15 of 148.
    assert [(s.low, s.high) for s in (share(81, 263), share(15, 148))] == [(0.2553, 0.3662), (0.0624, 0.1605)]
    assert share(0, 0).share is None
    assert (share(0, 20).low, share(20, 20).high) == (0.0, 1.0)
