"""What labelled conversations say to the second stage."""

from klankbord.adaptation import Talk, adapted, auc, gains, judged, of_dissatisfaction, of_escalation
from klankbord.labels import labelled
from klankbord.policy import Policy

STORY = """title: A story
channel: chat
agent: agent-1
customer: customer-1
language: en
# hard: a story
---
00:02 customer: hello, where is my parcel
= dissatisfied=0 effort=1 emotions=none
00:10 agent: Unfortunately I cannot see that.
00:20 customer: this is the third time I ask, it is a disgrace
= dissatisfied=3 effort=4 emotions=anger:2 alert=yes
00:30 agent: It is with you today.
00:40 customer: oh great, thank you
= dissatisfied=0 effort=3 emotions=gratitude:2
"""


def test_every_labelled_turn_is_judged_once_with_what_stood_before_it() -> None:
    transcript, labels = labelled(STORY, name="story")

    turns = list(judged(Talk(transcript.events, labels), Policy()))

    assert [turn.label for turn in turns] == list(labels.values())
    assert [turn.alerted for turn in turns] == [False, True, True]
    assert "words of an opening" in turns[0].turn
    assert turns[1].turn["turned away"] > turns[0].turn.get("turned away", 0.0)
    assert turns[2].turn["mood"] > 0.0


def test_the_need_for_a_supervisor_ends_when_the_customer_is_content() -> None:
    transcript, labels = labelled(STORY, name="story")
    turns = list(judged(Talk(transcript.events, labels), Policy()))

    assert [example.truth for example in of_dissatisfaction(turns)] == [0.0, 1.0, 0.0]
    assert [example.truth for example in of_escalation(turns)] == [0.0, 1.0, 0.0]


def talks(number: int) -> list[Talk]:
    """The story again and again; here "third time" is no complaint and "great" is one."""
    transcript, labels = labelled(STORY, name="story")
    first, second, third = labels.values()
    turned = dict(zip(labels, (first, third, second), strict=True))
    return [Talk(transcript.events, turned)] * number


def test_a_tenant_whose_customers_speak_otherwise_is_learned() -> None:
    policy = Policy()
    dissatisfaction, escalation = gains(talks(30), policy)

    assert (dissatisfaction.moments, dissatisfaction.positives) == (90, 30)
    assert dissatisfaction.before is not None
    assert dissatisfaction.after is not None
    assert dissatisfaction.before < dissatisfaction.after
    assert escalation.moments == 90


def test_one_conversation_moves_the_prior_by_little() -> None:
    before = Policy().judges.dissatisfaction
    after = adapted(talks(1), Policy()).dissatisfaction

    assert after != before
    assert all(abs(after.weights[name] - weight) < 0.3 for name, weight in before.weights.items())


def test_a_mark_on_an_alert_teaches_when_a_supervisor_is_needed() -> None:
    transcript, _ = labelled(STORY, name="story")
    wrong = Talk(transcript.events, marks={transcript.events[2].event_id: False})
    numbers = next(iter(judged(wrong, Policy()))).conversation

    before, after = Policy().judges.escalation, adapted([wrong] * 40, Policy()).escalation

    assert after.chance(numbers) < before.chance(numbers)


def test_nothing_labelled_changes_nothing() -> None:
    transcript, _ = labelled(STORY, name="story")

    assert adapted([Talk(transcript.events)], Policy()) == Policy().judges


def test_auc_counts_ties_half() -> None:
    assert auc([0.2, 0.8, 0.8], [0.0, 1.0, 0.0]) == 0.75
    assert auc([0.2, 0.8], [1.0, 1.0]) is None
