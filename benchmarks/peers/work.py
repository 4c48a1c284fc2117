"""The work that every peer does: score what a customer says, fold it into the conversation, tell the result.

Nothing of Klankbord is imported: Quix Streams, Bytewax and confluent-kafka run in an environment of their own.
"""

import os
from collections.abc import Mapping
from typing import Any, Final, TypedDict

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

BROKER: Final = os.environ.get("PEER_BROKER", "127.0.0.1:9092")
GROUP: Final = os.environ.get("PEER_GROUP", "peer")
DATA_DIR: Final = os.environ.get("PEER_DATA_DIR", "peer-data")
INPUT: Final = "chat.messages"
CHANGELOG: Final = "conversations.changelog"
OUTPUT: Final = "conversations.scored"
PARTITIONS: Final = 4
COMMIT_EVERY_S: Final = 1.0  # of the two that have no habit of their own; ours commits as often

_vader: Final = SentimentIntensityAnalyzer()


class Conversation(TypedDict):
    """The state of one conversation; `valence` is the mean of what the customer said, -1 to 1."""

    events: int
    customer_turns: int
    valence: float


def said(event: Mapping[str, Any]) -> str:
    """What the customer says in this event; nothing in most."""
    return str(event["text"]) if event.get("role") == "customer" else ""


def fold(before: Conversation | None, words: str) -> Conversation:
    """The conversation after one more event."""
    now = before or Conversation(events=0, customer_turns=0, valence=0.0)
    turns, valence = now["customer_turns"], now["valence"]
    if words:
        turns += 1
        valence += (compound(words) - valence) / turns
    return Conversation(events=now["events"] + 1, customer_turns=turns, valence=valence)


def compound(words: str) -> float:
    """VADER's score of a line, -1 to 1."""
    return float(_vader.polarity_scores(words)["compound"])


def told(event_id: str, conversation_id: str, now: Conversation) -> dict[str, object]:
    """The one record that every event leads to."""
    return {"event_id": event_id, "conversation_id": conversation_id, **now}
