"""A worker that does no work while there is work ends within a bounded time; one that works, or has none, does not."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import faust
import pytest
from faust.types import TP

from config.settings import Settings
from streams.app import create_monitor
from streams.demo import ROOT
from streams.leaving import Ends
from streams.pulled import Pulling
from streams.watchdog import Limits, Seen, Track, Watchdog, follow, look_at, patience, trouble

LIMITS = Limits(outside_s=150.0, recovery_s=60.0, still_s=60.0, fetch_s=70.0, commit_s=90.0)
A, B = TP("chat.messages", 0), TP("chat.messages", 1)
WORKS = Seen(at_s=0.0, member=True, recovering=False, recovered=0, processed=0, in_hand=0, lag=0)


def watched(*looks: Seen) -> str:
    track: Track | None = None
    for seen in looks:
        track = follow(track, seen)
        why = trouble(track, LIMITS)
        if why:
            return f"{seen.at_s:g}: {why}"
    return ""


def every_second(seconds: int, **changes: object) -> list[Seen]:
    """Looks of `seconds` in which nothing changes but that fetches end, with nothing."""
    return [replace(WORKS, at_s=float(second), fetches=second, **changes) for second in range(seconds)]  # type: ignore[arg-type]


def test_a_worker_without_work_may_stay() -> None:
    assert watched(*every_second(100_000)) == ""


def test_a_worker_that_works_off_a_growing_lag_may_stay() -> None:
    looks = (replace(WORKS, at_s=float(s), processed=s // 50, in_hand=9, lag=s) for s in range(10_000))

    assert watched(*looks) == ""


def test_events_in_hand_and_none_processed() -> None:
    assert watched(*every_second(100, in_hand=3)).startswith("61: nothing was processed for 60 s with 3 events in hand")


def test_nothing_processed_while_more_arrives() -> None:
    looks = (replace(WORKS, at_s=float(s), lag=5 + s) for s in range(100))

    assert watched(*looks).startswith("61: nothing was processed")


def test_a_lag_that_stands_still_is_a_broker_that_is_away() -> None:
    assert watched(*every_second(1000, lag=5)) == ""


def test_out_of_the_group() -> None:
    assert watched(*every_second(200, member=False)) == "151: it has not been a member of its group for 150 s"


def test_back_in_the_group_in_time() -> None:
    away = [replace(WORKS, at_s=float(s), member=False) for s in range(140)]
    back = [replace(WORKS, at_s=float(s)) for s in range(140, 150)]
    again = [replace(WORKS, at_s=float(s), member=False) for s in range(150, 290)]

    assert watched(*away, *back, *again) == ""


def test_recovery_without_one_more_record() -> None:
    assert watched(*every_second(100, recovering=True)) == "61: no record of its state was recovered for 60 s"


def test_a_long_recovery_that_goes_on_may_take_its_time() -> None:
    looks = (replace(WORKS, at_s=float(s), recovering=True, recovered=s // 50, lag=s) for s in range(5_000))

    assert watched(*looks) == ""


def test_each_recovery_has_its_own_time() -> None:
    looks = (replace(WORKS, at_s=float(s), recovering=s % 50 != 0) for s in range(5_000))

    assert watched(*looks) == ""


def test_no_fetch_ends() -> None:
    looks = (replace(WORKS, at_s=float(s), fetches=7) for s in range(200))

    assert watched(*looks) == "71: no fetch ended for 70 s"


def test_nobody_fetches_what_has_no_room() -> None:
    looks = (replace(WORKS, at_s=float(s), fetches=7, in_hand=9, processed=s // 50) for s in range(5_000))

    assert watched(*looks) == ""


def test_processed_and_never_committed() -> None:
    looks = (replace(WORKS, at_s=float(s), fetches=s, processed=s, committed={A: 5, B: s}) for s in range(200))

    assert watched(*looks) == "92: nothing of chat.messages 0 was committed for 90 s of work"


def test_a_commit_now_and_then_is_enough() -> None:
    looks = (replace(WORKS, at_s=float(s), fetches=s, processed=s, committed={A: s // 80}) for s in range(5_000))

    assert watched(*looks) == ""


def test_all_committed_now_and_then_is_enough() -> None:
    looks = (
        replace(WORKS, at_s=float(s), fetches=s, processed=s, committed={A: 5} if s % 80 else {}) for s in range(5_000)
    )

    assert watched(*looks) == ""


def test_a_batch_that_waits_for_redis_need_not_be_committed() -> None:
    assert watched(*every_second(59, in_hand=3, committed={A: 5})) == ""
    assert watched(*(replace(WORKS, at_s=float(s), fetches=s, committed={A: 5}) for s in range(5_000))) == ""


def test_what_recovers_or_is_outside_has_limits_of_its_own() -> None:
    works = [replace(WORKS, at_s=float(s), fetches=s, processed=s, committed={A: 5}) for s in range(180)]
    away = [replace(look, recovering=look.at_s == 85) for look in works]

    assert watched(*works).startswith("92:")
    assert watched(*away).startswith("177:")


@pytest.fixture
def app(tmp_path: Path) -> faust.App:
    settings = {"broker": "127.0.0.1:1", "redis_url": "redis://127.0.0.1:1/0", "data_dir": tmp_path}
    return create_monitor(Settings.model_validate(settings))


def test_it_ends_the_process_once_and_says_why(app: faust.App) -> None:
    looks: Iterator[Seen] = (replace(WORKS, at_s=float(s), in_hand=1) for s in count())
    left: list[str] = []

    Watchdog(app, limits=LIMITS, leave=left.append, look=lambda: next(looks)).watch(every_s=0.0)

    assert left == ["nothing was processed for 60 s with 1 events in hand and 0 behind"]


def test_a_watchdog_that_cannot_see_ends_the_process(app: faust.App) -> None:
    def blind() -> Seen:
        raise RuntimeError("dark")

    left: list[str] = []

    Watchdog(app, leave=left.append, look=blind).watch(every_s=0.0)

    assert left == ["the watchdog cannot see: RuntimeError: dark"]


def test_a_look_before_the_start_makes_nothing_on_the_loop_of_its_thread(app: faust.App) -> None:
    """What it made there would wait on a loop that nobody runs: the worker would subscribe to nothing, for ever."""
    looks: list[Seen] = []
    scrape = Pulling(app, topics=[], writes=[], watchdog=Watchdog(app), ends=Ends(Path("/nonexistent/ends.json")))
    for ask in (lambda: looks.append(look_at(app)), scrape):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()

    assert [look.member for look in looks] == [False]
    assert app._consumer is None
    assert app.tables._recovery is None  # type: ignore[attr-defined]


def test_who_leaves_says_why_and_cleans_nothing_up() -> None:
    program = "import atexit; from streams.leaving import leave; atexit.register(print, 'clean'); leave('no reason')"

    left = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert left.returncode == os.EX_SOFTWARE
    assert "no reason" in left.stdout + left.stderr
    assert "clean" not in left.stdout


def test_how_much_of_its_patience_is_used_can_be_asked() -> None:
    looks = [replace(WORKS, at_s=float(s), in_hand=1) for s in range(31)]
    track: Track | None = None
    for seen in looks:
        track = follow(track, seen)

    assert patience(track, LIMITS) == {"outside": 0.0, "recovery": 0.0, "still": 0.5, "fetch": 0.0, "commit": 0.0}
    assert patience(None, LIMITS) == {"outside": 0.0, "recovery": 0.0, "still": 0.0, "fetch": 0.0, "commit": 0.0}


def test_how_long_nothing_was_committed_can_be_asked() -> None:
    track: Track | None = None
    for second in range(47):
        track = follow(track, replace(WORKS, at_s=float(second), fetches=second, processed=second, committed={A: 5}))

    assert patience(track, LIMITS)["commit"] == 0.5
