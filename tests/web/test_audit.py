"""Who saw or did what is put down, without a word of it; and what was changed afterwards is found."""

import json
import re
from typing import Final, cast

import pytest
from redis.asyncio import Redis

from streams.wire import AUDIT, AUDIT_HEAD, FIELD, shown_suggestion
from tests.web.floor import Floor
from tests.web.guarding import Guarded
from tests.web.serving import eventually, listen
from tests.web.test_matrix import shown_to
from tests.web.test_suggestions import answered
from web.audit import Audit, Broken, Entry, verify, verify_stored

FIELDS: Final = {"id", "at", "who", "role", "tenant", "what", "about", "allowed", "origin"}


def entry(number: int, **changed: str) -> Entry:
    usual = {"who": "kim", "role": "supervisor", "tenant": "a", "what": "watch_floor", "about": f"chat-{number}"}
    return Entry(at=float(number), allowed=True, origin="127.0.0.1", **(usual | changed))


async def chain(url: str, *, entries: int = 5) -> tuple[list[bytes], str]:
    """A chain as two processes write it, taking turns."""
    async with Redis.from_url(url) as redis:
        writers = Audit(redis), Audit(redis)
        for number in range(entries):
            writers[number % 2].write(entry(number))
            await writers[number % 2].close()
        found = cast(list[tuple[bytes, dict[bytes, bytes]]], await redis.xrange(AUDIT))
        stored = [fields[FIELD] for _, fields in found]
        head = cast(bytes, await redis.get(AUDIT_HEAD))
        assert await verify_stored(redis) == entries
        return stored, head.decode()


async def test_two_processes_write_one_chain(floor: Floor, redis_url: str) -> None:
    stored, head = await chain(redis_url)

    assert [json.loads(one)["n"] for one in stored] == [1, 2, 3, 4, 5]
    assert verify(stored, head) == 5


async def test_every_changed_or_missing_entry_is_found(floor: Floor, redis_url: str) -> None:
    stored, head = await chain(redis_url)

    for place in range(len(stored)):
        with pytest.raises(Broken):
            verify(stored[:place] + stored[place + 1 :], head)
        for offset in range(len(stored[place])):
            changed = bytearray(stored[place])
            changed[offset] ^= 1
            with pytest.raises(Broken):
                verify([*stored[:place], bytes(changed), *stored[place + 1 :]], head)
    with pytest.raises(Broken):
        verify([stored[1], stored[0], *stored[2:]], head)
    with pytest.raises(Broken):
        verify([*stored, stored[-1]], head)
    with pytest.raises(Broken):
        verify([], head)


async def test_the_oldest_may_leave_when_there_are_too_many_and_not_before(floor: Floor, redis_url: str) -> None:
    stored, head = await chain(redis_url)

    assert verify(stored[2:], head, longest=3) == 3
    with pytest.raises(Broken, match="before entry 3"):
        verify(stored[2:], head, longest=4)


def test_a_name_cannot_begin_a_line_or_move_a_cursor() -> None:
    line = entry(1, who="kim\nroot did it\x1b[2K\x9b\u2028\x7f", about="x" * 5000).line()

    assert re.fullmatch(r"[\x20-\x7e]{1,1200}", line)
    assert json.loads(line)["who"].startswith("kim\nroot")


def lines(guarded: Guarded, tenant: str = "a") -> list[dict[str, object]]:
    bearer = guarded.provider.bearer(sub="officer", role="privacy_officer", tenant=tenant, teams=None)
    found: list[dict[str, object]] = guarded.pages.get("/api/audit", bearer).json()["entries"]
    return found


def test_every_look_is_put_down_refused_ones_too_and_read_by_the_tenants_officer(guarded: Guarded) -> None:
    bearer = guarded.provider.bearer(sub="looker", teams=["noord", "zuid"])
    with listen(guarded.pages, "/events/supervisor", bearer=bearer) as stream:
        stream.until_event("health")
    assert guarded.pages.get("/events/agent", bearer).status_code == 403
    assert guarded.pages.get("/api/audit", bearer).status_code == 403

    def put_down() -> list[tuple[object, ...]]:
        of_looker = [line for line in lines(guarded) if line["who"] == "looker"]
        return [(line["what"], line["about"], line["allowed"], line["origin"]) for line in of_looker]

    expected = [
        ("watch_floor", "noord,zuid", True, "127.0.0.1"),
        ("watch_suggestions", "noord,zuid", False, "127.0.0.1"),
        ("read_audit", "", False, "127.0.0.1"),
    ]
    assert eventually(lambda: put_down() == expected), put_down()
    assert all(set(line) == FIELDS for line in lines(guarded))
    assert not any(line["who"] == "looker" for line in lines(guarded, "b"))
    assert any(line["what"] == "read_audit" and line["who"] == "officer" for line in lines(guarded))


def test_an_answer_is_put_down_and_not_what_it_was(guarded: Guarded) -> None:
    shown_id = "suggestion-of-07"
    guarded.redis.hset(shown_suggestion(shown_id), mapping=shown_to("a", "agent-07"))
    petra = guarded.provider.bearer(sub="petra", role="agent", agent_id="agent-07", teams=None)
    peter = guarded.provider.bearer(sub="peter", role="agent", agent_id="agent-08", teams=None)
    asked = ((shown_id, peter), ("never-was", petra), (shown_id, petra))

    assert [answered(guarded.pages, which, {"answer": "wrong"}, by) for which, by in asked] == [404, 404, 204]

    def put_down() -> list[tuple[object, ...]]:
        ours = [line for line in lines(guarded) if line["who"] in ("petra", "peter")]
        return [(line["who"], line["what"], line["about"], line["allowed"]) for line in ours]

    expected = [
        ("peter", "answer_suggestion", shown_id, False),
        ("petra", "answer_suggestion", "never-was", False),
        ("petra", "answer_suggestion", shown_id, True),
    ]
    assert eventually(lambda: put_down() == expected), put_down()
    assert all("wrong" not in str(line) for line in lines(guarded) if line["who"] == "petra")


def test_a_look_at_what_is_not_there_is_put_down_as_refused(guarded: Guarded) -> None:
    bearer = guarded.provider.bearer(sub="prober", teams=["noord"])

    assert guarded.pages.get("/api/conversations/nobody-knows", bearer).status_code == 404

    def put_down() -> list[tuple[object, ...]]:
        ours = [line for line in lines(guarded) if line["who"] == "prober"]
        return [(line["what"], line["about"], line["allowed"]) for line in ours]

    expected = [("open_conversation", "nobody-knows", False)]
    assert eventually(lambda: put_down() == expected), put_down()


@pytest.mark.parametrize("after", ["x", "-", "1-1)", "+", "9" * 30])
def test_where_to_go_on_is_an_entry_and_nothing_else(guarded: Guarded, after: str) -> None:
    bearer = guarded.provider.bearer(sub="officer", role="privacy_officer", teams=None)

    assert guarded.pages.get(f"/api/audit?after={after}", bearer).status_code == 422
