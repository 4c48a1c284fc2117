"""What should have come of the input log, worked out alone, and everything in which what is there differs.

It shares `observe()` and the messages' shapes with what it judges, nothing else: which records are poison, what is
sent twice, in which order a conversation happened and which alerts follow are its own rules.
"""

import hashlib
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final, NamedTuple, TypeAlias

from klankbord.channels.cloudevents import Headers, unwrapped
from klankbord.conversation import Conversation, Episode
from klankbord.errors import InvalidEvent
from klankbord.events import Event, decode
from klankbord.observation import Observation, observe
from klankbord.policy import Policy
from streams.canary import CONVERSATION
from streams.wire import CANARY_TENANT, CLOSED, Record, decode_record

Talk: TypeAlias = tuple[str, str]  # tenant and conversation id
AHEAD_S: Final = 24 * 3600 + 300  # an event further ahead of its record is a broken clock
# An event with fewer applied ones at its time or later is never too late to be told from a repeat.
REACH: Final = 5


class Place(NamedTuple):
    """Where an input record lies."""

    topic: str
    partition: int
    offset: int


class Input(NamedTuple):
    """One record of an input topic; `timestamp_ms` is when it was produced, 0 for unknown."""

    place: Place
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    envelope: Headers = ()


class Written(NamedTuple):
    """One record of the observations, and where it lies."""

    partition: int
    offset: int
    value: bytes


class Shown(NamedTuple):
    """An alert in the sink: its id, a colon and its state."""

    talk: Talk
    alert: str


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that is there, each in the order in which it lies there.

    `states` is what a worker that starts now would remember; without it the last record of each conversation counts.
    `inputs` begin at `since`, where that is not the beginning of a partition, and end at `done`: what lies from there
    on is still in work. Alerts of observations from `published` on are still to come.
    """

    inputs: Sequence[Input]
    written: Sequence[Written]
    letters: Sequence[Place]
    shown: Sequence[Shown]
    states: Mapping[Talk, Conversation] | None = None
    since: Mapping[tuple[str, int], int] = field(default_factory=dict)
    done: Mapping[tuple[str, int], int] | None = None
    published: Mapping[int, int] | None = None
    # Alerts whose entry in the sink was trimmed away, where it still knows that they were there.
    trimmed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that may not be, in the words of the fault matrix: all sets are empty or something went wrong."""

    lost: frozenset[str] = frozenset()
    phantom: frozenset[str] = frozenset()
    conflict: frozenset[str] = frozenset()
    effective_dup: frozenset[str] = frozenset()
    order: frozenset[str] = frozenset()
    state_mismatch: frozenset[str] = frozenset()
    alert_missing: frozenset[str] = frozenset()
    alert_extra: frozenset[str] = frozenset()
    alert_twice: frozenset[str] = frozenset()
    # Copies in Kafka of what was written before: allowed, and harmless.
    physical_dup: int = 0
    judged: int = 0
    unjudged: Mapping[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Nothing of what could be judged is wrong."""
        return not any(self.wrong.values())

    @property
    def wrong(self) -> dict[str, frozenset[str]]:
        """The sets by name."""
        return {name: value for name, value in self._all() if isinstance(value, frozenset)}

    def _all(self) -> Iterator[tuple[str, object]]:
        return ((each.name, getattr(self, each.name)) for each in fields(self))


class _Copy(NamedTuple):
    written: Written
    record: Record

    @property
    def place(self) -> Place:
        return Place(self.record.origin.topic, self.record.origin.partition, self.record.origin.offset)


@dataclass(slots=True)
class _Story:
    """All there is of one conversation."""

    told: list[tuple[Place, Event]] = field(default_factory=list)
    copies: list[_Copy] = field(default_factory=list)
    markers: list[_Copy] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def is_after_its_end(self, place: Place) -> bool:
        """Whether the state had become a marker when this was read: what was scored before is not known then."""
        return bool(self.markers) and place.offset > self.markers[0].record.fence.get(place.topic, -1)


class _Judge:
    def __init__(self, found: Found, policy: Policy) -> None:
        self._found = found
        self._policy = policy
        self._wrong: dict[str, set[str]] = defaultdict(set)
        self._unjudged: Counter[str] = Counter()
        self._poison: set[Place] = set()
        self._stories: dict[Talk, _Story] = defaultdict(_Story)
        self._holes = _holes(found.written)
        self._late: dict[str, set[str]] = defaultdict(set)
        self._judged = self._physical_dup = 0

    def verdict(self) -> Verdict:
        self._gather()
        for talk, story in self._stories.items():
            self._judge(talk, story)
        self._judge_letters()
        if late := sum(map(len, self._late.values())):
            self._unjudged["events too late to tell from a repeat"] = late
        wrong = {name: frozenset(found) for name, found in self._wrong.items()}
        return Verdict(**wrong, physical_dup=self._physical_dup, judged=self._judged, unjudged=dict(self._unjudged))

    def _gather(self) -> None:
        for one in self._found.inputs:
            event = _readable(one)
            if event is None:
                self._poison.add(one.place)
            elif event.tenant != CANARY_TENANT:
                self._stories[event.tenant, event.conversation_id].told.append((one.place, event))
        for written in self._found.written:
            record = decode_record(written.value)
            seen = record.observation
            if seen.tenant != CANARY_TENANT:
                story = self._stories[seen.tenant, seen.conversation_id]
                (story.markers if seen.type == CLOSED else story.copies).append(_Copy(written, record))
        for talk, alert in self._found.shown:
            if talk[0] != CANARY_TENANT:
                self._stories[talk].shown.append(alert)

    def _judge(self, talk: Talk, story: _Story) -> None:
        found = self._found
        if not story.told:
            self._judge_unheard(talk, story)
            return
        name = "/".join(talk)
        earlier = self._began_earlier(story)
        told = [(place, event) for place, event in _merged(story) if not self._in_work(place)]
        if len(told) < len(story.told):
            self._unjudged["events still in work"] += len(story.told) - len(told)
        after = len(told)
        told = [(place, event) for place, event in told if not story.is_after_its_end(place)]
        after -= len(told)
        if after:
            self._unjudged["events after a conversation was let go of"] += after
        expected = {} if earlier else self._folded(name, told)
        self._judge_copies(name, story, told, expected, earlier=earlier)
        if earlier:
            self._unjudged["conversations that began before the first offset"] += 1
            return
        if self._policy_changed(story):
            self._unjudged["conversations scored under another policy"] += 1
            return
        self._judged += 1
        self._judge_scores(name, story, expected)
        working = len(told) < len(story.told) or any(self._in_work(copy.place) for copy in story.copies)
        if not working:
            last = [*story.copies[-1:], *story.markers[-1:]]
            last.sort(key=lambda copy: copy.written.offset)
            state = last[-1].record.observation.conversation if last else None
            states = found.states
            self._judge_state(name, state if states is None else states.get(talk), expected, closed=bool(story.markers))
        self._judge_alerts(name, story, expected, working=working)

    def _judge_unheard(self, talk: Talk, story: _Story) -> None:
        """A conversation of which no input is there: before the first offset that is nothing to wonder at."""
        if all(self._is_before(copy.place) for copy in story.copies) and (story.copies or self._found.since):
            self._unjudged["conversations without an input in this range"] += 1
            return
        for copy in story.copies:
            if not self._is_before(copy.place) and not self._in_work(copy.place):
                self._wrong["phantom"].add(f"{'/'.join(talk)} {copy.record.observation.event_id}")
        self._wrong["alert_extra"].update(f"{'/'.join(talk)} {alert}" for alert in story.shown)

    def _judge_copies(
        self,
        name: str,
        story: _Story,
        told: Sequence[tuple[Place, Event]],
        expected: Mapping[str, tuple[Place, Observation]],
        *,
        earlier: bool,
    ) -> None:
        """Lost, phantom, counted twice and out of order: what the ids and the offsets alone tell."""
        known = {place for place, _ in story.told}
        places: dict[str, set[Place]] = defaultdict(set)
        values: dict[Place, bytes] = {}
        newest: dict[str, int] = {}
        for copy in story.copies:
            event_id, place = copy.record.observation.event_id, copy.place
            if place in values:
                self._physical_dup += 1
                if values[place] != copy.written.value:
                    self._wrong["conflict"].add(f"{name} {event_id}")
                continue
            values[place] = copy.written.value
            places[event_id].add(place)
            if place not in known and not self._is_before(place) and not self._in_work(place):
                self._wrong["phantom"].add(f"{name} {event_id}")
            if event_id in self._late[name] and not story.is_after_its_end(place):
                self._wrong["phantom"].add(f"{name} {event_id}")
            if place.offset < newest.get(place.topic, -1):
                self._wrong["order"].add(f"{name} {event_id}")
            newest[place.topic] = place.offset
        self._wrong["effective_dup"].update(f"{name} {event_id}" for event_id, at in places.items() if len(at) > 1)
        wanted = {event.event_id: place for place, event in reversed(told) if place not in self._poison}
        for event_id, place in wanted.items():
            if event_id in places or (not earlier and event_id not in expected):
                continue
            if self._is_compacted(story, place):
                self._unjudged["events whose observation may be compacted"] += 1
            elif earlier and self._may_be_repeated(story, place):
                self._unjudged["events that may repeat one before the first offset"] += 1
            else:
                self._wrong["lost"].add(f"{name} {event_id}")

    def _judge_scores(self, name: str, story: _Story, expected: Mapping[str, tuple[Place, Observation]]) -> None:
        for copy in story.copies:
            seen = copy.record.observation
            if seen.event_id in expected and expected[seen.event_id][1] != seen:
                self._wrong["conflict"].add(f"{name} {seen.event_id}")

    def _judge_state(
        self, name: str, state: Conversation | None, expected: Mapping[str, tuple[Place, Observation]], *, closed: bool
    ) -> None:
        should = list(expected.values())[-1][1].conversation if expected else None
        differs = _of_a_marker(state) != _of_a_marker(should) if closed else state != should
        if differs:
            self._wrong["state_mismatch"].add(name)

    def _judge_alerts(
        self, name: str, story: _Story, expected: Mapping[str, tuple[Place, Observation]], *, working: bool
    ) -> None:
        wanted: set[str] = set()
        waiting: set[str] = set()
        offsets = {copy.place: copy.written for copy in reversed(story.copies)}
        before: Mapping[str, Episode] = {}
        for place, seen in expected.values():
            now = set(_alerts(seen, before))
            before = seen.conversation.episodes
            wanted |= now
            written = offsets.get(place)
            published = self._found.published
            if published is not None and written and written.offset >= published.get(written.partition, 0):
                waiting |= now
        if waiting:
            self._unjudged["alerts still to be published"] += len(waiting)
        shown = Counter(story.shown)
        missing = wanted - shown.keys() - waiting
        if missing & self._found.trimmed:
            self._unjudged["alerts trimmed from the stream"] += len(missing & self._found.trimmed)
        self._wrong["alert_missing"].update(f"{name} {alert}" for alert in missing - self._found.trimmed)
        if not working:  # what is in work may have raised one already
            self._wrong["alert_extra"].update(f"{name} {alert}" for alert in shown.keys() - wanted)
        self._wrong["alert_twice"].update(f"{name} {alert}" for alert, times in shown.items() if times > 1)

    def _judge_letters(self) -> None:
        letters = Counter(self._found.letters)
        for place in self._poison - letters.keys():
            if not self._in_work(place):
                self._wrong["lost"].add(_name(place))
        known = {one.place for one in self._found.inputs}
        for place in letters.keys() - self._poison:
            if place in known or not (self._is_before(place) or self._in_work(place)):
                self._wrong["phantom"].add(f"dead letter of {_name(place)}")
        self._physical_dup += letters.total() - len(letters)

    def _folded(self, name: str, told: Iterable[tuple[Place, Event]]) -> dict[str, tuple[Place, Observation]]:
        """Every event once, the first time it is told; none that is later than `observe()` can tell from a repeat."""
        expected: dict[str, tuple[Place, Observation]] = {}
        applied: list[float] = []
        state = Conversation()
        for place, event in told:
            if event.event_id in expected:
                continue
            try:
                seen = observe(state, event, self._policy)
            except Exception:
                self._poison.add(place)  # a defect of ours: it belongs with the dead letters
                continue
            if seen.late:
                self._late[name].add(event.event_id)
                if len(applied) - bisect_left(applied, event.at_s) < REACH:
                    self._wrong["lost"].add(f"{name} {event.event_id}")
                continue
            insort(applied, event.at_s)
            expected[event.event_id] = place, seen
            state = seen.conversation
        return expected

    def _began_earlier(self, story: _Story) -> bool:
        """Whether part of the conversation lies before the range, or may lie there."""
        ranges = {(place.topic, place.partition) for place, _ in story.told}
        partition = next(iter(ranges))[1]
        if not any(at > 0 for (_, number), at in self._found.since.items() if number == partition):
            return False
        if any(self._is_before(copy.place) for copy in story.copies):
            return True
        first = _merged(story)[0]
        record = next((copy.record for copy in story.copies if copy.place == first[0]), None)
        if record is None:  # compacted: only the source can tell
            return first[1].__struct_config__.tag != "started"
        return bool(record.fence.keys() - {first[0].topic}) or record.observation != observe(
            Conversation(), first[1], self._policy
        )

    def _policy_changed(self, story: _Story) -> bool:
        versions = {rule: rule_version for rule, rule_version in _versions(self._policy)}
        return any(
            rule in versions and episode.rule_version != versions[rule]
            for copy in story.copies
            for rule, episode in copy.record.observation.conversation.episodes.items()
        )

    def _is_before(self, place: Place) -> bool:
        return place.offset < self._found.since.get((place.topic, place.partition), 0)

    def _in_work(self, place: Place) -> bool:
        done = self._found.done
        return done is not None and place.offset >= done.get((place.topic, place.partition), 0)

    def _is_compacted(self, story: _Story, place: Place) -> bool:
        """Whether a later record covers this one, and the log has a hole where it may have been."""
        later = [
            copy for copy in (*story.copies, *story.markers) if copy.record.fence.get(place.topic, -1) >= place.offset
        ]
        if not later:
            return False
        after = later[0].written
        before = max((copy.written.offset for copy in story.copies if copy.written.offset < after.offset), default=-1)
        return any(before < hole < after.offset for hole in self._holes.get(after.partition, ()))

    def _may_be_repeated(self, story: _Story, place: Place) -> bool:
        return any(copy.record.fence.get(place.topic, -1) >= place.offset for copy in story.copies)


def judge(found: Found, policy: Policy) -> Verdict:
    """Fold what was told and compare; `found` is read, never changed."""
    return _Judge(found, policy).verdict()


def _readable(one: Input) -> Event | None:
    """The event of a record, or nothing where it belongs with the dead letters."""
    try:
        event = decode(unwrapped(one.value or b"", one.envelope) if one.envelope else one.value or b"")
    except InvalidEvent:
        return None
    if event.tenant == CANARY_TENANT and event.conversation_id != CONVERSATION:
        return None
    ahead = one.timestamp_ms and event.at.timestamp() > one.timestamp_ms / 1000 + AHEAD_S
    return None if ahead or one.key != event.conversation_id.encode("ascii") else event


def _merged(story: _Story) -> list[tuple[Place, Event]]:
    """The events in the order in which they were applied.

    Within a topic that is the order of the log. Between two topics Kafka promises none: there the observations are
    asked which came first, and are believed only as far as each topic keeps its own order.
    """
    topics: dict[str, list[tuple[Place, Event]]] = defaultdict(list)
    for place, event in sorted(story.told, key=lambda one: one[0]):
        topics[place.topic].append((place, event))
    if len(topics) == 1:
        return next(iter(topics.values()))
    merged: list[tuple[Place, Event]] = []
    for copy in story.copies:
        waiting = topics[copy.place.topic]
        while waiting and waiting[0][0].offset <= copy.place.offset:
            merged.append(waiting.pop(0))
    return merged + [one for waiting in topics.values() for one in waiting]


def _alerts(seen: Observation, before: Mapping[str, Episode]) -> Iterator[str]:
    """What opened or cleared since `before`, by ids of our own making."""
    for rule, episode in seen.conversation.episodes.items():
        earlier = before.get(rule)
        known = earlier is not None and earlier.number == episode.number
        parts = seen.tenant, seen.conversation_id, rule, episode.rule_version, str(episode.number)
        identity = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]
        if not known:
            yield f"{identity}:opened"
        if episode.cleared_at is not None and not (known and earlier and earlier.cleared_at is not None):
            yield f"{identity}:cleared"


def _of_a_marker(state: Conversation | None) -> object:
    """What of a state must be left when it becomes a marker."""
    if state is None:
        return None
    episodes = {rule: (episode.number, episode.cleared_at) for rule, episode in state.episodes.items()}
    return state.memory, state.started_at, state.last_at, state.ended_at, state.objected, episodes


def _versions(policy: Policy) -> Iterator[tuple[str, str]]:
    return ((name, rule.version) for name, rule in policy.rules.items())


def _holes(written: Iterable[Written]) -> dict[int, list[int]]:
    """Offsets between the first and the last of a partition at which nothing lies: compaction was there."""
    offsets: dict[int, set[int]] = defaultdict(set)
    for one in written:
        offsets[one.partition].add(one.offset)
    return {partition: sorted(set(range(max(there))) - there) for partition, there in offsets.items()}


def _name(place: Place) -> str:
    return f"{place.topic}[{place.partition}]@{place.offset}"
