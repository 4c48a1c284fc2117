"""One promise broken at a time: a simulator that stays green with one of these is blind."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Final

from klankbord import alerting, facts
from klankbord.conversation import Conversation
from klankbord.events import Event
from streams import views
from streams.sinks import Batch, New
from tests.simulator.simulation import WHOLE, Kept, Outcome, simulate
from tests.simulator.workers import Broken


class Forgetful(Kept):
    """A sink that does not know what it published in an earlier call."""

    async def publish(self, batch: Batch) -> New:
        self._once.clear()
        return await super().publish(batch)


@contextmanager
def _random_alert_ids() -> Iterator[None]:
    count = itertools.count()
    real = alerting.alert_id

    def changing(*parts: object) -> str:
        return f"{real(*parts)[:20]}{next(count):04}"  # type: ignore[arg-type]  # as it is called

    alerting.alert_id = views.alert_id = changing  # type: ignore[assignment,attr-defined]  # broken on purpose
    try:
        yield
    finally:
        alerting.alert_id = views.alert_id = real  # type: ignore[attr-defined]


@contextmanager
def _duplicates_count() -> Iterator[None]:
    real = facts.is_duplicate
    facts.is_duplicate = lambda conversation, event: False
    try:
        yield
    finally:
        facts.is_duplicate = real


@contextmanager
def _lateness(is_late: Callable[[Conversation, Event], bool]) -> Iterator[None]:
    real = facts.is_late
    facts.is_late = lambda conversation, event: is_late(conversation, event)
    try:
        yield
    finally:
        facts.is_late = real


def _before_the_last(conversation: Conversation, event: Event) -> bool:
    return conversation.last_at is not None and event.at_s < conversation.last_at


@dataclass(frozen=True, slots=True)
class Mutation:
    """How a promise is broken, and which verdicts may say so."""

    says: frozenset[str]
    broken: Broken = WHOLE
    within: Callable[[], AbstractContextManager[None]] = nullcontext
    sink: Callable[[], Kept] = Kept

    def simulate(self, seed: int) -> Outcome:
        with self.within():
            return simulate(seed, broken=self.broken, sink=self.sink())


def _mutation(*says: str, **how: object) -> Mutation:
    return Mutation(frozenset(says), **how)  # type: ignore[arg-type]  # the fields above


MUTATIONS: Final = {
    "no fence": _mutation("conflict", "state_mismatch", "alert_missing", "board", broken=Broken(fence=True)),
    "a commit before the acknowledgement of its sends": _mutation(
        "lost", broken=Broken(commit_before_acknowledgement=True)
    ),
    "a commit before the batch is published": _mutation("alert_missing", broken=Broken(commit_before_publish=True)),
    "a state from a recovery that ends too early": _mutation(
        "conflict", "effective_dup", "state_mismatch", broken=Broken(stale_recovery=True)
    ),
    "a recovery that believes the last record": _mutation(
        "state_mismatch", "lost", "conflict", broken=Broken(older_record_wins=True)
    ),
    "a sink that forgets what it published": _mutation("alert_twice", sink=Forgetful),
    "an alert id with chance in it": _mutation("alert_extra", "alert_missing", within=_random_alert_ids),
    "no check for events that come twice": _mutation("effective_dup", within=_duplicates_count),
    "what comes again long after is taken for new": _mutation(
        "effective_dup", within=lambda: _lateness(lambda conversation, event: False)
    ),
    "what comes a little late is taken for a repeat": _mutation("lost", within=lambda: _lateness(_before_the_last)),
}
