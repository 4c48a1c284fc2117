"""What a dashboard is made of: words in both languages, questions to Prometheus, and how an answer is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["en", "nl"]
Drawn: TypeAlias = Literal["lines", "heat", "lamps", "figure"]

# Grafana puts at least four scrapes into it: a shorter span would often hold one, and a rate needs two.
SPAN: Final = "$__rate_interval"


@dataclass(frozen=True, slots=True)
class Words:
    """What a person reads, in English and in Dutch."""

    en: str
    nl: str

    def of(self, language: Language) -> str:
        """The words in one language."""
        return self.en if language == "en" else self.nl


@dataclass(frozen=True, slots=True)
class Query:
    """One line, or one line for each value of the labels that `legend` names in double braces."""

    expression: str
    legend: Words


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture; `limit` is drawn across it, `width` is of the 24 columns of a row."""

    title: Words
    says: Words
    queries: tuple[Query, ...]
    drawn: Drawn = "lines"
    unit: str = "short"
    lowest: float | None = 0
    highest: float | None = None
    limit: float | None = None
    width: int = 8


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading."""

    title: Words
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of rows; `span` is the time that it shows at first."""

    name: str
    title: Words
    rows: tuple[Row, ...]
    span: str = "now-1h"

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Every panel, in reading order."""
        return tuple(panel for row in self.rows for panel in row.panels)


def same(legend: str) -> Words:
    """A legend of labels and figures, which need no translation."""
    return Words(legend, legend)


def query(expression: str, en: str, nl: str | None = None) -> Query:
    """A question with its legend; where only labels stand in it, it is the same in Dutch."""
    return Query(expression, Words(en, en if nl is None else nl))


def quantile(share: float, metric: str, *, legend: str, by: Sequence[str] = (), span: str = SPAN) -> Query:
    """The value below which `share` of the measurements of a histogram lie."""
    labels = ", ".join(("le", *by))
    return Query(f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket[{span}])))", same(legend))


def mean(metric: str, *, by: str, span: str, ago: str = "") -> str:
    """The mean of the measurements of a histogram, now or so long ago."""
    offset = f" offset {ago}" if ago else ""
    total, count = (f"sum by ({by}) (rate({metric}_{part}[{span}]{offset}))" for part in ("sum", "count"))
    return f"{total} / {count}"


def per_second(metric: str, *, by: str) -> Query:
    """How often a counter moves in a second, for each value of the label `by`."""
    return Query(f"sum by ({by}) (rate({metric}[{SPAN}]))", same(f"{{{{{by}}}}}"))


def per_minute(metric: str, *, by: str) -> Query:
    """The same in a minute: alerts and suggestions are too rare to read in a second."""
    return Query(f"60 * sum by ({by}) (rate({metric}[{SPAN}]))", same(f"{{{{{by}}}}}"))


def in_time(metric: str, *, by: str, span: str) -> Query:
    """How much a counter rose in `span`, for each value of the label `by`."""
    return Query(f"sum by ({by}) (increase({metric}[{span}]))", same(f"{{{{{by}}}}}"))


def spread(metric: str) -> Query:
    """How the measurements of an interval are spread over the buckets of a histogram."""
    return Query(f"sum by (le) (increase({metric}_bucket[{SPAN}]))", same("{{le}}"))
