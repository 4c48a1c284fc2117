"""Ends this process at once where going on would lose something: what was not committed comes again."""

import os
from collections.abc import Callable
from typing import TypeAlias

import structlog

log = structlog.get_logger()

Leave: TypeAlias = Callable[[str], None]


def leave(why: str) -> None:
    """End with a code that says failure. No clean-up: a clean stop of Faust's would commit."""
    log.critical("the process ends", why=why)
    os._exit(os.EX_SOFTWARE)
