"""State leaves when its conversation is over: idle ones are ended, ended ones shrink to a marker, markers go."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from msgspec.structs import replace

from klankbord.conversation import Conversation
from klankbord.events import SCHEMA, Ended, Seconds
from klankbord.observation import Observation
from klankbord.policy import Policy
from streams.schedule import Reached, Schedule, everywhere
from streams.wire import CLOSED, ONCE_TTL_S, Record

# end: an `ended` event is written to the input; close: the state becomes a marker; forget: the marker goes.
Step: TypeAlias = Literal["end", "close", "forget"]
STEPS: Final[tuple[Step, ...]] = ("end", "close", "forget")
AT_ONCE: Final = 500  # of a backlog, as after a restart: each is a record to write


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done with a conversation, and when, on the clock of whoever produces the events."""

    at_s: Seconds
    step: Step


@dataclass(frozen=True, slots=True)
class Keep:
    """How long, in seconds since the last event of a conversation was produced."""

    # The whole state of an ended conversation: for whoever still looks at it, and for what comes a little late.
    whole_s: float
    # The marker: as long as Kafka may deliver its events again.
    marker_s: float
    # The marker of one with alerts: as long as their ids are refused, or its next alert would be taken for an old one.
    alerted_s: float = ONCE_TTL_S


class Forgetting:
    """The next step of each conversation."""

    def __init__(self, policy: Policy, keep: Keep) -> None:
        self.policy = policy
        self._keep = keep
        self._due = Schedule[bytes, Step]()

    def __len__(self) -> int:
        return len(self._due)

    def follow(self, key: bytes, record: Record) -> None:
        """Take in the newest record of a conversation."""
        due = next_step(record, self.policy, self._keep)
        if due is None:
            self._due.drop(key)
        else:
            self._due.put(key, due.at_s, due.step, lane=record.origin.partition)

    def restart(self, records: Iterable[tuple[bytes, Record]]) -> None:
        """Forget everything and take in the state as it is, as after a rebalance."""
        self._due.clear()
        for key, record in records:
            self.follow(key, record)

    def take_due(
        self, now_s: Seconds, *, reached: Reached = everywhere, at_most: int = AT_ONCE
    ) -> list[tuple[bytes, Step]]:
        """What is due where its conversation was last heard of, earliest first; each is given once."""
        return self._due.take(now_s, reached=reached, at_most=at_most)


def next_step(record: Record, policy: Policy, keep: Keep) -> Due | None:
    """What comes next for a conversation; nothing when its events carry no time of production."""
    seen, now = record.observation, record.observation.conversation
    produced_s = record.origin.timestamp_ms / 1000
    if not produced_s:
        return None
    if seen.type == CLOSED:
        return Due(produced_s + (keep.alerted_s if now.episodes else keep.marker_s), "forget")
    if now.ended_at is not None:
        return Due(produced_s + keep.whole_s, "close")
    last_at = seen.at if now.last_at is None else now.last_at
    # Event time and the producer's clock may differ, in a replay by months: the last event says by how much.
    return Due(last_at + policy.idle_after_s[now.channel] + produced_s - seen.at, "end")


def idle_end(record: Record, policy: Policy) -> Ended:
    """The event that ends an idle conversation; its time and its id follow from the state, so two workers make one."""
    seen, now = record.observation, record.observation.conversation
    idle_s = policy.idle_after_s[now.channel]
    at = (seen.at if now.last_at is None else now.last_at) + idle_s
    name = f"{seen.tenant}\x1f{seen.conversation_id}\x1f{at:.3f}"
    return Ended(
        schema=SCHEMA,
        event_id="idle-" + hashlib.sha256(name.encode()).hexdigest()[:24],
        tenant=seen.tenant,
        conversation_id=seen.conversation_id,
        channel=now.channel,
        at=datetime.fromtimestamp(at, UTC),
        reason="idle",
        idle_s=idle_s,
    )


def marker(record: Record) -> Record:
    """What is kept of an ended conversation: that it ended, what was applied, and how often it alerted; no quotes."""
    seen, now = record.observation, record.observation.conversation
    kept = Conversation(
        memory=now.memory,
        channel=now.channel,
        language=now.language,
        started_at=now.started_at,
        last_at=now.last_at,
        ended_at=now.ended_at,
        ended_idle=now.ended_idle,
        notice_given=now.notice_given,
        objected=now.objected,
        episodes={rule: replace(episode, cause=None) for rule, episode in now.episodes.items()},
    )
    observation = Observation(
        event_id=f"{CLOSED}-{seen.event_id}"[:128],
        conversation_id=seen.conversation_id,
        tenant=seen.tenant,
        type=CLOSED,
        at=seen.at,
        conversation=kept,
    )
    return Record(observation, record.origin, record.fence)
