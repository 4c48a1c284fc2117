"""Every Prometheus metric of the worker processes, declared once: name, labels, and when it moves.

Labels come from closed sets (channels, event types, reasons, rules, kinds). Never a conversation, a customer,
an agent or a word.
"""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from klankbord.errors import Reason
from klankbord.taxonomy import UNKNOWN
from streams.forgetting import STEPS

# Around the promise that an event is on the page within 0.1 s (median) and 0.5 s (99 in 100); the long tail
# tells a backlog of seconds from one of minutes.
LATENCY_S: Final = (
    0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 1800
)  # fmt: skip
# Why the budget keeps an alert back, as in `wire.AlertMessage.why`.
SUPPRESSED_WHY: Final = ("over_budget", "displaced")
# A handful of conversations takes a tenth of a second, ten thousand some, a log of millions of markers minutes.
REBUILD_S: Final = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
# observe() takes tens to hundreds of microseconds.
COMPUTE_S: Final = (25e-6, 50e-6, 100e-6, 150e-6, 200e-6, 300e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 50e-3)


class MonitorMetrics:
    """What the monitor counts: events in, observations and dead letters out, and how long that takes."""

    def __init__(self, registry: CollectorRegistry, *, reason_groups: Iterable[str] = ()) -> None:
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
        for step in STEPS:
            self.left.labels(step)
        self.effort = Histogram(
            "klankbord_effort_score",
            "Effort after each customer turn, 1 to 7, higher = harder",
            ["channel", "language"],
            registry=registry,
            buckets=(1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7),
        )
        self.valence = Histogram(
            "klankbord_valence_ratio",
            "Valence of each customer turn, -1 (negative) to 1 (positive)",
            ["channel", "language"],
            registry=registry,
            buckets=(-0.8, -0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.8, 1),
        )
        self.configuration_in_force, self.configuration_reloads = _configuration(registry)
        self.canaries_sent = Counter(
            "klankbord_canary_sent", "Canary conversations written to the input topic", registry=registry
        )
        _build_info(registry, "monitor")
        # Children exist from the start, so that a rate does not miss the first increment.
        for reason in get_args(Reason):
            self.dead_letters.labels(reason)
            self.dead_letters_clipped.labels(reason)
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
