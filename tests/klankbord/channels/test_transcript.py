"""A conversation that a person wrote down becomes events."""

from datetime import UTC, datetime, timedelta

import pytest

from klankbord.channels.transcript import START, read_transcript, recordings
from klankbord.errors import InvalidEvent
from klankbord.events import Context, Event, Joined, Transferred, Utterance, decode, encode

HEADER = """title: Where is it
channel: chat
queue: delivery
team: north
agent: agent-01
customer: customer-01
language: en
# calm: a parcel is asked for
---
"""


def events_of(*lines: str) -> tuple[Event, ...]:
    return read_transcript(HEADER + "\n".join(lines), name="parcel").events


def test_the_header_names_the_conversation_and_goes_into_every_event() -> None:
    transcript = read_transcript(HEADER + "00:02 customer: where is it", name="parcel", tenant="shop")

    assert (transcript.name, transcript.title) == ("parcel", "Where is it")
    assert transcript.comment == "calm: a parcel is asked for"
    (event,) = transcript.events
    assert isinstance(event, Utterance)
    assert (event.tenant, event.conversation_id, event.event_id) == ("shop", "parcel", "parcel-001")
    assert (event.channel, event.queue, event.team, event.language) == ("chat", "delivery", "north", "en")
    assert (event.agent_id, event.customer_key) == ("agent-01", "customer-01")
    assert (event.utterance_id, event.role, event.text) == ("1", "customer", "where is it")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        pytest.param("00:00", 0, id="start"),
        pytest.param("04:55", 295, id="minutes"),
        pytest.param("75:01", 4501, id="long"),
    ],
)
def test_times_count_from_the_start(written: str, seconds: int) -> None:
    start = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)

    (event,) = read_transcript(HEADER + f"{written} agent: hello", name="parcel", start=start).events

    assert event.at == start + timedelta(seconds=seconds)


def test_a_line_may_say_from_when_to_when_it_was_spoken_and_is_known_at_the_end() -> None:
    (event,) = events_of("00:09.5-01:00.25 customer: hello")

    assert isinstance(event, Utterance)
    assert (event.start_ms, event.end_ms) == (9_500, 60_250)
    assert event.at == START + timedelta(milliseconds=60_250)


def test_partials_are_versions_of_the_next_line_of_their_role() -> None:
    events = events_of(
        "00:09 customer (partial): where",
        "00:10 agent (partial): good",
        "00:11 customer (partial): where is",
        "00:12 customer: where is it",
        "00:13 agent: good morning",
        "00:14 customer: hello",
    )

    assert [(e.utterance_id, e.revision, e.is_final) for e in events if isinstance(e, Utterance)] == [
        ("1", 0, False),
        ("2", 0, False),
        ("1", 1, False),
        ("1", 2, True),
        ("2", 1, True),
        ("6", 0, True),
    ]


def test_facts_are_read_with_their_types() -> None:
    (event,) = events_of("00:00 * context recent_contacts=3 open_complaint=true previous_channel=email")

    assert isinstance(event, Context)
    assert (event.recent_contacts, event.open_complaint, event.previous_channel) == (3, True, "email")


def test_after_a_transfer_the_next_agent_and_queue_are_on_every_event() -> None:
    moved, after = events_of("00:01 * transferred to_queue=billing to_agent=agent-02", "00:02 customer: hello?")

    assert isinstance(moved, Transferred)
    assert (moved.queue, moved.agent_id) == ("delivery", "agent-01")
    assert (after.queue, after.agent_id) == ("billing", "agent-02")


@pytest.mark.parametrize("line", ["00:05 * joined", "00:05 agent: hello"])
def test_after_an_open_transfer_nobody_helps_until_an_agent_shows(line: str) -> None:
    _, waiting, helped = events_of("00:01 * transferred to_queue=billing", "00:02 customer: hello?", line)

    assert waiting.agent_id is None
    assert helped.agent_id == "agent-01"


def test_a_customer_who_joins_is_no_agent() -> None:
    _, joined = events_of("00:01 * transferred", "00:02 * joined role=customer")

    assert isinstance(joined, Joined)
    assert joined.agent_id is None


def test_empty_lines_and_comments_are_passed_over() -> None:
    assert len(events_of("00:01 customer: hi", "", "# a remark", "00:02 agent: hello")) == 2


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        pytest.param("0:5 customer: hi", "reads 'MM:SS role: text'", id="time"),
        pytest.param("00:61 customer: hi", "reads 'MM:SS role: text'", id="seconds"),
        pytest.param("00:05 customer:", "reads 'MM:SS role: text'", id="no words"),
        pytest.param("00:05 visitor: hi", "unknown role 'visitor'", id="role"),
        pytest.param("00:05 * vanished", "unknown event 'vanished'", id="event"),
        pytest.param("00:05 * utterance", "unknown event 'utterance'", id="utterance as a fact"),
        pytest.param("00:05 * context contacts=3", "'contacts=3' is no field of 'context'", id="field"),
        pytest.param("00:05 * context recent_contacts", "is no field of 'context'", id="no value"),
        pytest.param("00:05 * held tenant=x", "it has: none", id="field that the header gives"),
        pytest.param("00:05 * context recent_contacts=many", "recent_contacts", id="value"),
        pytest.param("00:09-00:05 customer: hi", "ends before it begins", id="ends before it begins"),
        pytest.param("00:05-00:09 * held", "reads 'MM:SS role: text'", id="a fact that lasts"),
        pytest.param("00:00 customer: hi", "lies before that of the line above", id="backwards"),
    ],
)
def test_a_mistake_names_its_line(line: str, wrong: str) -> None:
    with pytest.raises(InvalidEvent, match="parcel, line 11: ") as error:
        events_of("00:01 customer: hello", line)

    assert wrong in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("title: x\n", "line 1: no line '---'", id="no end"),
        pytest.param("title: x\nchannel: chat\nagent: a\n---\n", "line 4: the header has no 'customer:'", id="missing"),
        pytest.param("title\n---\n", "line 1: a header line reads", id="no colon"),
        pytest.param("colour: red\n---\n", "line 1: unknown key 'colour'", id="unknown key"),
        pytest.param(HEADER.replace("chat", "fax"), "line 9: the header's channel is one of chat", id="channel"),
    ],
)
def test_a_mistake_in_the_header_names_its_line(text: str, message: str) -> None:
    with pytest.raises(InvalidEvent, match=message):
        read_transcript(text, name="parcel")


def test_every_recording_reads_and_travels() -> None:
    found = recordings()

    assert len(found) >= 26
    assert [transcript.name for transcript in found] == sorted(transcript.name for transcript in found)
    for transcript in found:
        assert transcript.title
        assert len({event.event_id for event in transcript.events}) == len(transcript.events)
        for event in transcript.events:
            assert decode(encode(event)) == event
