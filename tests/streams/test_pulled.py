"""What a worker says of itself, without a broker: what is not known is left out, and what waits gets older."""

from pathlib import Path
from typing import Any

import faust
import pytest
from faust.types import TP

from config.settings import Settings
from streams import metrics, wire
from streams.app import create_monitor
from streams.leaving import CAUSES, Ends
from streams.pulled import Pulling, _quantiles
from streams.watchdog import LIMITS, Watchdog

HERE = TP(wire.CHAT_MESSAGES, 0)


class Clock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


class Waiting:
    """A consumer of which only is known when the oldest event in hand was produced."""

    def __init__(self, produced_s: float | None) -> None:
        self._produced_s = produced_s

    def oldest_s(self, _: TP) -> float | None:
        return self._produced_s


@pytest.fixture
def app(tmp_path: Path) -> faust.App:
    settings = {"broker": "127.0.0.1:1", "redis_url": "redis://127.0.0.1:1/0", "data_dir": tmp_path, "partitions": 6}
    return create_monitor(Settings.model_validate(settings))


@pytest.fixture
def pulling(app: faust.App, tmp_path: Path) -> Pulling:
    return Pulling(
        app,
        topics=wire.INPUTS,
        writes=(wire.OBSERVATIONS,),
        watchdog=Watchdog(app),
        ends=Ends(tmp_path / "ends.json"),
        clock=Clock(),
    )


async def test_before_its_start_a_worker_has_nothing_and_says_so(app: faust.App, pulling: Pulling) -> None:
    said = pulling()

    assert app._consumer is None
    assert said[metrics.RECOVERING] == said[metrics.RECOVERY_LEFT] == said[metrics.RECOVERY_TOOK] == {(): 0.0}
    assert said[metrics.PARTITIONS_OWNED] == {(topic,): 0.0 for topic in wire.INPUTS}
    assert said[metrics.PARTITIONS_PLANNED] == {(topic,): 6.0 for topic in wire.INPUTS}
    assert said[metrics.MEMBER] == {(): 0.0}
    assert said[metrics.LAG] == said[metrics.OLDEST] == {(topic,): 0.0 for topic in wire.INPUTS}
    assert said[metrics.BROKER_SILENCE] == {}
    assert said[metrics.COMMITS] == {("made",): 0.0, ("failed",): 0.0}
    assert said[metrics.PATIENCE] == {(limit,): 0.0 for limit in LIMITS}
    assert said[metrics.ENDS] == {(cause,): 0.0 for cause in CAUSES}
    assert said[metrics.FAUST_SENT] == {(wire.OBSERVATIONS,): 0.0}
    assert said[metrics.STARTED] == {(): Clock.now_s}


def test_an_event_in_hand_is_as_old_as_its_production(pulling: Pulling) -> None:
    consumer: Any = Waiting(990.0)

    assert pulling._age_s(consumer, HERE, 1, 1_000.0) == 10.0


def test_an_event_that_is_not_here_yet_is_as_old_as_the_news_of_it(pulling: Pulling) -> None:
    consumer: Any = Waiting(None)

    ages = [
        pulling._age_s(consumer, HERE, lag, now_s) for lag, now_s in ((1, 100.0), (1, 130.0), (0, 131.0), (1, 140.0))
    ]

    assert ages == [0.0, 30.0, 0.0, 0.0]


def test_a_quantile_of_nothing_is_left_out() -> None:
    assert dict(_quantiles([])) == {}
    assert dict(_quantiles([0.3, 0.1, 0.2])) == {("0.5",): 0.2, ("0.95",): 0.3}
