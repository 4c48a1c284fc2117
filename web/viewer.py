"""One open page: whose it is, and what waits to be sent to it, bounded in bytes."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Final, Literal, TypeAlias

from web import sse
from web.positions import START, Position
from web.revocation import names_of
from web.tokens import Session

Page: TypeAlias = Literal["supervisor", "agent"]
Reason: TypeAlias = Literal["slow", "shutdown", "revoked", "expired"]

# About a second of a full floor at its peak; a page that is further behind gains more from a fresh snapshot.
BACKLOG_BYTES: Final = 4 * 1024 * 1024
PING_S: Final = 15.0  # proxies close what is silent for 30 to 60 s


class Viewer:
    """The queue between the reader and one page; too full, it holds one last message and takes no more."""

    def __init__(self, page: Page, session: Session, *, backlog_bytes: int = BACKLOG_BYTES) -> None:
        self.page: Page = page
        self.subject = session.subject
        self.revoked_by = names_of(session)
        self._expires_at = session.expires_at
        self._limit = backlog_bytes
        self._size = 0
        self._waiting: deque[tuple[Position | None, bytes]] = deque()
        self._news = asyncio.Event()
        self.ended = False

    def tell(self, chunk: bytes, position: Position | None = None) -> bool:
        """Queue a chunk, False when that is no longer possible; without a `position` it is sent in any case."""
        if self.ended:
            return False
        # A snapshot may be larger than the limit; it is refused only when others wait before it.
        if self._waiting and self._size + len(chunk) > self._limit:
            self.cut("slow")
            return False
        self._size += len(chunk)
        self._waiting.append((position, chunk))
        self._news.set()
        return True

    def cut(self, reason: Reason) -> None:
        """End the stream; the page learns why and comes back with the last id it saw."""
        if self.ended:
            return
        # Only a server that ends still says what waits: to the others it is worthless, or no longer theirs.
        if reason != "shutdown":
            self._waiting.clear()
        self._waiting.append((None, sse.message("bye", b'{"reason":"%s"}' % reason.encode())))
        self.ended = True
        self._news.set()

    async def chunks(self, *, after: Position = START, ping_s: float = PING_S) -> AsyncIterator[bytes]:
        """What to send, as it comes: everything that waits in one piece, or a comment after `ping_s` of silence."""
        loop = asyncio.get_running_loop()
        sent_s = loop.time()
        alarm: asyncio.TimerHandle | None = None

        def ring() -> None:
            nonlocal alarm
            alarm = None
            self._news.set()

        try:
            while True:
                if time.time() >= self._expires_at:
                    self.cut("expired")
                # One alarm, set anew when it has rung: one for each chunk would cost more than the chunk.
                if alarm is None:
                    left_s = min(sent_s + ping_s - loop.time(), self._expires_at - time.time())
                    alarm = loop.call_later(max(0.0, left_s), ring)
                await self._news.wait()
                if time.time() >= self._expires_at:
                    self.cut("expired")
                self._news.clear()
                ready, ended = self._taken(after), self.ended
                if ready or loop.time() - sent_s >= ping_s:
                    yield ready or sse.COMMENT
                    sent_s = loop.time()
                if ended:
                    return
        finally:
            if alarm is not None:
                alarm.cancel()

    def _taken(self, after: Position) -> bytes:
        """Everything that waits, which from now on does not."""
        chunks = [chunk for position, chunk in self._waiting if position is None or position > after]
        self._waiting.clear()
        self._size = 0
        # One piece that was told to many stays one piece in memory.
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)
