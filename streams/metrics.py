"""Every Prometheus metric of every process, declared once: name, labels, and when it moves.

Labels come from closed sets (channels, event types, reasons, rules, kinds, the queues that the operator lists).
Never a conversation, a customer, an agent or a word.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, Literal, TypeAlias, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from klankbord.errors import Reason
from klankbord.policy import EMOTIONS, Policy, rules_in_force
from klankbord.suggestions import SUGGESTIONS
from klankbord.taxonomy import UNKNOWN

# Around the promise that an event is on the page within 0.1 s (median) and 0.5 s (99 in 100); the long tail
# tells a backlog of seconds from one of minutes.
LATENCY_S: Final = (
    0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 1800
)  # fmt: skip
# Why the budget keeps an alert back, as in `wire.AlertMessage.why`.
SUPPRESSED_WHY: Final = ("over_budget", "displaced")
# A handful of conversations takes a tenth of a second, ten thousand some, a log of millions of markers minutes.
REBUILD_S: Final = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
# What becomes of a conversation that is over, as in `streams.forgetting`, which the pages must not load.
LEFT_STEPS: Final = ("end", "close", "forget")
# Of the queues of a contact centre, what is not listed in the settings.
OTHER: Final = "other"
Answer: TypeAlias = Literal["used", "not_now", "wrong"]
ANSWERS: Final[tuple[Answer, ...]] = get_args(Answer)
MARKS: Final = ("right", "wrong")
Outcome: TypeAlias = Literal["done", "conflict"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
# What supervisors do with an alert, as in `web.lives`.
ACTIONS: Final = ("acknowledge", "assign", "snooze", "release", "right", "wrong")
# observe() takes tens to hundreds of microseconds.
COMPUTE_S: Final = (25e-6, 50e-6, 100e-6, 150e-6, 200e-6, 300e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 50e-3)


FLOOR: Final = ("channel", "language", "queue")


@dataclass(frozen=True, slots=True)
class OfFloor:
    """The histograms of one channel, language and queue."""

    effort: Histogram
    valence: Histogram
    emotions: Mapping[str, Histogram]

    def count(self, *, effort: float, valence: float, emotions: Mapping[str, float]) -> None:
        """A customer turn; an emotion that is not named was not heard."""
        self.effort.observe(effort)
        self.valence.observe(valence)
        for emotion, histogram in self.emotions.items():
            histogram.observe(emotions.get(emotion, 0.0))


class MonitorMetrics:
    """What the monitor counts: events in, observations and dead letters out, and how long that takes."""

    def __init__(
        self, registry: CollectorRegistry, *, reason_groups: Iterable[str] = (), queues: Iterable[str] = ()
    ) -> None:
        self.events = Counter(
            "klankbord_events", "Events read from the input topics", ["channel", "type"], registry=registry
        )
        self.observations = Counter(
            "klankbord_observations", "Observations written to conversation.observations", registry=registry
        )
        self.duplicates = Counter(
            "klankbord_duplicates", "Events skipped because they were applied before", ["kind"], registry=registry
        )
        self.late = Counter(
            "klankbord_late_events",
            "Events without effect: older than all that is remembered of their conversation, and perhaps repeated",
            registry=registry,
        )
        self.dead_letters = Counter(
            "klankbord_dead_letters", "Records sent to the dead-letter topic", ["reason"], registry=registry
        )
        self.dead_letters_clipped = Counter(
            "klankbord_dead_letters_clipped",
            "Dead letters of which only the beginning was kept, because too many came at once",
            ["reason"],
            registry=registry,
        )
        self.mapped = Counter(
            "klankbord_mapped",
            "Entries of records of another shape that became an event or were skipped; the others are dead letters",
            ["outcome"],
            registry=registry,
        )
        self.observe_seconds = Histogram(
            "klankbord_observe_seconds", "Time spent in observe()", registry=registry, buckets=COMPUTE_S
        )
        self.event_to_observation_seconds = Histogram(
            "klankbord_event_to_observation_seconds",
            "From the production of an event to its observation",
            registry=registry,
            buckets=LATENCY_S,
        )
        self.ended = Counter(
            "klankbord_conversations_ended",
            "Conversations that ended, by the first level of their contact reason, unknown among them",
            ["reason_group"],
            registry=registry,
        )
        self.conversations = Gauge(
            "klankbord_conversations", "Conversations in the state of this process, with markers", registry=registry
        )
        self.left = Counter(
            "klankbord_conversations_left",
            "Conversations that were idle and ended, that shrank to a marker, and that went",
            ["step"],
            registry=registry,
        )
        for step in LEFT_STEPS:
            self.left.labels(step)
        self.effort = Histogram(
            "klankbord_effort_score",
            "Effort after each customer turn, 1 to 7, higher = harder",
            FLOOR,
            registry=registry,
            buckets=(1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7),
        )
        self.valence = Histogram(
            "klankbord_valence_ratio",
            "Valence of each customer turn, -1 (negative) to 1 (positive)",
            FLOOR,
            registry=registry,
            buckets=(-0.8, -0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.8, 1),
        )
        self.emotion = Histogram(
            "klankbord_emotion_ratio",
            "Each emotion of each customer turn, 0 (not heard) to 1",
            ["emotion", *FLOOR],
            registry=registry,
            buckets=(0.1, 0.25, 0.5, 0.75, 1),
        )
        self._queues = frozenset(queues)
        self._of_floor: dict[tuple[str, str, str], OfFloor] = {}
        self.configuration_in_force, self.configuration_reloads = _configuration(registry)
        self.canaries_sent = Counter(
            "klankbord_canary_sent", "Canary conversations written to the input topic", registry=registry
        )
        _build_info(registry, "monitor")
        # Children exist from the start, so that a rate does not miss the first increment.
        for reason in get_args(Reason):
            self.dead_letters.labels(reason)
            self.dead_letters_clipped.labels(reason)
        for outcome in ("event", "skipped"):
            self.mapped.labels(outcome)
        for kind in ("fence", "event_id"):
            self.duplicates.labels(kind)
        self._reason_groups = frozenset(reason_groups)
        self._of_canary: MonitorMetrics | None = None
        for group in (*sorted(self._reason_groups), UNKNOWN):
            self.ended.labels(group)

    @property
    def of_canary(self) -> "MonitorMetrics":
        """Where canaries are counted: in a registry that nobody scrapes."""
        if self._of_canary is None:
            self._of_canary = MonitorMetrics(CollectorRegistry())
        return self._of_canary

    def of_floor(self, channel: str, language: str | None, queue: str | None) -> "OfFloor":
        """Where a customer turn is counted; bound once, for to look it up costs as much as to count."""
        labels = channel, language or "unknown", queue if queue is not None and queue in self._queues else OTHER
        if labels not in self._of_floor:
            self._of_floor[labels] = OfFloor(
                self.effort.labels(*labels),
                self.valence.labels(*labels),
                {emotion: self.emotion.labels(emotion, *labels) for emotion in EMOTIONS},
            )
        return self._of_floor[labels]

    def count_ended(self, reason: str) -> None:
        """A conversation ended, with its reason or "" for unknown."""
        group = reason.partition(".")[0]
        self.ended.labels(group if group in self._reason_groups else UNKNOWN).inc()


class PublisherMetrics:
    """What the publisher counts: what went to Redis once, how late, and whether Redis answers."""

    def __init__(self, registry: CollectorRegistry, *, rules: Iterable[tuple[str, str]], kinds: Iterable[str]) -> None:
        self.alerts = Counter(
            "klankbord_alerts",
            "Alerts published, counted once each however often they are delivered",
            ["rule", "severity", "state"],
            registry=registry,
        )
        self.suggestions = Counter(
            "klankbord_suggestions", "Suggestions published, counted once each", ["kind"], registry=registry
        )
        self.alerts_suppressed = Counter(
            "klankbord_alerts_suppressed",
            "Alerts that the budget kept back: over the ceiling at once, or displaced by one that weighs more",
            ["reason"],
            registry=registry,
        )
        self.alerts_folded = Counter(
            "klankbord_alerts_folded", "Alerts that joined others of the same cause", registry=registry
        )
        self.alerts_shown_later = Counter(
            "klankbord_alerts_shown_later",
            "Alerts that were kept back and are shown since their conversation got worse",
            registry=registry,
        )
        self.canaries_seen = Counter(
            "klankbord_canary_seen",
            "Canary conversations whose anger was heard and written to Redis",
            registry=registry,
        )
        self.withdrawn = Counter(
            "klankbord_suggestions_withdrawn",
            "Suggestions taken back because the topic moved on",
            ["reason"],
            registry=registry,
        )
        self.not_acted = Counter(
            "klankbord_suggestions_not_acted",
            "Suggestions answered with 'used' whose signal called for the same again within three turns of the agent",
            ["kind"],
            registry=registry,
        )
        self.event_to_redis_seconds = Histogram(
            "klankbord_event_to_redis_seconds",
            "From the production of an event to its effect in Redis",
            registry=registry,
            buckets=LATENCY_S,
        )
        self.redis_up = Gauge("klankbord_redis_up", "1 when the last call to Redis succeeded", registry=registry)
        self.redis_retries = Counter(
            "klankbord_redis_retries", "Calls to Redis that failed and were tried again", registry=registry
        )
        self.redis_rebuilds = Counter(
            "klankbord_redis_rebuilds",
            "Times that what Redis lost was made again from Kafka",
            registry=registry,
        )
        self.redis_rebuild_seconds = Histogram(
            "klankbord_redis_rebuild_seconds",
            "From the discovery that Redis lost its data until all of it was there again",
            registry=registry,
            buckets=REBUILD_S,
        )
        self.configuration_in_force, self.configuration_reloads = _configuration(registry)
        _build_info(registry, "publisher")
        for rule, severity in rules:
            for state in ("opened", "cleared"):
                self.alerts.labels(rule, severity, state)
        for reason in SUPPRESSED_WHY:
            self.alerts_suppressed.labels(reason)
        for kind in kinds:
            self.suggestions.labels(kind)
            self.not_acted.labels(kind)
        for because in ("ended", "transferred", "objected", "confirmed", "over", "replaced"):
            self.withdrawn.labels(because)


class WebMetrics:
    """What the pages count, in a registry of their own, so that two apps in one process do not meet."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self.streams = Gauge(
            "klankbord_web_streams", "Event streams that are open now", ["page"], registry=self.registry
        )
        # `bye` counts the streams that we ended.
        self.messages = Counter("klankbord_web_messages", "Events sent to pages", ["event"], registry=self.registry)
        self.redis_up = Gauge(
            "klankbord_web_redis_up",
            "1 while the one reader follows Redis, 0 while the pages are told that they are stale",
            registry=self.registry,
        )
        # Runs at every scrape, and back to nought when a canary comes through.
        self.canary_age_seconds = Gauge(
            "klankbord_canary_age_seconds",
            "Since the newest canary that came through was sent; 0 where none are sent",
            registry=self.registry,
        )
        self.event_to_page_seconds = Histogram(
            "klankbord_event_to_page_seconds",
            "From the production of an event until its row is handed to every open page",
            registry=self.registry,
            buckets=LATENCY_S,
        )
        # Moves once for every suggestion that somebody answered; who did is not counted and not kept.
        self.answers = Counter(
            "klankbord_suggestion_answers",
            "Answers to suggestions: used, not_now or wrong",
            ["kind", "answer"],
            registry=self.registry,
        )
        self.actions = Counter(
            "klankbord_alert_actions",
            "What supervisors did with alerts; a conflict changed nothing, because somebody was first",
            ["action", "outcome"],
            registry=self.registry,
        )
        # Moves when an alert is marked for the first time, or otherwise than before; who did is not counted.
        self.marks = Counter(
            "klankbord_alert_marks",
            "Alerts that supervisors marked right or wrong",
            ["rule", "mark"],
            registry=self.registry,
        )
        Gauge(STARTED.name, STARTED.says, registry=self.registry).set_to_current_time()
        _build_info(self.registry, "web")
        # A rule of the operator's own begins with its first mark.
        for rule in rules_in_force(Policy()):
            for mark in MARKS:
                self.marks.labels(rule, mark)
        for page in ("supervisor", "agent"):
            self.streams.labels(page)
        for suggester in SUGGESTIONS:
            for answer in ANSWERS:
                self.answers.labels(suggester.kind, answer)
        for action in ACTIONS:
            for outcome in OUTCOMES:
                self.actions.labels(action, outcome)

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)


@dataclass(frozen=True, slots=True)
class Pulled:
    """A metric that nobody moves: it is read where it lies when it is asked for, and costs an event nothing."""

    name: str
    kind: Literal["counter", "gauge"]
    says: str
    labels: tuple[str, ...] = ()


# What both workers say of themselves, Faust's own numbers among them; `streams.pulled` reads them.
PARTITIONS_OWNED: Final = Pulled(
    "klankbord_partitions_owned", "gauge", "Partitions of a topic that are this process's to read", ("topic",)
)
PARTITIONS_PLANNED: Final = Pulled(
    "klankbord_partitions_planned",
    "gauge",
    "Partitions that a topic of ours has by the settings; of a mapped topic they say nothing",
    ("topic",),
)
LAG: Final = Pulled(
    "klankbord_consumer_lag_events", "gauge", "Records in Kafka that this process has yet to process", ("topic",)
)
OLDEST: Final = Pulled(
    "klankbord_oldest_event_age_seconds",
    "gauge",
    "Age of the oldest record that is not processed, 0 for none; of one that is not here yet, since it was noticed",
    ("topic",),
)
MEMBER: Final = Pulled("klankbord_group_member", "gauge", "1 while the group in Kafka knows this process")
BROKER_SILENCE: Final = Pulled(
    "klankbord_broker_silence_seconds", "gauge", "Since Kafka last answered a fetch; none while nothing is fetched"
)
REBALANCES: Final = Pulled("klankbord_rebalances", "counter", "Times that partitions were given out anew")
REBALANCING: Final = Pulled("klankbord_rebalancing", "gauge", "1 while partitions are given out")
RECOVERING: Final = Pulled("klankbord_recovering", "gauge", "1 while state is read back from Kafka")
RECOVERY_LEFT: Final = Pulled(
    "klankbord_recovery_remaining_records", "gauge", "Records of state that are yet to be read back"
)
RECOVERY_TOOK: Final = Pulled(
    "klankbord_recovery_seconds", "gauge", "How long the last recovery took, or the present one has taken so far"
)
COMMITS: Final = Pulled("klankbord_commits", "counter", "Commits to Kafka, by what became of them", ("outcome",))
PATIENCE: Final = Pulled(
    "klankbord_watchdog_patience_ratio",
    "gauge",
    "How much of a limit of the watchdog is used, 0 to 1; at 1 it ends the process",
    ("limit",),
)
ENDS: Final = Pulled(
    "klankbord_process_ends",
    "counter",
    "Times that this process, or one before it with the same data directory, ended itself",
    ("cause",),
)
STARTED: Final = Pulled("klankbord_start_time_seconds", "gauge", "When this process started, in seconds since 1970")
FAUST_RECEIVED: Final = Pulled(
    "klankbord_faust_messages_received", "counter", "Records that Faust took from Kafka", ("topic",)
)
FAUST_SENT: Final = Pulled("klankbord_faust_messages_sent", "counter", "Records that Faust sent to Kafka", ("topic",))
FAUST_SEND_ERRORS: Final = Pulled("klankbord_faust_send_errors", "counter", "Records that Faust could not send")
FAUST_BUFFER_FULL: Final = Pulled(
    "klankbord_faust_buffer_full", "counter", "Times that Faust stopped reading because the agent was behind"
)
FAUST_COMMIT: Final = Pulled(
    "klankbord_faust_commit_seconds", "gauge", "How long Faust's latest commits took", ("quantile",)
)
FAUST_SEND: Final = Pulled(
    "klankbord_faust_send_seconds", "gauge", "How long Faust's latest sends took until Kafka had them", ("quantile",)
)
PULLED: Final = (
    *(PARTITIONS_OWNED, PARTITIONS_PLANNED, LAG, OLDEST, MEMBER, BROKER_SILENCE, REBALANCES, REBALANCING, RECOVERING),
    *(RECOVERY_LEFT, RECOVERY_TOOK, COMMITS, PATIENCE, ENDS, STARTED),
    *(FAUST_RECEIVED, FAUST_SENT, FAUST_SEND_ERRORS, FAUST_BUFFER_FULL, FAUST_COMMIT, FAUST_SEND),
)
Read: TypeAlias = Mapping[Pulled, Mapping[tuple[str, ...], float]]


class WorkerMetrics(Collector):
    """Collects what is pulled: `read` is asked at every scrape, from the thread that serves it."""

    def __init__(self, registry: CollectorRegistry, read: Callable[[], Read]) -> None:
        self._read = read
        registry.register(self)

    def describe(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """The families without a value, so that none is read to register them."""
        yield from (_family(one) for one in PULLED)

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Every family, also one that has no value now."""
        values = self._read()
        for one in PULLED:
            family = _family(one)
            for labels, value in values.get(one, {}).items():
                family.add_metric(labels, value)
            yield family


def _family(one: Pulled) -> CounterMetricFamily | GaugeMetricFamily:
    made = CounterMetricFamily if one.kind == "counter" else GaugeMetricFamily
    return made(one.name, one.says, labels=one.labels)


def count_reload(metrics: MonitorMetrics | PublisherMetrics, taken: bool) -> None:
    """The files of the configuration were read again, and are in force or not."""
    metrics.configuration_in_force.set(taken)
    metrics.configuration_reloads.labels("taken" if taken else "refused").inc()


def _configuration(registry: CollectorRegistry) -> tuple[Gauge, Counter]:
    in_force = Gauge(
        "klankbord_configuration_in_force",
        "1 when what the files of policy, reasons and playbook say is in force, 0 while a mistake keeps it out",
        registry=registry,
    )
    reloads = Counter(
        "klankbord_configuration_reloads",
        "How often those files were read, at the start and after changes",
        ["outcome"],
        registry=registry,
    )
    for outcome in ("taken", "refused"):
        reloads.labels(outcome)
    return in_force, reloads


def _build_info(registry: CollectorRegistry, process: str) -> None:
    Info("klankbord_build", "Version of this process", registry=registry).info(
        {"version": version("klankbord"), "process": process}
    )
