"""How signals become numbers: they fade, they add up, and they stay inside their bounds."""

from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from klankbord.conversation import Conversation
from klankbord.events import Role
from klankbord.observation import observe
from klankbord.policy import Policy
from klankbord.scoring import (
    abuse,
    effort_parts,
    either,
    faded_drivers,
    faded_emotions,
    heard_dissatisfied,
    lasting_effort,
    load,
    moved,
    told,
    turn_emotions,
    turn_valence,
)
from klankbord.signals import Dimension, Signal
from tests.klankbord.given import utterance

# A busy machine is no failure.
UNHURRIED: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
POLICY: Final = Policy()
ROUNDING: Final = 1e-3

shares = st.floats(min_value=0.0, max_value=1.0)
drivers = st.dictionaries(st.sampled_from(sorted(POLICY.drivers)), st.floats(min_value=0.0, max_value=1.0))
efforts = st.builds(lambda kind, strength: effort(kind, strength), st.sampled_from(sorted(POLICY.drivers)), shares)


def feeling(kind: str, strength: float = 1.0) -> Signal:
    return Signal(kind, Dimension.EMOTION, strength)


def effort(kind: str, strength: float = 1.0) -> Signal:
    return Signal(kind, Dimension.EFFORT, strength)


@pytest.mark.parametrize(
    ("chances", "together"),
    [
        pytest.param((), 0.0, id="none"),
        pytest.param((0.3,), 0.3, id="one"),
        pytest.param((0.5, 0.5), 0.75, id="two"),
        pytest.param((0.2, 1.0), 1.0, id="a certain one"),
        pytest.param((0.0, 0.0), 0.0, id="impossible ones"),
    ],
)
def test_either_is_the_chance_of_at_least_one(chances: tuple[float, ...], together: float) -> None:
    assert either(*chances) == pytest.approx(together)


@UNHURRIED
@given(st.lists(shares, min_size=1, max_size=6))
def test_either_is_a_chance_and_no_less_than_the_largest(chances: list[float]) -> None:
    assert max(chances) - 1e-12 <= either(*chances) <= 1.0


def test_a_signal_moves_its_own_emotion_most() -> None:
    assert turn_emotions([feeling("anger")], POLICY) == {"anger": 0.9, "frustration": 0.5}


def test_two_signals_of_one_emotion_add_up_to_less_than_their_sum() -> None:
    both = turn_emotions([feeling("anger", 0.5), feeling("abuse", 0.5)], POLICY)

    assert both["anger"] == pytest.approx(0.6975)


def test_effort_is_no_emotion() -> None:
    assert turn_emotions([effort("repetition"), effort("long_wait")], POLICY) == {}


def test_valence_is_positive_words_less_negative_ones() -> None:
    assert turn_valence({"positive_words": 0.8, "negative_words": 0.3}) == 0.5
    assert turn_valence({"anger": 1.0}) == 0.0


def test_an_emotion_fades_at_each_turn_until_it_is_forgotten() -> None:
    emotions, levels = {"anger": 1.0}, []
    while emotions:
        emotions = faded_emotions(emotions, {}, POLICY)
        levels.append(emotions.get("anger", 0.0))

    assert levels[:3] == [0.6, 0.36, 0.216]
    assert len(levels) == 10


def test_thanks_take_away_bad_feelings_faster_and_leave_good_ones() -> None:
    before = {"anger": 0.8, "joy": 0.8}
    after = faded_emotions(before, {"gratitude": 1.0}, POLICY)

    assert after["anger"] == pytest.approx(0.24)
    assert after["joy"] == pytest.approx(0.48)


def test_a_running_value_moves_by_its_share() -> None:
    assert moved(-0.8, 0.6, 0.5) == -0.1


def test_only_frustration_anger_and_disappointment_sound_dissatisfied() -> None:
    def found(**strengths: float) -> float:
        return heard_dissatisfied(strengths)

    assert found(anxiety=1.0, confusion=1.0, sounds_happy=1.0) == 0.0
    assert found(anger=0.5, disappointment=0.4) == 0.35
    assert found(anger=0.5, sounds_dissatisfied=0.4) == 0.61


def test_weak_evidence_of_emotion_is_not_told_but_every_fact_is() -> None:
    weak = Signal("sounds_angry", Dimension.EMOTION, 0.1)
    strong = Signal("sounds_angry", Dimension.EMOTION, 0.6)
    fact = Signal("long_wait", Dimension.EFFORT, 0.01)

    assert told([weak, strong, fact], POLICY) == (strong, fact)
    assert turn_emotions([weak], POLICY) == {"anger": 0.1}


def test_abuse_is_either_said_outright_or_heard() -> None:
    assert abuse({}) == 0.0
    assert abuse({"abuse": 0.5, "sounds_abusive": 0.5}) == 0.75


def test_a_driver_fades_at_turns_only() -> None:
    turn = faded_drivers({"transfer": 1.0}, [], POLICY, turn=True)
    in_between = faded_drivers({"transfer": 1.0}, [], POLICY, turn=False)

    assert turn == {"transfer": POLICY.effort_fade}
    assert in_between == {"transfer": 1.0}


@pytest.mark.parametrize("driver", sorted(POLICY.drivers))
def test_a_driver_is_full_at_its_cap(driver: str) -> None:
    memory: dict[str, float] = {}
    for _ in range(20):
        memory = faded_drivers(memory, [effort(driver)], POLICY, turn=False)

    assert memory == {driver: POLICY.drivers[driver].cap}


def test_nothing_hard_is_the_lowest_effort() -> None:
    assert lasting_effort(effort_parts({}, POLICY), {}, POLICY) == (1.0, {})


@UNHURRIED
@given(drivers, drivers)
def test_the_parts_add_up_to_the_effort(now: dict[str, float], hardest: dict[str, float]) -> None:
    score, parts = lasting_effort(effort_parts(now, POLICY), effort_parts(hardest, POLICY), POLICY)

    assert 1.0 <= score <= 7.0
    assert sum(parts.values()) == pytest.approx(score - 1.0, abs=ROUNDING * (len(parts) + 1))


@UNHURRIED
@given(st.lists(efforts, max_size=12), efforts)
def test_one_more_effort_signal_never_lowers_effort(signals: list[Signal], one_more: Signal) -> None:
    def scored(found: list[Signal]) -> float:
        memory = faded_drivers({}, found, POLICY, turn=True)
        now = effort_parts(memory, POLICY)
        return lasting_effort(now, now, POLICY)[0]

    assert scored([*signals, one_more]) >= scored(signals) - ROUNDING


@UNHURRIED
@given(drivers, drivers)
def test_the_hardest_moment_is_not_forgotten_at_once(now: dict[str, float], hardest: dict[str, float]) -> None:
    present, past = effort_parts(now, POLICY), effort_parts(hardest, POLICY)

    remembered, _ = lasting_effort(present, past, POLICY)
    fresh, _ = lasting_effort(present, {}, POLICY)

    assert remembered >= fresh - ROUNDING


@UNHURRIED
@given(drivers, efforts)
def test_more_work_is_a_higher_load(memory: dict[str, float], more: Signal) -> None:
    added = {**memory, more.kind: memory.get(more.kind, 0.0) + more.strength}

    assert 0.0 <= load(memory, POLICY) <= load(added, POLICY) <= 1.0


def test_a_dead_end_that_ends_in_thanks_was_less_work_than_one_that_does_not() -> None:
    def ending(*last: str) -> float:
        lines = [(Role.CUSTOMER, "kan dat vandaag nog"), (Role.AGENT, "dat is helaas niet mogelijk")]
        conversation = Conversation(language="nl")
        for number, (role, text) in enumerate([*lines, *((Role.CUSTOMER, text) for text in last)]):
            conversation = observe(conversation, utterance(text, role, number=number), POLICY).conversation
        return conversation.effort

    assert ending("heel erg bedankt voor uw hulp") < ending("ik kom morgen langs met mijn broer")
    assert 1.0 < ending("heel erg bedankt voor uw hulp")
