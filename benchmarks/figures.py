"""Figures as they were measured, with what they were measured on: the pages and their pictures are made from these."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from benchmarks.observe import processor
from streams.demo import ROOT

STORED: Final = Path(__file__).parent / "figures.json"

Row: TypeAlias = dict[str, float | int | str]
Tables: TypeAlias = dict[str, list[Row]]


class Run(msgspec.Struct, frozen=True):
    """One run of one benchmark: what was asked, where and when, and its tables by name."""

    command: str
    machine: str
    load_before: str
    load_after: str
    date: str
    commit: str
    versions: str
    tables: Tables


def load() -> str:
    """The load of this machine over 1, 5 and 15 minutes."""
    return ", ".join(f"{one:.1f}" for one in os.getloadavg())


def run(command: str, packages: Sequence[str], tables: Tables, *, load_before: str) -> Run:
    """These tables, with everything that a figure needs beside it."""
    return Run(
        command=" ".join([command, *(one for one in sys.argv[1:] if one != "--store")]),
        machine=f"{os.cpu_count()} x {processor()}, {platform.system()} {platform.release()}",
        load_before=load_before,
        load_after=load(),
        date=date.today().isoformat(),  # noqa: DTZ011  # of the machine that ran it
        commit=_commit(),
        versions=f"Python {platform.python_version()}, " + ", ".join(f"{p} {version(p)}" for p in packages),
        tables=tables,
    )


def read(stored: Path = STORED) -> dict[str, Run]:
    """What was measured last, by benchmark; a table that was measured apart stands under its own run."""
    return msgspec.json.decode(stored.read_bytes(), type=dict[str, Run]) if stored.exists() else {}


def store(name: str, measured: Run, stored: Path = STORED) -> None:
    """Keep `measured` in the place of what was measured under this name before."""
    runs = {**read(stored), name: measured}
    stored.write_bytes(msgspec.json.format(msgspec.json.encode(dict(sorted(runs.items()))), indent=1) + b"\n")


def report(measured: Run) -> Iterator[str]:
    """As text: where and when, and each table."""
    yield f"command:  {measured.command}"
    yield f"machine:  {measured.machine}, load {measured.load_before} before and {measured.load_after} after"
    yield f"date:     {measured.date}, commit {measured.commit}"
    yield f"versions: {measured.versions}"
    for name, rows in measured.tables.items():
        yield from ("", name, *table(rows))


def table(rows: Sequence[Mapping[str, float | int | str]]) -> Iterator[str]:
    """Columns as wide as they must be, numbers to the right."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([shown(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(names))]
    for line in cells:
        yield "  " + "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))


def shown(value: float | int | str) -> str:
    """A figure as people read it: three digits that count, or all of a whole number."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _commit() -> str:
    asked = ("git", "describe", "--always", "--exclude=*", "--dirty=+")  # a plus: with changes that are no commit
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
