"""The workers, one of which stops making progress once, in a way that `FAULTS_STUCK` names; it says so on its stderr.

The file `FAULTS_STUCK_DONE` says that it happened: the next process works. The limits of the watchdog are short.
"""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import faust
from faust.tables.recovery import Recovery
from faust.types import TP

from agents import monitor as scoring
from klankbord.conversation import Conversation
from klankbord.events import Event
from klankbord.observation import Observation
from klankbord.policy import Policy
from streams import app, transport
from streams.reading import Reading
from streams.watchdog import Limits

LIMITS: Final = Limits(outside_s=40.0, recovery_s=20.0, still_s=15.0, fetch_s=15.0, commit_s=15.0)
AFTER: Final = 300  # events, so that there is work before it and behind it

_stuck: Final = os.environ.get("FAULTS_STUCK", "")
_done: Final = Path(os.environ.get("FAULTS_STUCK_DONE") or "/nonexistent")
_observed = 0


def _is_time(way: str) -> bool:
    """Once: whether this is the way to get stuck, and enough was done before."""
    if way != _stuck or _done.exists() or (way != "recovery" and _observed < AFTER):
        return False
    _done.touch()
    sys.stderr.write(f"stuck: {way}\n")
    return True


async def _for_ever() -> None:
    await asyncio.Event().wait()


def _observe(conversation: Conversation, event: Event, policy: Policy) -> Observation:
    global _observed
    _observed += 1
    if _is_time("loop"):
        time.sleep(3600)
    observation: Observation = _real_observe(conversation, event, policy)
    return observation


async def _step(*args: Any, **kwargs: Any) -> None:
    if _is_time("agent"):
        await _for_ever()
    await _real_step(*args, **kwargs)


class _Consumer(transport.Consumer):
    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        if _is_time("commit"):
            await _for_ever()
        return await super()._commit_offsets(offsets, start_new_transaction)

    def _new_offset(self, tp: TP) -> int | None:
        if self._acked[tp] and _is_time("acknowledgement"):
            self._acked[tp].remove(min(self._acked[tp]))
        return super()._new_offset(tp)


async def _getmany(self: Reading, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ASYNC109
    if _is_time("fetch"):
        await _for_ever()
    return await _real_getmany(self, active_partitions, timeout)


async def _slurp_changelogs(self: Recovery) -> None:
    if _is_time("recovery"):
        await _for_ever()
    await _real_slurp(self)


_real_observe: Final = scoring.__dict__["observe"]
_real_step: Final = scoring.__dict__["step"]
_real_getmany: Final = Reading._getmany
_real_slurp: Final = Recovery._slurp_changelogs.fun
for _module, _name, _ours in (
    (scoring, "observe", _observe),
    (scoring, "step", _step),
    (transport.Transport, "Consumer", _Consumer),
    (Reading, "_getmany", _getmany),
    (Recovery._slurp_changelogs, "fun", _slurp_changelogs),
    (app, "Limits", lambda still_s: LIMITS),
):
    setattr(_module, _name, _ours)


def __getattr__(name: str) -> faust.App:
    return getattr(app, name)  # type: ignore[no-any-return]
