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
        while True:
            left_s = self._expires_at - time.time()
            if left_s <= 0:
                self.cut("expired")
            if not self._news.is_set():
                try:
                    await asyncio.wait_for(self._news.wait(), min(ping_s, left_s))
                except TimeoutError:
                    if left_s > ping_s:
                        yield sse.COMMENT
                    continue
            if time.time() >= self._expires_at:
                self.cut("expired")
            self._news.clear()
            ready = b"".join(chunk for position, chunk in self._waiting if position is None or position > after)
            self._waiting.clear()
            self._size = 0
            ended = self.ended
            if ready:
                yield ready
            if ended:
                return
