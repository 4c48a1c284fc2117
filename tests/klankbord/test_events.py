"""What can be read from the wire, and what is refused, with a reason and without quoting anybody."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from klankbord.errors import InvalidEvent
from klankbord.events import (
    MAX_EVENT_BYTES,
    MAX_TEXT_CHARS,
    Channel,
    Common,
    Context,
    Ended,
    Event,
    Held,
    Joined,
    NoticeGiven,
    Objected,
    Resumed,
    Role,
    Started,
    Transferred,
    Utterance,
    Waited,
    decode,
    encode,
)

# A busy machine is no failure.
UNHURRIED: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
AT: Final = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


def raw(**fields: object) -> bytes:
    """A valid utterance as JSON, but for `fields`."""
    valid: dict[str, object] = {
        "type": "utterance",
        "schema": 1,
        "event_id": "event-1",
        "tenant": "demo",
        "conversation_id": "conversation-1",
        "channel": "chat",
        "at": "2026-03-02T09:00:00Z",
        "utterance_id": "utterance-1",
        "role": "customer",
        "text": "waar is mijn pakket",
    }
    return json.dumps(valid | fields).encode()


def refused(line: bytes) -> InvalidEvent:
    with pytest.raises(InvalidEvent) as error:
        decode(line)
    return error.value


def of_every_type() -> list[Event]:
    common = Common(
        schema=1,
        event_id="e:1/u",
        tenant="demo",
        conversation_id="c-1",
        channel=Channel.VOICE,
        at=AT,
        queue="Facturen & betalen",
        team="Zuid-Üst",
        agent_id="agent-12",
        customer_key="k#1",
        language="nl-BE",
    )
    shared: dict[str, Any] = {name: getattr(common, name) for name in common.__struct_fields__}
    return [
        Started(**shared),
        Joined(**shared, role=Role.BOT),
        Transferred(**shared, to_queue="Retouren", to_agent="agent-13"),
        Held(**shared),
        Resumed(**shared),
        Ended(**shared, reason="klaar"),
        NoticeGiven(**shared, notice_id="v2"),
        Objected(**shared),
        Context(**shared, recent_contacts=3, open_complaint=True, lifetime_value=12.5, previous_channel=Channel.EMAIL),
        Waited(**shared, wait_s=150.0),
        Utterance(
            **shared,
            utterance_id="u-1",
            revision=2,
            is_final=False,
            role=Role.CUSTOMER,
            text='“Nou…” 😡 \\ " \n tab\t',
            start_ms=0,
            end_ms=1200,
        ),
    ]


@pytest.mark.parametrize("event", of_every_type(), ids=lambda event: str(event.__struct_config__.tag))
def test_what_is_written_is_read_back_unchanged(event: Event) -> None:
    assert decode(encode(event)) == event


def test_every_type_is_written_and_read_here() -> None:
    assert {type(event) for event in of_every_type()} == set(get_args(Event))


def test_a_time_in_another_zone_is_the_same_moment() -> None:
    event = decode(raw(at="2026-03-02T10:00:00+01:00"))

    assert event.at == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert event.at_s == datetime(2026, 3, 2, 10, 0, tzinfo=timezone(timedelta(hours=1))).timestamp()


def test_fields_we_do_not_know_are_ignored() -> None:
    assert decode(raw(sentiment={"vendor": [1, 2]}, weather="rain")) == decode(raw())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("type", "CANARY", id="unknown type"),
        pytest.param("type", "CANARY' or 'CANARY", id="quotes in the type"),
        pytest.param("type", "\nCANARY\n", id="lines in the type"),
        pytest.param("type", 31612345678, id="type is a number"),
        pytest.param("schema", 31612345678, id="unknown schema"),
        pytest.param("schema", "CANARY", id="schema is a string"),
        pytest.param("channel", "CANARY", id="unknown channel"),
        pytest.param("channel", None, id="no channel"),
        pytest.param("role", "CANARY", id="unknown role"),
        pytest.param("at", "CANARY", id="no time"),
        pytest.param("at", "2026-03-02T09:00:00", id="time without a zone"),
        pytest.param("at", 31612345678, id="time as a number"),
        pytest.param("text", 31612345678, id="text is a number"),
        pytest.param("text", ["CANARY"], id="text is a list"),
        pytest.param("text", {"CANARY": "CANARY"}, id="text is an object"),
        pytest.param("text", "", id="no text"),
        pytest.param("text", "CANARY" + "x" * MAX_TEXT_CHARS, id="text too long"),
        pytest.param("event_id", "", id="empty id"),
        pytest.param("event_id", "C" * 129, id="id too long"),
        pytest.param("event_id", "CANARY CANARY", id="space in an id"),
        pytest.param("event_id", 'CANARY"', id="quote in an id"),
        pytest.param("event_id", "CANARY'", id="apostrophe in an id"),
        pytest.param("event_id", "CANARY\\", id="backslash in an id"),
        pytest.param("event_id", "CANARY\n", id="line end in an id"),
        pytest.param("event_id", "CANARY\x00", id="NUL in an id"),
        pytest.param("event_id", "CANARYé", id="accent in an id"),
        pytest.param("conversation_id", "CANARY\x1f", id="control character in an id"),
        pytest.param("tenant", "CANARY tenant", id="space in a tenant"),
        pytest.param("tenant", "CANARY/tenant", id="slash in a tenant"),
        pytest.param("utterance_id", 31612345678, id="id is a number"),
        pytest.param("queue", "CANARY\x07", id="control character in a name"),
        pytest.param("queue", 'CANARY"', id="quote in a name"),
        pytest.param("team", "", id="empty name"),
        pytest.param("agent_id", "C" * 65, id="name too long"),
        pytest.param("language", "CANARYCANARYCANARY", id="language too long"),
        pytest.param("revision", -31612345678, id="negative revision"),
        pytest.param("revision", 31612345678, id="huge revision"),
        pytest.param("start_ms", 31612345678, id="start after a week"),
        pytest.param("is_final", "CANARY", id="final is a string"),
    ],
)
def test_what_does_not_fit_is_refused_without_its_value(field: str, value: object) -> None:
    error = refused(raw(**{field: value}))

    assert error.reason == "invalid_schema"
    assert f"$.{field}" in str(error)
    assert "CANARY" not in str(error)
    assert "31612345678" not in str(error)


@pytest.mark.parametrize("field", ["schema", "event_id", "tenant", "conversation_id", "channel", "at", "role", "text"])
def test_a_missing_field_is_named(field: str) -> None:
    fields = json.loads(raw())
    del fields[field]

    error = refused(json.dumps(fields).encode())

    assert error.reason == "invalid_schema"
    assert f"`{field}`" in str(error)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param(b"", "invalid_json", id="nothing"),
        pytest.param(b"CANARY", "invalid_json", id="no JSON"),
        pytest.param(b'{"CANARY": CANARY}', "invalid_json", id="a bare word"),
        pytest.param(raw()[:-3], "invalid_json", id="cut off"),
        pytest.param(raw() + b"CANARY", "invalid_json", id="more than one value"),
        pytest.param(raw().replace(b"waar", b"CANARY\xff"), "invalid_json", id="no UTF-8"),
        pytest.param(raw(text="CANARY\ud800"), "invalid_json", id="lone surrogate"),
        pytest.param(raw(queue="CANARY\udfff"), "invalid_json", id="lone surrogate in a name"),
        pytest.param(raw().replace(b"2026-03-02T09:00:00Z", b"\x00"), "invalid_json", id="raw NUL"),
        pytest.param(b"[" * MAX_EVENT_BYTES, "invalid_schema", id="deep lists"),
        pytest.param(b'{"type":"started","x":' + b"[" * 60_000, "invalid_json", id="deep in an unknown field"),
        pytest.param(b'"CANARY"', "invalid_schema", id="a string"),
        pytest.param(b"null", "invalid_schema", id="null"),
        pytest.param(raw(text="CANARY\x00"), "invalid_text", id="NUL in the text"),
        pytest.param(raw(text=" \t\n\u3000"), "invalid_text", id="white space only"),
        pytest.param(raw(at="1970-01-01T00:00:00Z"), "absurd_time", id="1970"),
        pytest.param(raw(at="1999-12-31T23:59:59Z"), "absurd_time", id="1999"),
        pytest.param(raw(at="2100-01-01T00:00:00Z"), "absurd_time", id="2100"),
        pytest.param(raw(at="0001-01-01T00:00:00+14:00"), "absurd_time", id="before the year one"),
        pytest.param(raw(at="9999-12-31T23:59:59-14:00"), "absurd_time", id="after the year 9999"),
        pytest.param(raw(start_ms=1200, end_ms=1199), "absurd_time", id="ends before it starts"),
    ],
)
def test_each_kind_of_bad_input_has_its_reason(line: bytes, reason: str) -> None:
    error = refused(line)

    assert error.reason == reason
    assert "CANARY" not in str(error)


def test_64_kilobytes_are_read_and_one_byte_more_is_not() -> None:
    padding = MAX_EVENT_BYTES - len(raw(unknown=""))

    assert decode(raw(unknown="x" * padding)) == decode(raw())
    assert refused(raw(unknown="x" * (padding + 1))).reason == "too_large"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"text": "x" * MAX_TEXT_CHARS}, id="longest text"),
        pytest.param({"event_id": "!#$%&()*+,-./:;<=>?@[]^_`{|}~" + "x" * 98}, id="longest id, every sign"),
        pytest.param({"tenant": "!#$%&()*+,-.0:;<=>?@[]^_`{|}~" + "x" * 99}, id="longest tenant, every sign"),
        pytest.param({"queue": "é" * 64}, id="longest name"),
        pytest.param({"agent_id": "Jan d'Arc 😀"}, id="name with an apostrophe"),
        pytest.param({"at": "2000-01-01T00:00:00Z"}, id="2000"),
        pytest.param({"at": "2099-12-31T23:59:59Z"}, id="2099"),
        pytest.param({"start_ms": 7, "end_ms": 7}, id="no length"),
    ],
)
def test_the_limits_themselves_are_read(fields: dict[str, object]) -> None:
    assert decode(encode(decode(raw(**fields)))) == decode(raw(**fields))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def read_or_refused(line: bytes) -> None:
    try:
        event = decode(line)
    except InvalidEvent:
        return
    assert decode(encode(event)) == event


@UNHURRIED
@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_refused(line: bytes) -> None:
    read_or_refused(line)


@UNHURRIED
@given(st.dictionaries(st.sampled_from(sorted(json.loads(raw()))), anything, max_size=3))
def test_any_json_is_an_event_or_refused(fields: dict[str, object]) -> None:
    read_or_refused(raw(**fields))


@UNHURRIED
@given(st.integers(min_value=0), st.binary(min_size=1, max_size=3))
def test_a_damaged_event_is_an_event_or_refused(where: int, damage: bytes) -> None:
    line = raw(queue="Facturen", start_ms=3)
    at = where % len(line)

    read_or_refused(line[:at] + damage + line[at + len(damage) :])
