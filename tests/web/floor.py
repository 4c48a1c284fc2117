"""A floor as the publisher would write it: twelve conversations, their alerts and suggestions, into Redis."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from msgspec.structs import replace
from redis import Redis

from klankbord.alerting import Alert, alert_id
from klankbord.conversation import Evidence, Point
from klankbord.events import Channel, Language
from klankbord.policy import RULES
from streams.wire import (
    ALERTS,
    BOARD,
    BOARD_CHANGES,
    CANARY,
    FIELD,
    HELD_ALERTS,
    HOUR_S,
    LIFE_CHANGES,
    LIVES,
    OPEN_ALERTS,
    REVOKED,
    SUGGESTIONS,
    AlertLife,
    AlertMessage,
    BoardRow,
    CanarySeen,
    OpenAlert,
    SuggestionMessage,
    conversation_key,
    current_suggestion,
    encode,
    suppressed,
)

TENANT: Final = "demo"
NOW: Final = 1_790_000_000.0  # event time: nobody's clock


@dataclass(frozen=True, slots=True)
class Floor:
    """Writes what the publisher writes, each change in one transaction, and gives back the stream's id."""

    redis: Redis

    def show(self, row: BoardRow) -> str:
        """A row appears or changes; an ended one leaves the board."""
        raw, key = encode(row), conversation_key(row.tenant, row.conversation_id)
        with self.redis.pipeline() as pipe:
            if row.state == "open":
                pipe.hset(BOARD, key.decode(), raw)
            else:
                pipe.hdel(BOARD, key.decode())
            pipe.xadd(BOARD_CHANGES, {FIELD: raw})
            return _id(pipe.execute())

    def alert(self, message: AlertMessage) -> str:
        """An alert opens or clears; its life begins with it."""
        raw, identity = encode(message), message.alert.alert_id
        with self.redis.pipeline() as pipe:
            if message.alert.state == "opened":
                pipe.hset(OPEN_ALERTS, identity, raw)
                pipe.hsetnx(LIVES, identity, encode(AlertLife(identity, message.tenant, message.team)).decode())
            else:
                pipe.hdel(OPEN_ALERTS, identity)
            pipe.xadd(ALERTS, {FIELD: raw})
            return _id(pipe.execute())

    def hold(self, message: AlertMessage, why: Literal["over_budget", "displaced"] = "over_budget") -> str:
        """The budget keeps an alert back, from its opening or after it was shown."""
        raw, identity = encode(replace(message, shown=False, why=why, again=why == "displaced")), message.alert.alert_id
        with self.redis.pipeline() as pipe:
            pipe.hdel(OPEN_ALERTS, identity)
            pipe.hset(HELD_ALERTS, identity, raw)
            pipe.hset(_this_hour(), identity, raw)
            pipe.hsetnx(LIVES, identity, encode(AlertLife(identity, message.tenant, message.team)).decode())
            pipe.xadd(ALERTS, {FIELD: raw})
            return _id(pipe.execute())

    def promote(self, message: AlertMessage) -> str:
        """What was kept back is shown after all."""
        with self.redis.pipeline() as pipe:
            pipe.hdel(HELD_ALERTS, message.alert.alert_id)
            pipe.hdel(_this_hour(), message.alert.alert_id)
            pipe.execute()
        return self.alert(replace(message, again=True))

    def live(self, life: AlertLife) -> str:
        """Another web process writes what a supervisor did."""
        raw = encode(life)
        with self.redis.pipeline() as pipe:
            pipe.hset(LIVES, life.alert_id, raw)
            pipe.xadd(LIFE_CHANGES, {FIELD: raw})
            return _id(pipe.execute())

    def canary(self) -> None:
        """The test conversation came all the way, just now."""
        self.redis.set(CANARY, encode(CanarySeen(time.time(), time.time())))

    def suggest(self, message: SuggestionMessage) -> str:
        """A suggestion stands until it expires or another takes its place."""
        raw, stands_ms = encode(message), max(1, int(1000 * (message.expires_at - message.at)))
        with self.redis.pipeline() as pipe:
            pipe.set(current_suggestion(message.tenant, message.agent_id), raw, px=stands_ms)
            pipe.xadd(SUGGESTIONS, {FIELD: raw})
            return _id(pipe.execute())

    def empty(self) -> None:
        """Everything ends and clears, and nobody is revoked any more."""
        for raw in self._all(BOARD):
            self.show(ended(msgspec.json.decode(raw, type=BoardRow)))
        for raw in (*self._all(OPEN_ALERTS), *self._all(HELD_ALERTS)):
            self.alert(cleared(msgspec.json.decode(raw, type=AlertMessage)))
        for key in (HELD_ALERTS, LIVES, REVOKED, _this_hour()):
            self.redis.delete(key)

    def _all(self, key: str) -> tuple[bytes, ...]:
        return tuple(raw for raw in self.redis.hvals(key) if isinstance(raw, bytes))

    def fill(self, rows: Sequence[BoardRow] | None = None) -> None:
        """The whole floor at once, alerts included."""
        for row in twelve() if rows is None else rows:
            for i, badge in enumerate(row.alerts):
                self.alert(opened(row, badge.rule, row.evidence[i % len(row.evidence)] if row.evidence else None))
            self.show(row)


def _this_hour() -> str:
    return suppressed(int(time.time() // HOUR_S))


def _id(results: list[object]) -> str:
    entry_id = results[-1]
    assert isinstance(entry_id, bytes)
    return entry_id.decode()


def row(
    conversation_id: str,
    *,
    risk: float = 0.2,
    effort_parts: dict[str, float] | None = None,
    emotions: dict[str, float] | None = None,
    valence: float = 0.0,
    timeline: tuple[tuple[int, float, float], ...] = (),
    rules: tuple[str, ...] = (),
    evidence: tuple[Evidence, ...] = (),
    channel: Channel = Channel.CHAT,
    queue: str | None = "orders",
    agent_id: str | None = "agent-01",
    language: Language | None = "nl",
    since_s: float = 240,
    waits_s: float | None = None,
    churn: float = 0.0,
    needs: tuple[str, ...] = (),
) -> BoardRow:
    """A conversation on the board; times in seconds before `NOW`."""
    parts = effort_parts or {}
    return BoardRow(
        tenant=TENANT,
        conversation_id=conversation_id,
        channel=channel,
        state="open",
        at=NOW,
        started_at=NOW - since_s,
        valence=valence,
        effort=1 + sum(parts.values()),
        risk=risk,
        customer_turns=4,
        emotions=emotions or {},
        churn=churn,
        needs=needs,
        effort_parts=parts,
        evidence=evidence,
        timeline=tuple(Point(*point) for point in timeline),
        alerts=tuple(badge(conversation_id, rule) for rule in rules),
        waiting_since=None if waits_s is None else NOW - waits_s,
        queue=queue,
        team="noord",
        agent_id=agent_id,
        language=language,
    )


def ended(row: BoardRow) -> BoardRow:
    """The same conversation, over."""
    return replace(row, state="ended", alerts=())


def badge(conversation_id: str, rule: str) -> OpenAlert:
    """An open alert as a row shows it."""
    known = RULES[rule]
    identity = alert_id(TENANT, conversation_id, rule, known.version, 1)
    return OpenAlert(identity, rule, known.severity, {"nl": known.nl, "en": known.en})


def opened(row: BoardRow, rule: str, cause: Evidence | None = None, *, at: float = NOW) -> AlertMessage:
    """The message that opens an alert on this conversation."""
    known = RULES[rule]
    return AlertMessage(
        alert=Alert(
            alert_id=alert_id(row.tenant, row.conversation_id, rule, known.version, 1),
            rule=rule,
            rule_version=known.version,
            severity=known.severity,
            episode=1,
            state="opened",
            at=cause.at if cause else at,
            value=known.numbers["raise_at"] + 0.1,
            cause=cause,
        ),
        tenant=row.tenant,
        conversation_id=row.conversation_id,
        channel=row.channel,
        title={"nl": known.nl, "en": known.en},
        opened_at=cause.at if cause else at,
        queue=row.queue,
        team=row.team,
        agent_id=row.agent_id,
        language=row.language,
    )


def cleared(message: AlertMessage, *, after_s: float = 60) -> AlertMessage:
    """The message that clears it."""
    return replace(message, alert=replace(message.alert, state="cleared", at=message.opened_at + after_s))


def suggestion(
    agent_id: str = "agent-01",
    *,
    number: int = 1,
    stands_s: float = 120,
    text: str = "Bied excuses aan en noem wat je nu al weet, zodat de klant het niet opnieuw hoeft te vertellen.",
    english: str = "Apologise and sum up what you already know, so that the customer need not repeat it.",
    words: str = "dit is dus de derde keer dat ik bel",
) -> SuggestionMessage:
    """One line of help for one agent."""
    return SuggestionMessage(
        suggestion_id=f"{agent_id}-{number}",
        kind="acknowledge_repeat",
        tenant=TENANT,
        conversation_id="voice-7f3a91c2",
        agent_id=agent_id,
        at=NOW,
        expires_at=NOW + stands_s,
        text={"nl": text, "en": english},
        why={"nl": "De klant neemt opnieuw contact op over hetzelfde.", "en": "The customer is back about the same."},
        source="playbook: acknowledge_repeat",
        reason=Evidence("repeat_contact", 1.0, NOW, words=words, amount=3, utterance_id="u-1"),
    )


def said(signal: str, words: str, ago_s: float, *, strength: float = 0.8) -> Evidence:
    """Evidence in words."""
    return Evidence(signal, strength, NOW - ago_s, words=words, utterance_id="u-1")


def fact(signal: str, amount: float, ago_s: float, *, strength: float = 0.8) -> Evidence:
    """Evidence in an amount."""
    return Evidence(signal, strength, NOW - ago_s, amount=amount)


def twelve() -> tuple[BoardRow, ...]:
    """A floor on an ordinary afternoon, in two languages and five channels; best first, as a page must sort it."""
    return (
        row(
            "chat-50b1d6aa",
            risk=0.03,
            emotions={"gratitude": 0.81, "joy": 0.34, "relief": 0.42},
            valence=0.72,
            timeline=((0, 0.0, 1.0), (40, -0.2, 1.3), (95, 0.3, 1.2), (140, 0.72, 1.1)),
            effort_parts={"correction": 0.12},
            evidence=(said("gratitude", "super, heel erg bedankt voor je hulp", 12),),
            agent_id="agent-02",
            queue="bestellingen",
            since_s=152,
        ),
        row(
            "sms-0be8823d",
            risk=0.04,
            channel=Channel.SMS,
            queue="meterstanden",
            agent_id=None,
            since_s=610,
            waits_s=85,
            timeline=((0, 0.0, 1.0),),
        ),
        row(
            "chat-9d21e07b",
            risk=0.08,
            valence=0.1,
            timeline=((0, 0.0, 1.0), (60, 0.1, 1.0)),
            queue="orders",
            language="en",
            agent_id="agent-11",
            since_s=74,
        ),
        row(
            "mail-73c0a1f9",
            risk=0.11,
            channel=Channel.EMAIL,
            emotions={"disappointment": 0.33},
            valence=-0.2,
            timeline=((0, -0.1, 1.0), (5400, -0.2, 1.6)),
            effort_parts={"repeat_contact": 0.55},
            evidence=(fact("repeat_contact", 2, 5400),),
            queue="klachten",
            agent_id="agent-05",
            since_s=11_400,
        ),
        row(
            "wa-1184fd20",
            risk=0.19,
            channel=Channel.WHATSAPP,
            emotions={"confusion": 0.58, "anxiety": 0.2},
            valence=-0.1,
            timeline=((0, 0.0, 1.0), (120, 0.0, 1.4), (260, -0.2, 1.9), (420, -0.1, 1.8)),
            effort_parts={"correction": 0.45, "reasked_question": 0.32},
            evidence=(
                said("confusion", "ik snap niet welke afspraak ik nou moet maken", 40),
                fact("reasked_question", 0.72, 95),
            ),
            queue="paspoort",
            agent_id="agent-04",
            since_s=460,
            waits_s=40,
        ),
        row(
            "chat-c4470e13",
            risk=0.24,
            emotions={"relief": 0.4, "frustration": 0.31},
            valence=0.05,
            timeline=((0, -0.3, 1.2), (80, -0.7, 2.6), (150, -0.5, 2.4), (210, -0.1, 2.2), (280, 0.05, 2.0)),
            effort_parts={"transfer": 0.6, "repetition": 0.4},
            evidence=(said("relief", "ah fijn, dat scheelt weer", 20), fact("transfer", 1, 190)),
            queue="storingen",
            agent_id="agent-03",
            since_s=300,
        ),
        row(
            "voice-e2b06c58",
            risk=0.38,
            channel=Channel.VOICE,
            emotions={"anxiety": 0.71, "sadness": 0.22},
            valence=-0.35,
            timeline=((0, -0.1, 1.0), (50, -0.3, 1.0), (120, -0.4, 1.7), (200, -0.35, 1.9)),
            effort_parts={"hold": 0.9},
            rules=("worried_customer",),
            evidence=(
                said("anxiety", "I'm really worried they will not approve the treatment in time", 30),
                fact("hold", 96, 110),
            ),
            queue="claims",
            agent_id="agent-14",
            language="en",
            since_s=221,
        ),
        row(
            "chat-3a94b7d1",
            risk=0.44,
            emotions={"frustration": 0.48, "disappointment": 0.37},
            valence=-0.42,
            timeline=((0, -0.1, 1.0), (70, -0.2, 1.5), (160, -0.5, 2.3), (270, -0.42, 2.7)),
            effort_parts={"dead_end": 0.8, "repetition": 0.6, "asks_for_human": 0.35},
            rules=("asks_for_human",),
            evidence=(
                said("asks_for_human", "can I just talk to a real person please", 25),
                said("dead_end", "I'm sorry, I did not understand that", 60),
            ),
            queue="cards",
            agent_id=None,
            language="en",
            since_s=288,
            waits_s=25,
        ),
        row(
            "wa-88f5021e",
            risk=0.52,
            channel=Channel.WHATSAPP,
            emotions={"disappointment": 0.55, "frustration": 0.41},
            valence=-0.5,
            timeline=((0, 0.0, 1.0), (300, -0.2, 2.0), (700, -0.4, 3.1), (1100, -0.5, 3.5)),
            effort_parts={"long_wait": 1.5, "channel_hop": 0.25, "repeat_contact": 0.75},
            rules=("long_wait", "high_effort"),
            evidence=(fact("long_wait", 642, 30), fact("repeat_contact", 3, 1090), said("channel_hop", "", 1090)),
            queue="pakketten",
            agent_id="agent-09",
            since_s=1130,
            waits_s=642,
        ),
        row(
            "chat-6e1c90fb",
            risk=0.63,
            emotions={"frustration": 0.74, "anger": 0.38, "disappointment": 0.3},
            valence=-0.63,
            timeline=((0, -0.2, 1.2), (60, -0.3, 1.9), (150, -0.6, 2.4), (230, -0.63, 3.0)),
            effort_parts={"repetition": 1.0, "dead_end": 0.6, "correction": 0.4},
            rules=("frustrated_customer",),
            evidence=(
                said("frustration", "this is the fourth time I have to explain my refund", 18),
                fact("repetition", 0.84, 18),
                said("correction", "no, that is not what I asked", 90),
            ),
            queue="refunds",
            agent_id="agent-12",
            language="en",
            since_s=244,
        ),
        row(
            "chat-b20dd4e7",
            risk=0.71,
            emotions={"anger": 0.6, "frustration": 0.66},
            valence=-0.7,
            timeline=((0, 0.1, 1.0), (45, -0.2, 1.0), (130, -0.5, 2.1), (190, -0.6, 2.9), (260, -0.7, 3.3)),
            effort_parts={"repetition": 0.9, "reasked_question": 0.7, "long_wait": 0.7},
            rules=("angry_customer", "high_effort"),
            evidence=(
                said("anger", "wat een waardeloze service, al drie dagen geen internet", 9),
                fact("long_wait", 124, 75),
                fact("reasked_question", 0.91, 140),
            ),
            queue="internet",
            agent_id="agent-06",
            since_s=271,
            waits_s=9,
        ),
        row(
            "voice-7f3a91c2",
            risk=0.88,
            channel=Channel.VOICE,
            emotions={"anger": 0.86, "frustration": 0.79, "disappointment": 0.44, "anxiety": 0.12},
            valence=-0.86,
            timeline=(
                *((0, -0.5, 1.6), (35, -0.6, 2.1), (70, -0.55, 2.4), (115, -0.6, 2.9)),
                *((250, -0.7, 4.1), (271, -0.7, 4.4), (357, -0.85, 5.0), (382, -0.86, 5.2)),
            ),
            effort_parts={
                "hold": 1.3,
                "transfer": 0.85,
                "repetition": 0.8,
                "repeat_contact": 0.6,
                "reasked_question": 0.4,
                "asks_for_human": 0.25,
            },
            rules=("angry_customer", "high_effort", "frustrated_customer"),
            evidence=(
                said("anger", "vijf werkdagen en intussen weer een aanmaning, dit is schandalig", 6, strength=0.95),
                said("asks_for_human", "ik wil nu gewoon een leidinggevende spreken", 24),
                said("repetition", "moet ik nou wéér van voren af aan beginnen", 49),
                fact("hold", 163, 156),
                fact("repeat_contact", 3, 405),
            ),
            queue="contracten",
            agent_id="agent-09",
            since_s=407,
        ),
    )


def seed(url: str) -> None:
    """Fill an empty Redis, for looking at the pages."""
    with Redis.from_url(url) as redis:
        redis.flushdb()
        Floor(redis).fill()
        Floor(redis).suggest(suggestion())
