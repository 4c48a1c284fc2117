"""Conversations that people labelled by `docs/labelling.md`: what the scores are measured against and fitted to.

A labelled conversation is a transcript with one more line after every line of the customer's, the label of that turn:

    = dissatisfied=2 effort=4 emotions=frustration:2,disappointment:1 alert=yes
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from klankbord.channels.transcript import Transcript, read_transcript
from klankbord.events import Role, Utterance
from klankbord.policy import EMOTIONS

_CUSTOMER: Final = re.compile(r"[\d:.-]+\s+customer:")
_LABEL: Final = re.compile(r"= dissatisfied=([0-3]) effort=([1-7]) emotions=(\S+)( alert=yes)?")
_EMOTION: Final = re.compile(r"([a-z]+):([1-3])")


@dataclass(frozen=True, slots=True)
class Label:
    """What a person judged of one customer turn in the conversation so far."""

    dissatisfied: int
    effort: int
    emotions: Mapping[str, int]
    alert: bool


def labelled(text: str, *, name: str) -> tuple[Transcript, dict[str, Label]]:
    """The transcript that `text` holds, and the label of each customer turn by its utterance id."""
    kept: list[str] = []
    labels: list[Label] = []
    owed = False
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{name}, line {number}"
        is_label = line.startswith("=")
        if is_label != owed:
            raise ValueError(f"{where}: " + ("no customer turn is above this label" if is_label else "a label is due"))
        if is_label:
            labels.append(_label(line, where))
        kept.append("" if is_label else line)
        owed = _CUSTOMER.match(line) is not None
    if owed:
        raise ValueError(f"{name}: the last customer turn has no label")
    transcript = read_transcript("\n".join(kept), name=name)
    turns = customer_turns(transcript)
    return transcript, {turn.utterance_id: label for turn, label in zip(turns, labels, strict=True)}


def customer_turns(transcript: Transcript) -> tuple[Utterance, ...]:
    """What the customer said, in order."""
    return tuple(event for event in transcript.events if isinstance(event, Utterance) and event.role == Role.CUSTOMER)


def _label(line: str, where: str) -> Label:
    match = _LABEL.fullmatch(line)
    if match is None:
        raise ValueError(f"{where}: reads '= dissatisfied=0..3 effort=1..7 emotions=name:1..3,...|none [alert=yes]'")
    return Label(int(match[1]), int(match[2]), read_emotions(match[3], where), match[4] is not None)


def read_emotions(written: str, where: str) -> dict[str, int]:
    """`name:1..3` joined by commas, or none; `ValueError` says where it is wrong."""
    if written == "none":
        return {}
    emotions: dict[str, int] = {}
    for one in written.split(","):
        match = _EMOTION.fullmatch(one)
        if match is None or match[1] not in EMOTIONS:
            raise ValueError(f"{where}: '{one}' is no emotion with a strength of 1..3")
        if match[1] in emotions:
            raise ValueError(f"{where}: {match[1]} stands there twice")
        emotions[match[1]] = int(match[2])
    return emotions
