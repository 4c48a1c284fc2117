"""Policies over the same events: those that differ in their rules alone share one scoring."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from msgspec.structs import replace

from klankbord.alerting import Alert, Heard, changes, follow
from klankbord.conversation import Conversation, Episode
from klankbord.events import Event, Seconds
from klankbord.observation import observe
from klankbord.policy import Policy
from klankbord.waiting import next_wait, waited

Key: TypeAlias = tuple[str, str]  # tenant and conversation id


class Raised(NamedTuple):
    """An alert that opened under the policy in this place of the list."""

    policy: int
    alert: Alert
    conversation: Conversation


class Stands(NamedTuple):
    """At an event at which an alert was marked: the rules of the policy in this place whose alerts are open then."""

    policy: int
    event_id: str
    rules: frozenset[str]


class _Memory(NamedTuple):
    """What the rules of one policy remember of a conversation."""

    episodes: dict[str, Episode]
    forgotten: int
    streaks: dict[str, int]


@dataclass(slots=True)
class _Open:
    """A conversation as it stands: scored by the first policy, with what the rules of every other remember."""

    conversation: Conversation
    memories: list[_Memory]


class Listener:
    """Policies that score alike. Scoring is nearly all the work: fifty policies more cost half of it again."""

    def __init__(
        self,
        members: Sequence[tuple[int, Policy]],
        *,
        make_waits: bool,
        marked: Collection[tuple[Key, str]] = frozenset(),
    ) -> None:
        (self._place, self._policy), *self._others = members
        self._make_waits = make_waits
        self._marked = marked
        self._open: dict[Key, _Open] = {}
        self.waits_made = 0

    def hear(self, event: Event) -> Iterator[Raised | Stands]:
        """What opens at `event`, and at the deadlines that passed before it."""
        key = event.tenant, event.conversation_id
        yield from self.wait(key, until=event.at_s)
        yield from self._step(key, event)

    def wait(self, key: Key, *, until: Seconds) -> Iterator[Raised | Stands]:
        """What opens while nobody answers, before `until`."""
        while self._make_waits and (was := self._open.get(key)) is not None:
            wait = next_wait(was.conversation, self._policy)
            if wait is None or wait.at_s >= until:
                return
            (tenant, conversation_id), channel = key, was.conversation.channel
            yield from self._step(key, waited(wait, tenant=tenant, conversation_id=conversation_id, channel=channel))
            if self._open[key] is was:  # it was in the recording already
                return
            self.waits_made += 1

    def forget(self, key: Key) -> None:
        """Let go of a conversation that is over."""
        self._open.pop(key, None)

    def _step(self, key: Key, event: Event) -> Iterator[Raised | Stands]:
        was = self._open.get(key) or _Open(Conversation(), [_Memory({}, 0, {}) for _ in self._others])
        seen = observe(was.conversation, event, self._policy)
        if seen.without_effect:
            return
        now = seen.conversation
        for alert in seen.alerts:
            if alert.state == "opened":
                yield Raised(self._place, alert, now)
        over = now.ended_at is not None or now.objected
        heard = Heard(seen.signals, customer_turn=now.customer_turns > was.conversation.customer_turns)
        memories = []
        for (place, policy), before in zip(self._others, was.memories, strict=True):
            after = follow(replace(now, **before._asdict()), policy, at=event.at_s, over=over, heard=heard)
            for alert in changes(event.tenant, event.conversation_id, before.episodes, after.episodes):
                if alert.state == "opened":
                    yield Raised(place, alert, now)
            memories.append(_Memory(after.episodes, after.forgotten, after.streaks))
        self._open[key] = _Open(now, memories)
        if (key, event.event_id) in self._marked:
            yield Stands(self._place, event.event_id, _standing(now.episodes))
            for (place, _), memory in zip(self._others, memories, strict=True):
                yield Stands(place, event.event_id, _standing(memory.episodes))


def _standing(episodes: Mapping[str, Episode]) -> frozenset[str]:
    return frozenset(rule for rule, episode in episodes.items() if episode.cleared_at is None)


def listeners(
    policies: Sequence[Policy], *, make_waits: bool, marked: Collection[tuple[Key, str]] = frozenset()
) -> list[Listener]:
    """As many scorings as there must be for these policies."""
    groups: list[tuple[tuple[Policy, object], list[tuple[int, Policy]]]] = []
    for place, policy in enumerate(policies):
        # Rules that ask for other waits have other events, and each of these is scored.
        waits = (policy.program.waits, policy.program.holds) if make_waits else ()
        scoring = replace(policy, rules={}), waits
        group = next((members for shared, members in groups if shared == scoring), None)
        if group is None:
            groups.append((scoring, [(place, policy)]))
        else:
            group.append((place, policy))
    return [Listener(members, make_waits=make_waits, marked=marked) for _, members in groups]
