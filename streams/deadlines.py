"""Silence is evidence too: when a customer has waited too long, an event says so while it can still be answered."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from klankbord.events import SCHEMA, Seconds, Waited
from klankbord.policy import Policy
from streams.wire import Record


@dataclass(frozen=True, slots=True)
class Deadline:
    """`event` is to be written to `partition` of `topic` at `due_s`, on the clock of whoever produces the events."""

    due_s: Seconds
    topic: str
    partition: int
    event: Waited


class Deadlines:
    """The next deadline of each conversation whose customer waits.

    The time of the event is the deadline itself, and its id follows from it: a replay sees the same events, and
    two workers that fire the same deadline make one.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy  # another one counts from the next event of a conversation on
        self._waiting: dict[bytes, Deadline] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def follow(self, key: bytes, record: Record) -> None:
        """Take in the newest record of a conversation."""
        deadline = self._next(record)
        if deadline is None:
            self._waiting.pop(key, None)
        else:
            self._waiting[key] = deadline

    def forget(self, key: bytes) -> None:
        """Nobody waits there any more."""
        self._waiting.pop(key, None)

    def restart(self, records: Iterable[tuple[bytes, Record]]) -> None:
        """Forget everything and take in the state as it is, as after a rebalance."""
        self._waiting.clear()
        for key, record in records:
            self.follow(key, record)

    def take_due(self, now_s: Seconds) -> list[Deadline]:
        """The deadlines that have passed, earliest first; each is given once."""
        due = [key for key, deadline in self._waiting.items() if deadline.due_s <= now_s]
        return sorted((self._waiting.pop(key) for key in due), key=lambda deadline: deadline.due_s)

    def _next(self, record: Record) -> Deadline | None:
        seen, origin = record.observation, record.origin
        now = seen.conversation
        if now.waiting_since is None or now.held_since is not None or now.ended_at is not None:
            return None
        if now.objected or not origin.timestamp_ms:
            return None
        normal_s = self.policy.normal_wait_s[now.channel]
        wait_s = max(normal_s, now.wait_counted_s) + self.policy.wait_step_s
        # Where a rule asks for a wait of its own, the customer who reached it is not to wait for the next step.
        wait_s = min([wait_s, *(asked for asked in self.policy.program.waits if asked > now.wait_counted_s)])
        if wait_s > normal_s + self.policy.full_wait_s:
            return None
        at = now.waiting_since + wait_s
        # Event time and the producer's clock may differ, in a replay by months: the last event says by how much.
        return Deadline(
            due_s=at + origin.timestamp_ms / 1000 - seen.at,
            topic=origin.topic,
            partition=origin.partition,
            event=Waited(
                schema=SCHEMA,
                event_id=_event_id(seen.conversation_id, at),
                tenant=seen.tenant,
                conversation_id=seen.conversation_id,
                channel=now.channel,
                at=datetime.fromtimestamp(at, UTC),
                wait_s=wait_s,
            ),
        )


def _event_id(conversation_id: str, at: Seconds) -> str:
    return "waited-" + hashlib.sha256(f"{conversation_id}\x1f{at:.3f}".encode()).hexdigest()[:24]
