"""Ends this process at once where going on would lose something: what was not committed comes again."""

import json
import os
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

import structlog

log = structlog.get_logger()

Leave: TypeAlias = Callable[[str], None]
Cause: TypeAlias = Literal["watchdog", "asleep", "not_written", "not_processed"]
CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)
# A disk that hangs must not keep alive what has to end.
NOTING_S: Final = 1.0


def arisen(error: BaseException) -> str:
    """What `error` is and where it arose, innermost first.

    Neither its message nor a traceback: a logger that knows rich shows the variables around with it, and either may
    hold what a customer said.
    """
    frames = reversed(traceback.extract_tb(error.__traceback__))
    return f"{type(error).__name__} at {' < '.join(f'{Path(one.filename).name}:{one.lineno}' for one in frames)}"


def leave(why: str) -> None:
    """End with a code that says failure. No clean-up: a clean stop of Faust's would commit."""
    log.critical("the process ends", why=why)
    os._exit(os.EX_SOFTWARE)


class Ends:
    """Counts in a file how often processes of one place ended themselves, so that the next one can tell."""

    def __init__(self, path: Path, *, leave: Leave = leave) -> None:
        self._path = path
        self._leave = leave
        self.counts: Final[dict[Cause, int]] = _read(path)

    def by(self, cause: Cause) -> Leave:
        """A way to leave that is counted under `cause`."""

        def counted(why: str) -> None:
            noting = threading.Thread(target=self._note, args=(cause,), daemon=True)
            noting.start()
            noting.join(NOTING_S)
            self._leave(why)

        return counted

    def _note(self, cause: Cause) -> None:
        self.counts[cause] += 1
        try:
            half = self._path.with_suffix(".new")
            half.write_text(json.dumps(self.counts), encoding="utf-8")
            half.replace(self._path)
        except OSError as error:
            log.warning("the end of this process cannot be noted", error=str(error))


def _read(path: Path) -> dict[Cause, int]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {cause: int(found.get(cause, 0)) for cause in CAUSES}
    except (OSError, ValueError, AttributeError, TypeError):
        return dict.fromkeys(CAUSES, 0)
