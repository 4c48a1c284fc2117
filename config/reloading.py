"""The policy, the contact reasons and the playbook as they are now: a good file is taken, a bad one changes nothing."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from klankbord.errors import InvalidConfiguration

T = TypeVar("T")
_Stamp = tuple[tuple[str, int, int, int], ...]

log = structlog.get_logger()


class Reloading(Generic[T]):
    """What `load` makes of `paths`; a folder stands for the files in it.

    `look` is to be called about once a second. A file counts once it was the same at two looks, so that one that is
    still being written is not read half; `told` is called with whether what was found was taken.
    """

    def __init__(self, load: Callable[[], T], paths: Sequence[Path], *, told: Callable[[bool], None]) -> None:
        self._load = load
        self._paths = tuple(paths)
        self._told = told
        self._judged = self._seen = _stamp(self._paths)
        self.current: T = load()
        told(True)

    def look(self) -> bool:
        """Whether the files changed and what they say now is in force."""
        stamp, before = _stamp(self._paths), self._seen
        self._seen = stamp
        if stamp == self._judged or stamp != before:
            return False
        try:
            current = self._load()
        except InvalidConfiguration as error:
            self._judged = stamp
            log.error("configuration refused, the one before stays in force", mistakes=error.mistakes)
            self._told(False)
            return False
        if _stamp(self._paths) != stamp:  # it changed while it was read: the next looks decide
            return False
        self._judged, self.current = stamp, current
        log.info("configuration taken", files=[str(path) for path in self._paths])
        self._told(True)
        return True


def _stamp(paths: Sequence[Path]) -> _Stamp:
    """What changes when a file is written or replaced; a file that is not there has none."""
    return tuple(stamp for path in paths for file in _files(path) if (stamp := _of_file(file)) is not None)


def _files(path: Path) -> Iterator[Path]:
    # An editor's own files come and go beside those that count.
    yield from sorted(path.glob("*.toml")) if path.is_dir() else (path,)


def _of_file(path: Path) -> tuple[str, int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return str(path), found.st_mtime_ns, found.st_size, found.st_ino
