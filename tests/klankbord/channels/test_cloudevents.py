"""A CloudEvent gives the event that is in it, in both modes; one that is none is refused with the reason."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from klankbord.channels.cloudevents import MOST_HEADERS, STRUCTURED, envelope, unwrapped
from klankbord.errors import InvalidEvent, Reason
from klankbord.events import MAX_EVENT_BYTES, Event, Utterance, decode

GOLDEN: Final = json.loads((Path(__file__).parent / "cloudevents.json").read_text(encoding="utf-8"))
CANARY: Final = "kanariegeel"
DATA: Final = {"tenant": "acme", "channel": "chat", "utterance_id": "u-1", "role": "customer", "text": f"hi {CANARY}"}
GOOD: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "id": f"id {CANARY}",
    "source": "/desk/acme",
    "type": "klankbord.utterance.v1",
    "subject": "c-1",
    "time": "2026-03-02T09:00:05Z",
    "data": DATA,
}


def event(value: bytes, headers: dict[str, bytes]) -> Event:
    """What the monitor makes of a record."""
    return decode(unwrapped(value, envelope(headers.items())))


def structured(value: object, content_type: bytes = STRUCTURED.encode()) -> Event:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return event(raw, {"content-type": content_type})


def binary(**changes: bytes | None) -> Event:
    headers = {f"ce_{name}": str(value).encode() for name, value in GOOD.items() if name != "data"}
    headers |= {"content_type" if name == "content_type" else f"ce_{name}": value for name, value in changes.items()}  # type: ignore[misc]  # None takes one away
    given = {
        name.replace("content_type", "content-type"): value for name, value in headers.items() if value is not None
    }
    return event(json.dumps(DATA).encode(), given)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["what"])
def test_a_cloudevent_becomes_the_event_that_is_written_beside_it(case: dict[str, Any]) -> None:
    headers = {name: value.encode() for name, value in case["headers"].items()}

    found = event(json.dumps(case["value"]).encode(), headers)

    assert found == decode(json.dumps(case["becomes"]).encode())


@pytest.mark.parametrize("mode", [kafka.to_structured, kafka.to_binary])
def test_what_the_sdk_of_the_specification_writes_is_read_in_both_modes(mode: Any) -> None:
    attributes = {name: value for name, value in GOOD.items() if name not in ("data", "time")}
    at = datetime(2026, 3, 2, 9, 0, 5, tzinfo=UTC)
    written = mode(CloudEvent({**attributes, "time": at, "datacontenttype": "application/json"}, DATA), JSONFormat())

    found = event(written.value, written.headers)

    assert isinstance(found, Utterance)
    assert (found.conversation_id, found.at, found.text) == ("c-1", at, DATA["text"])
    assert found == structured(GOOD)


def test_an_id_is_one_of_its_source_and_the_same_whenever_it_comes() -> None:
    first, again, other = structured(GOOD), binary(), structured({**GOOD, "source": "/desk/elsewhere"})

    assert first.event_id == again.event_id
    assert other.event_id != first.event_id


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({"content-type": b"application/json"}, id="a content type"),
        pytest.param({"klankbord_redrives": b"chat.messages/0/1", "traceparent": b"00"}, id="others'"),
    ],
)
def test_a_record_without_an_envelope_is_none(headers: dict[str, bytes]) -> None:
    assert envelope(headers.items()) == ()


REFUSED: Final[dict[str, tuple[object, Reason, str]]] = {
    "no specversion": ({**GOOD, "specversion": None}, "invalid_envelope", "Expected `str`, got `null`"),
    "another version": ({**GOOD, "specversion": f"0.3{CANARY}"}, "invalid_envelope", "specversion is not 1.0"),
    "no id": ({name: value for name, value in GOOD.items() if name != "id"}, "invalid_envelope", "field `id`"),
    "an empty source": ({**GOOD, "source": ""}, "invalid_envelope", "length >= 1 - at `$.source`"),
    "a long id": ({**GOOD, "id": CANARY * 200}, "invalid_envelope", "length <= 1024 - at `$.id`"),
    "others' type": ({**GOOD, "type": f"com.acme.{CANARY}"}, "invalid_envelope", "type is not 'klankbord.TYPE.v1'"),
    "a type of event nobody knows": ({**GOOD, "type": f"klankbord.{CANARY}.v1"}, "invalid_schema", "at `$.type`"),
    "a schema to come": ({**GOOD, "type": "klankbord.utterance.v2"}, "invalid_schema", "at `$.schema`"),
    "two types": ({**GOOD, "data": {**DATA, "type": CANARY}}, "invalid_envelope", "another 'type' than its data"),
    "two schemas": ({**GOOD, "data": {**DATA, "schema": 2}}, "invalid_envelope", "another 'schema' than its data"),
    "no data": ({**GOOD, "data": None} | {"data_base64": ""}, "invalid_envelope", "both 'data' and 'data_base64'"),
    "data of nothing": ({n: v for n, v in GOOD.items() if n != "data"}, "invalid_envelope", "it has no data"),
    "data that is text": ({**GOOD, "data": CANARY}, "invalid_envelope", "Expected `object`, got `str`"),
    "no base64": ({**{n: v for n, v in GOOD.items() if n != "data"}, "data_base64": "%"}, "invalid_envelope", "base64"),
    "XML": ({**GOOD, "datacontenttype": f"text/xml;{CANARY}"}, "invalid_envelope", "datacontenttype is not JSON"),
    "a time without a zone": ({**GOOD, "time": "2026-03-02T09:00:05"}, "invalid_envelope", "timezone component"),
    "no time at all": ({n: v for n, v in GOOD.items() if n != "time"}, "invalid_schema", "field `at`"),
    "no conversation": ({n: v for n, v in GOOD.items() if n != "subject"}, "invalid_schema", "`conversation_id`"),
    "a batch": ([GOOD], "invalid_envelope", "Expected `object`, got `array`"),
    "half of it": (json.dumps(GOOD).encode()[:-9], "invalid_json", "not valid JSON"),
    "no UTF-8": (json.dumps(GOOD).encode().replace(b"hi", b"h\xe9"), "invalid_json", "not UTF-8"),
    "deep data": (b'{"data":' + b"[" * 60_000, "invalid_json", "not valid JSON"),
    "too many bytes": ({**GOOD, "x": "x" * MAX_EVENT_BYTES}, "too_large", f"at most {MAX_EVENT_BYTES} are read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_cloudevent_of_ours_is_refused_with_the_reason_and_without_its_words(case: str) -> None:
    value, reason, says = REFUSED[case]

    with pytest.raises(InvalidEvent) as refused:
        structured(value)

    assert refused.value.reason == reason
    assert says in str(refused.value)
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "reason", "says"),
    [
        pytest.param({"specversion": None}, "invalid_envelope", "field `specversion`", id="no specversion"),
        pytest.param({"id": b"\xff"}, "invalid_envelope", "not UTF-8", id="no UTF-8"),
        pytest.param({"type": b""}, "invalid_envelope", "field `type`", id="an empty type"),
        pytest.param({"time": b"yesterday"}, "invalid_envelope", "at `$.time`", id="no time"),
        pytest.param({"content_type": b"application/avro"}, "invalid_envelope", "not JSON", id="Avro"),
        pytest.param(
            {"content_type": b"application/cloudevents-batch+json"},
            "invalid_envelope",
            "one event a record, in JSON",
            id="a batch",
        ),
        pytest.param({f"x{n}": b"1" for n in range(MOST_HEADERS)}, "invalid_envelope", "headers", id="a flood"),
    ],
)
def test_a_wrong_header_is_refused_with_the_reason(changes: dict[str, Any], reason: Reason, says: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        binary(**changes)

    assert refused.value.reason == reason
    assert says in str(refused.value)


@given(st.binary(max_size=200), st.dictionaries(st.sampled_from(["ce_id", "ce_type", "content-type"]), st.binary()))
def test_whatever_comes_is_an_event_or_a_dead_letter(value: bytes, headers: dict[str, bytes]) -> None:
    found = envelope({**headers, "ce_specversion": b"1.0"}.items())

    with pytest.raises(InvalidEvent):
        decode(unwrapped(value, found))
