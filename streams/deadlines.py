"""Silence is evidence too: when a customer has waited too long, an event says so while it can still be answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from klankbord.events import Channel, Seconds, Waited
from klankbord.policy import Policy
from klankbord.waiting import Wait, next_wait, waited
from streams.schedule import Reached, Schedule, everywhere
from streams.wire import Record


@dataclass(frozen=True, slots=True)
class Deadline:
    """`event` is to be written to `partition` of `topic` at `due_s`, on the clock of whoever produces the events."""

    due_s: Seconds
    topic: str
    partition: int
    event: Waited


class _Silence(NamedTuple):
    """A wait that goes on, and whose it is. Most are answered: what would be said of one is made when it is due."""

    wait: Wait
    due_s: Seconds
    topic: str
    partition: int
    tenant: str
    conversation_id: str
    channel: Channel

    def deadline(self) -> Deadline:
        event = waited(self.wait, tenant=self.tenant, conversation_id=self.conversation_id, channel=self.channel)
        return Deadline(self.due_s, self.topic, self.partition, event)


class Deadlines:
    """The next deadline of each conversation whose customer waits.

    The time of the event is the deadline itself, and its id follows from it: a replay sees the same events, and
    two workers that fire the same deadline make one.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy  # another one counts from the next event of a conversation on
        self._waiting = Schedule[bytes, _Silence]()

    def __len__(self) -> int:
        return len(self._waiting)

    def follow(self, key: bytes, record: Record) -> None:
        """Take in the newest record of a conversation."""
        silence = self._next(record)
        if silence is None:
            self._waiting.drop(key)
        else:
            self._waiting.put(key, silence.due_s, silence, lane=silence.partition)

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
        return [silence.deadline() for _, silence in self._waiting.take(now_s, reached=reached)]

    def _next(self, record: Record) -> _Silence | None:
        seen, origin = record.observation, record.origin
        if not origin.timestamp_ms:
            return None
        wait = next_wait(seen.conversation, self.policy)
        if wait is None:
            return None
        # Event time and the producer's clock may differ, in a replay by months: the last event says by how much. The
        # time of an event is whole microseconds.
        return _Silence(
            wait=wait,
            due_s=round(wait.at_s, 6) + origin.timestamp_ms / 1000 - seen.at,
            topic=origin.topic,
            partition=origin.partition,
            tenant=seen.tenant,
            conversation_id=seen.conversation_id,
            channel=seen.conversation.channel,
        )
