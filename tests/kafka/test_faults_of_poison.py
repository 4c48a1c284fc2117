"""The rows of the fault matrix about poison: refused once each, with its reason, while others go on."""

import os
import random
import time
from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from math import ceil
from pathlib import Path
from typing import Final

import msgspec
import pytest
from kafka.errors import MessageSizeTooLargeError

from klankbord.errors import Reason
from klankbord.events import MAX_TEXT_CHARS
from streams import wire
from streams.deadletters import OWN_FAULTS
from tests.e2e.waiting import until
from tests.kafka.conftest import MEASURED, Report
from tests.kafka.ledger import Verdict
from tests.kafka.neighbours import RATE, STRETCH_S, Neighbours, in_turns
from tests.kafka.sending import (
    Sending,
    Source,
    ask,
    letters,
    observed,
    of_chat,
    of_event,
    origin,
    resident_mb,
    send,
    settle,
)
from tests.kafka.world import SEED, Outcome, World, clean, events_of, played, world
from tests.poison import GOOD, KINDS, mutants

pytestmark = pytest.mark.kafka

EVENTS: Final = int(os.environ.get("FAULTS_MATRIX_EVENTS") or 6_000)
MUTANTS: Final = 1_000
READY_S: Final = 300.0
MOST_MB: Final = 50.0
RESTARTS: Final = 3


def test_f12_a_thousand_mutants_among_ordinary_events(tmp_path: Path, report: Report) -> None:
    """Half of what comes in is poison, in turns with stretches of health: one letter each, others hardly notice."""
    of_a_stretch = int(RATE * STRETCH_S) // 2
    stretches = ceil(MUTANTS / of_a_stretch)
    made_up = list(mutants(SEED, stretches * of_a_stretch))
    wanted = [mutant.reason for mutant in made_up]
    poison = [of_chat(mutant.key, mutant.value) for mutant in made_up]
    with world(tmp_path) as made:
        began = time.monotonic()
        sent = in_turns(made, trouble=iter(poison), stretches=stretches)
        settle(made)
        outcome = ask(made, sent=sent.total, took_s=time.monotonic() - began)
        found = Neighbours.of(made, sent)
        buried = letters(made)
    reasons = {origin(place): wanted[_place(one, poison)] for place, one in sent.trouble.items()}
    flood = f"half of {RATE:g} events/s are poison, in turns with even load: what it costs others"
    beside = found.voided(Outcome(MEASURED, sent.total, outcome.alerts, outcome.took_s, ""))
    report("F12", f"{len(made_up):,} mutants of {len(KINDS)} kinds among ordinary events", outcome, letters=len(buried))
    report("F16", flood, beside, **found.figures)
    clean(outcome)
    assert len(reasons) == len(made_up)
    assert {letter.origin: letter.reason for letter in buried} == reasons
    assert {letter.copies for letter in buried} == {1}
    assert not made.ended
    assert not beside.void
    assert found.unharmed


def _place(one: Sending, among: Sequence[Sending]) -> int:
    return next(place for place, other in enumerate(among) if other is one)


def test_f13_bodies_that_are_too_much(tmp_path: Path, report: Report) -> None:
    """What is too large is refused to its producer; what is nested, or has thousands of fields, is read or refused."""
    deep = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
    fields = b", ".join(b'"f%d": %d' % (n, n) for n in range(4_000))
    wide = msgspec.json.encode(GOOD | {"event_id": "wide", "conversation_id": "wide"})[:-1] + b", " + fields + b"}"
    many = b"{" + b", ".join(b'"f%d": %d' % (n, n) for n in range(30_000)) + b"}"
    huge = b'{"text": "' + b"x" * 10_000_000 + b'"}'
    kinds: Mapping[str, tuple[bytes, Reason | None]] = {
        "deep": (deep, "invalid_json"),
        "wide": (wide, None),  # what is not known is not read
        "many": (many, "too_large"),
    }
    with world(tmp_path) as made:
        until(lambda: made.ready("monitor-0"), within_s=READY_S, what="the monitor is ready")
        began, before_mb = time.monotonic(), resident_mb(made, "monitor-0")
        places = send(made, chain.from_iterable(repeat(of_chat(b"wide", raw), 100) for raw, _ in kinds.values()))
        refused = refusals(made, [of_chat(b"huge", huge)] * 5)
        ordinary = send(made, map(of_event, events_of(played(EVENTS // 6))))
        settle(made)
        outcome = ask(made, sent=len(places) + len(ordinary), took_s=time.monotonic() - began)
        grown_mb = resident_mb(made, "monitor-0") - before_mb
        buried = letters(made)
    wanted = {raw: reason for raw, reason in kinds.values()}
    report(
        "F13",
        "10 MB, nested 10,000 deep, 4,000 and 30,000 fields; a hundred each, among ordinary events",
        outcome,
        refused_to_producer=len(refused),
        letters=len(buried),
        resident_mb_more=grown_mb,
    )
    clean(outcome)
    reasons = {origin(place): reason for place, one in places.items() if (reason := wanted[one.value or b""])}
    assert {letter.origin: letter.reason for letter in buried} == reasons
    assert set(refused) == {MessageSizeTooLargeError}
    assert not made.ended
    assert grown_mb <= MOST_MB


def refusals(made: World, sendings: Sequence[Sending], **options: object) -> list[type[Exception]]:
    """What the broker says to each of what it refuses."""
    with Source(made.kafka.bootstrap_servers, max_request_size=2**26, **options) as source:
        for one in sendings:
            source.send(one)
        assert source.flush() == {}
        return [type(error) for _, error in source.refused]


# As JSON has it between quotes, and why it is refused.
HOSTILE: Final[Mapping[str, tuple[str, Reason | None]]] = {
    "NUL": (r"help\u0000me", "invalid_text"),
    "half of a pair, escaped": (r"help \ud83d me", "invalid_json"),
    "blank of every sort": (r" \t\n\u2003\u00a0", "invalid_text"),
    "too long": ("e" * (MAX_TEXT_CHARS + 1), "invalid_schema"),
    "turned around": ("\u202eevig tsom uoy ,yrgna ma I\u202c", None),
    "zalgo": ("".join(c + "\u0336\u0315\u034f" * 20 for c in "I am furious"), None),
    "marks and no letter": ("\u0301" * (MAX_TEXT_CHARS - 1), None),
    "emoji and nothing else": ("😡🤬👨‍👩‍👧‍👦🇳🇱" * 400, None),
    "letters that look alike": ("Ι аm furіоus, thіs іs unассерtаblе", None),
    "no width": ("I\u200bam\u2060fur\u200dious\ufeff", None),
    "controls": (r"\u001b[31mI am furious\u001b[0m\u0007\u0008\u007f", None),
    "markup": (r"<script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}${7*7}", None),
    "formats": ("%s%n%x {0} {__class__} ${jndi:ldap://x} =cmd|' /C calc'!A0", None),
    "one word": ("a" * MAX_TEXT_CHARS, None),
    "lines": (r"\u2028\u2029\u0085waarom\u000b\u000c", None),
    "the same again and again": ("why " * 3_999, None),
}


def test_f14_hostile_text(tmp_path: Path, chance: random.Random, report: Report) -> None:
    """Scored, or a dead letter with its reason; no worker ends, every record is the same bytes when written again."""
    kinds, wanted = list(HOSTILE.items()) * 20, dict[int, Reason | None]()
    sendings = [of_event(event) for event in events_of(played(EVENTS // 6))]
    for number, (_, (text, reason)) in enumerate(kinds):
        name = f"hostile-{number}"
        fields = GOOD | {"event_id": name, "conversation_id": name, "utterance_id": name, "text": "TEXT"}
        one = of_chat(name.encode(), msgspec.json.encode(fields).replace(b"TEXT", text.encode()))
        sendings.insert(chance.randrange(len(sendings)), one)
        wanted[id(one)] = reason
    with world(tmp_path) as made:
        began = time.monotonic()
        places = send(made, sendings)
        settle(made)
        outcome = ask(made, sent=len(sendings), took_s=time.monotonic() - began)
        buried, seen = letters(made), observed(made)
    observations = {one.record.observation.event_id for one in seen}
    report("F14", f"{len(kinds)} of {len(HOSTILE)} sorts among ordinary events", outcome, letters=len(buried))
    clean(outcome)
    reasons = {origin(place): reason for place, one in places.items() if (reason := wanted.get(id(one)))}
    assert {letter.origin: letter.reason for letter in buried} == reasons
    scored = {f"hostile-{number}" for number, (_, (_, reason)) in enumerate(kinds) if reason is None}
    assert scored <= observations
    assert all(wire.encode(one.record) == one.raw for one in seen)
    assert not made.ended


def test_f15_a_bomb_of_compression(tmp_path: Path, report: Report) -> None:
    """20 MB of noughts in some 20 KB: refused to its producer before anybody unpacks it; others go on."""
    with world(tmp_path) as made:
        until(lambda: made.ready("monitor-0"), within_s=READY_S, what="the monitor is ready")
        began, before_mb = time.monotonic(), resident_mb(made, "monitor-0")
        ordinary = send(made, map(of_event, events_of(played(EVENTS // 6))))
        refused = refusals(made, [of_chat(b"bomb", b"0" * 20_000_000)] * 10, compression_type="gzip")
        settle(made)
        outcome = ask(made, sent=len(ordinary), took_s=time.monotonic() - began)
        grown_mb = resident_mb(made, "monitor-0") - before_mb
    report("F15", "ten bombs of 20 MB in gzip", outcome, refused=len(refused), resident_mb_more=grown_mb)
    clean(outcome)
    assert set(refused) == {MessageSizeTooLargeError}
    assert len(refused) == 10
    assert grown_mb <= MOST_MB


def test_f16_a_bad_deploy(tmp_path: Path, report: Report) -> None:
    """A version that fails at every event ends and ends again, and buries little; with the last one back none is lost.

    Each event is observed or has its letter, which a person may redrive.
    """
    told = events_of(played(EVENTS))
    with world(tmp_path, started=False) as made:
        made.start("monitor-0", module="tests.kafka.broken")
        made.start("publisher-0")
        began = time.monotonic()
        places = send(made, map(of_event, told))

        def ended() -> bool:
            made.look_after()
            return len(made.ended) >= RESTARTS

        until(ended, within_s=READY_S, what=f"the broken monitor ended {RESTARTS} times")
        made.terminate("monitor-0", back=False)
        while_broken = letters(made)
        made.start("monitor-0", module="streams.app")
        settle(made)
        took_s = time.monotonic() - began
        buried, seen = letters(made), {one.record.origin for one in observed(made)}
    at = {f"{one.topic}/{one.partition}/{one.offset}" for one in seen}
    sent, refused = {origin(place) for place in places}, {letter.origin for letter in buried}
    verdict = Verdict(lost=frozenset(("", name) for name in sent - at - refused))
    outcome = Outcome(verdict, len(told), 0, took_s, "" if while_broken else "nothing was refused")
    report(
        "F16",
        f"a monitor that fails at every event, {RESTARTS} starts, then the last version again",
        outcome,
        letters=len(buried),
        observed_later=len(at & refused),  # they were not committed when the process ended, and came again
        share_buried=len(buried) / len(told),
    )
    clean(outcome)
    assert {letter.reason for letter in buried} == {"failed"}
    assert len(buried) <= (RESTARTS + 1) * OWN_FAULTS
