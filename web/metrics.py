"""Every metric of the pages, once."""

from typing import Final, Literal, TypeAlias, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from klankbord.suggestions import SUGGESTIONS

Answer: TypeAlias = Literal["used", "not_now", "wrong"]
ANSWERS: Final[tuple[Answer, ...]] = get_args(Answer)


class Metrics:
    """The pages' metrics in a registry of their own, so that two apps in one process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # Moves when a page opens or closes its stream.
        self.streams = Gauge(
            "klankbord_web_streams", "Event streams that are open now.", ["page"], registry=self.registry
        )
        # Moves with every event queued for a page; `bye` counts the streams that we ended.
        self.messages = Counter(
            "klankbord_web_messages_total", "Events sent to pages.", ["event"], registry=self.registry
        )
        # 1 while the one reader follows Redis, 0 while the pages are told that they are stale.
        self.redis_up = Gauge("klankbord_web_redis_up", "Whether the reader follows Redis.", registry=self.registry)
        # Runs at every scrape, and back to nought when a canary comes through; 0 where none are sent.
        self.canary_age_seconds = Gauge(
            "klankbord_canary_age_seconds",
            "Since the newest canary that came through was sent.",
            registry=self.registry,
        )
        # Moves once for every suggestion that somebody answered; who did is not counted and not kept.
        self.answers = Counter(
            "klankbord_suggestion_answers_total",
            "Answers to suggestions: used, not_now or wrong.",
            ["kind", "answer"],
            registry=self.registry,
        )
        # Moves when an alert is marked for the first time, or otherwise than before; who did is not counted.
        self.marks = Counter(
            "klankbord_alert_marks_total",
            "Alerts that supervisors marked right or wrong.",
            ["rule", "mark"],
            registry=self.registry,
        )
        for page in ("supervisor", "agent"):
            self.streams.labels(page)
        for suggester in SUGGESTIONS:
            for answer in ANSWERS:
                self.answers.labels(suggester.kind, answer)

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)
