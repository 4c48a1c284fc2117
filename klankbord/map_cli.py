"""`klankbord map`: what records of another shape become, before a worker reads them."""

import gzip
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from klankbord.channels.mapping import MAX_RECORD_BYTES, Made, Maps, TopicMap, events_in, read_maps
from klankbord.errors import InvalidConfiguration, InvalidEvent, KlankbordError
from klankbord.events import Utterance

FAILED: Final = 1
SHOWN_CHARS: Final = 60

map_app = typer.Typer(no_args_is_help=True, help="Topics of another shape: the file that says how they become events.")
out = Console()


# With one command a group would be that command.
@map_app.callback()
def describe() -> None:
    """Topics of another shape: the file that says how they become events."""


@map_app.command("check")
def check(
    map_: Annotated[Path, typer.Argument(metavar="MAP", help="The file of maps, TOML.")],
    samples: Annotated[
        Path | None, typer.Argument(help="Records of the topic, one a line: .jsonl or .jsonl.gz.")
    ] = None,
    topic: Annotated[str, typer.Option(help="Whose map to use, where the file has more than one.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Check a file of maps, and show what becomes of each line of SAMPLES or why nothing does."""
    maps = read_maps(_text(map_), source=str(map_))
    if samples is None:
        out.print(f"the map is right: {', '.join(maps)}", soft_wrap=True, highlight=False)
        return
    of = _chosen(maps, topic, map_)
    found = [(number, made) for number, line in _lines(samples) for made in _made(line, of)]
    if not found:
        raise KlankbordError(f"{samples}: no records in it")
    if as_json:
        for number, made in found:
            out.out(msgspec.json.encode({"line": number, **_row(made)}).decode(), highlight=False)
    else:
        _show(found)
    if any(made.refused for _, made in found):
        raise typer.Exit(FAILED)


def _made(line: bytes, of: TopicMap) -> list[Made]:
    try:
        return events_in(line, of, produced_ms=round(time.time() * 1000))
    except InvalidEvent as error:
        return [Made(1, refused=error)]


def _row(made: Made) -> dict[str, object]:
    if made.event is not None:
        return {"entry": made.entry, "event": made.event}
    if made.refused is not None:
        return {"entry": made.entry, "reason": made.refused.reason, "refused": str(made.refused)}
    return {"entry": made.entry, "skipped": made.skipped}


def _show(found: list[tuple[int, Made]]) -> None:
    table = Table("line", "entry", "becomes", "conversation", "at", "what", box=None)
    for number, made in found:
        table.add_row(str(number), str(made.entry), *(Text(cell) for cell in _cells(made)))
    out.print(table)
    counted = Counter("event" if one.event else "refused" if one.refused else "skipped" for _, one in found)
    out.print(", ".join(f"{what} {counted[what]}" for what in ("event", "skipped", "refused")), highlight=False)


def _cells(made: Made) -> tuple[str, str, str, str]:
    event = made.event
    if event is None:
        if made.refused is None:
            return "skipped", "", "", made.skipped
        return f"refused: {made.refused.reason}", "", "", str(made.refused)
    said = f"{event.role}: {event.text}" if isinstance(event, Utterance) else ""
    shown = said if len(said) <= SHOWN_CHARS else said[: SHOWN_CHARS - 1] + "…"
    kind = str(event.__struct_config__.tag)
    return (
        kind,
        event.conversation_id,
        event.at.isoformat(timespec="milliseconds"),
        "".join(filter(str.isprintable, shown)),
    )


def _chosen(maps: Maps, topic: str, path: Path) -> TopicMap:
    if topic:
        if topic not in maps:
            raise InvalidConfiguration([f"{path}: has no map of '{topic}'; it has {', '.join(maps)}"])
        return maps[topic]
    if len(maps) > 1:
        raise InvalidConfiguration([f"{path}: has maps of {', '.join(maps)}; choose with --topic"])
    return next(iter(maps.values()))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            number = 0
            # A line is read as far as it may be long, and what is longer is refused as a record.
            while line := file.readline(MAX_RECORD_BYTES + 2):
                number += 1
                if line.strip():
                    yield number, line.rstrip(b"\r\n")
                while line and not line.endswith(b"\n"):
                    line = file.readline(MAX_RECORD_BYTES)
    except (OSError, EOFError) as error:
        raise KlankbordError(f"{path}: cannot be read: {error}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfiguration([f"{path}: cannot be read: {error}"]) from None
