"""A monitor whose recovery lingers at its end: it hears that the seek is done when events were handed out already.

`faust -A tests.e2e.lingering:monitor`. `LINGERING_FLOW=faust` gives it Faust's flow control; with
`LINGERING_UNWATCHED=1` nobody looks whether what was handed out arrives.
"""

import asyncio
import os
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, Final

import faust
from faust.types import Message
from mode.utils.queues import FlowControlEvent

from streams import app, transport

LINGERS_S: Final = 2.0
ENOUGH: Final = 200


class _Consumer(transport.PromptConsumer):
    _lingers = 0

    async def perform_seek(self) -> None:
        await super().perform_seek()
        self._lingers, self._enough = ENOUGH, asyncio.Event()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._enough.wait(), LINGERS_S)

    def _hand_out(self, message: Message) -> Awaitable[None]:
        if self._lingers:
            self._lingers -= 1
            if not self._lingers:
                self._enough.set()
        return super()._hand_out(message)

    def arrived(self, message: Any) -> None:
        if not os.environ.get("LINGERING_UNWATCHED"):
            super().arrived(message)


transport.EmbeddedTransport.Consumer = _Consumer
if os.environ.get("LINGERING_FLOW") == "faust":
    setattr(app, "FlowControl", FlowControlEvent)  # noqa: B010 - mypy takes no assignment to a class of a module


def __getattr__(name: str) -> faust.App:
    return getattr(app, name)  # type: ignore[no-any-return]
