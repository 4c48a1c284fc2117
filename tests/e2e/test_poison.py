"""Through a real monitor and the embedded broker, poison ends in the dead-letter topic and hurts nobody."""

from pathlib import Path

import pytest

from streams import embedded
from tests.e2e.poisoned import CONVERSATIONS, MUTANTS, Played, play
from tests.streams.given import conversation

pytestmark = pytest.mark.e2e


def test_each_of_a_thousand_mutants_is_a_dead_letter_once_and_every_neighbour_is_observed(tmp_path: Path) -> None:
    with embedded.broker(tmp_path) as servers:
        played = play(servers, "embedded", tmp_path)

    judge(played)
    assert {letter.copies for letter in played.letters} == {1}


def judge(played: Played) -> None:
    """Each mutant one letter, with its reason and its origin; each event one observation."""
    assert (len(played.poison), len(played.healthy)) == (MUTANTS, CONVERSATIONS * len(conversation()))
    assert {letter.origin: letter.reason for letter in played.letters} == played.poison
    assert len(played.letters) == MUTANTS
    observed = [(one.tenant, one.event_id) for one in played.observations]
    assert set(observed) == played.healthy
    assert len(observed) == len(set(observed))
