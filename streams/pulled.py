"""Reads, when a worker is scraped, what Faust, its consumer and its watchdog know; no event pays for it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import faust
from faust.types import TP

from streams import metrics, wire
from streams.leaving import Ends
from streams.metrics import Read
from streams.tables import Recovery, recovery_of
from streams.transport import COMMITS, Consumer, consumer_of
from streams.watchdog import Watchdog

QUANTILES: Final = (0.5, 0.95)


class Pulling:
    """What a worker says of itself. `topics` are those it reads, `writes` those it writes."""

    def __init__(
        self,
        app: faust.App,
        *,
        topics: Iterable[str],
        writes: Iterable[str],
        watchdog: Watchdog,
        ends: Ends,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._topics = tuple(topics)
        self._writes = tuple(writes)
        self._watchdog = watchdog
        self._ends = ends
        self._clock = clock
        self._started_s = clock()
        self._noticed_s: dict[TP, float] = {}

    def __call__(self) -> Read:
        """Every number as it is now; what is not known yet is left out."""
        return {
            metrics.PARTITIONS_PLANNED: {
                (topic,): float(self._app.conf.topic_partitions) for topic in self._topics if topic in wire.OURS
            },
            metrics.REBALANCES: _one(self._app.monitor.rebalances),
            metrics.REBALANCING: _one(self._app.rebalancing),
            metrics.PATIENCE: {(limit,): used for limit, used in self._watchdog.patience().items()},
            metrics.ENDS: {(cause,): float(count) for cause, count in self._ends.counts.items()},
            metrics.STARTED: _one(self._started_s),
            **self._of_consumer(),
            **self._of_recovery(),
            **_of_faust(self._app, self._topics, self._writes),
        }

    def _of_consumer(self) -> Read:
        consumer = consumer_of(self._app)
        if consumer is None:
            of_topics = (metrics.PARTITIONS_OWNED, metrics.LAG, metrics.OLDEST)
            return {
                metrics.MEMBER: _one(0.0),
                metrics.COMMITS: {(outcome,): 0.0 for outcome in COMMITS},
                metrics.BROKER_SILENCE: {},
                **{metric: {(topic,): 0.0 for topic in self._topics} for metric in of_topics},
            }
        now_s = self._clock()
        partitions = {topic: [TP(topic, n) for n in sorted(consumer.partitions(topic))] for topic in self._topics}
        lag = {tp: consumer.behind(tp) for found in partitions.values() for tp in found}
        answered_ms = [at for found in partitions.values() for tp in found if (at := consumer.asked_at_ms(tp))]
        return {
            metrics.MEMBER: _one(consumer.member()),
            metrics.PARTITIONS_OWNED: {(topic,): float(len(found)) for topic, found in partitions.items()},
            metrics.LAG: {(topic,): float(sum(lag[tp] for tp in found)) for topic, found in partitions.items()},
            metrics.OLDEST: {
                (topic,): max((self._age_s(consumer, tp, lag[tp], now_s) for tp in found), default=0.0)
                for topic, found in partitions.items()
            },
            metrics.COMMITS: {(outcome,): float(count) for outcome, count in consumer.commits.items()},
            metrics.BROKER_SILENCE: _one(max(0.0, now_s - max(answered_ms) / 1000)) if answered_ms else {},
        }

    def _age_s(self, consumer: Consumer, tp: TP, lag: int, now_s: float) -> float:
        produced_s = consumer.oldest_s(tp)
        if produced_s is not None:
            self._noticed_s.pop(tp, None)
            return max(0.0, now_s - produced_s)
        if not lag:
            self._noticed_s.pop(tp, None)
            return 0.0
        return now_s - self._noticed_s.setdefault(tp, now_s)

    def _of_recovery(self) -> Read:
        recovery = recovery_of(self._app)
        return {
            metrics.RECOVERING: _one(recovery is not None and recovery.in_recovery),
            metrics.RECOVERY_LEFT: _one(_left(recovery) if recovery else 0),
            metrics.RECOVERY_TOOK: _one(_took_s(recovery) if recovery else 0.0),
        }


# Faust has `performance_metrics` for this: it walks through dictionaries that change while another thread reads.
def _of_faust(app: faust.App, topics: Iterable[str], writes: Iterable[str]) -> Read:
    sent = Counter(app.monitor.messages_sent_by_topic)
    received = Counter(app.monitor.messages_received_by_topic)
    return {
        metrics.FAUST_RECEIVED: {(topic,): float(received[topic]) for topic in {*topics, *received}},
        metrics.FAUST_SENT: {(topic,): float(sent[topic]) for topic in {*writes, *sent}},
        metrics.FAUST_SEND_ERRORS: _one(app.monitor.send_errors),
        metrics.FAUST_BUFFER_FULL: _one(sum(list(app.monitor.topic_buffer_full.values()))),
        metrics.FAUST_COMMIT: dict(_quantiles(app.monitor.commit_latency)),
        metrics.FAUST_SEND: dict(_quantiles(app.monitor.send_latency)),
    }


def _quantiles(seconds: Iterable[float]) -> Iterator[tuple[tuple[str], float]]:
    ordered = sorted(seconds)
    if ordered:
        yield from (((f"{share:g}",), ordered[round(share * (len(ordered) - 1))]) for share in QUANTILES)


def _left(recovery: Recovery) -> int:
    return sum(
        max(0, end - recovery.active_offsets[tp])
        for tp, end in list(recovery.active_highwaters.items())
        if tp in recovery.active_offsets
    )


def _took_s(recovery: Recovery) -> float:
    started_s = recovery._recovery_started_at
    ended_s = time.monotonic() if recovery.in_recovery else recovery._recovery_ended_at
    return 0.0 if started_s is None or ended_s is None else max(0.0, ended_s - started_s)


def _one(value: float | None) -> Mapping[tuple[str, ...], float]:
    return {} if value is None else {(): float(value)}
