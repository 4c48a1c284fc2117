"""The schemas and the AsyncAPI document say what the code takes and writes, and the commands are all told."""

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest

# jsonschema ships no types
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from msgspec.structs import replace

from docs import contracts
from docs.generate import FOLDER
from klankbord.channels.cloudevents import CONTENT_TYPE, STRUCTURED, unwrapped
from klankbord.errors import InvalidEvent
from klankbord.events import decode
from streams import permissions, wire
from streams.topics import plan

SCHEMAS: Final = {
    name: json.loads((FOLDER / "schemas" / f"{name}.json").read_text(encoding="utf-8")) for name in contracts.MESSAGES
}
ASYNCAPI: Final = json.loads((FOLDER / contracts.ASYNCAPI).read_text(encoding="utf-8"))


def refused(name: str, message: object) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMAS[name]).iter_errors(message)]


def all_of(part: Any, name: str) -> Iterator[Any]:
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key == name)
    for below in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from all_of(below, name)


@pytest.mark.parametrize("name", contracts.MESSAGES)
def test_a_schema_is_one_and_its_patterns_mean_elsewhere_what_they_mean_here(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])

    assert SCHEMAS[name]["$schema"] == contracts.DRAFT
    assert [pattern for pattern in all_of(SCHEMAS[name], "pattern") if "\\Z" in pattern or "\\A" in pattern] == []


def test_every_struct_of_the_wire_has_a_schema_of_its_own_or_is_part_of_one() -> None:
    parts = {part for schema in SCHEMAS.values() for part in schema["$defs"]}

    assert {
        value.__name__
        for value in vars(wire).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == wire.__name__
    } <= parts


def test_what_the_monitor_takes_and_writes_fits_the_schemas() -> None:
    both = [(json.loads(event.raw), json.loads(wire.encode(record))) for event, record in contracts.folded()]

    assert len(both) > 400
    assert [said for event, _ in both for said in refused("event", event)] == []
    assert [said for _, record in both for said in refused("observation", record)] == []


WRONG: Final[list[dict[str, object]]] = [
    {"type": "shouted"},
    {"schema": 2},
    {"event_id": "a b"},
    {"event_id": "a\nZ"},
    {"channel": "telex"},
    {"role": "manager"},
    {"text": ""},
    {"revision": -1},
]


@pytest.mark.parametrize("changed", WRONG, ids=lambda changed: json.dumps(changed))
def test_what_the_schema_of_an_event_refuses_the_monitor_refuses(changed: dict[str, object]) -> None:
    event = {**json.loads(contracts.examples()[0]), **changed}

    assert refused("event", event)
    with pytest.raises(InvalidEvent):
        decode(json.dumps(event).encode())


def test_a_field_that_nobody_knows_is_taken_as_the_page_says() -> None:
    event = {**json.loads(contracts.examples()[0]), "mood_of_the_moon": "full"}

    assert refused("event", event) == []
    decode(json.dumps(event).encode())


def test_the_document_names_topics_of_the_plan_and_every_reference_leads_somewhere() -> None:
    planned = {topic.name for topic in plan(partitions=8, replication_factor=1)}

    assert ASYNCAPI["asyncapi"] == "3.0.0"
    assert set(ASYNCAPI["channels"]) == planned - {wire.DEAD_LETTERS}
    assert {channel["address"] for channel in ASYNCAPI["channels"].values()} == planned - {wire.DEAD_LETTERS}
    references = list(all_of(ASYNCAPI, "$ref"))
    assert references
    for reference in references:
        file, _, path = reference.partition("#")
        if file:
            assert (FOLDER / file).is_file(), reference
        target: Any = ASYNCAPI
        for step in path.split("/")[1:]:
            assert step in target, reference
            target = target[step]


def test_what_we_send_is_what_the_monitor_may_write_and_what_we_take_a_source_may() -> None:
    def writes(process: str) -> set[str]:
        grants = [grant for grant in permissions.KAFKA[process] if "Write" in grant.operations]
        return {name for grant in grants for name in grant.names}

    taken = {name for name, (_, action) in contracts.CHANNELS.items() if action == "receive"}
    sent = {name for name, (_, action) in contracts.CHANNELS.items() if action == "send"}
    assert taken == writes("source")
    assert sent <= writes("monitor") - taken


def test_the_page_of_commands_has_those_that_operators_use() -> None:
    page = (FOLDER / "commands.md").read_text(encoding="utf-8")

    for name in ("acls kafka", "config check", "deadletters redrive", "demo", "doctor", "topics create", "verify"):
        assert f"\n## klankbord {name}\n" in page
    for option in ("--json", "--since", "--reason"):
        assert f"`{option}`" in page


def test_the_cloudevent_of_the_page_is_the_event_of_the_page() -> None:
    raw, _ = contracts.examples()
    wrapped = contracts.enveloped(raw)

    found = decode(unwrapped(wrapped, ((CONTENT_TYPE, STRUCTURED.encode()),)))

    assert refused("cloudevent", json.loads(wrapped)) == []
    assert replace(found, event_id=decode(raw).event_id) == decode(raw)
    assert json.dumps(json.loads(wrapped), indent=1) in (FOLDER / "messages.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("changed", [{"id": ""}, {"source": None}, {"type": "x" * 1025}], ids=json.dumps)
def test_what_the_schema_of_a_cloudevent_refuses_the_monitor_refuses(changed: dict[str, object]) -> None:
    wrapped = {**json.loads(contracts.enveloped(contracts.examples()[0])), **changed}

    assert refused("cloudevent", wrapped)
    with pytest.raises(InvalidEvent):
        unwrapped(json.dumps(wrapped).encode(), ((CONTENT_TYPE, STRUCTURED.encode()),))


def test_the_document_names_both_modes_of_a_cloudevent_wherever_an_event_is_taken() -> None:
    for name, (message, _) in contracts.CHANNELS.items():
        expected = {message, *contracts.WRAPPED} if message == "event" else {message}
        assert ASYNCAPI["channels"][name]["messages"].keys() == expected
    assert ASYNCAPI["components"]["messages"]["cloudevent-binary"]["headers"]["required"] == [
        *("ce_specversion", "ce_id", "ce_source", "ce_type")
    ]
