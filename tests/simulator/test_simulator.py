"""Thousands of seeded schedules lose nothing and count nothing twice; with any promise broken they are red."""

import sys
from typing import Final

import pytest
import structlog

from tests.simulator import campaign
from tests.simulator.mutations import MUTATIONS
from tests.simulator.simulation import KeptInRedis, simulate

SEEDS: Final = 400
WITH_REDIS: Final = 12
RED_WITHIN: Final = 200


@pytest.fixture(autouse=True)
def _quiet() -> object:
    campaign.quiet()
    yield
    structlog.reset_defaults()


def test_a_share_of_the_seeds_is_green_and_every_fault_happened() -> None:
    found = campaign.run(1, SEEDS, processes=2)

    report = "\n".join(found.report())
    sys.stdout.write(report)
    assert not found.red, report
    assert not found.never


def test_it_holds_with_a_real_server_as_well(redis_url: str) -> None:
    outcomes = []
    for seed in range(1, 1 + WITH_REDIS):
        sink = KeptInRedis(redis_url)
        outcomes.append(simulate(seed, sink=sink))
        sink.shut()

    assert [outcome.wrong for outcome in outcomes if not outcome.green] == []
    assert sum(outcome.alerts for outcome in outcomes) > 0


@pytest.mark.parametrize("promise", MUTATIONS)
def test_a_broken_promise_is_seen(promise: str) -> None:
    mutation = MUTATIONS[promise]

    red = next((s for s in range(1, 1 + RED_WITHIN) if mutation.says & mutation.simulate(s).wrong.keys()), None)

    assert red is not None, f"green for {RED_WITHIN} seeds with: {promise}"


def test_a_schedule_repeats_from_its_seed() -> None:
    once, again = simulate(7), simulate(7)

    assert once.schedule == again.schedule
    assert (once.verdict, once.faults) == (again.verdict, again.faults)


def test_a_red_seed_says_how_to_have_it_again() -> None:
    red = MUTATIONS["an alert id with chance in it"].simulate(3)

    said = list(campaign.told(red))

    assert said[0] == "seed 3"
    assert said[-1].endswith("python -m tests.simulator --seed 3")
    assert any(line.startswith("  alert_missing: ") for line in said)
    assert len(said) > 100


def test_a_run_in_which_a_fault_never_happened_is_not_green() -> None:
    found = campaign.run(1, 1, processes=1)

    assert not found.red
    assert found.never
    assert not found.green
