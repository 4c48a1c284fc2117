"""What supervisors do with alerts: one wins, nobody overwrites, and another team's alert does not exist."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest
from fastapi import Request
from msgspec.structs import replace

from config.settings import Settings
from streams import wire
from streams.sinks import Batch
from streams.sinks.redis import RedisSink
from streams.wire import AlertAction, AlertLife, AlertMessage
from tests.web.floor import NOW, Floor, cleared, opened, row
from tests.web.serving import Serve, listen
from web.access import Subject
from web.app import create_app
from web.identity import subject_of
from web.lives import Wish, after, standing

ANNA: Final = Subject("Anna", "supervisor", "demo", ("noord",))
BAS: Final = Subject("Bas", "supervisor", "demo", ("noord", "zuid"))
ROUNDS: Final = 200


@dataclass
class Desk:
    """The addresses as two supervisors use them at once, in one process over a real server."""

    client: httpx.AsyncClient
    asking: dict[str, Subject]

    async def act(self, alert: AlertMessage | str, subject: Subject = ANNA, **wish: object) -> httpx.Response:
        alert_id = alert if isinstance(alert, str) else alert.alert.alert_id
        self.asking[subject.name] = subject
        wish = {"revision": 0, **wish}
        return await self.client.post(f"/api/alerts/{alert_id}/life", json=wish, headers={"x-name": subject.name})

    async def get(self, path: str, subject: Subject = ANNA) -> httpx.Response:
        self.asking[subject.name] = subject
        return await self.client.get(path, headers={"x-name": subject.name})


@pytest.fixture
async def desk(redis_url: str, floor: Floor, tmp_path: Path) -> AsyncIterator[Desk]:
    given = {"broker": "none:1", "redis_url": redis_url, "data_dir": tmp_path, "login": "demo"}
    app = create_app(Settings.model_validate(given))
    asking: dict[str, Subject] = {}

    async def named(request: Request) -> Subject:
        return asking[request.headers["x-name"]]

    app.dependency_overrides[subject_of] = named
    headers = {"X-Klankbord": "1", "Sec-Fetch-Site": "same-origin"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
        yield Desk(client, asking)


async def publish(redis_url: str, *messages: AlertMessage) -> None:
    sink = RedisSink(redis_url)
    await sink.publish(Batch(alerts=messages))
    await sink.close()


def streamed(floor: Floor, stream: str) -> list[bytes | str]:
    """Every entry of a stream, as it was written."""
    return [entry[wire.FIELD] for _, entry in floor.redis.xrange(stream) or () if entry]


def an_alert(name: str = "chat-1") -> AlertMessage:
    return opened(row(name, rules=("angry_customer",)), "angry_customer")


def life(**changes: Any) -> AlertLife:
    return replace(AlertLife("a", "demo", "noord"), **changes)


async def test_an_alert_is_acknowledged_for_everybody(desk: Desk, redis_url: str, floor: Floor) -> None:
    alert = an_alert()
    await publish(redis_url, alert)

    answer = await desk.act(alert, action="acknowledge")

    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in ("state", "by", "revision")} == {
        "state": "acknowledged",
        "by": "Anna",
        "revision": 1,
    }
    assert [msgspec.json.decode(raw) for raw in streamed(floor, wire.LIFE_CHANGES)] == [answer.json()]


async def test_whoever_is_second_hears_what_stands_and_changes_nothing(
    desk: Desk, redis_url: str, floor: Floor
) -> None:
    alert = an_alert()
    await publish(redis_url, alert)
    first = await desk.act(alert, action="assign", to="Carla")

    second = await desk.act(alert, BAS, action="snooze", for_s=60)

    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json() == first.json()
    assert floor.redis.xlen(wire.ACTIONS) == 1


async def test_of_two_who_act_at_once_exactly_one_wins_each_time(desk: Desk, redis_url: str, floor: Floor) -> None:
    alert = an_alert()
    await publish(redis_url, alert)

    for revision in range(ROUNDS):
        answers = await asyncio.gather(
            desk.act(alert, ANNA, action="acknowledge", revision=revision),
            desk.act(alert, BAS, action="assign", to="Carla", revision=revision),
        )

        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert answers[0].json() == answers[1].json()

    actions = [msgspec.json.decode(raw, type=AlertAction) for raw in streamed(floor, wire.ACTIONS)]
    assert [action.life.revision for action in actions] == list(range(1, ROUNDS + 1))
    assert len({action.action_id for action in actions}) == ROUNDS


async def test_an_alert_that_cleared_meanwhile_is_not_acknowledged(desk: Desk, redis_url: str) -> None:
    alert = an_alert()
    await publish(redis_url, alert, cleared(alert))

    late = await desk.act(alert, action="acknowledge", revision=0)
    too_late = await desk.act(alert, action="acknowledge", revision=1)
    marked = await desk.act(alert, action="wrong", reason="it was a joke", revision=1)

    assert [answer.status_code for answer in (late, too_late, marked)] == [409, 409, 200]
    assert [answer.json()["state"] for answer in (late, too_late, marked)] == ["cleared"] * 3
    assert (marked.json()["mark"], marked.json()["reason"]) == ("wrong", "it was a joke")


async def test_another_teams_alert_is_as_unknown_as_one_that_never_was(desk: Desk, redis_url: str) -> None:
    alert = an_alert()
    await publish(redis_url, alert)
    strangers = (
        Subject("Dirk", "supervisor", "demo", ("zuid",)),
        Subject("Eva", "supervisor", "other", ("noord",)),
    )

    answers = [await desk.act(alert, stranger, action="acknowledge") for stranger in strangers]
    nothing = await desk.act("0" * 24, action="acknowledge")

    assert [(answer.status_code, answer.text) for answer in answers] == [(404, nothing.text)] * 2
    assert nothing.status_code == 404


@pytest.mark.parametrize("role", ["agent", "privacy_officer", "engineer"])
async def test_who_is_no_supervisor_is_refused_whatever_exists(desk: Desk, redis_url: str, role: Any) -> None:
    alert = an_alert()
    await publish(redis_url, alert)
    other = Subject("Fien", role, "demo", ("noord",), "agent-01")

    answers = [
        await desk.act(alert, other, action="acknowledge"),
        await desk.act("0" * 24, other, action="acknowledge"),
        await desk.get("/api/suppressed", other),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param({"action": "delete"}, id="no such action"),
        pytest.param({"action": "assign"}, id="assign to nobody"),
        pytest.param({"action": "assign", "to": "a" * 65}, id="assign to a long name"),
        pytest.param({"action": "snooze"}, id="snooze for no time"),
        pytest.param({"action": "snooze", "for_s": -1}, id="snooze back"),
        pytest.param({"action": "snooze", "for_s": 1e9}, id="snooze for ever"),
        pytest.param({"action": "wrong"}, id="wrong without a reason"),
        pytest.param({"action": "wrong", "reason": "  "}, id="wrong for a blank reason"),
        pytest.param({"action": "wrong", "reason": "x" * 201}, id="wrong for a long reason"),
        pytest.param({"action": "right", "revision": -1}, id="a revision before the first"),
        pytest.param({"action": "right", "tenant": "other"}, id="a tenant of one's own"),
        pytest.param({"action": "right", "padding": "x" * 5000}, id="too much"),
    ],
)
async def test_what_is_no_action_is_refused_and_changes_nothing(
    desk: Desk, redis_url: str, floor: Floor, wish: dict[str, Any]
) -> None:
    alert = an_alert()
    await publish(redis_url, alert)
    before = floor.redis.hgetall(wire.LIVES)

    answer = await desk.act(alert, **wish)

    assert answer.status_code == 422
    assert floor.redis.hgetall(wire.LIVES) == before


async def test_a_mark_counts_once_for_its_rule_and_again_when_somebody_thinks_better_of_it(
    desk: Desk, redis_url: str
) -> None:
    alert = an_alert()
    await publish(redis_url, alert)

    await desk.act(alert, action="wrong", reason="it was a joke")
    late = await desk.act(alert, BAS, action="wrong", reason="he laughed", revision=0)
    await desk.act(alert, BAS, action="wrong", reason="he laughed", revision=1)
    await desk.act(alert, BAS, action="acknowledge", revision=2)
    before = (await desk.get("/metrics")).text
    await desk.act(alert, BAS, action="right", revision=3)
    after_all = (await desk.get("/metrics")).text

    assert late.status_code == 409
    assert 'klankbord_alert_marks_total{mark="wrong",rule="angry_customer"} 1.0' in before
    assert 'klankbord_alert_marks_total{mark="right",rule="angry_customer"} 0.0' in before
    assert 'klankbord_alert_marks_total{mark="right",rule="angry_customer"} 1.0' in after_all
    assert "Anna" not in after_all


async def test_a_life_knows_what_its_mark_is_about(desk: Desk, redis_url: str) -> None:
    alert = replace(an_alert(), event_id="said-7")
    await publish(redis_url, alert, cleared(alert))

    marked = (await desk.act(alert, action="right", revision=1)).json()

    assert (marked["conversation_id"], marked["event_id"]) == ("chat-1", "said-7")
    assert (marked["rule"], marked["rule_version"]) == (alert.alert.rule, alert.alert.rule_version)
    assert marked["value"] == pytest.approx(alert.alert.value)
    assert time.time() - marked["marked_at"] < 60


def test_a_snooze_ends_by_itself() -> None:
    snoozed = after(life(), Wish("snooze", 0, for_s=600), by="Anna", now_s=NOW)

    assert snoozed is not None
    assert standing(snoozed, NOW + 599.9).state == "snoozed"
    over = standing(snoozed, NOW + 600)
    assert (over.state, over.snoozed_until, over.revision) == ("new", None, 1)


async def test_a_snooze_that_ended_is_told_as_ended(desk: Desk, redis_url: str, floor: Floor) -> None:
    alert = an_alert()
    floor.show(row("chat-1", rules=("angry_customer",)))
    await publish(redis_url, alert)
    await desk.act(alert, action="snooze", for_s=0.05)
    await asyncio.sleep(0.06)

    (now,) = (await desk.get("/api/conversations/chat-1")).json()["lives"]

    assert (now["state"], now["by"]) == ("new", "Anna")


def test_released_is_as_new_and_right_takes_back_a_reason() -> None:
    taken = life(state="acknowledged", assigned_to="Carla", revision=3, mark="wrong", reason="no")

    released = after(taken, Wish("release", 3), by="Bas", now_s=NOW)
    right = after(taken, Wish("right", 3), by="Bas", now_s=NOW)

    assert released is not None
    assert right is not None
    assert (released.state, released.assigned_to, released.revision) == ("new", None, 4)
    assert (right.state, right.mark, right.reason) == ("acknowledged", "right", "")


async def test_a_conversation_is_its_row_its_alerts_and_their_lives(desk: Desk, redis_url: str, floor: Floor) -> None:
    alert = an_alert()
    floor.show(row("chat-1", rules=("angry_customer",)))
    await publish(redis_url, alert)
    await desk.act(alert, action="acknowledge")

    answer = await desk.get("/api/conversations/chat-1")
    hidden = await desk.get("/api/conversations/chat-1", Subject("Dirk", "supervisor", "demo", ("zuid",)))
    nothing = await desk.get("/api/conversations/chat-2")

    found = answer.json()
    assert found["row"]["conversation_id"] == "chat-1"
    assert [one["alert"]["alert_id"] for one in found["alerts"]] == [alert.alert.alert_id]
    assert [(one["state"], one["by"]) for one in found["lives"]] == [("acknowledged", "Anna")]
    assert answer.headers["cache-control"] == "no-store"
    assert [(a.status_code, a.text) for a in (hidden, nothing)] == [(404, nothing.text)] * 2


async def test_what_was_kept_back_in_the_hour_before_is_there_and_no_more(desk: Desk, floor: Floor) -> None:
    hour = int(time.time() // wire.HOUR_S)
    for ago in range(3):
        message = replace(an_alert(f"chat-{ago}"), shown=False, why="over_budget")
        floor.redis.hset(wire.suppressed(hour - ago), f"alert-{ago}", wire.encode(message))

    found = (await desk.get("/api/suppressed")).json()

    assert found["since"] == (hour - 1) * wire.HOUR_S
    assert {one["conversation_id"] for one in found["alerts"]} == {"chat-0", "chat-1"}


async def test_what_the_budget_kept_back_this_hour_is_one_click_away_for_its_own_team(desk: Desk, floor: Floor) -> None:
    hour = int(time.time() // wire.HOUR_S)
    ours = replace(an_alert(), shown=False, why="over_budget", rank=1.5)
    theirs = replace(an_alert("chat-2"), team="zuid", shown=False, why="displaced")
    for number, message in enumerate((ours, theirs)):
        floor.redis.hset(wire.suppressed(hour), str(number), wire.encode(message))

    of_anna, of_bas = await desk.get("/api/suppressed"), await desk.get("/api/suppressed", BAS)

    assert [(m["conversation_id"], m["why"], m["rank"]) for m in of_anna.json()["alerts"]] == [
        ("chat-1", "over_budget", 1.5)
    ]
    assert len(of_bas.json()["alerts"]) == 2


async def test_pages_hear_of_lives_and_of_what_is_kept_back(floor: Floor, serves: Serve) -> None:
    pages = serves()
    alert, kept = an_alert(), replace(an_alert("chat-2"), shown=False, why="over_budget")
    changed = replace(AlertLife(alert.alert.alert_id, "demo", "noord"), state="acknowledged", revision=1, by="Anna")

    with listen(pages, "/events/supervisor") as stream:
        stream.until_event("health")
        floor.alert(alert)
        newest = floor.redis.xadd(wire.ALERTS, {wire.FIELD: wire.encode(kept)})
        floor.redis.xadd(wire.LIFE_CHANGES, {wire.FIELD: wire.encode(changed)})
        heard = stream.until_event("life")
    with listen(pages, "/events/supervisor") as stream:
        snapshot = stream.until_event("snapshot")[-1]
    with listen(pages, "/events/supervisor", last_id="0-1") as stream:
        missed = [event.event for event in stream.until_event("snapshot")]

    assert isinstance(newest, bytes)
    assert {event.event: event.id for event in heard}["suppressed"] == newest.decode()
    assert heard[-1].data["state"] == "acknowledged"
    assert [message["conversation_id"] for message in snapshot.data["alerts"]] == ["chat-1"]
    assert [message["conversation_id"] for message in snapshot.data["suppressed"]] == ["chat-2"]
    assert [found["by"] for found in snapshot.data["lives"]] == ["Anna"]
    assert missed == ["alert", "suppressed", "snapshot"]
