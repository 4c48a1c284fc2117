"""Recorded events, line by line: one that cannot be read takes none of the others with it."""

from pathlib import Path

from klankbord.events import encode
from klankbord.observation import Observation
from klankbord.policy import Policy
from klankbord.replay import Unreadable, replay_lines
from tests.klankbord.given import utterance


def test_an_unreadable_line_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    empty = encode(utterance("x", number=2)).replace(b'"text":"x"', b'"text":""')
    lines = [encode(utterance("het werkt niet", number=1)), empty, b"{", encode(utterance("dank u", number=3))]
    file = tmp_path / "recording.jsonl"
    file.write_bytes(b"\n".join(lines) + b"\n")

    first, second, third, last = replay_lines(file, Policy())

    assert isinstance(first, Observation)
    assert isinstance(second, Unreadable)
    assert (second.event_id, second.conversation_id) == ("event-2", "conversation-1")
    assert "text" in second.error
    assert isinstance(third, Unreadable)
    assert third.event_id == ""
    assert isinstance(last, Observation)
    assert last.conversation.customer_turns == 2
