"""Who talks to the installation, who listens to it, and what is made of what they say; then real runs, very small."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import threading
from array import array
from pathlib import Path

import pytest
from aiokafka.partitioner import DefaultPartitioner

from benchmarks import latency, scaling, soak
from benchmarks.figures import Row
from benchmarks.hearing import OBSERVED, Count, Ears, Heard, Seen
from benchmarks.live import descendants, spread
from benchmarks.readers import questions
from benchmarks.scaling import without
from benchmarks.soak import grown
from benchmarks.talking import AT_ONCE, Floor, Talks, due
from klankbord.events import Utterance, decode
from tests.web.serving import eventually

FLOOR = Floor("demo", 3, 4)


def test_everybody_speaks_in_turn_at_the_time_that_is_due() -> None:
    talks = Talks(FLOOR)

    made = [talks.next(1_770_000_000.25 + number) for number in range(9)]

    events = [decode(one.value) for one in made]
    assert [event.conversation_id for event in events] == ["chat-00000000", "chat-00000001", "chat-00000002"] * 3
    assert [event.at_s for event in events] == [1_770_000_000.25 + number for number in range(9)]
    assert len({event.event_id for event in events}) == 9
    roles = [event.role for event in events if isinstance(event, Utterance)]
    assert roles == [roles[0]] * 3 + [roles[3]] * 3 + [roles[0]] * 3
    assert roles[0] != roles[3]


def test_a_conversation_lies_where_every_other_producer_would_put_it() -> None:
    talks, partitions = Talks(FLOOR._replace(conversations=50)), [0, 1, 2, 3]

    made = [talks.next(1_770_000_000.0) for _ in range(50)]

    theirs = DefaultPartitioner()
    assert {one.partition for one in made} == {*partitions}
    assert [one.partition for one in made] == [theirs(one.key, partitions, partitions) for one in made]


def test_what_is_due_is_due_at_its_time_however_late_the_source_is() -> None:
    assert list(due(100, 1.0, 0, 0.0)) == [0.0]
    assert list(due(100, 1.0, 3, 0.05)) == [0.03, 0.04, 0.05]
    assert list(due(100, 1.0, 98, 9.0)) == [0.98, 0.99]
    assert len(list(due(1e6, 60.0, 0, 50.0))) == AT_ONCE


def test_an_event_counts_once_and_what_the_monitor_says_by_itself_not_at_all() -> None:
    ears = Ears("none:1", "redis://none")

    for event_id in ("talk-0", "talk-7", "talk-7", "waited:x"):
        ears.observed(Seen(event_id, 10.0), 2, 10.5)

    assert ears.counted() == Count(observed=2, doubled=1, rows=0)
    assert list(ears.heard_all().late_ms[OBSERVED]) == [500.0, 500.0]
    assert list(ears.heard_all().late_ms[OBSERVED]) == []


def test_whoever_comes_of_a_process_is_found_also_by_way_of_another() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout is not None
        sleeper = int(shell.stdout.readline())

        # For a moment it is the shell that made it.
        assert eventually(lambda: descendants(os.getpid()).get(sleeper) == "sleep")
        found = descendants(os.getpid())
        os.kill(sleeper, signal.SIGTERM)

    assert shell.pid in found
    assert os.getpid() not in found


def test_a_process_goes_on_between_two_questions() -> None:
    ours, theirs = multiprocessing.Pipe()
    turns = 0

    async def answer() -> None:
        async for (what,) in questions(theirs):
            theirs.send(what)

    async def work() -> None:
        nonlocal turns
        answering = asyncio.create_task(answer())
        while not answering.done():
            turns += 1
            await asyncio.sleep(0.001)

    # In a thread: a loop that is held up would hold up this test for ever.
    working = threading.Thread(target=asyncio.run, args=(work(),), daemon=True)
    working.start()
    try:
        ours.send(("count",))
        assert ours.recv() == "count"
        before = turns

        assert eventually(lambda: turns > before + 20)
    finally:
        ours.close()
        working.join(10)


def test_the_time_without_an_observation_is_of_each_partition_and_counts_what_never_came() -> None:
    heard = Heard({}, array("d", [9.0, 10.5, 11.0, 15.0, 10.2, 19.5]), array("h", [0, 0, 0, 0, 1, 1]))

    longest = without(heard, 10.0, 20.0)

    assert longest == {0: 5.0, 1: pytest.approx(9.3)}


def test_quantiles_of_latencies_and_nothing_of_nothing() -> None:
    assert spread([]) == {}
    assert spread([float(n) for n in range(100)]) == {"p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0, "max_ms": 99.0}


def test_growth_is_a_line_through_what_comes_after_warming_up() -> None:
    rows: list[Row] = [
        {"minute": n / 2, "web mb": 500.0 if n < 4 else 100.0 + n / 2, "observation p50_ms": 5.0} for n in range(12)
    ]

    (memory, latency_) = grown(rows)

    assert memory["what"] == "web mb"
    assert memory["an_hour"] == pytest.approx(60.0)
    assert memory["percent_an_hour"] == pytest.approx(100 * 60 / 102)
    assert latency_["an_hour"] == pytest.approx(0.0)
    assert latency_["kept_up"] == "yes"


def test_a_queue_has_no_growth_of_latency() -> None:
    rows: list[Row] = [{"minute": n, "web mb": 100.0, "observation p50_ms": 900.0 * n} for n in range(9)]

    assert [row["what"] for row in grown(rows)] == ["web mb"]
    assert [row["kept_up"] for row in grown(rows)] == ["no"]


@pytest.mark.kafka
@pytest.mark.browser
def test_a_small_run_of_the_latency_hears_every_event_at_every_stage(tmp_path: Path) -> None:
    tables = latency.measured(
        tmp_path, rates=(40.0,), seconds=3.0, rebalance_s=10.0, conversations=20, with_screen=True
    )

    at_rate, rebalancing = tables["use"]
    assert at_rate["sent"] == 120
    assert (at_rate["missing"], rebalancing["missing"]) == (0, 0)
    stages = [row for row in tables["path"] if row["at"] == "40/s"]
    assert [row["to"] for row in stages] == ["observation", "Redis", "SSE client", "screen"]
    assert stages[0]["heard"] == 120
    # Rows are joined where a conversation speaks twice in one batch.
    assert all(0 < int(row["heard"]) <= 120 for row in stages[1:3])
    assert all(0 < float(row["p50_ms"]) <= float(row["p99_ms"]) <= float(row["max_ms"]) for row in tables["path"])
    assert float(stages[0]["p50_ms"]) < float(stages[1]["p50_ms"]) < float(stages[2]["p50_ms"])
    (count,) = tables["all"]
    assert count["sent"] == count["observed"]
    assert count["doubled"] == 0


@pytest.mark.kafka
def test_a_small_run_of_the_scaling_loses_nothing_and_fills_every_table(tmp_path: Path) -> None:
    sizes = scaling.Sizes(workers=(1, 2), partitions=(1,), states=(0, 100), events=300, rate=40.0, after_s=14.0)

    tables = {name: scaling.measured(name, tmp_path, sizes)[name] for name in scaling.PARTS}

    assert [row["workers"] for row in tables["workers"]] == [1, 2]
    assert [row["partitions"] for row in tables["partitions"]] == [1]
    for row in (*tables["workers"], *tables["partitions"]):
        assert (row["missing"], row["twice"]) == (0, 0)
        assert float(row["events_s"]) > 0
        assert float(row["monitors_us"]) > 0
    assert len(tables["happens"]) == 6
    assert [row["missing"] for row in tables["happens"]] == [0] * 6
    assert all(0 < float(row["longest_s"]) < 60 for row in tables["happens"])
    assert [int(row["conversations"]) for row in tables["recovery"]] == [0, 100]


@pytest.mark.kafka
def test_a_small_soak_has_a_row_for_every_look_and_loses_nothing(tmp_path: Path) -> None:
    tables = soak.soaked(tmp_path, rate=40.0, minutes=0.3, every_s=3.0, conversations=20)

    assert len(tables["soak"]) >= 4
    assert all(int(row["observed"]) > 0 and float(row["monitor-0 mb"]) > 50 for row in tables["soak"])
    assert {row["what"] for row in tables["grown"]} >= {"monitor-0 mb", "web mb", "Redis mb", "SSE client p50_ms"}
    (ending,) = tables["all"]
    assert (ending["sent"], ending["missing"], ending["twice"]) == (720, 0, 0)
