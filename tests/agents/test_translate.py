"""A record of another shape is an event on an input topic, or one dead letter that says what of it is none."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from prometheus_client import CollectorRegistry

from agents import translate
from config.settings import Settings
from klankbord.channels.mapping import read_maps
from klankbord.errors import InvalidConfiguration, InvalidEvent
from klankbord.events import Event
from streams import wire
from streams.app import create_monitor
from streams.deadletters import Incoming, dead_letter
from streams.metrics import MonitorMetrics

AT_MS: Final = 1_772_442_005_000
MAPS: Final = """
[topics."desk.batches"]
each = "all"
skip.kind = ["note"]
[topics."desk.batches".constants]
type = "utterance"
tenant = "acme"
channel = "chat"
conversation_id = "c-1"
role = "customer"
[topics."desk.batches".fields]
event_id = "id"
utterance_id = "id"
at = "sent"
text = "text"
"""


def said(number: int, **changes: object) -> dict[str, object]:
    return {"id": number, "sent": "2026-03-02T09:00:05Z", "text": f"line {number}", **changes}


class Translating:
    """The step with what it did."""

    def __init__(self, maps: str = MAPS) -> None:
        self._maps = read_maps(maps, source="maps.toml")
        self.registry = CollectorRegistry()
        self.metrics = MonitorMetrics(self.registry)
        self.sent: list[Event] = []
        self.buried: list[tuple[Incoming, InvalidEvent]] = []

    async def take(self, *entries: dict[str, object] | bytes) -> None:
        async def send(event: Event) -> None:
            self.sent.append(event)

        async def bury(incoming: Incoming, error: InvalidEvent) -> None:
            self.buried.append((incoming, error))

        first = entries[0]
        value = first if isinstance(first, bytes) else json.dumps({"all": entries}).encode()
        incoming = Incoming("desk.batches", 2, 7, AT_MS, None, value)
        of = self._maps["desk.batches"]
        await translate.step(incoming, of, send=send, bury=bury, metrics=self.metrics)

    def counted(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"klankbord_{name}_total", labels)


async def test_every_entry_is_sent_in_its_order_and_what_is_skipped_is_counted() -> None:
    there = Translating()

    await there.take(said(1), said(2, kind="note"), said(3))

    assert [event.event_id for event in there.sent] == ["1", "3"]
    assert (there.counted("mapped", outcome="event"), there.counted("mapped", outcome="skipped")) == (2, 1)
    assert there.buried == []


async def test_one_bad_entry_buries_the_record_once_and_its_neighbours_are_sent() -> None:
    there = Translating()

    await there.take(said(1), said(2, text=None), said(3), said(4, sent="soon"))

    assert [event.event_id for event in there.sent] == ["1", "3"]
    ((incoming, error),) = there.buried
    assert (error.reason, incoming.origin) == ("invalid_schema", "desk.batches/2/7")
    assert str(error) == "entry 2: does not fit the schema: Object missing required field `text`; and 1 more"
    assert there.counted("dead_letters", reason="invalid_schema") == 1
    assert dead_letter(incoming, error).headers["origin_topic"] == b"desk.batches"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        pytest.param(b"{", "invalid_json", id="no JSON"),
        pytest.param(b"{}", "unmapped", id="no list"),
        pytest.param(said(1, sent="2026-03-04T09:00:05Z"), "absurd_time", id="days before it happens"),
    ],
)
async def test_what_cannot_be_mapped_is_a_dead_letter(entry: Any, reason: str) -> None:
    there = Translating()

    await there.take(entry)

    ((_, error),) = there.buried
    assert error.reason == reason
    assert there.sent == []


async def test_nobody_speaks_for_the_canary() -> None:
    there = Translating(MAPS.replace('"acme"', f'"{wire.CANARY_TENANT}"'))

    await there.take(said(1))

    assert [error.reason for _, error in there.buried] == ["reserved_tenant"]


def monitor(directory: Path, maps: str) -> Any:
    file = directory / "maps.toml"
    file.write_text(maps, encoding="utf-8")
    given = {"broker": "127.0.0.1:1", "redis_url": "redis://127.0.0.1:1/0", "data_dir": directory, "maps": str(file)}
    return create_monitor(Settings.model_validate(given))


def test_the_monitor_reads_what_the_maps_name(tmp_path: Path) -> None:
    app = monitor(tmp_path, MAPS)

    (agent,) = [agent for name, agent in app.agents.items() if name.endswith("translate_records")]
    assert list(agent.channel.topics) == ["desk.batches"]


def test_a_topic_of_ours_has_no_map(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"KLANKBORD_MAPS: 'chat\.messages' is a topic of ours"):
        monitor(tmp_path, MAPS.replace("desk.batches", "chat.messages"))


def test_without_maps_there_is_no_such_agent(tmp_path: Path) -> None:
    given = {"broker": "127.0.0.1:1", "redis_url": "redis://127.0.0.1:1/0", "data_dir": tmp_path}

    app = create_monitor(Settings.model_validate(given))

    assert [name for name in app.agents if "translate" in name] == []
