"""The rows of the fault matrix about what comes in: late, out of order, of wrong clocks, without end, hot, poisoned."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Final

import msgspec
import pytest
from kafka.errors import InvalidTimestampError
from msgspec.structs import replace

from klankbord.events import Event, Role, Utterance, Waited
from klankbord.observation import Observation
from klankbord.replay import replay, shifted
from streams import wire
from tests.kafka import skewed
from tests.kafka.conftest import Report
from tests.kafka.ledger import read_back
from tests.kafka.sending import (
    POLICY,
    Source,
    ask,
    letters,
    observed,
    of_chat,
    of_event,
    send,
    settle,
    talk,
)
from tests.kafka.world import Fault, World, clean, events_of, played, run, world

pytestmark = pytest.mark.kafka

EVENTS: Final = int(os.environ.get("FAULTS_MATRIX_EVENTS") or 6_000)
LONG: Final = os.environ.get("FAULTS_LONG") == "1"
MINUTE_S: Final = 60.0
HOUR_S: Final = 3600.0
DAY_S: Final = 24 * HOUR_S
WINDOW_S: Final = 30.0
BEHIND_S: Final = 30.0
LONG_TURNS: Final = 120
TOO_LATE: Final = "events too late to tell from a repeat"  # which the test judges itself
HELD_UP: Final = 0.05  # of the events, for a minute to a day
# What is remembered of one side of a conversation (decision 21): a final counts for two, a partial lies apart.
REMEMBERED: Final = 24
REMEMBERED_PARTIALS: Final = 8


def test_f18_late_and_out_of_order(tmp_path: Path, chance: random.Random, report: Report) -> None:
    """Everything comes up to 30 s late and out of order, one event in twenty a minute to a day late.

    What is not observed is counted as late, and could not have been told from a repeat.
    """
    # Bundled conversations are too short to be forgotten of: beside them, some that go on for ten minutes.
    long = [
        islice(talk(f"long-{n}", start_s=time.time() - DAY_S), LONG_TURNS) for n in range(EVENTS // 4 // LONG_TURNS)
    ]
    told = [*events_of(played(EVENTS * 3 // 4)), *chain(*long)]
    delay_s = {event.event_id: chance.uniform(0, WINDOW_S) for event in told}
    held_up = {event.event_id for event in told if chance.random() < HELD_UP}
    delay_s |= {name: chance.uniform(MINUTE_S, DAY_S) for name in held_up}
    arriving = sorted(told, key=lambda event: event.at_s + delay_s[event.event_id])
    with world(tmp_path) as made:
        began = time.monotonic()
        send(made, map(of_event, arriving))
        settle(made)
        outcome = ask(made, sent=len(told), took_s=time.monotonic() - began, apart=TOO_LATE)
        found = read_back(made.kafka.bootstrap_servers, ())
        counted = made.metric("monitor-0", "klankbord_late_events_total")
        opened = opened_alerts(made)
    late = unobserved(found.log, found.observations)
    report(
        "F18",
        "all events up to 30 s late, one in twenty a minute to a day",
        outcome,
        out_of_order=overtaken(arriving),
        late=len(late),
        late_within_30_s=sum(event.event_id not in held_up for event in late),
        alerts_as_in_order=alike(told, arriving),
        told_as_live_of_a_held_up=sum(one.event_id in held_up and not one.late for one in opened),
    )
    clean(outcome)
    assert {event.event_id for event in late} <= held_up
    assert counted == len(late) > 0
    assert not made.ended
    assert [event.event_id for event in late if not may_be_a_repeat(event, found.log)] == []


def overtaken(arriving: Sequence[Event]) -> int:
    """How many come after a newer event of their conversation."""
    newest: dict[str, float] = {}
    count = 0
    for event in arriving:
        count += event.at_s < newest.get(event.conversation_id, 0.0)
        newest[event.conversation_id] = max(event.at_s, newest.get(event.conversation_id, 0.0))
    return count


def unobserved(log: Sequence[Event], observations: Sequence[Observation]) -> list[Event]:
    known = {one.event_id for one in observations}
    return [event for event in log if event.event_id not in known]


def may_be_a_repeat(event: Event, log: Sequence[Event]) -> bool:
    """Whether so much of its side is newer, and came before it, that nobody can remember what is older."""
    before = log[: log.index(event)]
    newer = [one for one in before if one.conversation_id == event.conversation_id and one.at_s >= event.at_s]
    weights = [weight for one in newer if (weight := _place(one, beside=event))]
    return sum(weights) >= (REMEMBERED_PARTIALS if _is_partial(event) else REMEMBERED)


def _place(one: Event, *, beside: Event) -> int:
    """How many places of the memory it takes in which `beside` would have its own."""
    if _of_customer(one) != _of_customer(beside) or _is_partial(one) != _is_partial(beside):
        return 0
    return 2 if isinstance(one, Utterance) and one.is_final else 1


def _of_customer(event: Event) -> bool:
    return event.role is Role.CUSTOMER if isinstance(event, Utterance) else isinstance(event, Waited)


def _is_partial(event: Event) -> bool:
    return isinstance(event, Utterance) and not event.is_final


def alike(told: Sequence[Event], arriving: Sequence[Event]) -> float:
    """The share of the alerts of both orders that is in both: how much an order that is lost changes."""
    ours, theirs = (
        {f"{alert.alert_id}:{alert.state}" for one in replay(events, POLICY) for alert in one.alerts}
        for events in (told, arriving)
    )
    return len(ours & theirs) / len(ours | theirs)


def opened_alerts(made: World) -> list[wire.AlertMessage]:
    with made.redis.client() as client:
        entries = client.xrange(wire.ALERTS)
    messages = [msgspec.json.decode(entry[wire.FIELD], type=wire.AlertMessage) for _, entry in entries]
    return [message for message in messages if message.alert.state == "opened" and not message.again]


def test_f19_the_clocks_of_sources_jump(tmp_path: Path, chance: random.Random, report: Report) -> None:
    """Forward and back within conversations, by minutes, an hour of a wrong zone and most of a day.

    Producers' clocks are ten minutes off, too. What lies in another century, or days ahead, is a dead letter; what a
    producer whose clock is hours ahead sends is refused to it by the broker.
    """
    began_s = time.time()
    first = min(event.at_s for event in events_of(played(1)))
    told = [jumping(shifted(event, began_s - first), chance) for event in events_of(played(EVENTS))]
    absurd = [of_chat(*absurd_time(number, chance, began_s)) for number in range(60)]
    sendings = [of_event(event, at_s=began_s + chance.uniform(-600, 600)) for event in told]
    for one in absurd:
        sendings.insert(chance.randrange(len(sendings)), one)
    # A producer whose clock is behind would have its ended conversations let go of at once.
    with world(tmp_path, settings={"ENDED_STATE_MIN": "60"}) as made:
        began = time.monotonic()
        places = send(made, sendings)
        with Source(made.kafka.bootstrap_servers) as source:
            source.send(of_event(told[0], at_s=began_s + 2 * HOUR_S))
            source.flush()
            refused = [type(error) for _, error in source.refused]
        settle(made)
        outcome = ask(made, sent=len(sendings), took_s=time.monotonic() - began)
        buried = letters(made)
        written = [one.record.observation for one in observed(made)]
        shown = opened_alerts(made)
        late = made.metric("monitor-0", "klankbord_late_events_total")
    negative = Counter(name for one in written for name, value in durations(one) if value < 0)
    report(
        "F19",
        "clocks of sources jump by up to 23 h, those of producers by 10 minutes",
        outcome,
        absurd_times=len(buried),
        late=late,
        negative_durations=sum(negative.values()),
    )
    clean(outcome)
    assert negative == Counter()
    assert all(point[0] >= 0 for message in shown for point in message.alert.path)
    assert refused == [InvalidTimestampError]
    wanted = {place for place, one in places.items() if one in absurd}
    assert Counter(buried) == Counter((place, "absurd_time") for place in wanted)


def test_f19_the_clock_of_a_monitor_jumps(tmp_path: Path, report: Report) -> None:
    """Ten minutes ahead, ten minutes behind, and right again, under load.

    Ahead, it goes on. Behind, the broker refuses its observations as too old: it ends, again and again, and goes on
    when the clock is right (decision 20).
    """
    clock = tmp_path / "clock"
    behind: list[int] = []

    def tell(ahead_s: float, made: World) -> None:
        behind.append(len(made.ended))
        clock.write_text(str(ahead_s))

    def go_back(made: World) -> None:
        tell(-600.0, made)
        made.later(BEHIND_S, partial(tell, 0.0, made))

    clock.write_text("0")
    # Ten minutes ahead, a conversation that has ended would be let go of at once.
    with world(tmp_path, started=False, settings={"ENDED_STATE_MIN": "60"}) as made:
        made.environment = {**made.environment, "FAULTS_CLOCK": str(clock), **skewed.ENVIRONMENT}
        made.start("monitor-0", module="tests.kafka.skewed")
        made.start("publisher-0")
        outcome = run(made, played(EVENTS), [Fault(0.2, partial(tell, 600.0)), Fault(0.5, go_back)])
    ahead, begun, over = behind
    ended = over - begun
    report("F19", f"a monitor's clock 10 minutes ahead, then behind for {BEHIND_S:g} s", outcome, ended=ended)
    clean(outcome)
    assert ahead == begun  # ahead it goes on
    assert ended > 0
    assert set(made.ended) == {f"monitor-0: {os.EX_SOFTWARE}"}


JUMPS_S: Final = (-600.0, 600.0, -HOUR_S, HOUR_S, -23 * HOUR_S, 23 * HOUR_S)


def jumping(event: Event, chance: random.Random) -> Event:
    """One event in ten by a clock that is wrong."""
    return shifted(event, chance.choice(JUMPS_S)) if chance.random() < 0.1 else event


def absurd_time(number: int, chance: random.Random, now_s: float) -> tuple[bytes, bytes]:
    ahead = f"{datetime.fromtimestamp(now_s + chance.uniform(2, 900) * DAY_S, UTC):%Y-%m-%dT%H:%M:%SZ}"
    at = chance.choice(("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1999-12-31T23:59:59Z", ahead))
    event = replace(next(talk(f"absurd-{number}", start_s=now_s)), event_id=f"absurd-{number}")
    return wire.input_key(event), msgspec.json.encode({**msgspec.to_builtins(event), "type": "utterance", "at": at})


def durations(one: Observation) -> Iterator[tuple[str, float]]:
    """Everything in an observation that is a time between two times, in seconds."""
    now = one.conversation
    started = now.started_at or 0.0
    yield "waited", now.wait_counted_s
    if now.ended_at is not None:
        yield "from the first event to the end", now.ended_at - started
    for episode in now.episodes.values():
        if episode.cleared_at is not None:
            yield "from the opening of an alert to its clearing", episode.cleared_at - episode.opened_at
    for point in now.timeline:
        yield "from the start to a point of the picture", point.after_s
    for signal in one.signals:
        yield f"amount of {signal.kind}", signal.amount or 0.0
    for driver, part in one.effort_parts.items():
        yield f"effort of {driver}", part
