"""CloudEvents go the whole way: through Kafka with their headers, into observations, or into the dead letters."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from klankbord.channels.cloudevents import STRUCTURED
from klankbord.events import encode
from streams import wire
from streams.letterbox import Wanted, letterbox
from tests.e2e.monitored import monitored
from tests.klankbord.given import utterance

pytestmark = pytest.mark.e2e

OF_ONE: Final = "conversation-1"
DATA: Final = {
    "tenant": "demo",
    "channel": "chat",
    "utterance_id": "u-2",
    "role": "customer",
    "text": "nobody helps",
}


def cloudevent(id_: str, type_: str = "klankbord.utterance.v1", **data: object) -> CloudEvent:
    attributes = {"id": id_, "source": "/desk", "type": type_, "subject": OF_ONE, "datacontenttype": "application/json"}
    return CloudEvent({**attributes, "time": utterance("").at}, {**DATA, **data})


def written(mode: Any, event: CloudEvent) -> tuple[str, bytes, dict[str, bytes]]:
    message = mode(event, JSONFormat())
    return OF_ONE, message.value, message.headers


def test_three_ways_to_say_it_are_one_conversation_and_a_bad_envelope_comes_back_as_it_was(tmp_path: Path) -> None:
    plain = OF_ONE, encode(utterance("where is my parcel")), {"content-type": b"application/json"}
    wrong = written(kafka.to_binary, cloudevent("9", "com.acme.said"))
    no_event = OF_ONE, json.dumps(["no event"]).encode(), {"content-type": STRUCTURED.encode()}
    with monitored(tmp_path) as there:
        there.send(
            wire.CHAT_MESSAGES,
            plain,
            written(kafka.to_structured, cloudevent("2")),
            wrong,
            written(kafka.to_binary, cloudevent("3", utterance_id="u-3", text="this is ridiculous")),
            no_event,
            written(kafka.to_binary, cloudevent("3", utterance_id="u-3", text="this is ridiculous")),
        )

        observed = there.observed(3)
        letters = there.letters(2)
        with letterbox(there.servers) as box:
            box.redrive(Wanted(origins=frozenset({letters[0].origin})), by="ann")
        redriven, _, again = there.letters(3)

    assert [one.event_id[:3] for one in observed] == ["eve", "ce-", "ce-"]
    assert {one.conversation.customer_turns for one in observed} == {1, 2, 3}
    assert [letter.reason for letter in letters] == ["invalid_envelope"] * 2
    assert "its type is not" in letters[0].error
    assert (dict(letters[0].envelope), dict(letters[1].envelope)) == (wrong[2], no_event[2])
    assert (again.reason, dict(again.envelope)) == ("invalid_envelope", wrong[2])
    assert (redriven.state, redriven.envelope) == ("redriven", ())
    assert again.headers["redrives"].decode() == letters[0].origin
