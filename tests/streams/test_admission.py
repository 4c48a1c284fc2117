"""The budget in Redis: how many alerts are shown, which go first, what is folded, and nothing twice."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as changed
from redis import Redis

from klankbord.alerting import Alert
from klankbord.events import Channel
from streams import wire
from streams.budget import CRITICAL, Claim
from streams.sinks import Batch, New
from streams.sinks.redis import RedisSink
from streams.wire import AlertLife, AlertMessage

START_S: Final = 1_790_000_000.0 // 3600 * 3600
HOUR: Final = int(START_S // 3600)
TITLE: Final = ("{n} gesprekken: betaalpagina", "{n} conversations: payment page")


def alert(
    number: int,
    rank: float = 1.0,
    *,
    ceiling: int = 2,
    state: str = "opened",
    cause: str = "",
    after_s: float = 0.0,
    team: str = "noord",
) -> tuple[AlertMessage, Claim]:
    """An alert of conversation `number` and what it asks; a rank of CRITICAL is a critical one."""
    at = START_S + after_s
    message = AlertMessage(
        alert=Alert(
            alert_id=f"{number:024x}",
            rule="frustrated_customer",
            rule_version="1",
            severity="critical" if rank == CRITICAL else "warning",
            episode=1,
            state="cleared" if state == "cleared" else "opened",
            at=at,
            value=1.0,
        ),
        tenant="demo",
        conversation_id=f"conversation-{number}",
        channel=Channel.CHAT,
        title={"nl": "Klant raakt gefrustreerd", "en": "Customer is getting frustrated"},
        opened_at=at,
        team=team,
        rank=rank,
    )
    return message, Claim(rank, f"demo/{team}", int(at // 3600), ceiling, cause, TITLE, 900.0, 3)


@dataclass
class Floor:
    """What a page would see, and a new publisher for every call."""

    client: Redis
    url: str
    verdicts: dict[str, int] = field(default_factory=dict)

    async def publish(self, *alerts: tuple[AlertMessage, Claim]) -> New:
        sink = RedisSink(self.url)
        try:
            messages, claims = zip(*alerts, strict=True)
            new = await sink.publish(Batch(alerts=messages, claims=claims))
        finally:
            await sink.close()
        for verdict, count in new.verdicts.items():
            self.verdicts[verdict] = self.verdicts.get(verdict, 0) + count
        return new

    def acknowledge(self, number: int) -> None:
        life = self.life(number)
        self.client.hset(wire.LIVES, life.alert_id, wire.encode(changed(life, state="acknowledged", revision=1)))

    def life(self, number: int) -> AlertLife:
        raw = self.client.hget(wire.LIVES, f"{number:024x}")
        assert isinstance(raw, bytes)
        return msgspec.json.decode(raw, type=AlertLife)

    @property
    def shown(self) -> set[int]:
        return {int(name, 16) for name in self.client.hkeys(wire.OPEN_ALERTS)}

    @property
    def held(self) -> dict[int, str]:
        found = self.client.hgetall(wire.HELD_ALERTS)
        return {int(name, 16): msgspec.json.decode(raw, type=AlertMessage).why for name, raw in found.items()}

    @property
    def listed(self) -> dict[int, AlertMessage]:
        found = self.client.hgetall(wire.suppressed(HOUR))
        return {int(name, 16): msgspec.json.decode(raw, type=AlertMessage) for name, raw in found.items()}

    @property
    def told(self) -> list[AlertMessage]:
        entries = self.client.xrange(wire.ALERTS) or ()
        return [msgspec.json.decode(entry[wire.FIELD], type=AlertMessage) for _, entry in entries if entry]

    @property
    def slots(self) -> set[bytes]:
        found = self.client.smembers(wire.spent(HOUR, "demo/noord"))
        return {slot for slot in found if isinstance(slot, bytes)}

    def everything(self) -> dict[bytes, object]:
        """Every key and what it holds; times to live left out."""
        return {key: self.client.dump(key) for key in self.client.scan_iter()}


@pytest.fixture
def floor(redis_url: str) -> Iterator[Floor]:
    with Redis.from_url(redis_url) as client:
        client.flushdb()
        yield Floor(client, redis_url)


async def test_over_the_ceiling_an_alert_of_no_more_weight_is_kept_back_and_says_why(floor: Floor) -> None:
    await floor.publish(alert(1), alert(2), alert(3))

    assert floor.shown == {1, 2}
    assert floor.held == {3: "over_budget"}
    assert {number: (m.shown, m.why) for number, m in floor.listed.items()} == {3: (False, "over_budget")}
    assert [(message.alert.alert_id[-1], message.shown) for message in floor.told] == [
        ("1", True),
        ("2", True),
        ("3", False),
    ]
    assert floor.verdicts["over_budget"] == 1


async def test_one_of_more_weight_takes_the_place_of_the_lightest(floor: Floor) -> None:
    await floor.publish(alert(1, 2.0), alert(2, 1.0), alert(3, 3.0))

    assert floor.shown == {1, 3}
    assert floor.held == {2: "displaced"}
    assert [(m.alert.alert_id[-1], m.shown, m.again) for m in floor.told][2:] == [
        ("2", False, True),
        ("3", True, False),
    ]
    assert floor.verdicts["displaced"] == 1


async def test_what_somebody_took_up_is_never_displaced(floor: Floor) -> None:
    await floor.publish(alert(1, 1.0), alert(2, 2.0))
    floor.acknowledge(1)

    await floor.publish(alert(3, 3.0), alert(4, 9.0))

    assert floor.shown == {1, 4}
    assert floor.held == {2: "displaced", 3: "displaced"}


async def test_a_critical_alert_is_shown_whatever_the_ceiling_says(floor: Floor) -> None:
    await floor.publish(*(alert(number, CRITICAL, ceiling=1) for number in range(5)))
    await floor.publish(alert(7, 99.0, ceiling=1))

    assert floor.shown == set(range(5))
    assert floor.held == {7: "over_budget"}


async def test_teams_have_budgets_of_their_own_and_hours_too(floor: Floor) -> None:
    await floor.publish(alert(1, ceiling=1), alert(2, ceiling=1, team="zuid"), alert(3, ceiling=1, after_s=3600))

    assert floor.shown == {1, 2, 3}


async def test_one_that_was_kept_back_is_shown_when_its_conversation_gets_worse(floor: Floor) -> None:
    await floor.publish(alert(1, 2.0), alert(2, 2.0), alert(3, 1.0))

    new = await floor.publish(alert(3, 4.0))

    assert new.alerts == ()
    assert floor.shown == {3, 2}
    assert floor.held == {1: "displaced"}
    assert set(floor.listed) == {1}
    assert floor.told[-1].again
    assert floor.verdicts["shown_later"] == 1


async def test_one_that_is_shown_and_gets_worse_holds_its_place(floor: Floor) -> None:
    await floor.publish(alert(1, 1.0, ceiling=1))
    await floor.publish(alert(1, 5.0, ceiling=1))
    await floor.publish(alert(1, 1.0, ceiling=1))  # as it comes again after a crash

    await floor.publish(alert(2, 3.0, ceiling=1))

    assert floor.shown == {1}


async def test_one_that_was_kept_back_clears_and_its_place_in_the_list_says_so(floor: Floor) -> None:
    await floor.publish(alert(1, ceiling=0))

    new = await floor.publish(alert(1, ceiling=0, state="cleared"))

    assert len(new.alerts) == 1
    assert floor.held == {}
    assert floor.listed[1].alert.state == "cleared"
    assert [(m.alert.state, m.shown, m.why) for m in floor.told] == [
        ("opened", False, "over_budget"),
        ("cleared", False, "over_budget"),
    ]


async def test_an_alert_that_cleared_goes_on_to_count_in_its_hour(floor: Floor) -> None:
    await floor.publish(alert(1, ceiling=1), alert(1, ceiling=1, state="cleared"))

    await floor.publish(alert(2, 9.0, ceiling=1))

    assert floor.shown == set()
    assert floor.held == {2: "over_budget"}


async def test_when_an_alert_clears_its_life_says_so_and_the_mark_stays(floor: Floor) -> None:
    await floor.publish(alert(1))
    before = floor.life(1)
    marked = changed(before, mark="wrong", reason="he was joking", by="Anna", revision=1)
    floor.client.hset(wire.LIVES, before.alert_id, wire.encode(marked))

    await floor.publish(alert(1, state="cleared"))

    after = floor.life(1)
    assert (before.state, before.revision, before.team) == ("new", 0, "noord")
    assert (after.state, after.revision, after.mark, after.reason) == ("cleared", 2, "wrong", "he was joking")
    assert floor.client.xlen(wire.LIFE_CHANGES) == 1


async def test_a_life_is_forgotten_eight_days_after_the_alert_cleared(floor: Floor) -> None:
    await floor.publish(alert(1), alert(1, state="cleared"))
    floor.client.zincrby(wire.LIVES_UNTIL, -wire.ONCE_TTL_S - 60, f"{1:024x}")

    await floor.publish(alert(2), alert(2, state="cleared"))

    assert floor.client.hkeys(wire.LIVES) == [f"{2:024x}".encode()]


async def test_from_the_third_on_alerts_of_one_cause_are_one_and_count_once(floor: Floor) -> None:
    await floor.publish(*(alert(number, cause="payment", after_s=number) for number in range(1, 13)))
    await floor.publish(alert(20))

    assert floor.shown == {*range(1, 13), 20}
    assert floor.slots == {b"fold:payment", f"{20:024x}".encode()}
    last = floor.told[-2].fold
    assert last is not None
    assert (last.key, last.count) == ("payment", 12)
    assert last.title == {"nl": "12 gesprekken: betaalpagina", "en": "12 conversations: payment page"}
    assert {int(member, 16) for member in last.members} == set(range(1, 13))
    assert [message.fold is None for message in floor.told[:3]] == [True, True, False]


async def test_the_third_of_a_cause_brings_back_those_that_were_kept_back(floor: Floor) -> None:
    await floor.publish(alert(9, 5.0, ceiling=1), alert(1, ceiling=1, cause="payment"))
    await floor.publish(alert(2, ceiling=1, cause="payment"), alert(3, 6.0, ceiling=1, cause="payment"))

    assert floor.shown == {1, 2, 3}
    assert floor.held == {9: "displaced"}


async def test_a_fold_takes_the_places_of_its_alerts_where_critical_ones_went_over_the_ceiling(floor: Floor) -> None:
    await floor.publish(alert(1, cause="payment"), alert(2, cause="payment"))
    floor.acknowledge(1)
    floor.acknowledge(2)
    await floor.publish(alert(8, CRITICAL), alert(9, CRITICAL))

    await floor.publish(alert(3, cause="payment"))

    assert floor.shown == {1, 2, 3, 8, 9}
    assert len(floor.slots) == 3


async def test_alerts_of_one_cause_that_lie_far_apart_are_not_folded(floor: Floor) -> None:
    await floor.publish(*(alert(n, ceiling=9, cause="payment", after_s=n * 901) for n in range(3)))

    assert [message.fold for message in floor.told] == [None] * 3


async def test_one_conversation_that_alerts_three_times_is_no_fold(floor: Floor) -> None:
    for number in range(3):
        message, claim = alert(number, ceiling=9, cause="payment")
        await floor.publish((changed(message, conversation_id="the same"), claim))

    assert [message.fold for message in floor.told] == [None] * 3


async def test_publishing_everything_again_has_no_second_effect(floor: Floor) -> None:
    history = [
        (alert(1, 1.0), alert(2, 2.0), alert(3, 1.5)),
        (alert(2, 4.0), alert(3, 2.5), alert(4, 3.0)),
        (alert(5, 1.0, cause="payment"), alert(6, 1.0, cause="payment"), alert(7, 1.0, cause="payment")),
        (alert(4, state="cleared"), alert(8, CRITICAL), alert(1, 9.0)),
    ]
    for batch in history:
        await floor.publish(*batch)
    before, verdicts = floor.everything(), dict(floor.verdicts)

    for _ in range(2):
        for batch in history:
            new = await floor.publish(*batch)
            assert new.alerts == ()

    assert floor.everything() == before
    assert {name: count for name, count in floor.verdicts.items() if name} == {
        name: count for name, count in verdicts.items() if name
    }


async def test_two_publishers_at_once_keep_to_the_ceiling(floor: Floor) -> None:
    await asyncio.gather(*(floor.publish(alert(number, 1.0 + number % 7, ceiling=5)) for number in range(60)))

    assert len(floor.slots) == len(floor.shown) == 5
    assert sum(not message.again for message in floor.told) == 60
    assert len(floor.shown) + len(floor.held) == 60


STEPS: Final = st.lists(
    st.tuples(
        st.sampled_from(["open", "open", "open", "worse", "clear", "take up"]),
        st.integers(0, 14),
        st.sampled_from([0.5, 1.0, 2.0, 3.0, 4.5, CRITICAL]),
        st.sampled_from(["", "", "payment", "delivery"]),
        st.integers(0, 3599),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, ceiling=st.integers(0, 4))
def test_the_budget_is_never_exceeded_nothing_critical_kept_back_and_nothing_lost(
    floor: Floor, steps: list[tuple[str, int, float, str, int]], ceiling: int
) -> None:
    floor.client.flushdb()
    opened: dict[int, tuple[AlertMessage, Claim]] = {}
    cleared: set[int] = set()

    for what, number, rank, cause, after_s in steps:
        if what == "open" and number not in opened:
            opened[number] = alert(number, rank, ceiling=ceiling, cause=cause, after_s=after_s)
            asyncio.run(floor.publish(opened[number]))
        elif what == "worse" and number in opened:
            message, claim = opened[number]
            worse = claim.rank if claim.rank == CRITICAL else claim.rank + 1.0
            opened[number] = message, replace(claim, rank=worse)
            asyncio.run(floor.publish(opened[number]))
        elif what == "clear" and number in opened:
            cleared.add(number)
            message, claim = opened[number]
            asyncio.run(floor.publish((changed(message, alert=changed(message.alert, state="cleared")), claim)))
        elif what == "take up" and number in opened and number not in cleared:
            floor.acknowledge(number)

        critical = {n for n, (message, _) in opened.items() if message.alert.severity == "critical"}
        names = {f"{n:024x}".encode() for n in critical}
        causes = {f"fold:{opened[n][1].cause}".encode() for n in critical if opened[n][1].cause}
        assert len(floor.slots - names - causes) <= ceiling
        assert critical - cleared <= floor.shown
        assert floor.shown | floor.held.keys() == opened.keys() - cleared
        assert not floor.shown & floor.held.keys()

    firsts = [(message.alert.alert_id, message.alert.state) for message in floor.told if not message.again]
    expected = {(f"{n:024x}", "opened") for n in opened} | {(f"{n:024x}", "cleared") for n in cleared}
    assert len(firsts) == len(set(firsts))
    assert set(firsts) == expected
