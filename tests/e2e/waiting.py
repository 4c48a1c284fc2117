"""Waiting for what must happen, and looking for what must not be left."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

Found = TypeVar("Found")

POLL_S: Final = 0.05


def until(look: Callable[[], Found], *, within_s: float, what: str) -> Found:
    """The first look that is not empty; "`what`" is what never happened when the time is up."""
    deadline = time.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:g} s: {what}")
        time.sleep(POLL_S)


def processes_of(directory: Path) -> list[int]:
    """Every process that has `directory` in its environment or its command, or writes its output there.

    By these and not by name or parent: an orphan has another parent, and others may run the same programs.
    """
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _is_of(entry, directory)]


def _is_of(process: Path, directory: Path) -> bool:
    mark = str(directory).encode()
    # It may end while we look, and others' processes show us nothing.
    with suppress(OSError):
        if mark in (process / "environ").read_bytes() + (process / "cmdline").read_bytes():
            return True
        return mark in bytes((process / "fd" / "1").readlink())
    return False


def answer_of(url: str) -> tuple[int, bytes]:
    """The status and the body that this address answers; (0, b"") when nobody answers there."""
    try:
        with urllib.request.urlopen(url, timeout=5) as found:
            return found.status, found.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()
    except OSError:
        return 0, b""
