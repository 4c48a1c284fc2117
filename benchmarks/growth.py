"""What an event costs as things grow: turns, open conversations, rules, words in a message: `make bench-growth`.

In this process and without a broker, in processor time of the thread. What is compared is measured in turns, one after
the other again and again, so that what the machine does meanwhile is everybody's.
"""

import argparse
import gc
import multiprocessing
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from multiprocessing.connection import Connection
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from agents.monitor import step, warm_up
from benchmarks import figures
from benchmarks.observe import timed
from benchmarks.pages import usage
from klankbord.channels.transcript import recordings
from klankbord.conversation import Conversation
from klankbord.errors import InvalidEvent
from klankbord.events import Channel, Event, Role, Utterance, encode
from klankbord.observation import observe
from klankbord.policy import RULES, Policy, Rule
from streams import wire
from streams.deadletters import Incoming
from streams.deadlines import Deadlines
from streams.forgetting import Forgetting, Keep
from streams.metrics import MonitorMetrics

TURNS: Final = (1, 10, 20, 100, 1_000, 10_000, 50_000)
OPEN: Final = (1_000, 10_000, 100_000)
RULE_COUNTS: Final = (10, 50, 100, 250, 500)
CHARS: Final = (20, 100, 500, 2_000, 16_000)
REPEATS: Final = 7
EVENTS: Final = 2_000  # in each round over open conversations
PROBES: Final = 48
BEGAN: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
TURN_S: Final = 20
PARTITION: Final = 0
POLICY: Final = Policy()
_PACKAGES: Final = ("klankbord", "msgspec", "numpy", "ahocorasick-rs")


class Said(NamedTuple):
    """One line of a recording, and whose it was."""

    role: Role
    text: str


def lines() -> list[Said]:
    """What customers and agents say in the English chats that come with the library, by turns."""
    said = [
        Said(event.role, event.text)
        for recording in recordings()
        for event in recording.events
        if isinstance(event, Utterance) and event.language == "en"
    ]
    customers = [one for one in said if one.role is Role.CUSTOMER]
    agents = [one for one in said if one.role is Role.AGENT]
    return [one for pair in zip(customers, cycle(agents), strict=False) for one in pair]


def utterance(said: Said, number: int, *, conversation: str = "growth", at_s: float) -> Utterance:
    """That line as an event, so many seconds after the beginning."""
    return Utterance(
        schema=1,
        event_id=f"{conversation}-{number}",
        tenant="bench",
        conversation_id=conversation,
        channel=Channel.CHAT,
        at=BEGAN + timedelta(seconds=at_s),
        queue="billing",
        team="north",
        agent_id="agent-01",
        language="en",
        utterance_id=str(number),
        role=said.role,
        text=said.text,
    )


def after_turns(turns: Sequence[int]) -> Iterator[tuple[int, Conversation]]:
    """One conversation that goes on and on, as it stands after so many turns."""
    now, due = Conversation(), iter(sorted(turns))
    next_ = next(due)
    for number, said in enumerate(cycle(lines()), 1):
        now = observe(now, utterance(said, number, at_s=number * TURN_S), POLICY).conversation
        if number == next_:
            yield number, now
            if (next_ := next(due, 0)) == 0:
                return


class Monitor:
    """What the monitor does with a record, with its table in a dict and no broker."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.table: dict[bytes, bytes] = {}
        self._policy = policy
        self._metrics = MonitorMetrics(CollectorRegistry(), reason_groups=policy.reasons.groups)
        self.deadlines = Deadlines(policy)
        self.forgetting = Forgetting(policy, Keep(whole_s=600.0, marker_s=86_400.0))
        self._offset = 0

    def put(self, conversation: str, now: Conversation, event: Event) -> bytes:
        """Let `conversation` stand as `now`; its key."""
        key = wire.conversation_key("bench", conversation)
        origin = wire.Origin(wire.CHAT_MESSAGES, PARTITION, 0, round(event.at_s * 1000))
        seen = replace(observe(now, event, self._policy), conversation=now)
        record = wire.Record(seen, origin, {wire.CHAT_MESSAGES: -1})
        self.table[key] = wire.encode(record)
        self.deadlines.follow(key, record)
        self.forgetting.follow(key, record)
        return key

    def take(self, raw: bytes, event: Event) -> None:
        """One record of the input, as agents/monitor.py takes it: `raw` is `event` as it was produced then."""
        self._offset += 1
        key, produced_ms = wire.input_key(event), round(event.at_s * 1000)
        incoming = Incoming(wire.CHAT_MESSAGES, PARTITION, self._offset, produced_ms, key, raw)
        taking = step(
            incoming,
            self.table,
            bury=_refused,
            policy=self._policy,
            metrics=self._metrics,
            deadlines=self.deadlines,
            forgetting=self.forgetting,
        )
        try:
            taking.send(None)  # nothing here ever waits
        except StopIteration:
            return
        raise AssertionError("the step waited")


async def _refused(incoming: Incoming, error: InvalidEvent) -> None:
    raise AssertionError(f"an event of the benchmark was refused: {error}")


def least(cases: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Microseconds of each, the least of the repeats, all of them in turn at every repeat."""
    found = [float("inf")] * len(cases)
    for _ in range(repeats):
        for place, case in enumerate(cases):
            found[place] = min(found[place], timed(case))
    return found


def of_turns(turns: Sequence[int], repeats: int) -> list[figures.Row]:
    """The same lines to a conversation that has gone on for so many turns."""
    states = list(after_turns(turns))
    probes = list(islice(cycle(lines()), PROBES))
    cases: list[Callable[[], object]] = []
    for turn, now in states:
        for number, said in enumerate(probes):
            event = utterance(said, turn + 1 + number, at_s=(turn + 1) * TURN_S)
            cases += [lambda now=now, event=event: observe(now, event, POLICY), _stepping(now, event)]  # type: ignore[misc]
    costs = least(cases, repeats)
    rows: list[figures.Row] = []
    for place, (turn, now) in enumerate(states):
        its = costs[place * 2 * PROBES : (place + 1) * 2 * PROBES]
        rows.append(
            {
                "turn": turn,
                "observe_us": statistics.fmean(its[::2]),
                "step_us": statistics.fmean(its[1::2]),
                "state_bytes": len(msgspec.json.encode(now)),
            }
        )
    return rows


def _stepping(now: Conversation, event: Utterance) -> Callable[[], None]:
    """The step with what it reads and writes, always from the same state."""
    monitor, raw = Monitor(), encode(event)
    key = monitor.put(event.conversation_id, now, event)
    before = monitor.table[key]

    def run() -> None:
        monitor.table[key] = before
        monitor.take(raw, event)

    return run


def of_rules(counts: Sequence[int], repeats: int) -> list[figures.Row]:
    """The same lines under so many rules; those beyond the shipped ones are asked and never open."""
    now = dict(after_turns((20,)))[20]
    probes = [utterance(said, 21 + n, at_s=21 * TURN_S) for n, said in enumerate(islice(cycle(lines()), PROBES))]
    policies = [_with_rules(many) for many in counts]
    for policy in policies:
        observe(now, probes[0], policy)  # compiles its rules
    cases = [lambda p=p, event=event: observe(now, event, p) for p in policies for event in probes]
    costs = least(cases, repeats)
    return [
        {"rules": many, "observe_us": statistics.fmean(costs[place * PROBES : (place + 1) * PROBES])}
        for place, many in enumerate(counts)
    ]


def _with_rules(many: int) -> Policy:
    """The shipped rules, and as many of their kind as are missing, whose thresholds nobody reaches."""
    plain = [rule for name, rule in RULES.items() if name != "threat"]
    more: dict[str, Rule] = {}
    for number, rule in zip(range(many - len(RULES)), cycle(plain), strict=False):
        numbers = {name: 100.0 + number + value for name, value in rule.numbers.items()}
        more[f"rule_{number}"] = replace(rule, numbers=numbers)
    return Policy(rules={**RULES, **more})


def of_size(chars: Sequence[int], repeats: int) -> list[figures.Row]:
    """A customer's message of so many characters, of whole lines of customers."""
    now = dict(after_turns((20,)))[20]
    text = " ".join(said.text for said in islice(cycle(one for one in lines() if one.role is Role.CUSTOMER), 2_000))
    events = [utterance(Said(Role.CUSTOMER, text[:many]), 21, at_s=21 * TURN_S) for many in chars]
    cases: list[Callable[[], object]] = []
    for event in events:
        cases += [lambda event=event: observe(now, event, POLICY), _stepping(now, event)]  # type: ignore[misc]
    costs = least(cases, repeats)
    return [
        {"chars": many, "bytes": len(encode(event)), "observe_us": costs[2 * n], "step_us": costs[2 * n + 1]}
        for n, (many, event) in enumerate(zip(chars, events, strict=True))
    ]


def of_open(sizes: Sequence[int], repeats: int, events: int) -> list[figures.Row]:
    """Events of conversations by chance, of so many that are open; each number of them in a process of its own."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for size in sizes:
        ours, theirs = context.Pipe()
        process = context.Process(target=_floor, args=(size, events, theirs), daemon=True)
        process.start()
        theirs.close()
        pipes.append(ours)
        processes.append(process)
    try:
        memory = [pipe.recv() for pipe in pipes]
        found: list[list[tuple[float, float]]] = [[] for _ in sizes]
        for _ in range(repeats):
            for pipe, its in zip(pipes, found, strict=True):
                pipe.send("round")
                its.append(pipe.recv())
        return [
            {
                "open": size,
                "step_us": statistics.median(cost for cost, _ in its),
                "least_us": min(cost for cost, _ in its),
                "clock_ms": min(clock for _, clock in its),
                **held,
            }
            for size, held, its in zip(sizes, memory, found, strict=True)
        ]
    finally:
        for pipe, process in zip(pipes, processes, strict=True):
            pipe.close()
            process.join(10)


def _floor(size: int, events: int, pipe: Connection) -> None:
    """A monitor with so many open conversations, which takes a round of events each time it is asked."""
    warm_up(POLICY)
    monitor, chance = Monitor(), random.Random(size)
    some = [(now, turn) for turn, now in after_turns(range(2, 34))]
    said = lines()
    gc.collect()
    before_mb = usage(os.getpid()).rss_mb
    for number in range(size):
        now, turn = some[number % len(some)]
        monitor.put(_name(number), now, utterance(said[0], 0, conversation=_name(number), at_s=turn * TURN_S))
    gc.collect()
    after_mb = usage(os.getpid()).rss_mb
    state = statistics.fmean(len(msgspec.json.encode(now)) for now, _ in some)
    record = statistics.fmean(map(len, monitor.table.values()))
    held = {"state_bytes": state, "record_bytes": record, "rss_bytes": (after_mb - before_mb) * 2**20 / size}
    pipe.send(held)
    number = 0
    while True:
        try:
            pipe.recv()
        except EOFError:
            return
        number += 1
        pipe.send(_round(monitor, size, events, chance, said, number))


def _round(
    monitor: Monitor, size: int, events: int, chance: random.Random, said: Sequence[Said], round_: int
) -> tuple[float, float]:
    """Microseconds for each event, and milliseconds for one look at the clock."""
    made = []
    for number in range(events):
        name = _name(chance.randrange(size))
        event = utterance(
            said[number % len(said)], 100_000 * round_ + number, conversation=name, at_s=(100 + round_) * TURN_S
        )
        made.append((encode(event), event))
    began = time.thread_time_ns()
    for raw, event in made:
        monitor.take(raw, event)
    cost_us = (time.thread_time_ns() - began) / 1000 / events
    began = time.thread_time_ns()
    monitor.deadlines.take_due(0.0)
    monitor.forgetting.take_due(0.0)
    return cost_us, (time.thread_time_ns() - began) / 1e6


def _name(number: int) -> str:
    return f"chat-{number:08}"


def main(arguments: Sequence[str] | None = None) -> int:
    asked = argparse.ArgumentParser(description="What an event costs as things grow.")
    asked.add_argument("--repeats", type=int, default=REPEATS)
    asked.add_argument("--turns", type=int, nargs="+", default=TURNS)
    asked.add_argument("--open", type=int, nargs="+", default=OPEN)
    asked.add_argument("--rules", type=int, nargs="+", default=RULE_COUNTS)
    asked.add_argument("--chars", type=int, nargs="+", default=CHARS)
    asked.add_argument("--events", type=int, default=EVENTS, help="of open conversations, in each round")
    asked.add_argument("--store", action="store_true", help="keep the figures for the pages")
    options = asked.parse_args(arguments)
    before = figures.load()
    warm_up(POLICY)
    tables: dict[str, Any] = {
        "turns": of_turns(options.turns, options.repeats),
        "open": of_open(options.open, options.repeats, options.events),
        "rules": of_rules(options.rules, options.repeats),
        "size": of_size(options.chars, options.repeats),
    }
    measured = figures.run("python -m benchmarks.growth", _PACKAGES, tables, load_before=before)
    sys.stdout.write("\n".join(figures.report(measured)) + "\n")
    if options.store:
        figures.store("growth", measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
