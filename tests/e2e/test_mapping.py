"""A topic of another shape, with another number of partitions, goes the whole way through a real monitor."""

import json
from pathlib import Path
from typing import Final

import pytest

from config.settings import HERE
from streams.letterbox import Wanted, letterbox
from streams.topics import Topic
from tests.e2e.monitored import monitored

pytestmark = pytest.mark.e2e

DESK: Final = "desk.messages"
CALLS: Final = "calls.transcripts"
OTHER_TOPICS: Final = (Topic(DESK, 3, 1, "delete"), Topic(CALLS, 4, 1, "delete"))


def call(number: int, said: str) -> bytes:
    entry = {
        "utteranceId": f"u-{number}",
        "isFinal": True,
        "channel": "EXTERNAL",
        "alternatives": [{"transcript": said}],
    }
    return json.dumps(
        {"eventBody": {"conversationId": "c-9", "eventTime": "2026-03-02T09:00:00Z", "transcripts": [entry]}}
    ).encode()


def test_what_the_example_maps_is_observed_and_what_it_cannot_is_a_dead_letter(tmp_path: Path) -> None:
    samples = (HERE / "map.example.jsonl").read_bytes().splitlines()
    with monitored(tmp_path, *OTHER_TOPICS, MAPS=str(HERE / "map.example.toml")) as there:
        there.send(DESK, *(("41", line, {}) for line in samples))
        there.send(CALLS, *(("c-9", call(number, "where is it"), {}) for number in (1, 2, 2)))

        observed = there.observed(4)
        (letter,) = there.letters(1)
        with letterbox(there.servers) as box:
            box.redrive(Wanted(), by="ann")
        again = there.letters(2)[-1]

    assert {(one.conversation_id, one.event_id) for one in observed} == {
        ("3-41", "3-8812"), ("3-41", "3-8814"), ("c-9", "u-1-true"), ("c-9", "u-2-true"),
    }  # fmt: skip
    assert {one.conversation.channel for one in observed} == {"chat", "voice"}
    assert (letter.topic, letter.reason) == (DESK, "unmapped")
    assert letter.error == "field 'role': its value is none of values.role"
    assert again.headers["redrives"].decode() == letter.origin
