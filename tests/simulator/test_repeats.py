"""What a source repeats counts once, however much came in between."""

from msgspec.structs import replace

from klankbord.events import Event, encode
from klankbord.replay import replay
from streams import wire
from streams.oracle import Found, Input, Place, Written, judge
from tests.klankbord.given import utterance, waited
from tests.streams.given import POLICY


def judged(*events: Event) -> set[str]:
    """The verdict on a monitor that gets these events in this order, and does as `observe()` says."""
    inputs = [
        Input(Place(wire.CHAT_MESSAGES, 0, n), 0, wire.input_key(event), encode(event))
        for n, event in enumerate(events)
    ]
    log: list[Written] = []
    for n, seen in enumerate(replay(events, POLICY)):
        if not seen.duplicate:
            origin = wire.Origin(wire.CHAT_MESSAGES, 0, n, 0)
            log.append(Written(0, len(log), wire.encode(wire.Record(seen, origin, {wire.CHAT_MESSAGES: n}))))
    return {name for name, keys in judge(Found(inputs, log, [], []), POLICY).wrong.items() if keys}


SAID = utterance("hello", number=1)
PARTIALS = tuple(
    replace(utterance(f"and then {n}", number=100 + n), is_final=False, utterance_id="u-2") for n in range(30)
)


def test_what_a_source_sends_twice_within_the_memory_counts_once() -> None:
    assert judged(SAID, *PARTIALS[:20], SAID) == set()


def test_what_a_source_sends_twice_later_counts_once() -> None:
    assert judged(SAID, *PARTIALS, SAID) == set()


def test_a_deadline_that_passes_twice_counts_once() -> None:
    passed = replace(waited(60.0), event_id="waited-60")

    assert judged(SAID, passed, *PARTIALS, passed) == set()
