"""The messages as a contract: a JSON Schema (2020-12) of each, an AsyncAPI document over them, and an example."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

import msgspec

from docs.tables import WHO
from klankbord.channels import cloudevents
from klankbord.conversation import Conversation
from klankbord.events import Event
from klankbord.observation import observe
from klankbord.policy import Policy
from streams import topics, wire
from streams.player import bundled

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI: Final = "asyncapi.json"
# name of the file -> type, where it lies
MESSAGES: Final[dict[str, tuple[Any, str]]] = {
    "event": (Event, f"`{wire.CHAT_MESSAGES}`, `{wire.CALL_TRANSCRIPTS}`"),
    "cloudevent": (cloudevents.Envelope, f"`{wire.CHAT_MESSAGES}`, `{wire.CALL_TRANSCRIPTS}`, around an event"),
    "observation": (wire.Record, f"`{wire.OBSERVATIONS}`"),
    "alert": (wire.AlertMessage, f"`{wire.ALERTS}`, `{wire.OPEN_ALERTS}`, `{wire.HELD_ALERTS}`"),
    "alert-life": (wire.AlertLife, f"`{wire.LIVES}`, `{wire.LIFE_CHANGES}`"),
    "alert-action": (wire.AlertAction, f"`{wire.ACTIONS}`"),
    "suggestion": (wire.SuggestionMessage, f"`{wire.SUGGESTIONS}`"),
    "withdrawn": (wire.WithdrawnMessage, f"`{wire.SUGGESTIONS}`"),
    "board-row": (wire.BoardRow, f"`{wire.BOARD}`, `{wire.BOARD_CHANGES}`"),
    "canary": (wire.CanarySeen, f"`{wire.CANARY}`"),
}
# topic -> its message, and whether we take it or send it
CHANNELS: Final[dict[str, tuple[str, str]]] = {
    wire.CHAT_MESSAGES: ("event", "receive"),
    wire.CALL_TRANSCRIPTS: ("event", "receive"),
    wire.OBSERVATIONS: ("observation", "send"),
}


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one message."""
    type_, _ = MESSAGES[name]
    return {"$schema": DRAFT, "title": name, **_for_everybody(msgspec.json.schema(type_))}


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3: the topics others write and read, seen from Klankbord. Dead letters are bytes as they came."""
    planned = {topic.name: topic for topic in topics.plan(partitions=8, replication_factor=3)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Klankbord",
            "version": "1",
            "description": "Events of conversations in, observations out. Keys and retention: topics.md.",
        },
        "defaultContentType": "application/json",
        "channels": {
            name: {
                "address": name,
                "description": f"Key: {WHO[name][0]}. Written by: {WHO[name][2]}. Read by: {WHO[name][3]}.",
                "messages": {each: {"$ref": f"#/components/messages/{each}"} for each in _taken_as(message)},
                "bindings": {"kafka": {"topic": name, "partitions": planned[name].partitions}},
            }
            for name, (message, _) in CHANNELS.items()
        },
        "operations": {
            f"{action}-{name}": {"action": action, "channel": {"$ref": f"#/channels/{name}"}}
            for name, (_, action) in CHANNELS.items()
        },
        "components": {
            "messages": {
                each: _message(each)
                for message in dict.fromkeys(name for name, _ in CHANNELS.values())
                for each in _taken_as(message)
            }
        },
    }


# What an event may be wrapped in: name of the message -> its schema, its content type, its headers
WRAPPED: Final[dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "cloudevent-structured": ("cloudevent", cloudevents.STRUCTURED, (cloudevents.CONTENT_TYPE,)),
    "cloudevent-binary": (
        "event",
        "application/json",
        tuple(f"{cloudevents.PREFIX}{name}" for name in ("specversion", "id", "source", "type")),
    ),
}


def _taken_as(message: str) -> tuple[str, ...]:
    return (message, *WRAPPED) if message == "event" else (message,)


def _message(name: str) -> dict[str, Any]:
    file, content_type, headers = WRAPPED.get(name, (name, "application/json", ()))
    payload: dict[str, Any] = {"$ref": f"schemas/{file}.json"}
    if name == "cloudevent-binary":
        # What the headers say may be left out of the value.
        payload = {"type": "object"}
    required = {"headers": _with_headers(headers)} if headers else {}
    return {
        "name": name,
        "contentType": content_type,
        **required,
        "payload": {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": payload},
    }


def _with_headers(names: Iterable[str]) -> dict[str, Any]:
    return {"type": "object", "required": [*names], "properties": {name: {"type": "string"} for name in names}}


def messages() -> str:
    """Which message lies where, and an example of what goes through each topic."""
    rows = [f"| [{name}](schemas/{name}.json) | {where} |" for name, (_, where) in MESSAGES.items()]
    event, record = examples()
    return "\n".join(
        [
            "# Messages",
            "",
            "<!-- made by `python -m docs.generate` -->",
            "",
            "Every message is JSON, and each has a JSON Schema (2020-12) that is made from the type which reads it.",
            f"[{ASYNCAPI}]({ASYNCAPI}) is an AsyncAPI 3 document over the topics; who writes and reads each, and how "
            "long it is kept, stands on the page about [topics](topics.md).",
            "",
            "A field that is left out has its default; one that is not known is ignored, so a newer source may send "
            "more than an older reader knows.",
            "What a schema refuses goes to the dead letters as [bad input](bad-input.md); the limits on bytes, on "
            "times and on who may use which key are there too.",
            "",
            "| message | lies in |",
            "|---|---|",
            *rows,
            "",
            "## An event",
            "",
            *_shown(event),
            "",
            "## An event in a CloudEvent",
            "",
            "The input topics take an event of ours, and [CloudEvents](https://cloudevents.io) 1.0 around one, as the "
            "Kafka binding has them: in structured mode (header `content-type: "
            f"{cloudevents.STRUCTURED}`) and in binary mode (headers `ce_…`).",
            "The event is the `data`; what it leaves out the attributes give:",
            "",
            "| attribute | gives |",
            "|---|---|",
            "| `type` | `type` and `schema`: `klankbord.utterance.v1` for an `utterance` of schema 1; data that says "
            "another is refused |",
            "| `id` and `source` | `event_id`, a hash of the two: an id is unique within its source |",
            "| `time` | `at` |",
            "| `subject` | `conversation_id` |",
            "",
            "Other attributes are ignored. The record's key stays the conversation id (`partitionkey`).",
            f"Batches, formats other than JSON, more than {cloudevents.MOST_HEADERS} headers and attributes of more "
            "than 1,024 characters are refused as `invalid_envelope`.",
            "The event of above, without what the envelope says:",
            "",
            *_shown(enveloped(event)),
            "",
            "In binary mode the attributes are headers, and the value is what stands under `data`.",
            "",
            "## What it led to",
            "",
            *_shown(record),
            "",
        ]
    )


def examples() -> tuple[bytes, bytes]:
    """An event of a customer from the bundled conversations, and the record that is written for it."""
    for event, record in folded():
        if event.type_ == "utterance" and record.observation.signals:
            return event.raw, wire.encode(record)
    raise LookupError("no event of the bundled conversations has a signal")


def enveloped(event: bytes) -> bytes:
    """A CloudEvent in structured mode around an event."""
    data = json.loads(event)
    said = {name: data.pop(name) for name in ("type", "schema", "event_id", "conversation_id", "at")}
    return json.dumps(
        {
            "specversion": "1.0",
            "id": said["event_id"],
            "source": "/desk/north",
            "type": f"klankbord.{said['type']}.v{said['schema']}",
            "subject": said["conversation_id"],
            "time": said["at"],
            "datacontenttype": "application/json",
            "data": data,
        }
    ).encode()


class Folded(msgspec.Struct, frozen=True):
    """One event as it lies in its topic."""

    raw: bytes
    type_: str


def folded() -> Iterator[tuple[Folded, wire.Record]]:
    """Every bundled event, and the record that the monitor would write for it."""
    states: dict[tuple[str, str], Conversation] = {}
    policy = Policy()
    for offset, line in enumerate(bundled()):
        if line.event is not None:
            of = line.event.tenant, line.event.conversation_id
            made = observe(states.get(of, Conversation()), line.event, policy)
            states[of] = made.conversation
            topic = wire.topic_for(line.event)
            origin = wire.Origin(topic, 0, offset, round(line.event.at_s * 1000))
            yield Folded(line.raw, made.type), wire.Record(made, origin, {topic: offset})


def _for_everybody(part: Any) -> Any:
    r"""Python ends a pattern with \Z, which elsewhere is the letter: JSON Schema speaks the dialect with $."""
    if isinstance(part, dict):
        return {
            name: value.replace(r"\Z", "$") if name == "pattern" else _for_everybody(value)
            for name, value in part.items()
        }
    return [_for_everybody(each) for each in part] if isinstance(part, list) else part


def _shown(raw: bytes) -> Iterator[str]:
    yield "```json"
    yield from json.dumps(json.loads(raw), indent=1, ensure_ascii=False).splitlines()
    yield "```"


def _text(made: Callable[[], dict[str, Any]]) -> str:
    return json.dumps(made(), indent=1, ensure_ascii=False) + "\n"


PAGES: Final[dict[str, Callable[[], str]]] = {
    "messages.md": messages,
    ASYNCAPI: partial(_text, asyncapi),
    **{f"schemas/{name}.json": partial(_text, partial(schema, name)) for name in MESSAGES},
}
