"""The answers of a backtest for a terminal."""

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from klankbord.backtest.report import FlagFigures, Only, PolicyFigures, Report, RuleFigures, Share, SweepFigures

SHOWN: Final = 10


def show(report: Report, out: Console) -> None:
    """Print everything; the page has the same with pictures."""
    for line in _heard(report):
        out.print(Text(line), soft_wrap=True)
    out.print()
    out.print(_totals(report))
    out.print()
    out.print(_rules(report))
    if report.recording.marks:
        out.print()
        out.print(_marks(report))
    out.print()
    out.print(_teams(report))
    for title, only in ((report.new.name, report.only_new), (report.old.name, report.only_old)):
        out.print()
        _only(title, only, out)
    if report.sweep is not None:
        out.print()
        out.print(_sweep(report.sweep))


def _heard(report: Report) -> Iterator[str]:
    heard = report.recording
    yield (
        f"{heard.events} events of {heard.conversations} conversations in {heard.hours} hours with contact, "
        f"{heard.first_at} to {heard.last_at}"
    )
    if heard.refused:
        reasons = ", ".join(f"{reason} {number}" for reason, number in heard.refused.items())
        yield f"not read, as the monitor would not: {sum(heard.refused.values())} ({reasons})"
    if heard.after_end:
        yield f"came after the end of their conversation and open nothing: {heard.after_end}"
    if heard.marks_not_heard:
        yield f"marks of alerts that are not in the recording: {heard.marks_not_heard} of {heard.marks}"
    if heard.waits_made:
        yield f"waits that were made from silences: {heard.waits_made}"
    elif not heard.waits_recorded:
        yield "no 'waited' events in it: a wait counts when it is answered; --make-waits counts it as it lasts"


def _totals(report: Report) -> Table:
    table = Table(
        "", *(escape(f"{age}: {one.name}") for age, one in (("new", report.new), ("old", report.old))), box=None
    )
    new, old = report.new, report.old
    rows = [
        ("alerts", (str(new.alerts), str(old.alerts))),
        ("alerts an hour", (f"{new.per_hour:.2f}", f"{old.per_hour:.2f}")),
        ("conversations with an alert", (str(new.conversations), str(old.conversations))),
        ("only this one flagged", (str(report.only_new.count), str(report.only_old.count))),
        *_of_budget(new, old),
        *_of_labels(new, old),
    ]
    for title, values in rows:
        table.add_row(title, *values)
    return table


def _of_budget(new: PolicyFigures, old: PolicyFigures) -> Iterator[tuple[str, tuple[str, str]]]:
    one, other = new.budget, old.budget
    if one is None or other is None:
        return
    yield f"team hours above {one.ceiling} alerts", (
        f"{one.hours_over} of {one.team_hours}", f"{other.hours_over} of {other.team_hours}"
    )  # fmt: skip
    yield "kept back by the budget", (percent(one.share), percent(other.share))
    yield "critical ones above it, shown", (str(one.critical_over), str(other.critical_over))


def _of_labels(new: PolicyFigures, old: PolicyFigures) -> Iterator[tuple[str, tuple[str, str]]]:
    one, other = new.labels, old.labels
    if one is None or other is None:
        return
    yield "precision", (percent(one.precision), percent(other.precision))
    yield "recall", (percent(one.recall), percent(other.recall))
    yield "calm conversations with an alert", (percent(one.calm_alerted), percent(other.calm_alerted))
    yield "first alert within a turn", (f"{one.near} of {one.wanted}", f"{other.near} of {other.wanted}")
    yield "first alert earlier / later", (f"{one.earlier} / {one.later}", f"{other.earlier} / {other.later}")


def _rules(report: Report) -> Table:
    judged = report.new.labels is not None
    columns = ["rule", "new", "an hour", "old", "an hour"]
    table = Table(*columns, *(["precision, new", "recall, new"] if judged else []), box=None)
    for name, new, old in by_rule(report):
        cells = [name, *_counted(new), *_counted(old)]
        if judged:
            cells += [percent(new.precision if new else None), percent(new.recall if new else None)]
        table.add_row(*map(Text, cells))
    return table


def _counted(rule: RuleFigures | None) -> tuple[str, str]:
    return ("-", "-") if rule is None else (str(rule.alerts), f"{rule.per_hour:.2f}")


def by_rule(report: Report) -> Iterator[tuple[str, RuleFigures | None, RuleFigures | None]]:
    """Each rule of either policy, with what it did in both."""
    new, old = ({rule.rule: rule for rule in policy.by_rule} for policy in (report.new, report.old))
    for name in dict.fromkeys([*new, *old]):
        yield name, new.get(name), old.get(name)


def _marks(report: Report) -> Table:
    table = Table("marked alerts of", "marked", "new raises", "of them wrong", "old raises", "of them wrong", box=None)
    for new, old in zip(report.new.marks or (), report.old.marks or (), strict=True):
        cells = new.rule or "(no rule)", str(new.marked), str(new.raised), percent(new.wrong)
        table.add_row(*map(Text, (*cells, str(old.raised), percent(old.wrong))))
    return table


def _teams(report: Report) -> Table:
    table = Table("team", "hours", "new", "an hour", "busiest", "old", "an hour", "busiest", box=None)
    for new, old in zip(report.new.by_team, report.old.by_team, strict=True):
        table.add_row(
            *map(Text, (new.team or "(none)", str(new.hours), str(new.alerts), f"{new.per_hour:.2f}")),
            *map(Text, (str(new.busiest), str(old.alerts), f"{old.per_hour:.2f}", str(old.busiest))),
        )
    return table


def _only(title: str, only: Only, out: Console) -> None:
    out.print(Text(f"flagged only by {title}: {only.count}", style="bold"), soft_wrap=True)
    for one in only.shown[:SHOWN]:
        for flag in one.alerts:
            line = f"  {one.conversation_id}  {flag.at}  {flag.rule}  {because(flag)}"
            out.print(Text(line), soft_wrap=True)
    if only.count > SHOWN:
        out.print(f"  … and {only.count - SHOWN} more; --json and --html show {len(only.shown)}", soft_wrap=True)


def because(flag: FlagFigures) -> str:
    """The words in quotes, or the fact with its amount."""
    if flag.words:
        return f"“{flag.words}”"
    return flag.signal if flag.amount is None else f"{flag.signal} {flag.amount:g}"


def _sweep(sweep: SweepFigures) -> Table:
    judged = any(point.recall is not None for point in sweep.points)
    table = Table(escape(sweep.path), "alerts", "an hour", "conversations", box=None)
    for title in ("precision", "recall", "calm alerted") if judged else ():
        table.add_column(title)
    for point in sweep.points:
        cells = [f"{point.value:g}", str(point.alerts), f"{point.per_hour:.2f}", str(point.conversations)]
        if judged:
            cells += [percent(point.precision), percent(point.recall), percent(point.calm_alerted)]
        table.add_row(*cells)
    return table


def percent(share: Share | None) -> str:
    """A share with what it is of and, in brackets, its interval."""
    if share is None or share.share is None or share.low is None or share.high is None:
        return "-"
    return f"{share.share:.0%} ({share.low:.0%}-{share.high:.0%}) {share.hits}/{share.of}"
