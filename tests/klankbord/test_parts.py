"""The parts of every score add up to it, for every event of every recording."""

import math

import pytest
from msgspec.structs import replace

from klankbord.channels.transcript import Transcript, recordings
from klankbord.conversation import Conversation
from klankbord.events import Role
from klankbord.observation import observe
from klankbord.parts import Parts, parts, taken_apart
from klankbord.policy import Policy
from tests.klankbord.given import utterance

POLICY = Policy()
ROUNDING = 2e-3


def chance(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))


@pytest.mark.parametrize("recording", recordings(), ids=lambda recording: recording.name)
def test_the_parts_of_every_score_add_up_to_it(recording: Transcript) -> None:
    told_apart = set()
    for _, seen, made in taken_apart(recording.events, POLICY):
        now = seen.conversation
        told_apart |= {name for name in ("emotions", "dissatisfaction", "escalation", "effort") if getattr(made, name)}
        for emotion, value in seen.emotions.items():
            assert sum(made.emotions.get(emotion, {}).values()) == pytest.approx(value, abs=ROUNDING)
        if made.dissatisfaction:
            assert chance(sum(made.dissatisfaction.values())) == pytest.approx(seen.dissatisfaction, abs=ROUNDING)
        if made.escalation:
            assert chance(sum(made.escalation.values())) == pytest.approx(now.escalation, abs=ROUNDING)
        assert 1.0 + sum(made.effort.values()) == pytest.approx(now.effort, abs=ROUNDING)
    assert told_apart >= {"emotions", "dissatisfaction", "escalation"}  # of calm ones no effort has parts


@pytest.mark.parametrize("kind", ["sounds_angry", "sounds_frustrated", "sounds_dissatisfied", "sounds_sad"])
@pytest.mark.parametrize("text", ["Dit is nu al de derde keer, belachelijk!", "this is the third time, ridiculous"])
def test_the_words_of_a_head_add_up_to_the_signal_that_is_shown(text: str, kind: str) -> None:
    event = utterance(text)
    policy = replace(POLICY, evidence_from=0.0)
    seen = observe(Conversation(), event, policy)

    (signal,) = [signal for signal in seen.signals if signal.kind == kind]
    total = sum(moved.log_odds for moved in parts(Conversation(), event, seen, policy).heads[kind])
    assert chance(total) == pytest.approx(signal.strength, abs=ROUNDING)


def test_nobody_but_a_customer_is_taken_apart() -> None:
    event = utterance("Dit is schandalig slecht", Role.AGENT)

    made = parts(Conversation(), event, observe(Conversation(), event, POLICY), POLICY)

    assert (made.emotions, made.heads, made.dissatisfaction) == ({}, {}, {})


def test_a_number_that_is_redacted_is_no_word_of_an_explanation() -> None:
    event = utterance("mijn rekening is NL91ABNA0417164300 en het is belachelijk")

    made = parts(Conversation(), event, observe(Conversation(), event, POLICY), POLICY)

    words = {moved.word for head in made.heads.values() for moved in head}
    assert "belachelijk" in words
    assert not any(word in "NL91ABNA0417164300" and word for word in words)


def test_an_event_that_came_twice_has_no_parts() -> None:
    event = utterance("belachelijk")
    once = observe(Conversation(), event, POLICY).conversation

    assert parts(once, event, observe(once, event, POLICY), POLICY) == Parts()
