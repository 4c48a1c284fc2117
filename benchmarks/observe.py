"""What `observe()` costs, by part and by who spoke: `make bench-observe`.

Processor time of this thread, the least of several repeats for each event and the median over events: what other
processes do to the machine is in none of it. VADER alone over the same lines, in the same run, is the measure: a ratio
to it holds on another machine, where microseconds do not.
"""

import argparse
import os
import platform
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from klankbord import conversation, language, memory, phrases, redaction, tone
from klankbord.channels.transcript import recordings
from klankbord.conversation import Conversation
from klankbord.detectors import DETECTORS
from klankbord.events import Role, Utterance, decode, encode, seconds
from klankbord.models import features, heads, hints
from klankbord.models import reasons as reason_models
from klankbord.observation import heard, observe
from klankbord.polarity import polarity
from klankbord.policy import Policy
from klankbord.reasons import TURNS_READ
from klankbord.signals import Turn, customer_words

REPEATS: Final = 12
POLICY: Final = Policy()
VADER: Final = "VADER alone"
WHOLE: Final = "observe()"
_PACKAGES: Final = ("klankbord", "msgspec", "numpy", "ahocorasick-rs", "vaderSentiment")
# What is remembered of one line while its detectors ask for it: a benchmark of the same lines must not find it.
_OF_ONE_LINE: Final[tuple[Any, ...]] = (
    conversation.fingerprint,
    features.spans,
    features.words,
    heads.answering,
    heads.reading,
    hints.gist,
    memory.id_number,
    phrases.forget,
    redaction.find,
    seconds,
    tone.heard_valence,
    tone.negative,
    tone.strongest,
)

Cost = float  # microseconds


class Case(NamedTuple):
    """One thing said, and the conversation before it."""

    group: str
    before: Conversation
    event: Utterance


def cases(*, seed: int | None = None, most: int | None = None) -> Iterator[Case]:
    """What is said in the recordings that come with the library; with a `seed`, the words of each line in new order."""
    chance = None if seed is None else random.Random(seed)
    for recording in recordings()[:most]:
        now = Conversation()
        for event in recording.events:
            if isinstance(event, Utterance):
                event = event if chance is None else _said_anew(event, chance)
                yield Case(_group(now, event), now, event)
            now = observe(now, event, POLICY).conversation


def measured(*, repeats: int = REPEATS, new_lines: bool, most: int | None = None) -> dict[str, dict[str, Cost]]:
    """The cost of each part in each group: the median over its events of the least over the repeats."""
    least: dict[tuple[str, str], dict[int, Cost]] = defaultdict(dict)
    for repeat in range(repeats):
        for number, case in enumerate(cases(seed=repeat if new_lines else None, most=most)):
            for part, cost in _costs(case):
                known = least[case.group, part].get(number, cost)
                least[case.group, part][number] = min(known, cost)
    table: dict[str, dict[str, Cost]] = defaultdict(dict)
    for (group, part), costs in least.items():
        table[group][part] = statistics.median(costs.values())
    return table


def report(table: Mapping[str, Mapping[str, Cost]]) -> Iterator[str]:
    """One line a part, one column a group: microseconds, and how many times VADER alone that is."""
    groups = sorted(table)
    parts = list(dict.fromkeys(part for group in groups for part in table[group]))
    yield f"{'':<28}" + "".join(f"{group:>28}" for group in groups)
    for part in parts:
        cells = [_cell(table[group], part) for group in groups]
        yield f"{part:<28}" + "".join(f"{cell:>28}" for cell in cells)


def _cell(costs: Mapping[str, Cost], part: str) -> str:
    return f"{costs[part]:.1f} us {costs[part] / costs[VADER]:>6.2f} x" if part in costs else ""


def _group(before: Conversation, event: Utterance) -> str:
    if event.role is not Role.CUSTOMER:
        return "agent"
    return "customer, first turns" if before.customer_turns < TURNS_READ else "customer, later turns"


def _said_anew(event: Utterance, chance: random.Random) -> Utterance:
    words = event.text.split()
    chance.shuffle(words)
    return replace(event, text=" ".join(words))


def _costs(case: Case) -> Iterator[tuple[str, Cost]]:
    """The whole first, then its parts one by one; whatever remembers a line has forgotten it each time."""
    raw = encode(case.event)
    observation = observe(case.before, case.event, POLICY)
    yield WHOLE, timed(lambda: observe(case.before, case.event, POLICY))
    yield VADER, timed(lambda: _vader.polarity_scores(case.event.text))
    yield "decode", timed(lambda: decode(raw))
    yield "encode", timed(lambda: _encoder.encode(observation))
    yield "bounded", timed(lambda: conversation.bounded(observation.conversation))
    _, _, words, _ = heard(case.before, case.event, POLICY)
    if words is None:
        return
    yield "clean and normal", timed(lambda: phrases.normal(phrases.clean(case.event.text)))
    yield "language, until settled", timed(lambda: language.odds(words.normal, POLICY.languages))
    yield "redaction of a whole line", timed(lambda: redaction.redact(words.clean))
    lists_in = phrases.lists_in if words.role is Role.CUSTOMER else phrases.lists_in_answer
    yield "phrases of all lists", timed(lambda: lists_in(words.normal))
    turn = Turn(case.before, case.event, words, customer_words(words), POLICY)
    if turn.customer is None:
        yield "model: answers, a hint", timed(lambda: hints.gist(words.normal, words.language))
        yield "model: answers, read", timed(lambda: heads.answering(words.normal, words.language).chances)
    else:
        yield "model: heads", timed(lambda: heads.reading(words.normal, words.language).chances)
        yield "model: reasons", timed(lambda: reason_models.model(words.language).read(words.normal))
        yield "polarity by VADER's rules", timed(lambda: polarity(words.clean, words.language))
    # From here on the line has been read: a detector's own work, not that of whichever comes first.
    lists_in(words.normal)
    heads.reading(words.normal, words.language)
    heads.answering(words.normal, words.language)
    for detector in DETECTORS:
        yield f"  {detector.kind}", timed(lambda find=detector.find: find(turn), forgetting=False)  # type: ignore[misc]


def timed(run: Callable[[], object], *, forgetting: bool = True) -> Cost:
    """Processor time of this thread for it, with nothing remembered of the line that it is about."""
    if forgetting:
        for cached in _OF_ONE_LINE:
            (getattr(cached, "cache_clear", None) or cached)()
    before = time.thread_time_ns()
    run()
    return (time.thread_time_ns() - before - _CLOCK_NS) / 1000


def _clock_ns() -> int:
    """What it costs to ask the clock twice."""
    return min(-time.thread_time_ns() + time.thread_time_ns() for _ in range(1000))


_CLOCK_NS: Final = _clock_ns()
_encoder: Final = msgspec.json.Encoder()
_vader: Final = SentimentIntensityAnalyzer()


def _circumstances() -> Iterator[str]:
    yield f"command:  python -m benchmarks.observe {' '.join(sys.argv[1:])}".rstrip()
    yield f"machine:  {os.cpu_count()} x {processor()}, {platform.system()} {platform.release()}"
    yield f"date:     {date.today().isoformat()}"  # noqa: DTZ011  # of the machine that ran it
    yield f"versions: Python {platform.python_version()}, " + ", ".join(f"{p} {version(p)}" for p in _PACKAGES)


def processor() -> str:
    """What the machine says its processors are."""
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main(arguments: Sequence[str] | None = None) -> None:
    asked = argparse.ArgumentParser(description="What observe() costs, by part and by who spoke.")
    asked.add_argument("--repeats", type=int, default=REPEATS)
    asked.add_argument("--recordings", type=int, help="so many of the bundled recordings; all by default")
    options = asked.parse_args(arguments)
    lines = [*_circumstances()]
    for title, new_lines in (("Every line as recorded", False), ("Every line new: its words in another order", True)):
        table = measured(repeats=options.repeats, new_lines=new_lines, most=options.recordings)
        lines += ["", title, "", *report(table)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
