"""Records of another shape become the events that a file of maps says; a mistake in it is told with its line."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klankbord.channels.mapping import MAX_RECORD_BYTES, Made, events_in, read_maps
from klankbord.channels.mapping.paths import MAX_STEPS, read_path
from klankbord.channels.mapping.reading import MOST_ENTRIES
from klankbord.errors import InvalidConfiguration, InvalidEvent, Reason
from klankbord.events import MAX_EVENT_BYTES, Utterance

CONFIG: Final = Path(__file__).parents[3] / "config"
EXAMPLE: Final = read_maps((CONFIG / "map.example.toml").read_text(encoding="utf-8"), source="example")
PRODUCED_MS: Final = 1_772_442_000_000
CANARY: Final = "kanariegeel"
PLAIN: Final = """
[topics.notes]
[topics.notes.constants]
type = "utterance"
tenant = "acme"
channel = "chat"
conversation_id = "c-1"
[topics.notes.fields]
event_id = "id"
utterance_id = "id"
at = "sent"
role = "by"
text = "text"
[topics.notes.units]
at = "s"
"""
RECORD: Final[dict[str, Any]] = {"id": 7, "sent": "1772442005.250", "by": "customer", "text": f"where is it {CANARY}"}


def made(record: object, toml: str = PLAIN) -> list[Made]:
    (of,) = read_maps(toml, source="maps.toml").values()
    raw = record if isinstance(record, bytes) else json.dumps(record).encode()
    return events_in(raw, of, produced_ms=PRODUCED_MS)


def one(record: object, toml: str = PLAIN) -> Utterance:
    (found,) = made(record, toml)
    assert isinstance(found.event, Utterance), found
    return found.event


def refusal(record: object, toml: str = PLAIN) -> InvalidEvent:
    (found,) = made(record, toml)
    assert found.refused is not None
    return found.refused


def test_the_example_says_of_each_sample_what_becomes_of_it() -> None:
    lines = (CONFIG / "map.example.jsonl").read_bytes().splitlines()

    found = [one for line in lines for one in events_in(line, EXAMPLE["desk.messages"], produced_ms=PRODUCED_MS)]

    assert [event.event_id if (event := one.event) else one.skipped or str(one.refused) for one in found] == [
        "3-8812",
        "skip: 'private'",
        "skip: 'content'",
        "3-8814",
        "skip: 'content'",
        "field 'role': its value is none of values.role",
    ]
    assert found[0].event == Utterance(
        schema=1,
        event_id="3-8812",
        tenant="acme",
        conversation_id="3-41",
        channel="chat",  # type: ignore[arg-type]  # a channel is its word
        at=datetime(2026, 3, 2, 9, 0, 5, tzinfo=UTC),
        queue="facturen",
        utterance_id="8812",
        role="customer",  # type: ignore[arg-type]  # a role is its word
        text="Dit is de derde keer dat ik hierover schrijf",
    )


def test_a_list_in_a_record_gives_an_event_an_entry() -> None:
    def entry(number: int, said: str, *, final: bool) -> dict[str, object]:
        words = [{"transcript": said, "offsetMs": 1250, "confidence": 0.9}]
        return {"utteranceId": f"u-{number}", "isFinal": final, "channel": "EXTERNAL", "alternatives": words}

    body = {"conversationId": "c-9", "eventTime": "2026-03-02T09:00:00Z"}
    said = [entry(1, "where", final=False), entry(1, "where is it", final=True), entry(2, "", final=True)]
    raw = json.dumps({"eventBody": {**body, "transcripts": said}}).encode()

    first, second, third = events_in(raw, EXAMPLE["calls.transcripts"], produced_ms=PRODUCED_MS)

    assert isinstance(first.event, Utterance)
    assert isinstance(second.event, Utterance)
    assert [(one.event_id, one.is_final, one.start_ms) for one in (first.event, second.event)] == [
        ("u-1-false", False, 1250),
        ("u-1-true", True, 1250),
    ]
    assert (second.event.conversation_id, second.event.channel.value) == ("c-9", "voice")
    assert third.skipped == "skip: 'alternatives.0.transcript'"


@pytest.mark.parametrize(
    ("unit", "sent"),
    [
        pytest.param("s", 1772442005.25, id="seconds"),
        pytest.param("s", "1772442005.250", id="seconds as a text"),
        pytest.param("ms", 1772442005250, id="milliseconds"),
        pytest.param("us", "1772442005250000", id="microseconds as a text"),
        pytest.param("iso", "2026-03-02T10:00:05.250+01:00", id="ISO 8601"),
    ],
)
def test_a_time_is_read_in_its_unit(unit: str, sent: object) -> None:
    event = one({**RECORD, "sent": sent}, PLAIN.replace('at = "s"', f'at = "{unit}"'))

    assert event.at == datetime(2026, 3, 2, 9, 0, 5, 250_000, tzinfo=UTC)


def test_without_a_clock_of_its_own_an_event_happened_when_its_record_was_produced() -> None:
    event = one(RECORD, PLAIN.replace('at = "sent"', 'at = "@produced"').replace('[topics.notes.units]\nat = "s"', ""))

    assert event.at == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_name_with_a_dot_is_quoted_and_only_what_is_wanted_is_read() -> None:
    toml = PLAIN.replace('text = "text"', "text = 'body.\"text.plain\"'").replace(
        "[topics.notes]", '[topics.notes]\nonly.kind = ["said"]'
    )

    assert one({**RECORD, "kind": "said", "body": {"text.plain": "hi"}}, toml).text == "hi"
    assert made({**RECORD, "kind": "seen"}, toml)[0].skipped == "only: 'kind'"


REFUSED: Final[dict[str, tuple[dict[str, object], Reason, str]]] = {
    "a time in another unit": ({"sent": 1772442005250}, "absurd_time", "beyond all years"),
    "a time that is a word": ({"sent": CANARY}, "unmapped", "field 'at': is no number of s"),
    "no time": ({"sent": None}, "invalid_schema", "missing required field `at`"),
    "a list for words": ({"text": [CANARY]}, "unmapped", "field 'text': is no text"),
    "an object for an id": ({"id": {"a": CANARY}}, "unmapped", "field 'event_id': is no text"),
    "a number of 400 digits": ({"id": 10**400}, "unmapped", "field 'event_id': is no text"),
    "a space in an id": ({"id": f"a {CANARY}"}, "invalid_schema", "at `$.event_id`"),
    "a role of nobody": ({"by": CANARY}, "invalid_schema", "at `$.role`"),
    "no words": ({"text": " "}, "invalid_text", "is empty"),
    "too many words": ({"text": CANARY * (MAX_EVENT_BYTES // 10)}, "too_large", "at most"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_mapped_is_refused_with_the_field_and_without_its_words(case: str) -> None:
    changed, reason, says = REFUSED[case]

    error = refusal({**RECORD, **changed})

    assert error.reason == reason
    assert says in str(error)
    assert CANARY not in str(error)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param(b"", "invalid_json", id="nothing"),
        pytest.param(b'{"id":', "invalid_json", id="half a record"),
        pytest.param(b'{"text":"\xff"}', "invalid_json", id="no UTF-8"),
        pytest.param(b"[" * 200_000, "invalid_json", id="deep"),
        pytest.param(b" " * (MAX_RECORD_BYTES + 1), "too_large", id="too large"),
    ],
)
def test_a_record_that_is_no_json_is_refused_whole(raw: bytes, reason: Reason) -> None:
    with pytest.raises(InvalidEvent) as refused:
        made(raw)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "entries", [{}, None, "x", [RECORD] * (MOST_ENTRIES + 1)], ids=["object", "none", "text", "many"]
)
def test_a_list_that_is_none_or_too_long_is_refused_whole(entries: object) -> None:
    with pytest.raises(InvalidEvent, match="each: "):
        made({"all": entries}, PLAIN.replace("[topics.notes]", '[topics.notes]\neach = "all"'))


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries({"id": JSON, "sent": JSON, "by": JSON, "text": JSON, "n": JSON}), st.sampled_from(["s", "ms"])
)
def test_whatever_a_record_holds_each_entry_is_an_event_or_says_why_not(record: dict[str, object], unit: str) -> None:
    toml = PLAIN.replace("[topics.notes.units]", '[topics.notes.units]\nstart_ms = "s"').replace('"s"', f'"{unit}"')
    toml = toml.replace(
        'text = "text"', 'text = "text"\nstart_ms = "n"\nrevision = "n"\nis_final = "n"\nqueue = ["n", "n"]'
    )

    (found,) = made(record, toml)

    assert (found.event is None) != (found.refused is None)


END: Final = '[topics.notes.units]\nat = "s"\n'
# What is written instead of what, and what is said of it.
MISTAKES: Final[dict[str, tuple[str, str, str]]] = {
    "another table": (
        "[topics.notes]",
        "topcs = 1\n[topics.notes]",
        "line 2: topcs: is not known; did you mean",
    ),
    "a topic's name": ("notes", '"a b"', "line 2: topics.a b: is no name of a topic"),
    "another part": (
        END,
        END + "[topics.notes.vlues]",
        "line 16: topics.notes.vlues: is not known; did you mean",
    ),
    "no field": (
        "event_id",
        "event_idd",
        "line 9: topics.notes.fields.event_idd: is no field of an event; did",
    ),
    "what is needed": (
        'text = "text"\n',
        "",
        "line 2: topics.notes: has no 'text', which every event of",
    ),
    "a type": ('"utterance"', '"uterance"', "line 4: topics.notes.constants.type: 'uterance' is none of utterance, "),
    "a constant": ('"acme"', '"a b"', "line 5: topics.notes.constants.tenant: Expected `str` matching"),
    "a constant and a path": (
        'channel = "chat"',
        'role = "bot"',
        "line 6: topics.notes.constants.role: is a pa",
    ),
    "a path": ('"sent"', '"a..b"', "line 11: topics.notes.fields.at: 'a..b': a path reads"),
    "a path that is none": ('"sent"', "7", "line 11: topics.notes.fields.at: is no path"),
    "when it was produced": ('"text"', '"@produced"', "line 13: topics.notes.fields.text: '@produced' is when"),
    "a unit": ('at = "s"', 'at = "hours"', "line 15: topics.notes.units.at: 'hours' is no unit; one of iso, s, ms, us"),
    "a word of ours": (
        END,
        '[topics.notes.values.role]\nklant = "custmer"\n',
        "line 15: topics.notes.values.role.klant: 'custmer' is none of customer, agent, bot, system; did you mean 'cus",
    ),
    "words of nothing": (
        END,
        '[topics.notes.values.queue]\na = "b"\n',
        "line 14: topics.notes.values.queue: transl",
    ),
    "an unquoted path": (
        "[topics.notes]\n",
        '[topics.notes]\nskip.a.b = ["x"]\n',
        'line 3: topics.notes.skip.a: a path of several steps is quoted, such as "a.b"',
    ),
    "no words": (
        "[topics.notes]\n",
        "[topics.notes]\nskip.a = true\n",
        "line 3: topics.notes.skip.a: is a list",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_was_perhaps_meant(case: str) -> None:
    old, new, says = MISTAKES[case]
    assert old in PLAIN

    with pytest.raises(InvalidConfiguration) as refused:
        read_maps(PLAIN.replace(old, new), source="maps.toml")

    assert f"maps.toml, {says}" in "\n".join(refused.value.mistakes)


@pytest.mark.parametrize(
    ("text", "says"), [("", "names no topic"), ("[topics", "at the end of"), ("topics = 1", "is no table")]
)
def test_what_is_no_file_of_maps_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidConfiguration, match=says):
        read_maps(text, source="maps.toml")


@given(st.dictionaries(st.sampled_from(["each", "skip", "only", "fields", "constants", "units", "values"]), JSON))
def test_whatever_a_map_holds_it_is_a_map_or_says_what_is_wrong(table: dict[str, object]) -> None:
    def toml(value: object) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(toml, value)) + "]"
        return json.dumps(value) if value is not None else '""'

    text = "[topics.x]\n" + "".join(f"{name} = {toml(value)}\n" for name, value in table.items())

    with pytest.raises(InvalidConfiguration):
        read_maps(text, source="maps.toml")


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", 'a"b"', '"a', "a" * 201, ".".join("a" * (MAX_STEPS + 1))])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="path"):
        read_path(text)
