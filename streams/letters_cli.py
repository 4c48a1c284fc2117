"""`klankbord deadletters`: what could not be processed, as people work with it."""

import base64
import json
import os
import pwd
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.settings import read_settings
from klankbord.cli import FAILED, REFUSED, AsJson
from klankbord.errors import KlankbordError
from streams.knocking import knock
from streams.letterbox import Letter, Letterbox, Redriven, Wanted, counts, letterbox

SHOWN: Final = 50
TIMES: Final = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]

out = Console()
err = Console(stderr=True, soft_wrap=True)

letters_app = typer.Typer(no_args_is_help=True, help="What could not be processed: look, send again, purge.")

Origins = Annotated[list[str] | None, typer.Argument(help="Origins, as `list` shows them: topic/partition/offset.")]
Reasons = Annotated[list[str] | None, typer.Option("--reason", help="Only this reason; may be given again.")]
Topics = Annotated[list[str] | None, typer.Option("--topic", help="Only from this input topic; may be given again.")]
Since = Annotated[datetime | None, typer.Option(formats=TIMES, help="Only those refused from then on, UTC.")]
Until = Annotated[datetime | None, typer.Option(formats=TIMES, help="Only those refused before, UTC.")]


@letters_app.command("list")
def list_letters(
    reason: Reasons = None,
    topic: Topics = None,
    since: Since = None,
    until: Until = None,
    every: Annotated[bool, typer.Option("--all", help="With those that were redriven.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Show so many of the newest; all are counted.")] = SHOWN,
    as_json: AsJson = False,
) -> None:
    """Show the dead letters, oldest first, and count them by reason; no word of what they hold."""
    with _letterbox() as box:
        found = [each for each in box.letters(_wanted(None, reason, topic, since, until)) if every or _open(each)]
    newest = found[-limit:] if limit else []
    if as_json:
        out.print_json(data={"letters": [_told(each) for each in newest], "counts": counts(found)})
        return
    table = Table("origin", "refused at", "reason", "bytes", "state", "error", box=None)
    for each in newest:
        table.add_row(
            each.origin, _time(each.at_ms), each.reason, str(each.length), each.state, Text(_plain(each.error))
        )
    if newest:
        out.print(table)
    out.print(Text(", ".join(f"{name} {count}" for name, count in counts(found).items()) or "no dead letters"))


@letters_app.command("show")
def show_letter(
    origin: Annotated[str, typer.Argument(help="topic/partition/offset, as `list` shows it.")],
    reveal: Annotated[
        bool, typer.Option(help="Show key and value, too: words of a customer. This is written down.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter; what it holds only with --reveal."""
    with _letterbox() as box:
        found = box.letters(Wanted(origins=frozenset({origin})), reveal=reveal)
    if not found:
        raise KlankbordError(f"no dead letter comes from {origin}; `klankbord deadletters list` shows where from")
    (letter,) = found
    if reveal:
        _audit("dead letter revealed", origin=letter.origin, reason=letter.reason)
    told = {**_told(letter), **(_revealed(letter) if reveal else {})}
    if as_json:
        out.print_json(data=told)
        return
    for name, value in told.items():
        if name == "value_base64":
            continue  # for programs
        out.print(Text(f"{name:<14}{_plain(str(value))}"), soft_wrap=True)


@letters_app.command()
def redrive(
    origins: Origins = None,
    reason: Reasons = None,
    topic: Topics = None,
    since: Since = None,
    until: Until = None,
    every: Annotated[bool, typer.Option("--all", help="All of them; else something must choose.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Say what would be sent, and send nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send dead letters to their input topic again, each once however often this is asked."""
    wanted = _chosen(origins, reason, topic, since, until, every=every)
    with _letterbox() as box:
        if not dry_run:
            _audit("dead letters redriven", **_asked(wanted))
        done = box.redrive(wanted, by=_who(), dry_run=dry_run)
    if as_json:
        fields = ("sent", "found", "in_doubt", "gone")
        out.print_json(data={"dry_run": dry_run, **{name: getattr(done, name) for name in fields}})
    else:
        _say(done, dry_run=dry_run)
    if done.in_doubt or done.gone:
        raise typer.Exit(FAILED)


@letters_app.command()
def purge(
    origins: Origins = None,
    reason: Reasons = None,
    topic: Topics = None,
    since: Since = None,
    until: Until = None,
    every: Annotated[bool, typer.Option("--all", help="All of them; else something must choose.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this it is only counted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Drop dead letters for good; Kafka erases what they hold when it compacts, an hour or two later."""
    wanted = _chosen(origins, reason, topic, since, until, every=every)
    with _letterbox() as box:
        found = [letter.origin for letter in box.letters(wanted)]
        if yes and found:
            _audit("dead letters purged", number=len(found), **_asked(wanted))
            box.purge(wanted)
    if as_json:
        out.print_json(data={"purged": found if yes else [], "would_purge": [] if yes else found})
    elif yes:
        out.print(f"purged: {len(found)}")
    else:
        out.print(f"would purge: {len(found)}; add --yes")
    if found and not yes:
        raise typer.Exit(REFUSED)


def _letterbox() -> AbstractContextManager[Letterbox]:
    settings = read_settings()
    return letterbox(settings.broker, access=knock(settings))


def _wanted(
    origins: list[str] | None,
    reason: list[str] | None,
    topic: list[str] | None,
    since: datetime | None,
    until: datetime | None,
) -> Wanted:
    return Wanted(frozenset(origins or ()), frozenset(reason or ()), frozenset(topic or ()), _ms(since), _ms(until))


def _chosen(
    origins: list[str] | None,
    reason: list[str] | None,
    topic: list[str] | None,
    since: datetime | None,
    until: datetime | None,
    *,
    every: bool,
) -> Wanted:
    wanted = _wanted(origins, reason, topic, since, until)
    if not every and wanted == Wanted():
        err.print("klankbord: say which: origins, --reason, --topic, --since, --until or --all", markup=False)
        raise typer.Exit(REFUSED)
    return wanted


def _asked(wanted: Wanted) -> dict[str, object]:
    asked = {name: getattr(wanted, name) for name in ("origins", "reasons", "topics", "since_ms", "until_ms")}
    return {name: sorted(each) if isinstance(each, frozenset) else each for name, each in asked.items() if each}


def _open(letter: Letter) -> bool:
    return letter.state != "redriven"


def _say(done: Redriven, *, dry_run: bool) -> None:
    out.print(f"would send: {len(done.sent)}" if dry_run else f"sent: {len(done.sent)}")
    for name, what in (
        ("found", "sent by an earlier run that broke off, marked now"),
        ("in_doubt", "announced by an earlier run, and the input no longer tells whether it was sent; not sent"),
        ("gone", "only the beginning was kept, and the input topic no longer has the whole; not sent"),
    ):
        for origin in getattr(done, name):
            out.print(Text(f"{origin}: {what}"), soft_wrap=True)


def _told(letter: Letter) -> dict[str, object]:
    by = {name: letter.headers[name].decode(errors="replace") for name in ("by", "redrives") if name in letter.headers}
    return {
        "origin": letter.origin,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "refused_at": _time(letter.at_ms),
        "reason": letter.reason,
        "error": letter.error,
        "bytes": letter.length,
        "whole": letter.whole,
        "sha256": letter.sha256,
        "state": letter.state,
        "copies": letter.copies,
        **by,
    }


def _revealed(letter: Letter) -> Mapping[str, object]:
    return {
        "key": None if letter.key is None else letter.key.decode(errors="backslashreplace"),
        "value": None if letter.value is None else letter.value.decode(errors="backslashreplace"),
        "value_base64": None if letter.value is None else base64.b64encode(letter.value).decode(),
    }


def _plain(text: str) -> str:
    """Nothing that a terminal would obey: a source may have written anything."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _who() -> str:
    """The user of the operating system, not of the environment, which anybody can set."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _audit(event: str, **fields: object) -> None:
    line = {"event": event, "by": _who(), "at": datetime.now(UTC).isoformat(timespec="seconds"), **fields}
    sys.stderr.write(json.dumps(line) + "\n")


def _ms(at: datetime | None) -> int | None:
    return None if at is None else round(at.replace(tzinfo=UTC).timestamp() * 1000)


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
