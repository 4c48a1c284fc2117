"""Every expression that panels and rules ask, and what it is made of."""

from collections.abc import Iterator
from functools import cache
from typing import Final

import promql_parser

from config.grafana.generate import DASHBOARDS
from config.grafana.panels import SPAN
from tests.deploy import read_yaml
from tests.prometheus.declared import RULES

COMPARED: Final = {"==", "!=", "<", ">", "<=", ">="}
JOINED: Final = {"and", "or", "unless"}
# What these ask for may not be there: that is the question.
MISSING: Final = frozenset({"absent"})


def of_panels() -> dict[str, str]:
    """Every question of every panel, by where it stands."""
    return {
        f"{dashboard.name}: {panel.title.en} {number}": question.expression
        for dashboard in DASHBOARDS
        for panel in dashboard.panels
        for number, question in enumerate(panel.queries)
    }


@cache
def of_rules() -> dict[str, str]:
    """The expression of every rule, by its name."""
    groups = [group for path in sorted(RULES.glob("*.yml")) for group in read_yaml(path)["groups"]]
    rules = [rule for group in groups for rule in group["rules"]]
    return {rule.get("alert") or rule["record"]: str(rule["expr"]) for rule in rules}


def parsed(expression: str, *, span: str = "1m") -> promql_parser.Expr:
    """The expression with a number where Grafana puts one; ValueError if it is none."""
    return promql_parser.parse(expression.replace(SPAN, span))


def asked_for(expression: str) -> set[str]:
    """The names of the series in an expression."""
    names = set()

    def visit(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.VectorSelector):
            names.add(str(part.name))

    promql_parser.walk(parsed(expression), visit)
    return names


def answered(expression: str) -> Iterator[str]:
    """The parts of an expression that must have an answer on any day: an alert's own is empty while all is well."""
    yield from _answered(parsed(expression))


def _answered(part: promql_parser.Expr) -> Iterator[str]:
    if isinstance(part, promql_parser.ParenExpr):
        yield from _answered(part.expr)
    elif isinstance(part, promql_parser.NumberLiteral):
        return
    elif isinstance(part, promql_parser.BinaryExpr) and str(part.op) in COMPARED | JOINED:
        yield from _answered(part.lhs)
        yield from _answered(part.rhs)
    elif isinstance(part, promql_parser.Call) and part.func.name in MISSING:
        for argument in part.args:
            yield from _answered(argument)
    else:
        yield part.prettify()
