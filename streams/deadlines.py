"""Silence is evidence too: when a customer has waited too long, an event says so while it can still be answered."""

from collections.abc import Iterable
from dataclasses import dataclass

from klankbord.events import Seconds, Waited
from klankbord.policy import Policy
from klankbord.waiting import next_waited
from streams.schedule import Reached, Schedule, everywhere
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
        self._waiting = Schedule[bytes, Deadline]()

    def __len__(self) -> int:
        return len(self._waiting)

    def follow(self, key: bytes, record: Record) -> None:
        """Take in the newest record of a conversation."""
        deadline = self._next(record)
        if deadline is None:
            self._waiting.drop(key)
        else:
            self._waiting.put(key, deadline.due_s, deadline, lane=deadline.partition)

    def forget(self, key: bytes) -> None:
        """Nobody waits there any more."""
        self._waiting.drop(key)

    def restart(self, records: Iterable[tuple[bytes, Record]]) -> None:
        """Forget everything and take in the state as it is, as after a rebalance."""
        self._waiting.clear()
        for key, record in records:
            self.follow(key, record)

    def take_due(self, now_s: Seconds, *, reached: Reached = everywhere) -> list[Deadline]:
        """The deadlines that have passed where they are to be written, earliest first; each is given once."""
        return [deadline for _, deadline in self._waiting.take(now_s, reached=reached)]

    def _next(self, record: Record) -> Deadline | None:
        seen, origin = record.observation, record.origin
        if not origin.timestamp_ms:
            return None
        waited = next_waited(seen.conversation, self.policy, tenant=seen.tenant, conversation_id=seen.conversation_id)
        if waited is None:
            return None
        # Event time and the producer's clock may differ, in a replay by months: the last event says by how much.
        return Deadline(
            due_s=waited.at_s + origin.timestamp_ms / 1000 - seen.at,
            topic=origin.topic,
            partition=origin.partition,
            event=waited,
        )
