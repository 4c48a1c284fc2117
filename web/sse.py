"""Server-sent events: how a message looks on the wire, and the response that carries them."""

import asyncio
import time
from asyncio import FIRST_COMPLETED
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

COMMENT: Final = b":\n\n"
RETRY: Final = b"retry: 2000\n\n"  # for plain EventSource readers; our own pages wait by themselves
# A reader that takes nothing for so long holds a connection and will not miss it.
SEND_TIMEOUT_S: Final = 20.0

HEADERS: Final = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def message(event: str, data: bytes, event_id: str | None = None) -> bytes:
    """One event. JSON has line ends only between its tokens, where a space means the same."""
    line = data.replace(b"\r", b" ").replace(b"\n", b" ")
    head = b"" if event_id is None else b"id: %s\n" % event_id.encode()
    return b"%sevent: %s\ndata: %s\n\n" % (head, event.encode(), line)


class EventStream(Response):
    """A response that lasts until `content` ends or the reader leaves; `on_close` runs in every case."""

    def __init__(
        self,
        content: AsyncGenerator[bytes],
        *,
        on_close: Callable[[], None],
        send_timeout_s: float = SEND_TIMEOUT_S,
    ) -> None:
        self.status_code = 200
        self.background = None
        self.body = b""
        self.init_headers(HEADERS)
        del self.headers["content-length"]
        self._content = content
        self._on_close = on_close
        self._send_timeout_s = send_timeout_s
        self._began_s: float | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_disconnected(receive))
        try:
            # One look at the clock now and then: a timer for each chunk would cost more than the chunk.
            while not (await asyncio.wait({sending, leaving}, timeout=self._left_s(), return_when=FIRST_COMPLETED))[0]:
                if self._left_s() <= 0:
                    break
        finally:
            self._on_close()
            sending.cancel()
            leaving.cancel()
            await asyncio.wait({sending, leaving})
        if not sending.cancelled():
            sending.result()

    def _left_s(self) -> float:
        """How long what is being sent may still take; of nothing, the whole time."""
        began_s = self._began_s
        return self._send_timeout_s - (0.0 if began_s is None else time.monotonic() - began_s)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._content) as content:
            async for chunk in content:
                self._began_s = time.monotonic()
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                self._began_s = None
        self._began_s = time.monotonic()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
