"""The figures of a backtest, as `--json` prints them and as the table and the page show them."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import asdict

from klankbord.backtest.playing import NEW, OLD, Differences, Play
from klankbord.backtest.sweep import Sweep
from klankbord.backtest.tally import HOUR_S, Flag, Tally, Timing
from klankbord.events import Seconds
from klankbord.policy import Policy

SCHEMA: Final = 1
BUILT_IN: Final = "built-in"  # the name of the policy that no file holds
_Z: Final = 1.959964  # 95 % of a normal distribution lies within so many standard deviations


class Share(Struct, frozen=True):
    """`hits` of `of`, with the 95 % interval of Wilson; no share of nothing."""

    hits: int
    of: int
    share: float | None
    low: float | None
    high: float | None


class RuleFigures(Struct, frozen=True):
    """What one rule did; precision and recall where labelled conversations are."""

    rule: str
    severity: str
    nl: str
    en: str
    alerts: int
    per_hour: float
    conversations: int
    precision: Share | None = None
    recall: Share | None = None


class TeamFigures(Struct, frozen=True):
    """One team, "" for conversations without: its hours are those in which it had an event."""

    team: str
    hours: int
    alerts: int
    per_hour: float
    busiest: int
    by_rule: dict[str, int]


class BudgetFigures(Struct, frozen=True):
    """A ceiling for each team and hour; what is critical counts towards it and is never kept back."""

    ceiling: int
    team_hours: int
    hours_over: int
    kept_back: int
    share: Share
    critical_over: int


class LabelFigures(Struct, frozen=True):
    """Labelled conversations against any alert in them."""

    conversations: int
    wanted: int
    precision: Share
    recall: Share
    calm_alerted: Share
    near: int
    earlier: int
    later: int
    never: int


class MarkFigures(Struct, frozen=True):
    """Marked alerts of one rule: how many of them this policy raises too, and how many of those people called wrong."""

    rule: str
    marked: int
    marked_wrong: int
    raised: int
    wrong: Share


class HourFigures(Struct, frozen=True):
    """One clock hour in UTC."""

    hour: str
    alerts: int


class PolicyFigures(Struct, frozen=True):
    """One policy over the recording."""

    name: str
    alerts: int
    per_hour: float
    conversations: int
    by_rule: tuple[RuleFigures, ...]
    by_team: tuple[TeamFigures, ...]
    by_hour: tuple[HourFigures, ...]
    budget: BudgetFigures | None = None
    labels: LabelFigures | None = None
    marks: tuple[MarkFigures, ...] | None = None


class FlagFigures(Struct, frozen=True):
    """An alert and the redacted words that caused it, or the fact where there are none."""

    rule: str
    severity: str
    at: str
    signal: str
    words: str
    amount: float | None


class OnlyFigures(Struct, frozen=True):
    """A conversation that one of the two flagged."""

    tenant: str
    conversation_id: str
    team: str
    alerts: tuple[FlagFigures, ...]


class Only(Struct, frozen=True):
    """All are counted; `shown` are the first of them."""

    count: int
    shown: tuple[OnlyFigures, ...]


class Point(Struct, frozen=True):
    """The new policy with one number set to `value`."""

    value: float
    alerts: int
    per_hour: float
    conversations: int
    precision: Share | None = None
    recall: Share | None = None
    calm_alerted: Share | None = None


class SweepFigures(Struct, frozen=True):
    path: str
    points: tuple[Point, ...]


class RecordingFigures(Struct, frozen=True):
    """What was played; `hours` are the clock hours with an event, so that a closed night makes no rate look low."""

    source: str
    events: int
    conversations: int
    hours: int
    first_at: str
    last_at: str
    refused: dict[str, int]
    after_end: int
    waits_recorded: int
    waits_made: int
    scorings: int
    labelled: int
    marks: int = 0
    marks_not_heard: int = 0


class Report(Struct, frozen=True):
    """All answers of a backtest."""

    schema: int
    recording: RecordingFigures
    new: PolicyFigures
    old: PolicyFigures
    only_new: Only
    only_old: Only
    sweep: SweepFigures | None = None


def share(hits: int, of: int) -> Share:
    """The share with its Wilson interval: unlike the plain one it stays within 0 and 1, and is fair to a few."""
    if not of:
        return Share(hits, of, None, None, None)
    p, z2 = hits / of, _Z * _Z
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return Share(hits, of, round(p, 4), round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4))


def report(
    play: Play,
    policies: Sequence[Policy],
    names: Sequence[str],
    *,
    source: str,
    budget: int | None,
    sweep: Sweep | None,
) -> Report:
    """The figures of `play`; the new policy comes first, the old one second, then those of the sweep."""
    new, old = (_policy(play, place, policies[place], names[place], budget=budget) for place in (NEW, OLD))
    return Report(
        schema=SCHEMA,
        recording=_recording(play, source),
        new=new,
        old=old,
        only_new=_only(play.only[NEW]),
        only_old=_only(play.only[OLD]),
        sweep=None if sweep is None else _sweep(play, sweep),
    )


def _recording(play: Play, source: str) -> RecordingFigures:
    return RecordingFigures(
        source=source,
        events=play.events,
        conversations=play.conversations,
        hours=_hours(play),
        first_at=_time(play.first_at or 0.0),
        last_at=_time(play.last_at or 0.0),
        refused=dict(sorted(play.refused.items())),
        after_end=play.after_end,
        waits_recorded=play.waits_recorded,
        waits_made=play.waits_made,
        scorings=play.scorings,
        labelled=play.labelled,
        marks=len(play.marks),
        marks_not_heard=sum((key, event_id) not in play.standing[NEW] for key, event_id, _ in play.marks),
    )


def _policy(play: Play, place: int, policy: Policy, name: str, *, budget: int | None) -> PolicyFigures:
    tally = play.tallies[place]
    by_hour: Counter[int] = Counter()
    for (_, hour, _), number in tally.alerts.items():
        by_hour[hour] += number
    return PolicyFigures(
        name=name,
        alerts=tally.alerts.total(),
        per_hour=_rate(tally.alerts.total(), _hours(play)),
        conversations=tally.flagged,
        by_rule=_by_rule(play, tally, policy),
        by_team=tuple(_team(tally, team, len(hours)) for team, hours in sorted(play.hours.items())),
        by_hour=tuple(HourFigures(_time(hour * HOUR_S), number) for hour, number in sorted(by_hour.items())),
        budget=None if budget is None else _budget(play, tally, budget),
        labels=_labels(play, tally),
        marks=_marks(play, place),
    )


def _marks(play: Play, place: int) -> tuple[MarkFigures, ...] | None:
    if not play.marks:
        return None
    standing = play.standing[place]
    by_rule: dict[str, list[tuple[bool, bool]]] = {}
    for (key, event_id, rule), mark in play.marks.items():
        rules = standing.get((key, event_id))
        if rules is not None:
            # Whoever marked by hand may have named no rule: then any alert at that moment is the one.
            by_rule.setdefault(rule, []).append((not mark.right, rule in rules if rule else bool(rules)))
    return tuple(_marked(rule, of_rule) for rule, of_rule in sorted(by_rule.items()))


def _marked(rule: str, marks: Sequence[tuple[bool, bool]]) -> MarkFigures:
    raised = [wrong for wrong, stands in marks if stands]
    return MarkFigures(
        rule, len(marks), sum(wrong for wrong, _ in marks), len(raised), share(sum(raised), len(raised))
    )  # fmt: skip


def _by_rule(play: Play, tally: Tally, policy: Policy) -> tuple[RuleFigures, ...]:
    alerts: Counter[str] = Counter()
    for (_, _, name), number in tally.alerts.items():
        alerts[name] += number
    found = []
    for name, rule in policy.in_force.items():
        hits = tally.hits_by_rule.get(name)
        right, flagged = (hits.right, hits.flagged) if hits else (0, 0)
        found.append(
            RuleFigures(
                rule=name,
                severity=rule.severity,
                nl=rule.nl,
                en=rule.en,
                alerts=alerts[name],
                per_hour=_rate(alerts[name], _hours(play)),
                conversations=tally.conversations[name],
                precision=share(right, flagged) if play.labelled else None,
                recall=share(right, play.wanted) if play.labelled else None,
            )
        )
    return tuple(found)


def _team(tally: Tally, team: str, hours: int) -> TeamFigures:
    by_rule: Counter[str] = Counter()
    for (of, _, rule), number in tally.alerts.items():
        if of == team:
            by_rule[rule] += number
    busiest = max((number for (of, _), number in _load(tally).items() if of == team), default=0)
    return TeamFigures(
        team, hours, by_rule.total(), _rate(by_rule.total(), hours), busiest, dict(sorted(by_rule.items()))
    )


def _load(tally: Tally) -> Mapping[tuple[str, int], int]:
    load: Counter[tuple[str, int]] = Counter()
    for (team, hour, _), number in tally.alerts.items():
        load[team, hour] += number
    return load


def _budget(play: Play, tally: Tally, ceiling: int) -> BudgetFigures:
    over = {place: number - ceiling for place, number in _load(tally).items() if number > ceiling}
    plain = {place: over[place] + ceiling - tally.critical[place] for place in over}
    kept_back = sum(min(plain[place], over[place]) for place in over)
    return BudgetFigures(
        ceiling=ceiling,
        team_hours=sum(map(len, play.hours.values())),
        hours_over=len(over),
        kept_back=kept_back,
        share=share(kept_back, tally.alerts.total()),
        critical_over=sum(over.values()) - kept_back,
    )


def _labels(play: Play, tally: Tally) -> LabelFigures | None:
    if not play.labelled:
        return None
    timing: Timing = tally.timing
    return LabelFigures(
        conversations=play.labelled,
        wanted=play.wanted,
        precision=share(tally.hits.right, tally.hits.flagged),
        recall=share(tally.hits.right, play.wanted),
        calm_alerted=share(tally.calm_alerted, play.calm),
        near=timing.near,
        earlier=timing.earlier,
        later=timing.later,
        never=timing.never,
    )


def _only(differences: Differences) -> Only:
    shown = (
        OnlyFigures(one.tenant, one.conversation_id, one.team, tuple(_flag(flag) for flag in one.flags))
        for one in differences.kept
    )
    return Only(differences.count, tuple(shown))


def _flag(flag: Flag) -> FlagFigures:
    return FlagFigures(flag.rule, flag.severity, _time(flag.at), flag.signal, flag.words, flag.amount)


def _sweep(play: Play, sweep: Sweep) -> SweepFigures:
    points = []
    for value, tally in zip(sweep.values, play.tallies[OLD + 1 :], strict=True):
        labels = _labels(play, tally)
        judged = (
            {name: figure for name, figure in asdict(labels).items() if isinstance(figure, Share)} if labels else {}
        )
        alerts = tally.alerts.total()
        points.append(Point(value, alerts, _rate(alerts, _hours(play)), tally.flagged, **judged))
    return SweepFigures(sweep.path, tuple(points))


def _hours(play: Play) -> int:
    return len(set().union(*play.hours.values()))


def _rate(number: int, hours: int) -> float:
    return round(number / max(1, hours), 2)


def _time(at: Seconds) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
