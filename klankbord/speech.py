"""Where a segment of speech lies among those before it, by the clock of the call: facts, whatever was said."""

import math
from dataclasses import dataclass
from typing import Final

from klankbord.conversation import Conversation, Segment
from klankbord.events import Event, Role, Seconds, Utterance

# No call is silent for ten minutes: its source stopped, or its clock began anew. And nobody speaks so long at once.
LONGEST_SILENCE_MS: Final = 10 * 60 * 1000
LONGEST_SEGMENT_MS: Final = 10 * 60 * 1000

# Shorter lines ("yes", "one moment please") say nothing of how fast somebody speaks.
FEWEST_WORDS: Final = 8
# Words a minute that a person can speak, over a line: outside them the times of the segment are wrong.
SLOWEST: Final = 40.0
FASTEST: Final = 400.0


@dataclass(frozen=True, slots=True)
class Overlap:
    """Speech of the customer and of whoever helps at the same time; `seconds` holds none that were counted before."""

    customer: Segment
    helper: Segment
    seconds: Seconds


def segment_of(event: Event) -> Segment | None:
    """The times of a final segment; none for a partial, which its final replaces, and where they make no sense."""
    if not isinstance(event, Utterance) or not event.is_final or event.start_ms is None or event.end_ms is None:
        return None
    believable = 0 <= event.start_ms <= event.end_ms <= event.start_ms + LONGEST_SEGMENT_MS
    return Segment(event.start_ms, event.end_ms) if believable else None


def overlap(conversation: Conversation, event: Event) -> Overlap | None:
    """What this segment shares with the latest of the other side."""
    segment = segment_of(event)
    if segment is None or not isinstance(event, Utterance) or event.role is Role.SYSTEM:
        return None
    by_customer = event.role is Role.CUSTOMER
    customer = segment if by_customer else conversation.customer_spoke
    helper = conversation.helper_spoke if by_customer else segment
    if customer is None or helper is None:
        return None
    # What one side said twice at a time (two microphones, a late segment) is not shared twice.
    own = conversation.customer_spoke if by_customer else conversation.helper_spoke
    since_ms = max(customer.start_ms, helper.start_ms, 0 if own is None else own.end_ms)
    shared_ms = min(customer.end_ms, helper.end_ms) - since_ms
    return Overlap(customer, helper, shared_ms / 1000) if shared_ms > 0 else None


def silence_s(conversation: Conversation, event: Event) -> Seconds:
    """Seconds between the end of all that was heard and the start of this segment; what a hold explains is left out."""
    segment, until_ms = segment_of(event), conversation.heard_until_ms
    if segment is None or until_ms is None or conversation.held_since is not None:
        return 0.0
    silent_ms = segment.start_ms - until_ms
    if not 0 < silent_ms <= LONGEST_SILENCE_MS:
        return 0.0
    return max(0.0, min(silent_ms / 1000, _since_hold_s(conversation, event, segment)))


def pace(normal: str, segment: Segment) -> float | None:
    """Words a minute of a line that is long enough and whose times can be true."""
    words, spoke_ms = len(normal.split()), segment.end_ms - segment.start_ms
    if words < FEWEST_WORDS or spoke_ms <= 0:
        return None
    words_a_minute = words * 60_000 / spoke_ms
    return words_a_minute if SLOWEST <= words_a_minute <= FASTEST else None


def _since_hold_s(conversation: Conversation, event: Event, segment: Segment) -> Seconds:
    """Seconds that can have been silent since the last hold ended.

    Holds are told by the clock of events and segments by that of the call. A source may stamp an event with the start
    of its segment or with the end: we take the end, which counts less.
    """
    if conversation.resumed_at is None:
        return math.inf
    return event.at_s - conversation.resumed_at - (segment.end_ms - segment.start_ms) / 1000
