"""Write the pages that are made from code: `python -m docs.generate`."""

import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase
from pydantic import SecretStr

from config.settings import HERE, PREFIX, SECRETS, Settings, load_playbook, load_reasons
from docs import contracts, faults, kept, reference, sizing, speed
from docs.rules import CHANGING, HOW, WRITING
from docs.rules import EXAMPLES as RULE_EXAMPLES
from docs.tables import (
    EXAMPLES,
    FACTS,
    KEYS,
    REASONS_LIMITS,
    REASONS_MEASURED,
    REASONS_SAY,
    SHOWN,
    WHO,
    Lines,
)
from klankbord.advice import MOST_CANDIDATES, Moment
from klankbord.channels.transcript import read_transcript
from klankbord.conversation import Conversation, Evidence
from klankbord.detectors import DETECTORS
from klankbord.events import Language
from klankbord.explanation import explanation
from klankbord.models import reasons as reason_models
from klankbord.parts import taken_apart
from klankbord.phrases import Phrases
from klankbord.policy import EMOTIONS, Policy, rules_in_force
from klankbord.reasons import MARGIN
from klankbord.rules import WORDS
from klankbord.signals import Detector, Dimension, Signal
from klankbord.suggestions import SUGGESTIONS
from klankbord.taxonomy import Taxonomy
from streams import topics, wire
from streams.metrics import PULLED, MonitorMetrics, PublisherMetrics, WebMetrics, WorkerMetrics
from tests.gold import Split
from tests.gold_reasons import ends, figures

FOLDER: Final = Path(__file__).parent
ROOT: Final = FOLDER.parent
LANGUAGES: Final[tuple[tuple[Language, str], ...]] = (("nl", "Dutch"), ("en", "English"))
SCRAPED: Final = {"counter": "_total", "info": "_info"}
ONLY_IN_DOUBT: Final = (
    "none; the model is not sure whether the customer is dissatisfied (`unsure`), there were answers and reactions, "
    "and nobody has asked within `ask_again_s`"
)
STRENGTHS: Final = tuple(step / 20 for step in range(1, 21))


def metrics() -> str:
    """Every metric as it is scraped."""
    monitor, publisher, both, pages = CollectorRegistry(), CollectorRegistry(), CollectorRegistry(), WebMetrics()
    policy = Policy()
    of_publisher = PublisherMetrics(
        publisher,
        rules=[(name, rule.severity) for name, rule in rules_in_force(policy).items()],
        kinds=[suggester.kind for suggester in SUGGESTIONS],
    )
    rows = [
        *_metrics("monitor", monitor, MonitorMetrics(monitor)),
        *_metrics("publisher", publisher, of_publisher),
        *_metrics("both workers", both, WorkerMetrics(both, dict)),
        *_metrics("pages", pages.registry, pages),
    ]
    return _page(
        "Metrics",
        "What each process shows at `/metrics`, on the ports of [settings](settings.md).",
        "A histogram is scraped as `_bucket`, `_sum` and `_count`.",
        "Labels come from closed sets: never a conversation, a customer, an agent or a word.",
        "`queue` is one of `KLANKBORD_QUEUES`, or `other`.",
        "What [dashboards](dashboards.md) and [alerts](runbook.en.md) make of them is tried against a real Prometheus.",
        "",
        *_table(("name", "type", "labels", "process", "what it says"), rows),
    )


def settings() -> str:
    """Every field of Settings as an environment variable."""
    schema = Settings.model_json_schema()
    rows = [
        (f"`{PREFIX}{name.upper()}`", _type(field), _unit(name), _default(name), str(field["description"]))
        for name, field in schema["properties"].items()
    ]
    return _page(
        "Settings",
        "Every process reads these environment variables and no others of ours.",
        f"A `{PREFIX}` variable that is not listed here stops the process with a sentence that names it.",
        "A secret may lie in a file: its variable with `_FILE` behind it names that file ("
        + ", ".join(f"`{PREFIX}{name.upper()}_FILE`" for name in sorted(SECRETS))
        + ").",
        "`klankbord config check` lists every mistake at once, `klankbord config show` prints what is in force, "
        "and beside it every setting of Faust's with which the two workers run; secrets are hidden.",
        "",
        *_table(("variable", "type", "unit", "default", "what it is"), rows),
    )


def topics_and_keys() -> str:
    """The topic plan and the Redis keys."""
    fields = Settings.model_fields
    planned = topics.plan(
        partitions=fields["partitions"].default,
        replication_factor=fields["replication_factor"].default,
        input_retention_ms=fields["input_retention_h"].default * topics.HOUR_MS,
    )
    rows = []
    for topic in planned:
        key, value, written_by, read_by = WHO[topic.name]
        kept = (topic.cleanup_policy, _kept(topic))
        rows.append(
            (f"`{topic.name}`", key, value, str(topic.partitions), *kept, written_by, read_by, SHOWN[topic.name])
        )
    configs = [(f"`{topic.name}`", f"`{k}`", v) for topic in planned for k, v in topic.settings().items()]
    return _page(
        "Topics and keys",
        f"The plan with default [settings](settings.md): `{PREFIX}PARTITIONS`, `{PREFIX}REPLICATION_FACTOR` and "
        f"`{PREFIX}INPUT_RETENTION_H` change it.",
        "`klankbord topics plan` prints it, `klankbord topics create` creates what is missing and names what differs.",
        "",
        "## Topics",
        "",
        *_table(("topic", "key", "value", "partitions", "cleanup", "kept", "written by", "read by", "example"), rows),
        "",
        "## Their configuration",
        "",
        *_table(("topic", "configuration", "value"), configs),
        "",
        "## Redis keys",
        "",
        f"A stream keeps about {wire.STREAM_MAXLEN:,} entries, each with one field, `{wire.FIELD.decode()}`, for "
        f"{wire.STREAM_KEPT_S[wire.ALERTS] // wire.HOUR_S} hours, `{wire.ACTIONS}` for "
        f"{wire.STREAM_KEPT_S[wire.ACTIONS] // wire.DAY_S} days; the audit is kept by its amount only.",
        "",
        *_table(("key", "type", "holds"), [(f"`{key}`", *about) for key, about in KEYS.items()]),
    )


def policy() -> str:
    """The numbers of the policy in tables."""
    numbers = Policy()
    rules = [
        (
            f"`{name}`",
            f"`{r.when}`",
            f"`{r.until}`",
            ", ".join(f"{own} {number:g}" for own, number in r.numbers.items()),
            r.severity,
            r.min_customer_turns,
            r.cooldown_s,
        )
        for name, r in numbers.rules.items()
    ]
    drivers = [(f"`{name}`", d.weight, d.cap) for name, d in numbers.drivers.items()]
    emotions = [
        (f"`{kind}`", ", ".join(f"{emotion} {weight:g}" for emotion, weight in weights.items()))
        for kind, weights in numbers.emotion_weights.items()
    ]
    single = [
        (f"`{name}`", ", ".join(value) if isinstance(value, tuple) else value)
        for name in numbers.__struct_fields__
        if not isinstance(value := getattr(numbers, name), dict | Taxonomy)
    ]
    return _page(
        "Policy",
        "The numbers as they are shipped; [config/policy.toml](../config/policy.toml) overrides them.",
        "The reason for each stands beside it in [klankbord/policy.py](../klankbord/policy.py).",
        "",
        "## Alert rules",
        "",
        *HOW,
        "",
        *_table(
            ("rule", "when", "until", "its numbers", "severity", "min_customer_turns", "cooldown_s"),
            [tuple(map(_number, row)) for row in rules],
        ),
        "",
        *_table(("rule", "in Dutch", "in English"), [(f"`{name}`", r.nl, r.en) for name, r in numbers.rules.items()]),
        "",
        "## Writing a rule",
        "",
        *WRITING,
        "",
        *_rule_examples(),
        "## What a rule may name",
        "",
        *_table(("name", "kind", "what it is"), _vocabulary(numbers)),
        "",
        "## Changing rules while conversations run",
        "",
        *CHANGING,
        "",
        "## Effort drivers",
        "",
        "Effort is `1 + 6 (1 - exp(-load / effort_scale))`, where the load is the sum of weight times memory, and the "
        "memory of a driver is full at its cap.",
        "The predicted CES 2.0, where higher = easier, is 8 minus effort.",
        "",
        *_table(("driver", "weight", "cap"), [tuple(map(_number, row)) for row in drivers]),
        "",
        "## Emotion weights",
        "",
        "How far a signal at full strength moves each emotion in its turn.",
        "",
        *_table(("signal", "moves"), emotions),
        "",
        "## Normal waits",
        "",
        "Seconds that a customer waits before it is effort.",
        "",
        *_table(("channel", "normal_wait_s"), [(c.value, f"{s:g}") for c, s in numbers.normal_wait_s.items()]),
        "",
        "## Idle conversations",
        "",
        "Seconds without any event after which a conversation that nobody ended counts as ended "
        "([why](decisions/0019-what-is-over-leaves.md)).",
        "",
        *_table(("channel", "idle_after_s"), [(c.value, f"{s:g}") for c, s in numbers.idle_after_s.items()]),
        "",
        "## Other numbers",
        "",
        *_table(("name", "value"), [tuple(map(_number, row)) for row in single]),
    )


def _rule_examples() -> Iterator[str]:
    for title, rule in RULE_EXAMPLES:
        yield from (f"{title}:", "", "```toml", *rule.rstrip().splitlines(), "```", "")


def _vocabulary(numbers: Policy) -> Iterator[tuple[str, str, str]]:
    yield from ((f"`{name}`", word.kind, word.says) for name, word in WORDS.items())
    yield ", ".join(f"`{name}`" for name in EMOTIONS), "number", "the emotion of late, 0 to 1"
    yield ", ".join(f"`{name}`" for name in numbers.drivers), "number", "memory of an effort driver, from 0 to its cap"
    yield "`signals.KIND`", "number", "strength of a [signal](detectors.md) in this event, 0 to 1; no signal of a need"
    yield "`said.NAME`", "number", "turns of either side since a phrase of `[phrases.NAME]`; 0 = in this one"
    yield "`rise(NAME, SECONDS)`, `fall(NAME, SECONDS)`", "number", "the course of `effort` or `valence`"


def detectors() -> str:
    """One heading for each detector, with what it really finds in an example."""
    lines = []
    for detector in DETECTORS:
        lines += ["", f"## {detector.kind}", "", *_detector(detector)]
    return _page(
        "Detectors",
        "A detector finds one kind of evidence in one event, with a strength from 0 to 1.",
        "Detectors of emotion, intent and need are given the customer's words and nothing else; detectors of effort "
        "may look at facts and at what the agent says.",
        "An intent or a need moves neither emotion nor effort ([why](decisions/0012-support-needs.md)).",
        "A phrase counts once for each spelling that is searched, such as with and without an apostrophe.",
        "What is found in the examples is computed when this page is made, as `klankbord explain` shows it.",
        *lines,
    )


def suggestions() -> str:
    """The wording of each suggestion and the signals that call for it."""
    numbers = Policy()
    wording = load_playbook(HERE / "playbook")
    lines = []
    for suggester in SUGGESTIONS:
        when = ", ".join(f"[{kind}](detectors.md#{kind}) {how}" for kind, how in _called_by(suggester.why))
        lines += ["", f"## {suggester.kind}", "", _sentence(f"klankbord.suggestions.{suggester.kind}")]
        lines += [f"Signals: {when or ONLY_IN_DOUBT}.", ""]
        lines += _table(
            ("language", "what you can do", "why now"),
            [(name, wording.text[suggester.kind][code], wording.why[suggester.kind][code]) for code, name in LANGUAGES],
        )
    return _page(
        "Suggestions",
        "An agent is shown at most one suggestion of a conversation at a time.",
        f"The core says which kinds apply to a moment, at most {MOST_CANDIDATES}, in the order below; danger comes "
        "alone.",
        "Of these the one is shown that was used most where the moment was alike "
        "([how it learns](decisions/0016-suggestions-learn-of-situations.md)).",
        f"It is gone after {numbers.suggestion_expires_s:g} seconds, or when the topic moves on: what called for it is "
        "over, or the customer speaks of something else after the agent answered.",
        f"Its kind comes again after {numbers.suggestion_cooldown_s:g} seconds at the earliest, at most "
        f"{numbers.suggestion_most} times in a conversation, and never after a dismissal there.",
        "The words come from [config/playbook](../config/playbook/nl.toml), where an entry may also name an article "
        "of your own ([why](decisions/0004-wording-outside-the-core.md)).",
        "How an agent sees and answers them is on the page about [the panel](agent-panel.md).",
        *lines,
    )


def reasons() -> str:
    """What the contact reasons are, how well they are told, and the list as it is shipped."""
    taxonomy = load_reasons(HERE / "reasons.toml")
    lines = []
    for group, said in taxonomy.groups.items():
        rows = [
            (f"`{id_}`", r.en, r.nl, r.preventable, r.self_service, r.automatable, r.why.en)
            for id_, r in taxonomy.reasons.items()
            if id_.partition(".")[0] == group
        ]
        head = ("id", "in English", "in Dutch", "preventable", "self-service", "automatable", "because")
        lines += ["", f"### {group}", "", f"{said.en} ({said.nl}).", "", *_table(head, rows)]
    figures = [
        (dict(LANGUAGES)[code], figure, f"{value:.0f}" if value > 1 else f"{value:.3f}")
        for code, _ in LANGUAGES
        for figure, value in reason_models.model(code).header["figures"].items()
    ]
    return _page(
        "Contact reasons",
        *REASONS_SAY,
        "",
        "## How well they are told",
        "",
        *REASONS_MEASURED,
        "",
        *_table(("half", "conversations", "figure", "value"), _reasons_of_gold()),
        "",
        "No model was fitted on the single lines below; our own of them chose the calibration.",
        "A line says less than a conversation.",
        f"Left unknown: the first reason leads by less than {MARGIN:g} votes "
        "([klankbord/reasons.py](../klankbord/reasons.py)).",
        "",
        *_table(("language", "lines and figure", "value"), figures),
        "",
        "## What they cannot do",
        "",
        *REASONS_LIMITS,
        "",
        "## The reasons as shipped",
        "",
        "Ids, names and labels are those of [config/reasons.toml](../config/reasons.toml).",
        *lines,
    )


def reliability() -> str:
    """The prose of `reliability.in` around what the fault matrix found."""
    prose, rows = faults.page()
    return prose.replace(faults.TABLE, "\n".join(_table(faults.HEAD, rows)))


PAGES: Final[dict[str, Callable[[], str]]] = {
    "metrics.md": metrics,
    "settings.md": settings,
    "topics.md": topics_and_keys,
    "policy.md": policy,
    "detectors.md": detectors,
    "suggestions.md": suggestions,
    "reasons.md": reasons,
    "reliability.md": reliability,
    **contracts.PAGES,
    **reference.PAGES,
    **kept.PAGES,
    **speed.PAGES,
    **sizing.PAGES,
}


def _reasons_of_gold() -> Iterator[tuple[str, str, str, str]]:
    halves: tuple[Split, ...] = ("train", "dev")
    for half in halves:
        for figure, value in figures(half).items():
            yield half, str(len(ends(half))), figure, f"{value:.3f}"


def write(folder: Path) -> None:
    """Write every page into `folder`."""
    for name, page in PAGES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(page(), encoding="utf-8")


def redis_keys() -> set[str]:
    """Every key that streams/wire.py names, as this page writes it."""
    constant = {value for value in vars(wire).values() if isinstance(value, str) and value.startswith("{klankbord}")}
    made = (
        wire.current_suggestion("<tenant>", "<agent id>"),
        wire.advice("<tenant>", "<conversation id>"),
        wire.shown_suggestion("<id>"),
        wire.learned("<tenant>"),
        wire.silenced("<tenant>", "<kind>", "<situation>"),
        wire.suppressed("<hour>"),
        wire.spent("<hour>", "<tenant>/<team>"),
        wire.folding("<cause>"),
        wire.once("<id>"),
        wire.ended("<tenant/conversation id>"),
    )
    return constant | {*made}


def _page(title: str, *lines: str) -> str:
    return "\n".join([f"# {title}", "", "<!-- made by `python -m docs.generate` -->", "", *lines]) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [_row(head), "|" + "---|" * len(head), *map(_row, rows)]


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _metrics(process: str, registry: CollectorRegistry, holder: object) -> Iterator[tuple[str, ...]]:
    # prometheus_client has no public way to the labels of a metric that nothing was counted under yet.
    declared = [value for value in vars(holder).values() if isinstance(value, MetricWrapperBase)]
    labels = {next(iter(metric.describe())).name: metric._labelnames for metric in declared}
    labels |= {one.name: one.labels for one in PULLED}
    for family in registry.collect():
        seen = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        named = ", ".join(f"`{label}`" for label in labels.get(family.name, seen))
        name = family.name + SCRAPED.get(family.type, "")
        yield f"`{name}`", family.type, named or "none", process, family.documentation.rstrip(".")


def _type(field: dict[str, Any]) -> str:
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"] if value)
    if field.get("type") == "integer":
        most = field.get("maximum")
        return f"whole number from {field['minimum']}" + (f" to {most}" if most is not None else "")
    if field.get("type") == "number":
        least = f"from {field['minimum']:g}" if "minimum" in field else f"above {field['exclusiveMinimum']:g}"
        return f"number {least} to {field['maximum']:g}"
    if "pattern" in field:
        return f"text like `{field['pattern']}`"
    return {"boolean": "`true` or `false`"}.get(field["type"], str(field.get("format", "text")))


UNITS: Final = {"_s": "seconds", "_min": "minutes", "_h": "hours"}


def _unit(name: str) -> str:
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")


def _default(name: str) -> str:
    field = Settings.model_fields[name]
    if field.is_required():
        return "must be given"
    if isinstance(field.default, SecretStr):
        return "empty"
    if isinstance(field.default, Path) and field.default.is_relative_to(ROOT):
        return f"`{field.default.relative_to(ROOT).as_posix()}`"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default}`" if field.default != "" else "empty"


def _kept(topic: topics.Topic) -> str:
    if topic.retention_ms is not None:
        return f"{topic.retention_ms // topics.HOUR_MS} h"
    lag_ms = int(topic.configs["min.compaction.lag.ms"])
    return f"the newest of each key; the others at least {lag_ms // topics.MINUTE_MS} min"


def _sentence(module: str) -> str:
    return (import_module(module).__doc__ or "").split("\n")[0]


def _detector(detector: Detector) -> Iterator[str]:
    module = f"klankbord.detectors.{detector.kind}"
    phrases = [value for value in vars(import_module(module)).values() if isinstance(value, Phrases)]
    yield _sentence(module)
    yield f"Dimension: {detector.dimension}, from " + (
        "facts and what is said of them." if detector.dimension is Dimension.EFFORT else "the customer's words."
    )
    if phrases:
        counts = (f"{sum(len(p.of(code)) for p in phrases)} in {name}" for code, name in LANGUAGES)
        yield f"Phrases: {', '.join(counts)}."
    if detector.kind in FACTS:
        yield f"Looks at: {FACTS[detector.kind]}."
    if detector.kind in EXAMPLES:
        yield from ("", "```text")
        for (code, _), lines in zip(LANGUAGES, EXAMPLES[detector.kind], strict=True):
            yield from found_in(lines, code, detector.kind)
        yield "```"


def found_in(lines: Lines, language: Language, kind: str) -> Iterator[str]:
    """The lines of an example, and under each what is found in it of this kind."""
    header = ("title: example", "channel: chat", f"language: {language}", "agent: agent-01", "customer: customer-01")
    events = read_transcript("\n".join([*header, "---", *lines]), name="example").events
    for line, (event, observation, made) in zip(lines, taken_apart(events, Policy()), strict=True):
        yield line
        shown = explanation(event, observation, made, started_at=events[0].at_s)
        yield from (one for one in shown if one.startswith(f"      · {kind} "))


def _called_by(why: Callable[[Moment], Signal | Evidence | None]) -> Iterator[tuple[str, str]]:
    """The kinds of signal that call for a suggestion, with the least strength that does, found by trying."""
    for detector in DETECTORS:
        fact, said = (_least(why, detector, words) for words in ("", "words"))
        if fact is not None:
            how = "at any strength" if fact == STRENGTHS[0] else f"from strength {fact:g}"
            yield detector.kind, how + (", as an event and not in words" if said is None else "")


HELPED: Final = (Conversation(), Conversation(bot_helps=True))


def _least(why: Callable[[Moment], Signal | Evidence | None], detector: Detector, words: str) -> float | None:
    signals = (Signal(detector.kind, detector.dimension, strength, words) for strength in STRENGTHS)
    calling = (one.strength for one in signals if any(why(Moment(now, {detector.kind: one})) for now in HELPED))
    return next(calling, None)


if __name__ == "__main__":
    write(FOLDER)
    sys.stdout.write(f"wrote {', '.join(PAGES)}\n")
