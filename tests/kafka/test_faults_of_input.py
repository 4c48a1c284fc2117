"""The rows of the fault matrix about what comes in: late, out of order, of wrong clocks, without end, hot, poisoned."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Final

import msgspec
import pytest
from kafka.errors import InvalidTimestampError
from msgspec.structs import replace

from klankbord.conversation import MAX_BYTES
from klankbord.events import Event, Held, Role, Utterance, Waited, encode
from klankbord.observation import Observation
from klankbord.replay import replay, shifted
from streams import oracle, wire
from tests.e2e.waiting import until
from tests.kafka import skewed
from tests.kafka.conftest import Report
from tests.kafka.ledger import AlertReader, read_back
from tests.kafka.neighbours import RATE, Neighbours, in_turns
from tests.kafka.newer import MORE
from tests.kafka.sending import (
    POLICY,
    Sending,
    Source,
    ask,
    letters,
    observed,
    of_chat,
    of_event,
    origin,
    quantile,
    resident_mb,
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
AFTER_ITS_END: Final = "events after a conversation was let go of"
TRIMMED: Final = "alerts trimmed from the stream"  # a reader had them all
BEHIND_S: Final = 30.0
TURNS: Final = 50_000 if LONG else 6_000
COMPARED: Final = 1_000
IDLE: Final = int(os.environ.get("FAULTS_IDLE") or (100_000 if LONG else 3_000))
IDLE_FOR_S: Final = 5 * HOUR_S  # a chat is idle after four
READY_S: Final = 300.0
ANGRY: Final = "this is absolutely unacceptable, I am furious, let me speak to your supervisor now"
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
        outcome = ask(made, sent=len(told), took_s=time.monotonic() - began, apart=[TOO_LATE])
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


def unobserved(log: Sequence[Event], observations: Iterable[Observation]) -> list[Event]:
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
    talk_of_hours = events_of(played(EVENTS))
    last = max(event.at_s for event in talk_of_hours)  # or clocks that are 23 h ahead would be days ahead
    told = [jumping(shifted(event, began_s - last), chance) for event in talk_of_hours]
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
    assert {letter.origin for letter in buried} == {origin(place) for place, one in places.items() if one in absurd}
    assert {(letter.reason, letter.copies) for letter in buried} == {("absurd_time", 1)}


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


def test_f20_a_conversation_without_end(tmp_path: Path, report: Report) -> None:
    """Its state stays as large as it was, and its last turns cost what its first ones did."""
    every_s = 5.0
    turns = talk("endless", start_s=time.time() - TURNS * every_s, every_s=every_s)
    parts = (COMPARED, TURNS - 2 * COMPARED, COMPARED)
    costs_s: list[float] = []
    with world(tmp_path) as made:
        began = time.monotonic()
        for size in parts:
            before = observing(made)
            send(made, map(of_event, islice(turns, size)))
            settle(made)
            costs_s.append((observing(made)[1] - before[1]) / (observing(made)[0] - before[0]))
        outcome = ask(made, sent=TURNS, took_s=time.monotonic() - began)
        sizes = [len(wire.encode(one.record.observation.conversation)) for one in observed(made)]
    report(
        "F20",
        f"one conversation of {TURNS:,} turns",
        outcome,
        bytes_at_turn_100=sizes[99],
        bytes_at_most=max(sizes),
        bytes_at_the_end=sizes[-1],
        turn_us_at_the_beginning=1e6 * costs_s[0],
        turn_us_at_the_end=1e6 * costs_s[-1],
    )
    clean(outcome)
    assert len(sizes) >= TURNS
    assert max(sizes) <= MAX_BYTES
    assert costs_s[-1] < 2 * costs_s[0]  # an honest bound on a machine that others use; the figures say more


def observing(made: World) -> tuple[float, float]:
    """How many events the monitor has folded, and the seconds it took."""
    name = "klankbord_observe_seconds"
    return made.metric("monitor-0", f"{name}_count"), made.metric("monitor-0", f"{name}_sum")


def test_f20_conversations_that_nobody_ends(tmp_path: Path, report: Report) -> None:
    """Idle for longer than their channel's time, they are ended: no row, no open alert, a marker each."""
    began_s = time.time() - IDLE_FOR_S
    with world(tmp_path, settings={"ENDED_STATE_MIN": "0"}) as made:
        until(lambda: made.ready("monitor-0"), within_s=READY_S, what="the monitor is ready")
        empty_mb = resident_mb(made, "monitor-0")
        reader = AlertReader(made.redis.own_url)
        began = time.monotonic()
        turns = [next(talk(f"idle-{n}", start_s=began_s, words=[ANGRY])) for n in range(IDLE)]
        send(made, (of_event(event, at_s=began_s) for turn in turns for event in (on_hold(turn), turn)))
        until(
            lambda: made.metric("monitor-0", "klankbord_conversations_left_total", 'step="close"') >= IDLE,
            within_s=READY_S + IDLE / 50,
            what="every conversation is a marker",
        )
        full_mb = resident_mb(made, "monitor-0")
        settle(made)
        # A look of the clock may fall between the two events: then the end is written twice, for each, under one id.
        reader.stop()
        outcome = ask(made, sent=2 * IDLE, took_s=time.monotonic() - began, apart=[AFTER_ITS_END, TRIMMED])
        written = observed(made)
        with made.redis.client() as client:
            rows, alerts = client.hlen(wire.BOARD), client.hlen(wire.OPEN_ALERTS) + client.hlen(wire.HELD_ALERTS)
    markers = [one for one in written if one.record.observation.type == wire.CLOSED]
    still_open = [one for one in written if one.record.observation.type != wire.CLOSED]
    report(
        "F20",
        f"{IDLE:,} conversations with an angry customer on hold, idle for {IDLE_FOR_S / HOUR_S:g} h",
        outcome,
        bytes_while_open=quantile((len(one.raw) for one in still_open), 0.5),
        bytes_of_a_marker=quantile((len(one.raw) for one in markers), 0.5),
        resident_kb_each=1024 * (full_mb - empty_mb) / IDLE,
        alerts_told=len(reader.alerts),
        rows_left=rows,
        alerts_left=alerts,
    )
    clean(outcome)
    told = Counter(reader.alerts)
    assert len(told) >= 2 * IDLE  # opened and cleared
    assert told.total() == len(told)
    assert len({one.record.observation.conversation_id for one in markers}) == IDLE
    assert (rows, alerts) == (0, 0)


def on_hold(turn: Utterance) -> Held:
    """Put on hold before it: that a customer waits is an event written now, and would begin the idle time anew."""
    common = {name: getattr(turn, name) for name in ("schema", "tenant", "conversation_id", "channel", "at")}
    return Held(event_id=f"{turn.event_id}-held", **common)


def test_f21_half_of_the_load_in_one_conversation(tmp_path: Path, report: Report) -> None:
    """Stretches of even load and of as much with half of it in one conversation, in turns: others hardly notice."""
    start_s = time.time() - DAY_S
    hot = map(of_event, talk("hot", start_s=start_s))
    with world(tmp_path) as made:
        began = time.monotonic()
        sent = in_turns(made, trouble=hot)
        settle(made)
        found = Neighbours.of(made, sent)
        outcome = found.voided(ask(made, sent=sent.total, took_s=time.monotonic() - began))
    report("F21", f"half of {RATE:g} events/s in one conversation, in turns with even load", outcome, **found.figures)
    clean(outcome)
    assert found.unharmed


def test_f27_old_and_new_schemas_side_by_side(tmp_path: Path, chance: random.Random, report: Report) -> None:
    """Sources and a monitor of a version that knows more fields, in turns with today's: each reads the other.

    A channel, a type or a schema that today's does not know is a dead letter.
    """
    told = events_of(played(EVENTS))
    parts = [told[n * len(told) // 4 : (n + 1) * len(told) // 4] for n in range(4)]
    strange = [of_chat(*unknown(number, chance)) for number in range(60)]
    with world(tmp_path, started=False) as made:
        made.start("publisher-0")
        began, places = time.monotonic(), dict[oracle.Place, Sending]()
        for version, part in zip(("tests.kafka.newer", "streams.app") * 2, parts, strict=True):
            made.start("monitor-0", module=version)
            sendings = [with_more(of_event(event)) if chance.random() < 0.5 else of_event(event) for event in part]
            places |= send(made, [*sendings, *(strange if part is parts[1] else ())])
            settle(made)
            made.terminate("monitor-0", back=False)
        outcome = ask(made, sent=len(places), took_s=time.monotonic() - began)
        buried, seen = letters(made), observed(made)
    newer = sum(b"of_a_version_to_come" in one.raw for one in seen)
    report(
        "F27",
        "every second event, and a monitor in turns with today's, of a version with more fields",
        outcome,
        records_of_the_newer=newer,
        letters=len(buried),
    )
    clean(outcome)
    assert 0.4 < newer / len(seen) < 0.6
    assert {letter.origin for letter in buried} == {origin(place) for place, one in places.items() if one in strange}
    assert {letter.reason for letter in buried} == {"invalid_schema"}
    assert not made.ended


def with_more(one: Sending) -> Sending:
    """The same event with fields that nobody knows yet."""
    return one._replace(value=msgspec.json.encode({**msgspec.json.decode(one.value or b""), **MORE}))


def unknown(number: int, chance: random.Random) -> tuple[bytes, bytes]:
    """An event with a value that nobody knows yet."""
    event = replace(next(talk(f"unknown-{number}", start_s=time.time() - HOUR_S)), event_id=f"unknown-{number}")
    changed = chance.choice(({"channel": "hologram"}, {"type": "gesture"}, {"schema": 2}, {"role": "oracle"}))
    return wire.input_key(event), msgspec.json.encode(msgspec.json.decode(encode(event)) | changed)
