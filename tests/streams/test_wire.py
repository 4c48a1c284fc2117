"""What goes over the wire comes back equal, in the place where it belongs."""

import msgspec
import pytest
from msgspec.structs import replace

from config.settings import HERE, load_playbook
from klankbord.channels.transcript import Transcript, recordings
from klankbord.errors import InvalidEvent
from klankbord.events import MAX_EVENT_BYTES, Channel, decode, encode
from klankbord.policy import Policy
from klankbord.replay import replay
from streams import wire
from streams.views import Views
from tests.streams.given import conversation, record, records

VIEWS = Views(Policy(), load_playbook(HERE / "playbook"))
RECORDINGS = recordings()
RECORDS = records()

MESSAGES = {
    "origin": RECORDS[5].origin,
    "record": RECORDS[5],
    "alert": VIEWS.alerts(RECORDS[5], {})[0],
    "suggestion": VIEWS.suggestions(RECORDS[1])[0],
    "row": VIEWS.row(RECORDS[5]),
    "row of one who just came": VIEWS.row(RECORDS[0]),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_comes_back_as_it_was(name: str) -> None:
    message = MESSAGES[name]

    assert msgspec.json.decode(wire.encode(message), type=type(message)) == message


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_from_a_newer_version_is_read_without_what_it_adds(name: str) -> None:
    message = MESSAGES[name]
    newer = msgspec.json.encode({**msgspec.to_builtins(message), "added_later": 1})

    assert msgspec.json.decode(newer, type=type(message)) == message


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name)
def test_every_record_of_a_recording_comes_back_equal_and_stays_small(recording: Transcript) -> None:
    for offset, observation in enumerate(replay(recording.events, Policy())):
        written = record(observation, offset=offset)

        raw = wire.encode(written)

        assert wire.decode_record(raw) == written
        assert len(raw) < MAX_EVENT_BYTES


def test_a_record_that_is_cut_off_is_an_error_of_ours() -> None:
    with pytest.raises(msgspec.DecodeError):
        wire.decode_record(wire.encode(RECORDS[5])[:-1])


@pytest.mark.parametrize(
    ("channel", "topic"),
    [
        pytest.param(Channel.VOICE, "call.transcripts", id="voice"),
        *(pytest.param(channel, "chat.messages", id=channel) for channel in Channel if channel is not Channel.VOICE),
    ],
)
def test_calls_are_transcripts_and_everything_else_is_messages(channel: Channel, topic: str) -> None:
    event = replace(conversation()[0], channel=channel)

    assert wire.topic_for(event) == topic
    assert wire.topic_for(event) in wire.INPUTS


def test_everything_of_a_conversation_has_one_input_key() -> None:
    assert {wire.input_key(event) for event in conversation("conversation-7")} == {b"conversation-7"}


def test_equal_ids_of_two_tenants_are_two_conversations() -> None:
    assert wire.conversation_key("one", "conversation-7") == b"one/conversation-7"
    assert wire.conversation_key("two", "conversation-7") == b"two/conversation-7"


def test_no_two_conversations_have_one_key() -> None:
    (event, *_) = conversation("b/c")

    assert wire.conversation_key("a", event.conversation_id) == b"a/b/c"
    with pytest.raises(InvalidEvent):
        decode(encode(replace(event, tenant="a/b", conversation_id="c")))


def test_the_keys_of_redis_lie_in_one_slot_of_a_cluster() -> None:
    keys = (
        wire.ALERTS,
        wire.OPEN_ALERTS,
        wire.SUGGESTIONS,
        wire.BOARD,
        wire.BOARD_OFFSETS,
        wire.BOARD_CHANGES,
        wire.COUNTS,
        wire.current_suggestion("demo", "agent-12"),
        wire.REVOKED,
        wire.AUDIT,
        wire.AUDIT_HEAD,
        wire.once("alert-1"),
    )

    assert {key[: key.index("}") + 1] for key in keys} == {"{klankbord}"}
    assert len(set(keys)) == len(keys)
