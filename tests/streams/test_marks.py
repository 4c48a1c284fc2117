"""What supervisors said of alerts leaves Redis as marks: the last word on each, and nobody's name."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest
from redis import Redis

from klankbord.errors import KlankbordError
from klankbord.tenant import Mark
from streams import wire
from streams.marks import Marked, marked
from streams.wire import AlertAction, AlertLife

NOW: Final = 1_790_000_000.0
BY: Final = "Anna de Vries"


@pytest.fixture
def store(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
        yield redis


def life(number: int = 1, *, mark: str | None = "wrong", revision: int = 1, **about: object) -> AlertLife:
    told = {
        **{"alert_id": f"{number:024x}", "tenant": "demo", "team": "noord", "revision": revision, "by": BY},
        **{"mark": mark, "reason": f"{BY} knows this customer", "at": NOW, "marked_at": NOW + number},
        **{"conversation_id": f"c-{number}", "event_id": f"e-{number}", "rule": "angry_customer"},
        **{"rule_version": "v1", "value": 0.75},
    }
    return msgspec.convert(told | about, AlertLife)


def keep(store: Redis, *lives: AlertLife) -> None:
    for one in lives:
        store.hset(wire.LIVES, one.alert_id, wire.encode(one))


def act(store: Redis, *lives: AlertLife) -> None:
    for one in lives:
        action = AlertAction("a" * 24, one.mark or "acknowledge", BY, one)
        store.xadd(wire.ACTIONS, {wire.FIELD: wire.encode(action)})


def test_a_mark_says_of_which_alert_it_is_and_not_who_made_it(store: Redis, redis_url: str) -> None:
    keep(store, life())

    (mark,) = marked(redis_url).marks

    assert (mark.tenant, mark.conversation_id, mark.event_id, mark.right) == ("demo", "c-1", "e-1", False)
    assert (mark.rule, mark.rule_version, mark.value) == ("angry_customer", "v1", 0.75)
    written = msgspec.json.encode(mark)
    assert msgspec.json.decode(written, type=Mark) == mark
    assert b"Anna" not in written


def test_of_one_alert_the_newest_mark_counts_wherever_it_stands(store: Redis, redis_url: str) -> None:
    keep(store, life(revision=3, mark="right"))
    act(store, life(revision=2), life(revision=3, mark="right"), life(2, revision=1, mark="right"), life(2, revision=2))

    assert [(mark.conversation_id, mark.right) for mark in marked(redis_url).marks] == [("c-1", True), ("c-2", False)]


def test_what_was_never_marked_is_no_mark(store: Redis, redis_url: str) -> None:
    keep(store, life(mark=None))
    act(store, life(mark=None))

    assert marked(redis_url) == Marked((), 0)


def test_more_actions_than_are_read_at_once_are_all_read(
    store: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.marks.AT_ONCE", 3)
    act(store, *(life(number) for number in range(1, 11)))

    assert [mark.event_id for mark in marked(redis_url).marks] == [f"e-{number}" for number in range(1, 11)]


def test_only_those_of_a_tenant_or_from_a_moment_on(store: Redis, redis_url: str) -> None:
    keep(store, life(1), life(2, tenant="other"), life(3))

    assert [mark.event_id for mark in marked(redis_url, tenant="demo").marks] == ["e-1", "e-3"]
    assert [mark.event_id for mark in marked(redis_url, since=NOW + 2).marks] == ["e-2", "e-3"]


def test_a_mark_that_names_no_event_is_counted_and_left_out(store: Redis, redis_url: str) -> None:
    keep(store, life(1, event_id=""), life(2))

    found = marked(redis_url)

    assert ([mark.event_id for mark in found.marks], found.without_event) == (["e-2"], 1)


def test_redis_that_is_away_is_said_and_no_file_is_half(store: Redis) -> None:
    with pytest.raises(KlankbordError, match="Redis did not answer"):
        marked("redis://127.0.0.1:1/0")
