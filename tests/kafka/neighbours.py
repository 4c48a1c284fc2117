"""What trouble costs those beside it: stretches of even load and of as much with trouble in it, in turns.

One run has both, so that a machine which others use is as slow for the one as for the other.
"""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import cycle
from statistics import median
from typing import Final

from klankbord.events import Event
from streams.oracle import Place
from tests.kafka.sending import Sending, Source, observed, of_event, quantile, settle, talk
from tests.kafka.world import Outcome, World

RATE: Final = float(os.environ.get("FAULTS_RATE") or 200)  # events a second in all
STRETCH_S: Final = 5.0
STRETCHES: Final = 3  # of each kind
QUIET: Final = 40  # conversations of the even load
BEFORE_S: Final = 24 * 3600.0
# Of the medians: on a quiet machine they differ by some percent.
MOST: Final = 2.0
# At even load, where the machine keeps up: a queue of seconds says nothing about who stands in whose way.
KEPT_UP_MS: Final = 500.0


@dataclass(slots=True)
class Sent:
    """The ordinary events of each stretch, even ones first of each pair, and where the trouble lies."""

    stretches: list[set[str]] = field(default_factory=list)
    trouble: dict[Place, Sending] = field(default_factory=dict)
    total: int = 0


def in_turns(made: World, *, trouble: Iterable[Sending], stretches: int = STRETCHES) -> Sent:
    """Send so many stretches of either kind; of those with trouble every second record is of `trouble`."""
    ordinary, troubles, sent = _ordinary(), iter(trouble), Sent()
    with Source(made.kafka.bootstrap_servers) as source:
        _paced(made, source, [of_event(next(ordinary)) for _ in range(int(RATE))])  # whoever is cold warms up
        sent.total += len(source.flush())
        for stretch in range(2 * stretches):
            settle(made)
            events = [next(ordinary) for _ in range(int(RATE * STRETCH_S) // (1 + stretch % 2))]
            sendings = [of_event(event) for event in events]
            if stretch % 2:
                theirs = [next(troubles) for _ in events]
                sendings = [one for pair in zip(sendings, theirs, strict=True) for one in pair]
            _paced(made, source, sendings)
            places = source.flush()
            assert not source.refused
            sent.total += len(places)
            sent.stretches.append({event.event_id for event in events})
            if stretch % 2:
                mine = set(map(id, theirs))
                sent.trouble |= {place: one for place, one in places.items() if id(one) in mine}
    return sent


def _ordinary() -> Iterator[Event]:
    talks = [talk(f"quiet-{n}", start_s=time.time() - BEFORE_S) for n in range(QUIET)]
    return (next(each) for each in cycle(talks))


def _paced(made: World, source: Source, sendings: Iterable[Sending]) -> None:
    began = time.monotonic()
    for place, one in enumerate(sendings):
        made.look_after()
        time.sleep(max(0.0, began + place / RATE - time.monotonic()))
        source.send(one)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """From event to observation, in ms: medians and the slowest in a hundred of even stretches, and of the others.

    Each is the median of its stretches: one in which the machine was busy does not decide.
    """

    even: tuple[float, float]
    troubled: tuple[float, float]

    @classmethod
    def of(cls, made: World, sent: Sent) -> "Neighbours":
        took = {one.record.observation.event_id: one.took_ms for one in observed(made)}
        quantiles = [
            tuple(quantile((took[event] for event in events), share) for share in (0.5, 0.99))
            for events in sent.stretches
        ]
        even, troubled = (
            (median(each[0] for each in kind), median(each[1] for each in kind))
            for kind in (quantiles[::2], quantiles[1::2])
        )
        return cls(even, troubled)

    @property
    def figures(self) -> dict[str, float]:
        """For a row."""
        return {
            "others_p50_ms_even": self.even[0],
            "others_p50_ms": self.troubled[0],
            "others_p99_ms_even": self.even[1],
            "others_p99_ms": self.troubled[1],
            "others_p50_ratio": self.troubled[0] / max(1.0, self.even[0]),
            "others_p99_ratio": self.troubled[1] / max(1.0, self.even[1]),
        }

    def voided(self, outcome: Outcome) -> Outcome:
        """`outcome`, void where the machine did not keep up with even load."""
        slow = f"even load took {self.even[0]:.0f} ms at the median" if self.even[0] > KEPT_UP_MS else ""
        return replace(outcome, void=outcome.void or slow)

    @property
    def unharmed(self) -> bool:
        """Whether most of the others hardly noticed."""
        return self.figures["others_p50_ratio"] <= MOST
