"""What was recorded: events of many conversations in time order, and what people said of them."""

import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from klankbord.channels.transcript import Transcript, read_transcript
from klankbord.errors import InvalidEvent, KlankbordError
from klankbord.events import Event, decode
from klankbord.labels import Label, labelled
from klankbord.tenant import Mark

SUFFIXES: Final = (".txt", ".jsonl", ".jsonl.gz")


@dataclass(frozen=True, slots=True)
class Labelled:
    """What people said of a conversation: at which of the customer's turns they wanted an alert, if at any."""

    tenant: str
    conversation_id: str
    wanted: int | None
    calm: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that is no event, and the reason by which the monitor would have refused it."""

    reason: str


Piece: TypeAlias = Event | Labelled | Refused
# A part has one clock: what nobody answered in it is waited for until its last event.
Part: TypeAlias = Iterable[Piece]

_mark: Final = msgspec.json.Decoder(Mark)


def parts(paths: Sequence[Path]) -> Iterator[Part]:
    """One part a file; of a folder, all recordings in it and below, by name."""
    for path in paths:
        for file in _files(path):
            yield _transcript(file) if file.suffix == ".txt" else _lines(file)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file() and file.name.endswith(SUFFIXES))
        if not found:
            raise KlankbordError(f"{path}: no recording in it; one ends in {', '.join(SUFFIXES)}")
        return found
    if not path.name.endswith(SUFFIXES):
        raise KlankbordError(f"{path}: is no recording; one ends in {', '.join(SUFFIXES)}")
    return [path]


def _transcript(file: Path) -> Iterator[Piece]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KlankbordError(f"{file}: cannot be read: {error}") from None
    if not any(line.startswith("=") for line in text.splitlines()):
        yield from read_transcript(text, name=file.stem).events
        return
    try:
        transcript, labels = labelled(text, name=file.stem)
    except ValueError as error:
        raise KlankbordError(f"{file}: {error}") from None
    if transcript.events:
        yield _label(transcript, tuple(labels.values()))
    yield from transcript.events


def _label(transcript: Transcript, labels: Sequence[Label]) -> Labelled:
    first = transcript.events[0]
    wanted = next((turn for turn, label in enumerate(labels) if label.alert), None)
    calm = wanted is None and transcript.comment.startswith("calm:")
    return Labelled(first.tenant, first.conversation_id, wanted, calm)


def _lines(file: Path) -> Iterator[Piece]:
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
            for line in lines:
                if line.strip() and not _is_mark(line):
                    yield _event(line)
    except (OSError, EOFError, zlib.error) as error:
        raise KlankbordError(f"{file}: cannot be read: {error}") from None


def _event(line: bytes) -> Event | Refused:
    try:
        return decode(line)
    except InvalidEvent as error:
        return Refused(error.reason)


def _is_mark(line: bytes) -> bool:
    """Whether a person marked an alert here: `klankbord adapt` learns from it, here it is nothing."""
    if b'"mark"' not in line:
        return False
    try:
        _mark.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
