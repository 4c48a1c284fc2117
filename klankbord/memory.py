"""Which events a conversation has had: the newest by their ids, and all others by a time they may not be newer than.

What a source repeats has one effect however late it comes. What is not remembered and not newer than what was
forgotten cannot be told from a repeat: it is late, and has none.
"""

import hashlib
from functools import lru_cache
from typing import Final

from msgspec import Struct

from klankbord.events import Event, Role, Utterance, Waited

# Each final takes two: its own number and that of its utterance.
KEEP_EVENTS: Final = 24
KEEP_PARTIALS: Final = 8
# Of those forgotten at one and the same time, as the partials of a line may be.
KEEP_TIED: Final = 32
_TIME_BYTES: Final = 5  # hundredths of a second since 1970, until the year 2318
_NUMBER_BYTES: Final = 6
_ENTRY_BYTES: Final = _TIME_BYTES + _NUMBER_BYTES
# One true event in 65,536 / KEEP_TIED at most is taken for a repeat, of those that tie with what is forgotten.
_TIED_BYTES: Final = 2

Number = bytes


class Lane(Struct, frozen=True, array_like=True):
    """The events of one side: the newest of them, oldest first, each as its time and a number for its id.

    Sides are apart because their clocks may be; partials are apart because there are many and nothing is scored.
    """

    newest: bytes = b""
    # The time of the newest one that is not remembered, in hundredths of a second, and the beginnings of the numbers
    # of all that were forgotten at exactly that time.
    forgotten_until: int = 0
    tied: bytes = b""


Memory = dict[str, Lane]
_EMPTY: Final = Lane()


def side(event: Event) -> str:
    """The lane of an event. That a customer waited is told by the clock of what the customer said."""
    if not isinstance(event, Utterance):
        return "customer" if isinstance(event, Waited) else "others"
    customer = event.role is Role.CUSTOMER
    if event.is_final:
        return "customer" if customer else "others"
    return "customer_partials" if customer else "others_partials"


def knows(memory: Memory, event: Event) -> bool:
    """Whether this very event is remembered, whoever is said to have spoken by now."""
    return _holds(memory, id_number(event.event_id))


def knows_final(memory: Memory, event: Utterance) -> bool:
    """Whether a final of the same utterance is remembered."""
    return _holds(memory, _final(event))


def is_forgotten(memory: Memory, event: Event) -> bool:
    """Whether an event that is not known may be one that was forgotten."""
    lane = memory.get(side(event))
    if lane is None or (time := _hundredths(event)) > lane.forgotten_until:
        return False
    full = len(lane.tied) >= KEEP_TIED * _TIED_BYTES
    return time < lane.forgotten_until or full or _stands_in(lane.tied, id_number(event.event_id)[:_TIED_BYTES], 0)


def with_event(memory: Memory, event: Event) -> Memory:
    """The memory with one more event in it."""
    name, time = side(event), _hundredths(event).to_bytes(_TIME_BYTES, "big")
    added = time + id_number(event.event_id)
    if isinstance(event, Utterance) and event.is_final:
        added += time + _final(event)
    lane = memory.get(name, _EMPTY)
    newest = lane.newest + added
    if lane.newest and time < lane.newest[-_ENTRY_BYTES:-_NUMBER_BYTES]:
        newest = b"".join(sorted(_entries(newest)))
    keep = KEEP_EVENTS if name in {"customer", "others"} else KEEP_PARTIALS
    return {**memory, name: _kept(Lane(newest, lane.forgotten_until, lane.tied), keep)}


def shortened(memory: Memory, *, keep: int) -> Memory:
    """The memory with at most `keep` numbers of each side; what goes may not come again, for it would be late."""
    short = {name: _kept(lane, keep) for name, lane in memory.items()}
    return {
        name: Lane(lane.newest, lane.forgotten_until + 1) if lane.tied else lane  # what tied is older now
        for name, lane in short.items()
    }


@lru_cache(maxsize=4)  # an event is asked for its numbers before it is placed and when it is
def id_number(text: str) -> Number:
    """48 bits that stand for `text`."""
    return hashlib.blake2b(text.encode(), digest_size=_NUMBER_BYTES).digest()


def _final(event: Utterance) -> Number:
    return id_number("final\x1f" + event.utterance_id)


def _hundredths(event: Event) -> int:
    return int(event.at_s * 100)


def _holds(memory: Memory, number: Number) -> bool:
    for lane in memory.values():  # `any` makes a generator of it, which costs as much again
        if number in lane.newest and _stands_in(lane.newest, number):
            return True
    return False


def _stands_in(entries: bytes, number: Number, after: int = _TIME_BYTES) -> bool:
    """Whether it is the number of an entry, and not the end of one and the beginning of the next."""
    width = after + len(number)
    found = entries.find(number)
    while found >= 0 and found % width != after:
        found = entries.find(number, found + 1)
    return found >= 0


def _entries(newest: bytes) -> list[bytes]:
    return [newest[at : at + _ENTRY_BYTES] for at in range(0, len(newest), _ENTRY_BYTES)]


def _kept(lane: Lane, keep: int) -> Lane:
    cut = len(lane.newest) - keep * _ENTRY_BYTES
    if cut <= 0:
        return lane
    until, tied = lane.forgotten_until, lane.tied
    for entry in _entries(lane.newest[:cut]):
        time = int.from_bytes(entry[:_TIME_BYTES], "big")
        if time > until:
            until, tied = time, b""
        if time == until:
            tied += entry[_TIME_BYTES : _TIME_BYTES + _TIED_BYTES]
    return Lane(lane.newest[cut:], until, tied[: KEEP_TIED * _TIED_BYTES])
