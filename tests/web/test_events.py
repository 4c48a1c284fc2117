"""The event streams: what a page hears is all there is, once, and it is told when that is no longer so."""

import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec.structs import replace
from redis import Redis

from streams import embedded
from streams.wire import BOARD, BOARD_CHANGES, FIELD, STREAM_MAXLEN, current_suggestion, encode
from tests.web.floor import NOW, TENANT, Floor, cleared, ended, opened, row, suggestion
from tests.web.serving import STOP_S, Event, Pages, Serve, Stream, eventually, listen, serve

pytestmark = pytest.mark.usefixtures("swept")

FLOOR: Final = "/events/supervisor"

ROOM_FOR_ONE: Final = """
from config.settings import read_settings
from web.app import create_app
from web.server import Server

settings = read_settings()
Server(create_app(settings, max_streams=1), host=settings.host, port=settings.web_port).run()
"""


def ids(messages: list[Any]) -> list[str]:
    return [message["conversation_id"] for message in messages]


def alerts(events: list[Event]) -> list[tuple[str | None, str, str]]:
    return [
        (event.id, event.data["conversation_id"], event.data["alert"]["state"])
        for event in events
        if event.event == "alert"
    ]


def caught_up(pages: Pages, entry_id: str) -> None:
    """Return when the reader of Redis has come as far as this alert."""
    with listen(pages, FLOOR) as stream:
        stream.until(lambda event: event.id == entry_id)


def test_a_stream_opens_with_everything_that_is_open(floor: Floor, pages: Pages) -> None:
    calm, hot = row("chat-calm"), row("chat-hot", rules=("angry_customer",))
    floor.show(calm)
    floor.show(hot)
    caught_up(pages, floor.alert(opened(hot, "angry_customer")))

    with listen(pages, FLOOR) as stream:
        snapshot, health = stream.until_event("health")

    assert (snapshot.event, health.event) == ("snapshot", "health")
    assert sorted(ids(snapshot.data["rows"])) == ["chat-calm", "chat-hot"]
    assert ids(snapshot.data["alerts"]) == ["chat-hot"]
    assert health.data["state"] == "live"


def test_the_headers_of_a_stream_keep_proxies_from_holding_it_back(pages: Pages) -> None:
    with listen(pages, FLOOR) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream"
        assert stream.headers["cache-control"] == "no-store"
        assert stream.headers["x-accel-buffering"] == "no"


def test_a_row_that_changes_and_ends_is_heard_in_that_order(floor: Floor, pages: Pages) -> None:
    first = row("chat-1", risk=0.1)

    with listen(pages, FLOOR) as stream:
        stream.until_event("health")
        floor.show(first)
        floor.show(replace(first, risk=0.7))
        floor.show(ended(first))
        heard = stream.until(lambda event: event.event == "row" and event.data["state"] == "ended")

    assert [(event.data["risk"], event.data["state"]) for event in heard] == [
        (0.1, "open"),
        (0.7, "open"),
        (0.1, "ended"),
    ]
    with listen(pages, FLOOR) as stream:
        assert stream.until_event("snapshot")[-1].data["rows"] == []


def test_between_snapshot_and_live_nothing_is_missing_or_doubled(floor: Floor, pages: Pages) -> None:
    enough = threading.Event()
    written: list[str] = []

    def keep_writing() -> None:
        while not enough.is_set():
            number = len(written)
            floor.alert(opened(row(f"chat-{number}"), "angry_customer"))
            floor.show(row("chat-0", since_s=number))
            written.append(f"chat-{number}")
        floor.alert(opened(row("chat-last"), "angry_customer"))
        floor.show(row("chat-last"))

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        assert eventually(lambda: len(written) > 20)
        heard = [_joined_midway(pages, written) for _ in range(5)]
    finally:
        enough.set()
        writer.join()

    for snapshot, *live in heard:
        known = ids(snapshot.data["alerts"])
        assert known == written[: len(known)]
        came = [conversation for _, conversation, _ in alerts(live)]
        assert came == written[len(known) : len(known) + len(came)]
        shown = [event.data["started_at"] for event in live if event.event == "row"]
        # Whoever joined before the first was read hears it as well.
        before_that = [found["started_at"] for found in snapshot.data["rows"]] or [NOW + 1.0]
        steps = [earlier - later for earlier, later in zip([*before_that, *shown], shown, strict=False)]
        assert steps == [1.0] * len(shown)


def _joined_midway(pages: Pages, written: list[str]) -> list[Event]:
    with listen(pages, FLOOR) as stream:
        opening = stream.until_event("snapshot")
        read_on = len(written) + 50
        return opening + stream.until(lambda event: event.event == "alert" and _number(event) >= read_on)


def _number(event: Event) -> int:
    return int(event.data["conversation_id"].removeprefix("chat-"))


def test_a_reader_that_comes_back_hears_exactly_the_alerts_it_missed(floor: Floor, pages: Pages) -> None:
    messages = [opened(row(f"chat-{n}"), "angry_customer") for n in range(3)]
    seen = floor.alert(messages[0])
    missed = [
        (floor.alert(messages[1]), "chat-1", "opened"),
        (floor.alert(cleared(messages[1])), "chat-1", "cleared"),
        (floor.alert(messages[2]), "chat-2", "opened"),
    ]
    caught_up(pages, missed[-1][0])

    with listen(pages, FLOOR, last_id=seen) as stream:
        heard = stream.until_event("health")

    assert alerts(heard) == missed
    assert [event.event for event in heard] == ["alert", "alert", "alert", "snapshot", "health"]
    assert ids(heard[3].data["alerts"]) == ["chat-0", "chat-2"]


def test_a_reader_that_missed_nothing_hears_no_alert_again(floor: Floor, pages: Pages) -> None:
    newest = floor.alert(opened(row("chat-1"), "angry_customer"))
    caught_up(pages, newest)

    with listen(pages, FLOOR, last_id=newest) as stream:
        heard = stream.until_event("health")

    assert [event.event for event in heard] == ["snapshot", "health"]
    assert heard[0].id == newest


@pytest.mark.parametrize(
    "last_id",
    [
        pytest.param("", id="empty"),
        pytest.param("yesterday", id="words"),
        pytest.param("-1-0", id="negative"),
        pytest.param("1-0 COUNT 1", id="with a command"),
        pytest.param("9" * 40 + "-0", id="too large"),
    ],
)
def test_an_id_that_is_none_of_ours_is_as_good_as_none(floor: Floor, pages: Pages, last_id: str) -> None:
    caught_up(pages, floor.alert(opened(row("chat-1"), "angry_customer")))

    with listen(pages, FLOOR, last_id=last_id) as stream:
        heard = stream.until_event("health")

    assert [event.event for event in heard] == ["snapshot", "health"]


def test_an_agent_hears_only_their_own_suggestions(floor: Floor, pages: Pages) -> None:
    with listen(pages, "/events/agent") as stream:
        current, _ = stream.until_event("health")
        floor.show(row("chat-1"))
        floor.alert(opened(row("chat-1"), "angry_customer"))
        floor.suggest(suggestion("agent-02"))
        floor.suggest(suggestion("agent-01", number=1))
        floor.suggest(suggestion("agent-010"))
        floor.suggest(suggestion("agent-01", number=2))
        heard = stream.until(lambda event: event.data.get("suggestion_id") == "agent-01-2")

    assert current.data == {"suggestion": None, "left_s": 0}
    assert [(event.event, event.data["suggestion_id"]) for event in heard] == [
        ("suggestion", "agent-01-1"),
        ("suggestion", "agent-01-2"),
    ]


def test_an_agent_who_opens_the_panel_sees_the_suggestion_that_stands(floor: Floor, pages: Pages) -> None:
    floor.suggest(suggestion("agent-01", number=1))
    floor.suggest(suggestion("agent-01", number=2, stands_s=120))
    floor.suggest(suggestion("agent-02"))

    with listen(pages, "/events/agent") as stream:
        current, health = stream.until_event("health")

    assert current.event == "current"
    assert current.data["suggestion"]["suggestion_id"] == "agent-01-2"
    assert 100 < current.data["left_s"] <= 120
    assert health.data["state"] == "live"


def test_what_stands_is_not_said_again_as_new(floor: Floor, pages: Pages) -> None:
    # The panel opens while the reader may still be on its way to this one.
    floor.suggest(suggestion(number=1))

    with listen(pages, "/events/agent") as stream:
        opening = stream.until_event("health")
        floor.suggest(suggestion(number=2))
        live = stream.until(lambda event: event.event == "suggestion")

    assert opening[0].data["suggestion"]["suggestion_id"] == "agent-01-1"
    assert [event.data["suggestion_id"] for event in live] == ["agent-01-2"]


def test_a_suggestion_that_expired_is_not_shown(floor: Floor, pages: Pages) -> None:
    floor.suggest(suggestion("agent-01", stands_s=0.001))
    assert eventually(lambda: not floor.redis.exists(current_suggestion(TENANT, "agent-01")))

    with listen(pages, "/events/agent") as stream:
        current, _ = stream.until_event("health")

    assert current.data == {"suggestion": None, "left_s": 0}


def test_when_redis_goes_the_pages_say_stale_and_when_it_is_back_they_start_afresh(tmp_path: Path) -> None:
    ports = (next(embedded.free_ports()),)
    redis_there = ExitStack()
    url = redis_there.enter_context(embedded.redis_server(tmp_path, ports=ports))
    with redis_there, Redis.from_url(url) as redis, serve(url, tmp_path) as pages:
        floor = Floor(redis)
        floor.show(row("chat-before"))
        with listen(pages, FLOOR) as supervisor, listen(pages, "/events/agent") as agent:
            _health(supervisor, "live")
            _health(agent, "live")

            redis_there.close()

            _health(supervisor, "stale")
            _health(agent, "stale")
            assert pages.get("/readyz").status_code == 503
            resumed = pages.get(FLOOR, {"Last-Event-ID": "1-0"} | pages.bearer())
            assert (resumed.status_code, resumed.headers["retry-after"]) == (503, "2")

            redis_there.enter_context(embedded.redis_server(tmp_path, ports=ports))

            snapshot, _ = _health(supervisor, "live")
            assert snapshot.data == {"rows": [], "alerts": [], "lives": [], "suppressed": []}
            current, _ = _health(agent, "live")
            assert current.data == {"suggestion": None, "left_s": 0}
            assert pages.get("/readyz").status_code == 200
            floor.alert(opened(row("chat-after"), "angry_customer"))
            assert ids([supervisor.until_event("alert")[-1].data]) == ["chat-after"]


def test_while_redis_is_away_nobody_new_is_let_in_since_nobody_knows_who_was_revoked(tmp_path: Path) -> None:
    redis_there = ExitStack()
    url = redis_there.enter_context(embedded.redis_server(tmp_path))
    with redis_there, serve(url, tmp_path) as pages:
        assert pages.get("/api/me", pages.bearer()).status_code == 200
        redis_there.close()
        assert eventually(lambda: pages.get("/readyz").status_code == 503)

        refused = [pages.get(path, pages.bearer(path)) for path in (FLOOR, "/events/agent", "/api/me")]

    assert [(answer.status_code, answer.headers["retry-after"]) for answer in refused] == [(503, "2")] * 3


def _health(stream: Stream, state: str) -> list[Event]:
    return stream.until(lambda event: event.event == "health" and event.data["state"] == state)


def test_one_stream_too_many_is_asked_to_come_back_later(floor: Floor, redis_url: str, tmp_path: Path) -> None:
    with serve(redis_url, tmp_path, command=(sys.executable, "-c", ROOM_FOR_ONE)) as pages:
        with listen(pages, FLOOR) as first:
            first.until_event("health")
            refused = [pages.get(path, pages.bearer(path)) for path in (FLOOR, "/events/agent")]
            page = pages.get("/supervisor")

        assert [(answer.status_code, answer.headers["retry-after"]) for answer in refused] == [(503, "2")] * 2
        assert page.status_code == 200
        assert eventually(lambda: 'streams{page="supervisor"} 0.0' in pages.get("/metrics").text)
        with listen(pages, FLOOR) as next_one:
            assert next_one.status == 200


def test_a_server_that_is_asked_to_end_says_goodbye_and_ends(floor: Floor, serves: Serve) -> None:
    pages = serves()
    with listen(pages, FLOOR) as floor_stream, listen(pages, "/events/agent") as agent_stream:
        floor_stream.until_event("health")
        agent_stream.until_event("health")

        pages.process.terminate()

        assert [(event.event, event.data) for event in floor_stream.rest()] == [("bye", {"reason": "shutdown"})]
        assert [(event.event, event.data) for event in agent_stream.rest()] == [("bye", {"reason": "shutdown"})]
    pages.process.wait(timeout=STOP_S)


def test_a_process_that_fell_too_far_behind_shows_the_floor_anew(floor: Floor, serves: Serve) -> None:
    pages = serves()
    with listen(pages, "/events/supervisor") as stream:
        stream.until_event("health")
        pages.process.send_signal(signal.SIGSTOP)
        with floor.redis.pipeline(transaction=False) as pipe:
            for n in range(STREAM_MAXLEN + 2000):
                raw = encode(row(f"chat-{n % 50}", since_s=n))
                pipe.hset(BOARD, f"demo/chat-{n % 50}", raw)
                pipe.xadd(BOARD_CHANGES, {FIELD: raw}, maxlen=STREAM_MAXLEN)
            pipe.execute()
        pages.process.send_signal(signal.SIGCONT)

        heard = stream.until_event("snapshot")

    assert len(heard[-1].data["rows"]) == 50
    # The first row had been read when the process stopped; what is left of the others is no whole picture.
    assert [event.event for event in heard[:-1] if event.event != "row"] == []
    assert len(heard) <= 2
