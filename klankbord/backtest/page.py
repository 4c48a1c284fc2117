"""The answers of a backtest as one file for a browser: no script, and nothing that is fetched."""

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

from klankbord.backtest.pictures import Line, Pair, bars, columns, lines
from klankbord.backtest.report import BUILT_IN, HourFigures, Only, Report, RuleFigures, Share, SweepFigures
from klankbord.backtest.table import by_rule
from klankbord.backtest.tally import HOUR_S
from klankbord.backtest.wording import WORDS, number
from klankbord.events import Language

# So many columns are told apart on a page; a longer recording has more hours in each.
_MOST_COLUMNS: Final = 72

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d2530; --dim: #55606f; --paper: #fff; --edge: #cfd5dd; --new: #0b5cad;
  --other: #a33b00 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf1; --dim: #a9b4c2; --paper: #14181e; --edge: #3a434f; --new: #6db3ff; --other: #ffab76 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; line-height: 1.2 } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem }
p { max-width: 44rem } .note { color: var(--dim) }
.scroll { overflow-x: auto } .scroll:focus-visible { outline: 3px solid var(--new) }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--edge); vertical-align: top }
th { font-weight: 600 } td.n, th.n { text-align: right; white-space: nowrap } td.time { white-space: nowrap }
td.words { min-width: 14rem } th[scope=row] { min-width: 8rem }
.key { display: flex; gap: 1.5rem; list-style: none; padding: 0; margin: .5rem 0 }
.key svg { width: 1.6rem; height: .8rem; display: inline-block; margin-right: .4rem }
svg { display: block; width: 100%; max-width: 48rem; height: auto }
svg[role=img] { min-width: 34rem }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif } svg text.small { fill: var(--dim); font-size: 12px }
svg .new { fill: var(--new); stroke: var(--new) } svg .old { fill: none; stroke: var(--ink); stroke-width: 1.5 }
svg .rule { stroke: var(--edge) }
svg polyline { fill: none !important; stroke-width: 2 }
svg polyline.other { stroke: var(--other); stroke-dasharray: 6 4 }
svg circle.other { fill: var(--paper); stroke: var(--other); stroke-width: 2 }
@media print { body { max-width: none } }
"""

Row = Sequence[str]


def page(report: Report, language: Language) -> str:
    """The whole file."""
    says = WORDS[language]
    fingerprint = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{fingerprint}'; base-uri 'none'; form-action 'none'"
    body = "\n".join(_Page(report, language).sections())
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(says['title'])}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


class _Page:
    """The sections of one report in one language."""

    def __init__(self, report: Report, language: Language) -> None:
        self._report = report
        self._language: Language = language
        self._says = WORDS[language]

    def sections(self) -> Iterator[str]:
        says = self._says
        yield f"<h1>{escape(says['title'])}</h1>\n<p>{escape(says['lead'])}</p>"
        old = self._report.old.name
        yield self._key(("new", self._report.new.name), ("old", says["built_in"] if old == BUILT_IN else old))
        yield from self._totals()
        yield from self._rules()
        yield from self._teams()
        yield from self._time()
        yield from self._budget()
        yield from self._labels()
        yield from self._marks()
        if self._report.sweep is not None:
            yield from self._sweep(self._report.sweep)
        yield from self._only("only_new", self._report.only_new)
        yield from self._only("only_old", self._report.only_old)
        yield from self._heard()

    def _totals(self) -> Iterator[str]:
        new, old = self._report.new, self._report.old
        yield self._heading("totals")
        yield self._table(
            "totals",
            ("", "new", "old"),
            [
                (self._says["alerts"], self._n(new.alerts), self._n(old.alerts)),
                (self._says["per_hour"], self._n(new.per_hour, 2), self._n(old.per_hour, 2)),
                (self._says["flagged"], self._n(new.conversations), self._n(old.conversations)),
                (self._says["only"], self._n(self._report.only_new.count), self._n(self._report.only_old.count)),
            ],
        )

    def _rules(self) -> Iterator[str]:
        rules = list(by_rule(self._report))
        yield self._heading("rules")
        pairs = [Pair(self._title(name, new, old), _alerts(new), _alerts(old)) for name, new, old in rules]
        yield bars(pairs, says=self._says["chart_rules"], language=self._language)
        judged = self._report.new.labels is not None
        head = ("rule", "new", "an_hour", "old", "an_hour", *(("precision", "recall") if judged else ()))
        rows = []
        for name, new, old in rules:
            cells = [self._title(name, new, old), *self._counted(new), *self._counted(old)]
            if judged:
                cells += [self._share(new.precision if new else None), self._share(new.recall if new else None)]
            rows.append(cells)
        yield self._table("rules", head, rows)

    def _teams(self) -> Iterator[str]:
        new, old = self._report.new.by_team, self._report.old.by_team
        yield self._heading("teams")
        both = list(zip(new, old, strict=True))
        name = self._says["no_team"]
        yield bars(
            [Pair(one.team or name, one.per_hour, other.per_hour) for one, other in both],
            says=self._says["chart_teams"],
            language=self._language,
            places=2,
        )
        head = ("team", "team_hours", "new", "an_hour", "busiest", "old", "an_hour", "busiest")
        rows = [
            (
                *(one.team or name, self._n(one.hours)),
                *(self._n(one.alerts), self._n(one.per_hour, 2), self._n(one.busiest)),
                *(self._n(other.alerts), self._n(other.per_hour, 2), self._n(other.busiest)),
            )
            for one, other in both
        ]
        yield self._table("teams", head, rows)

    def _time(self) -> Iterator[str]:
        step, pairs = _over_time(self._report)
        yield self._heading("time")
        note = self._says["time_note"].format(hours=step)
        yield f'<p class="note">{escape(note)}</p>'
        yield columns(pairs, says=self._says["chart_time"], language=self._language)

    def _budget(self) -> Iterator[str]:
        new, old = self._report.new.budget, self._report.old.budget
        if new is None or old is None:
            return
        yield self._heading("budget")
        yield f"<p>{escape(self._says['budget_note'].format(ceiling=new.ceiling))}</p>"
        of = self._says["of"]
        over = (f"{self._n(one.hours_over)} {of} {self._n(one.team_hours)}" for one in (new, old))
        yield self._table(
            "budget",
            ("", "new", "old"),
            [
                (self._says["hours_over"], *over),
                (self._says["kept_back"], self._share(new.share), self._share(old.share)),
                (self._says["critical_over"], self._n(new.critical_over), self._n(old.critical_over)),
            ],
        )

    def _labels(self) -> Iterator[str]:
        new, old = self._report.new.labels, self._report.old.labels
        if new is None or old is None:
            return
        yield self._heading("labels")
        note = self._says["labels_note"].format(conversations=new.conversations, wanted=new.wanted)
        yield f"<p>{escape(note)}</p>"
        rows = [
            (self._says["precision"], self._share(new.precision), self._share(old.precision)),
            (self._says["recall"], self._share(new.recall), self._share(old.recall)),
            (self._says["calm"], self._share(new.calm_alerted), self._share(old.calm_alerted)),
        ]
        for name in ("near", "earlier", "later", "never"):
            rows.append((self._says[name], self._n(getattr(new, name)), self._n(getattr(old, name))))
        yield self._table("labels", ("", "new", "old"), rows)

    def _marks(self) -> Iterator[str]:
        new, old = self._report.new.marks, self._report.old.marks
        if new is None or old is None:
            return
        yield self._heading("marks")
        heard = self._report.recording
        note = self._says["marks_note"].format(
            marks=self._n(heard.marks - heard.marks_not_heard), all=self._n(heard.marks)
        )
        yield f"<p>{escape(note)}</p>"
        titles = {name: self._title(name, new, old) for name, new, old in by_rule(self._report)}
        rows = []
        for one, other in zip(new, old, strict=True):
            cells = [titles.get(one.rule, one.rule or "–"), self._n(one.marked)]
            for figures in (one, other):
                cells += [self._n(figures.raised), self._share(figures.wrong)]
            rows.append(cells)
        yield self._table("marks", ("rule", "marked", "new", "wrong", "old", "wrong"), rows)

    def _sweep(self, sweep: SweepFigures) -> Iterator[str]:
        yield self._heading("sweep")
        yield f"<p>{escape(self._says['sweep_note'].format(path=sweep.path))}</p>"
        judged = any(point.recall is not None for point in sweep.points)
        if judged:
            yield self._key(("new", self._says["recall"]), ("other", self._says["precision"]), plain=True)
        yield self._trade_off(sweep, judged=judged)
        head = ("value", "alerts", "an_hour", "conversations", *(("precision", "recall", "calm") if judged else ()))
        rows = []
        for point in sweep.points:
            cells = [self._value(point.value), self._n(point.alerts), self._n(point.per_hour, 2)]
            cells.append(self._n(point.conversations))
            if judged:
                cells += [self._share(one) for one in (point.precision, point.recall, point.calm_alerted)]
            rows.append(cells)
        yield self._table("sweep", head, rows)

    def _trade_off(self, sweep: SweepFigures, *, judged: bool) -> str:
        def line(kind: str, name: str, height: Callable[[int], float | None]) -> Line:
            placed = [(point, height(at)) for at, point in enumerate(sweep.points)]
            return Line(
                kind,
                name,
                tuple((point.per_hour, up, self._value(point.value)) for point, up in placed if up is not None),
            )

        points = sweep.points
        if judged:
            drawings = [
                line("new", self._says["recall"], lambda at: _part(points[at].recall)),
                line("other", self._says["precision"], lambda at: _part(points[at].precision)),
            ]
        else:
            drawings = [line("new", self._says["flagged"], lambda at: float(points[at].conversations))]
        return lines(
            drawings,
            across=self._says["per_hour"],
            up=self._says["share" if judged else "flagged"],
            share=judged,
            says=self._says["chart_sweep"],
            language=self._language,
        )

    def _only(self, title: str, only: Only) -> Iterator[str]:
        yield self._heading(title)
        if not only.count:
            yield f"<p>{escape(self._says['none'])}</p>"
            return
        if only.count > len(only.shown):
            more = self._says["more"].format(shown=self._n(len(only.shown)), count=self._n(only.count))
            yield f'<p class="note">{escape(more)}</p>'
        titles = {name: self._title(name, new, old) for name, new, old in by_rule(self._report)}
        rows = []
        for one in only.shown:
            for flag in one.alerts:
                words = f"“{flag.words}”" if flag.words else self._fact(flag.signal, flag.amount)
                rows.append((one.conversation_id, _short(flag.at), titles[flag.rule], words))
        yield self._table(title, ("conversation", "at", "rule", "because"), rows, numbers=False)

    def _heard(self) -> Iterator[str]:
        heard = self._report.recording
        yield self._heading("heard")
        rows = [
            (self._says["source"], heard.source),
            (self._says["events"], self._n(heard.events)),
            (self._says["conversations"], self._n(heard.conversations)),
            (self._says["hours"], self._n(heard.hours)),
            (self._says["from_to"], f"{_short(heard.first_at)} – {_short(heard.last_at)}"),
        ]
        if heard.refused:
            reasons = ", ".join(f"{reason} {self._n(count)}" for reason, count in heard.refused.items())
            rows.append((self._says["refused"], f"{self._n(sum(heard.refused.values()))} ({reasons})"))
        if heard.after_end:
            rows.append((self._says["after_end"], self._n(heard.after_end)))
        if heard.waits_made:
            rows.append((self._says["waits"], self._n(heard.waits_made)))
        yield self._table("heard", (), rows, numbers=False)
        if not heard.waits_made and not heard.waits_recorded:
            yield f'<p class="note">{escape(self._says["no_waits"])}</p>'

    def _heading(self, name: str) -> str:
        return f'<h2 id="{name}">{escape(self._says[name])}</h2>'

    def _key(self, *entries: tuple[str, str], plain: bool = False) -> str:
        shown = []
        for kind, name in entries:
            drawn = f'<svg viewBox="0 0 32 16" aria-hidden="true">{_sample(kind, plain=plain)}</svg>'
            word = "" if plain else f"{escape(self._says[kind])}: "
            shown.append(f"<li>{drawn}{word}<bdi>{escape(name)}</bdi></li>")
        return f'<ul class="key">{"".join(shown)}</ul>'

    def _table(self, title: str, head: Sequence[str], rows: Iterable[Row], *, numbers: bool = True) -> str:
        """A table that scrolls in its own frame on a narrow page, also by keyboard."""
        kinds = ["", *([' class="n"'] * 11)] if numbers else ["", ' class="time"', "", ' class="words"']
        heads = "".join(
            f'<th scope="col"{kinds[at]}>{escape(self._says[name])}</th>' if name else "<td></td>"
            for at, name in enumerate(head)
        )
        body = "".join(f"<tr>{self._cells(row, kinds)}</tr>" for row in rows)
        top = f"<thead><tr>{heads}</tr></thead>" if head else ""
        return (
            f'<div class="scroll" role="region" tabindex="0" aria-labelledby="{title}">'
            f"<table>{top}<tbody>{body}</tbody></table></div>"
        )

    def _cells(self, row: Row, kinds: Sequence[str]) -> str:
        first, *others = row
        cells = "".join(f"<td{kinds[at]}><bdi>{escape(cell)}</bdi></td>" for at, cell in enumerate(others, 1))
        return f'<th scope="row"><bdi>{escape(first)}</bdi></th>{cells}'

    def _title(self, name: str, new: RuleFigures | None, old: RuleFigures | None) -> str:
        rule = new or old
        return name if rule is None else (rule.nl if self._language == "nl" else rule.en)

    def _counted(self, rule: RuleFigures | None) -> tuple[str, str]:
        return ("–", "–") if rule is None else (self._n(rule.alerts), self._n(rule.per_hour, 2))

    def _share(self, share: Share | None) -> str:
        if share is None or share.share is None or share.low is None or share.high is None:
            return "–"
        shown, low, high = (self._n(100 * part) for part in (share.share, share.low, share.high))
        return f"{shown} % ({low}–{high}), {self._n(share.hits)}/{self._n(share.of)}"

    def _fact(self, signal: str, amount: float | None) -> str:
        return signal if amount is None else f"{signal} {self._n(amount, 1)}"

    def _n(self, value: float, places: int = 0) -> str:
        return number(value, self._language, places=places)

    def _value(self, value: float) -> str:
        written = f"{value:g}"
        return written.replace(".", ",") if self._language == "nl" else written


def _sample(kind: str, *, plain: bool) -> str:
    if plain:
        return f'<polyline class="{kind}" points="1,8 31,8"/><circle class="{kind}" cx="16" cy="8" r="5"/>'
    return f'<rect class="{kind}" x="1" y="2" width="30" height="12"/>'


def _alerts(rule: RuleFigures | None) -> float:
    return 0.0 if rule is None else float(rule.alerts)


def _part(share: Share | None) -> float | None:
    return None if share is None else share.share


def _short(at: str) -> str:
    return at[:16].replace("T", " ")


def _over_time(report: Report) -> tuple[int, list[Pair]]:
    """The alerts in at most `_MOST_COLUMNS` equal stretches of hours, from the first to the last hour heard."""
    first, last = (_hour(at) for at in (report.recording.first_at, report.recording.last_at))
    step = max(1, -(-(last - first + 1) // _MOST_COLUMNS))
    new, old = (_in_steps(policy.by_hour, first, step) for policy in (report.new, report.old))
    return step, [
        Pair(_named(first + place * step), new[place], old[place]) for place in range((last - first) // step + 1)
    ]


def _in_steps(hours: Iterable[HourFigures], first: int, step: int) -> Counter[int]:
    found: Counter[int] = Counter()
    for one in hours:
        found[(_hour(one.hour) - first) // step] += one.alerts
    return found


def _hour(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp() // HOUR_S)


def _named(hour: int) -> str:
    return datetime.fromtimestamp(hour * HOUR_S, UTC).strftime("%Y-%m-%d %H:%M")
