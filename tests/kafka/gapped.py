"""The two workers with named gaps between their effects; at one of them, now and then, the process is killed.

`faust -A tests.kafka.gapped:monitor`: `FAULTS_GAP` names the gap and `FAULTS_GAP_AT` at which visit of it the kernel
ends this process, as kill -9 does. The file `FAULTS_GAP_DONE` says that it happened: the next process lives on.
"""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import faust
from faust.types import TP

from agents import monitor as scoring
from agents import publish as publishing
from klankbord.conversation import Conversation
from klankbord.events import Event
from klankbord.observation import Observation
from klankbord.policy import Policy
from streams import app, transport
from streams.sinks import Batch, New
from streams.sinks.redis import RedisSink

_gap: Final = os.environ.get("FAULTS_GAP", "")
_at: Final = int(os.environ.get("FAULTS_GAP_AT") or 1)
_done: Final = Path(os.environ.get("FAULTS_GAP_DONE") or "/nonexistent")
_visits = 0


def visit(gap: str) -> None:
    """Die here if this is the gap, the visit and the process for it."""
    global _visits
    if gap != _gap or _done.exists():
        return
    _visits += 1
    if _visits == _at:
        _done.touch()
        os.kill(os.getpid(), signal.SIGKILL)


class _Consumer(transport.Consumer):
    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        visit("before commit")
        committed = await super()._commit_offsets(offsets, start_new_transaction)
        visit("after commit")
        return committed


class _Producer(transport.Producer):
    def send_now(self, topic: str, key: bytes, value: bytes | None, partition: int) -> bool:
        visit("before hand-over")
        sent = super().send_now(topic, key, value, partition)
        if sent:
            visit("after hand-over")
        return sent


class _Buffer(transport.Buffer):
    async def _send_pending(self, fut: Any) -> None:
        visit("before hand-over")
        await super()._send_pending(fut)
        visit("after hand-over")


class _Sink(RedisSink):
    async def publish(self, batch: Batch) -> New:
        visit("before Redis")
        new = await super().publish(batch)
        visit("after Redis")
        return new


def _observe(conversation: Conversation, event: Event, policy: Policy) -> Observation:
    visit("before observe")
    observation: Observation = _real_observe(conversation, event, policy)
    visit("after observe")
    return observation


_real_observe: Final = scoring.__dict__["observe"]
for _module, _name, _ours in (
    (scoring, "observe", _observe),
    (publishing, "RedisSink", _Sink),
    (transport, "Buffer", _Buffer),
    (transport.Transport, "Consumer", _Consumer),
    (transport.Transport, "Producer", _Producer),
):
    setattr(_module, _name, _ours)


def __getattr__(name: str) -> faust.App:
    sys.stderr.write(f"gap: {_gap or 'none'}\n")
    return getattr(app, name)  # type: ignore[no-any-return]
