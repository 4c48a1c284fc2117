"""Seen or blind, by the clock that is passed."""

from dataclasses import dataclass

from streams.metrics import WebMetrics
from streams.wire import CanarySeen, encode
from web.canary import LOOK_EVERY_S, Canary


@dataclass
class Clock:
    now_s: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


def test_blind_is_when_none_came_through_for_too_long() -> None:
    clock = Clock()
    canary = Canary(WebMetrics(), blind_s=60, clock=clock)

    clock.now_s += 60
    at_first = canary.state
    clock.now_s += 0.1

    assert (at_first, canary.state) == ("seen", "blind")


def test_a_canary_counts_from_when_it_was_sent_so_that_a_backlog_is_blind_too() -> None:
    clock = Clock()
    canary = Canary(WebMetrics(), blind_s=60, clock=clock)
    clock.now_s += 100

    canary.look(encode(CanarySeen(sent_at=clock.now_s - 70, seen_at=clock.now_s)))
    behind = canary.state
    canary.look(encode(CanarySeen(sent_at=clock.now_s - 1, seen_at=clock.now_s)))

    assert (behind, canary.state, canary.age_s) == ("blind", "seen", 1.0)


def test_a_turn_is_told_once() -> None:
    clock = Clock()
    canary = Canary(WebMetrics(), blind_s=60, clock=clock)

    turned = [canary.has_turned(), canary.has_turned()]
    clock.now_s += 61
    turned += [canary.has_turned(), canary.has_turned()]

    assert turned == [True, False, True, False]
    assert b'"state":"blind","age_s":61.0' in canary.message()


def test_whoever_comes_between_two_looks_hears_what_all_were_told_and_every_turn_after_it() -> None:
    clock = Clock()
    canary = Canary(WebMetrics(), blind_s=60, clock=clock)
    canary.has_turned()

    clock.now_s += 61
    on_coming = canary.message()
    canary.look(encode(CanarySeen(sent_at=clock.now_s, seen_at=clock.now_s)))

    assert b'"state":"seen"' in on_coming
    assert not canary.has_turned()


def test_redis_is_asked_once_a_second_and_the_age_is_a_metric() -> None:
    clock, metrics = Clock(), WebMetrics()
    canary = Canary(metrics, blind_s=60, clock=clock)

    due = [canary.is_due()]
    canary.look(None)
    due.append(canary.is_due())
    clock.now_s += LOOK_EVERY_S

    assert [*due, canary.is_due()] == [True, False, True]
    assert metrics.registry.get_sample_value("klankbord_canary_age_seconds") == LOOK_EVERY_S
