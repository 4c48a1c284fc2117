"""One pass over a recording: every policy hears every event, and a conversation that ended is let go of."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from klankbord.backtest.listening import Key, Raised, Stands, listeners
from klankbord.backtest.recording import Labelled, Part, Refused
from klankbord.backtest.tally import HOUR_S, Flag, Tally, flag
from klankbord.events import Ended, Event, Seconds, Waited
from klankbord.policy import Policy
from klankbord.tenant import Mark, of_contact

Moment: TypeAlias = tuple[Key, str]  # a conversation and the id of an event in it

# Of the conversations that only one policy flagged, so many are kept with their words; all are counted.
KEPT: Final = 500
NEW, OLD = 0, 1


@dataclass(frozen=True, slots=True)
class Difference:
    """A conversation that one policy flagged and the other did not."""

    tenant: str
    conversation_id: str
    team: str
    flags: tuple[Flag, ...]


@dataclass(slots=True)
class Differences:
    """The first of them, and how many there are."""

    count: int = 0
    kept: list[Difference] = field(default_factory=list)

    def add(self, difference: Difference) -> None:
        self.count += 1
        if len(self.kept) < KEPT:
            self.kept.append(difference)


@dataclass(slots=True)
class _Contact:
    """A conversation that is not over: its team, its label, and the first alert of each rule by policy."""

    team: str
    part: int
    label: Labelled | None
    flags: list[dict[str, Flag]]


class Play:
    """What was heard, and what each policy made of it; the first two policies are compared."""

    def __init__(self, policies: Sequence[Policy], *, make_waits: bool = False, marks: Sequence[Mark] = ()) -> None:
        self.tallies: Final = [Tally() for _ in policies]
        self.events = 0
        self.conversations = 0
        self.refused: Final[Counter[str]] = Counter()
        self.after_end = 0
        self.waits_recorded = 0
        self.first_at: Seconds | None = None
        self.last_at: Seconds | None = None
        self.hours: Final[dict[str, set[int]]] = {}
        self.labelled = 0
        self.wanted = 0
        self.calm = 0
        self.only: Final = (Differences(), Differences())
        self.marks: Final = {(of_contact(mark), mark.event_id, mark.rule): mark for mark in marks}
        # By policy, which of the marked alerts stand under it, of those whose moment was heard.
        self.standing: Final[list[dict[Moment, frozenset[str]]]] = [{} for _ in policies]
        marked = frozenset((key, event_id) for key, event_id, _ in self.marks)
        self._listeners = listeners(policies, make_waits=make_waits, marked=marked)
        self._open: dict[Key, _Contact] = {}
        self._labels: dict[Key, Labelled] = {}
        # A number for each conversation that ended: whatever still comes for it opens nothing, in the monitor neither.
        self._ended: set[int] = set()

    @property
    def open_conversations(self) -> int:
        """How many conversations are remembered now."""
        return len(self._open)

    @property
    def scorings(self) -> int:
        """How often each event was scored."""
        return len(self._listeners)

    @property
    def waits_made(self) -> int:
        """Waits that were not in the recording and were made from its silences; by the policy that made most."""
        return max(listener.waits_made for listener in self._listeners)

    def hear_all(self, parts: Iterable[Part], progress: Callable[[int], None] = lambda _: None) -> None:
        """Play every part to its end."""
        last: list[Seconds] = []
        for number, part in enumerate(parts):
            last.append(0.0)
            for piece in part:
                if isinstance(piece, Refused):
                    self.refused[piece.reason] += 1
                elif isinstance(piece, Labelled):
                    self._labels[piece.tenant, piece.conversation_id] = piece
                else:
                    last[number] = max(last[number], piece.at_s)
                    self._hear(piece, number)
                    progress(self.events)
        for key in list(self._open):
            until = last[self._open[key].part]
            self._take(key, (raised for one in self._listeners for raised in one.wait(key, until=until)))
            self._settle(key)

    def _hear(self, event: Event, part: int) -> None:
        self.events += 1
        self.waits_recorded += isinstance(event, Waited)
        at = event.at_s
        self.first_at = at if self.first_at is None else min(at, self.first_at)
        self.last_at = at if self.last_at is None else max(at, self.last_at)
        key = event.tenant, event.conversation_id
        if hash(key) in self._ended:
            self.after_end += 1
            return
        contact = self._open.get(key) or self._began(key)
        contact.part = part
        contact.team = event.team or contact.team
        self.hours.setdefault(contact.team, set()).add(int(at // HOUR_S))
        self._take(key, (raised for one in self._listeners for raised in one.hear(event)))
        if isinstance(event, Ended):
            self._settle(key)
            self._ended.add(hash(key))

    def _began(self, key: Key) -> _Contact:
        self.conversations += 1
        label = self._labels.pop(key, None)
        if label is not None:
            self.labelled += 1
            self.wanted += label.wanted is not None
            self.calm += label.calm
        contact = _Contact("", 0, label, [{} for _ in self.tallies])
        self._open[key] = contact
        return contact

    def _take(self, key: Key, opened: Iterator[Raised | Stands]) -> None:
        contact = self._open[key]
        for raised in opened:
            if isinstance(raised, Stands):
                self.standing[raised.policy][key, raised.event_id] = raised.rules
                continue
            self.tallies[raised.policy].open(raised.alert, contact.team)
            contact.flags[raised.policy].setdefault(raised.alert.rule, flag(raised.alert, raised.conversation))

    def _settle(self, key: Key) -> None:
        contact = self._open.pop(key)
        for listener in self._listeners:
            listener.forget(key)
        for tally, flags in zip(self.tallies, contact.flags, strict=True):
            tally.settle(flags, contact.label)
        if len(self.tallies) > OLD and bool(contact.flags[NEW]) != bool(contact.flags[OLD]):
            side = NEW if contact.flags[NEW] else OLD
            shown = tuple(sorted(contact.flags[side].values(), key=lambda one: one.at))
            self.only[side].add(Difference(*key, contact.team, shown))
