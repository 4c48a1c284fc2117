"""What labelled conversations say to the second stage."""

from klankbord.adaptation import judged, of_dissatisfaction, of_escalation
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

    turns = list(judged(transcript.events, labels, Policy()))

    assert [turn.label for turn in turns] == list(labels.values())
    assert [turn.alerted for turn in turns] == [False, True, True]
    assert "opening" in turns[0].turn
    assert turns[1].turn["refused"] == 1.0
    assert turns[2].turn["mood"] > 0.0


def test_the_need_for_a_supervisor_ends_when_the_customer_is_content() -> None:
    transcript, labels = labelled(STORY, name="story")
    turns = list(judged(transcript.events, labels, Policy()))

    assert [example.truth for example in of_dissatisfaction(turns)] == [0.0, 1.0, 0.0]
    assert [example.truth for example in of_escalation(turns)] == [0.0, 1.0, 0.0]
