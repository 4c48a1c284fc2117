"""Recovery takes the record that knows most of the input, not the one that lies last."""

from types import SimpleNamespace
from typing import Any

import faust
from msgspec.structs import replace

from streams import wire
from streams.app import create_monitor
from streams.recovery import is_older
from streams.tables import Table
from tests.streams.given import records
from tests.streams.test_app import settings

KEY = b"demo/conversation-1"
FIRST, SECOND, *_, LAST = (wire.encode(record) for record in records())


def event(value: bytes | None, offset: int) -> Any:
    """A record of the changelog as Faust's recovery hands it over."""
    message = SimpleNamespace(key=KEY, value=value, partition=0, offset=offset)
    return SimpleNamespace(key=KEY, value=value, message=message)


def recovered(kind: type[faust.Table[Any, Any]], *batches: list[bytes | None]) -> bytes | None:
    app = faust.App("recovering", store="memory://", key_serializer="raw", value_serializer="raw", Table=kind)
    table: Any = app.Table("conversations", key_type=bytes, value_type=bytes)
    for batch in batches:
        table.apply_changelog_batch([event(value, offset) for offset, value in enumerate(batch)])
    found: bytes | None = table.data.get(KEY)
    return found


def test_faust_goes_back_to_what_a_zombie_wrote_late() -> None:
    assert recovered(faust.Table, [FIRST, LAST, SECOND]) == SECOND


def test_what_a_zombie_wrote_late_does_not_bring_back_an_older_state() -> None:
    assert recovered(Table, [FIRST, LAST, SECOND]) == LAST
    assert recovered(Table, [FIRST, LAST], [SECOND]) == LAST


def test_in_order_the_last_record_counts() -> None:
    assert recovered(Table, [FIRST, SECOND], [LAST]) == LAST


def test_a_record_that_was_taken_away_is_gone_and_may_come_again() -> None:
    assert recovered(Table, [FIRST, None]) is None
    assert recovered(Table, [LAST, None, FIRST]) == FIRST


def test_a_record_that_knows_of_another_topic_is_not_older() -> None:
    chat, *_ = records()
    call = replace(chat, fence={wire.CALL_TRANSCRIPTS: 0})

    assert not is_older(wire.encode(call), wire.encode(chat))
    assert not is_older(wire.encode(chat), wire.encode(call))
    assert is_older(wire.encode(chat), wire.encode(replace(chat, fence={**chat.fence, wire.CALL_TRANSCRIPTS: 0})))


def test_the_monitor_recovers_this_way(tmp_path: Any) -> None:
    app = create_monitor(settings(tmp_path))

    assert all(isinstance(table, Table) for table in app.tables.values())
