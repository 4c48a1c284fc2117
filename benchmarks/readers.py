"""Open pages without a browser: thousands of event streams in one process that reads little of each byte.

It is told what to do over a pipe, so that its work is another process's than the one that is measured.
"""

import asyncio
import re
import resource
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any, Final, NamedTuple

OPENING_AT_ONCE: Final = 50
OPEN_S: Final = 120.0
_HEAD: Final = b"\nid: "
_ENTRY: Final = re.compile(rb"\nid: (\d+-\d+)\nevent: (\w+)\n")
_ROW: Final = b"\nevent: row\n"
# A row's own time: the writer puts it there as it writes.
ROW_AT: Final = re.compile(rb'"state":"(?:open|ended)","at":([0-9.]+),')
_TOLD: Final = frozenset({b"alert", b"suppressed", b"suggestion", b"withdrawn"})


class Asked(NamedTuple):
    """One stream to open."""

    name: str
    path: str
    token: str


class Heard(NamedTuple):
    """What came over all streams since the last time this was asked."""

    entries: dict[str, list[str]]  # by stream, the ids of the alerts or suggestions in their order
    rows: dict[str, int]
    late_ms: dict[str, list[float]]  # by what it was: alerts, suggestions, rows
    ended: list[str]
    bytes_: int
    cpu_s: float


class Opened(NamedTuple):
    """How the opening went."""

    seconds: float
    first_ms: list[float]
    refused: list[str]


class Reader(asyncio.Protocol):
    """One stream, cut into whole events."""

    def __init__(self, asked: Asked, host: str, pages: "Pages") -> None:
        self._asked = asked
        self.opened: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._host = host
        self._pages = pages
        self._rest = bytearray()
        self._began = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        lines = (
            f"GET {self._asked.path} HTTP/1.1",
            f"Host: {self._host}",
            f"Authorization: Bearer {self._asked.token}",
        )
        transport.write("\r\n".join((*lines, "", "")).encode())

    def data_received(self, data: bytes) -> None:
        now, rest = time.time(), self._rest
        known = len(rest)
        rest += data
        end = rest.rfind(b"\n\n", max(0, known - 1))
        if end < 0:
            return
        whole = bytes(rest[: end + 1])
        del rest[: end + 1]  # an event begins after a line's end, the first of a piece too
        if not self.opened.done():
            self._opening(whole)
        self._pages.read(self._asked, whole, now)

    def _opening(self, whole: bytes) -> None:
        if not whole.startswith(b"HTTP/1.1 200 ") and whole.startswith(b"HTTP/1.1"):
            self.opened.set_exception(ConnectionError(whole[:40].decode("latin-1")))
        # The last of what is sent at once, on both pages.
        elif b"\nevent: health\n" in whole:
            self.opened.set_result(1000 * (time.monotonic() - self._began))

    def connection_lost(self, exc: Exception | None) -> None:
        self._pages.ended.append(self._asked.name)
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError(bytes(self._rest[:40]).decode("latin-1")))


class Pages:
    """All streams of this process and what they heard."""

    def __init__(self) -> None:
        self._readers: list[Reader] = []
        self.ended: list[str] = []
        self._clear()

    def _clear(self) -> None:
        self._entries: dict[str, list[str]] = {}
        self._rows: Counter[str] = Counter()
        self._late_ms: dict[str, list[float]] = {"alerts": [], "suggestions": [], "rows": []}
        self._bytes = 0
        self._cpu_s = time.process_time()

    async def open(self, host: str, port: int, streams: Sequence[Asked]) -> Opened:
        """Open these, some at a time; each is open when all that stands has come."""
        loop, began, places = asyncio.get_running_loop(), time.monotonic(), asyncio.Semaphore(OPENING_AT_ONCE)

        async def one(asked: Asked) -> float | str:
            async with places:
                _, reader = await loop.create_connection(lambda: Reader(asked, f"{host}:{port}", self), host, port)
                self._readers.append(reader)
                try:
                    return await asyncio.wait_for(reader.opened, OPEN_S)
                except (ConnectionError, TimeoutError) as error:
                    return f"{asked.name}: {error!r}"

        results = await asyncio.gather(*(one(asked) for asked in streams))
        refused = [one for one in results if isinstance(one, str)]
        return Opened(time.monotonic() - began, [one for one in results if isinstance(one, float)], refused)

    def read(self, asked: Asked, events: bytes, now: float) -> None:
        """Note what is in these whole events."""
        self._bytes += len(events)
        if rows := events.count(_ROW):
            self._rows[asked.name] += rows
            # One of each piece, and the first: it waited longest.
            at = ROW_AT.search(events)
            if at is not None:
                self._late_ms["rows"].append(1000 * (now - float(at[1])))
        place = events.find(_HEAD)
        while place >= 0:
            head = _ENTRY.match(events, place)
            if head is not None and head[2] in _TOLD:
                self._note(asked.name, head[1].decode(), head[2], now)
            place = events.find(_HEAD, place + 1)

    def _note(self, name: str, entry_id: str, event: bytes, now: float) -> None:
        self._entries.setdefault(name, []).append(entry_id)
        kind = "alerts" if event in (b"alert", b"suppressed") else "suggestions"
        self._late_ms[kind].append(1000 * now - int(entry_id.split("-")[0]))

    def heard(self) -> Heard:
        """What came, and from here on anew."""
        said = Heard(
            self._entries, dict(self._rows), self._late_ms, self.ended, self._bytes, time.process_time() - self._cpu_s
        )
        self.ended = []
        self._clear()
        return said

    def count(self) -> tuple[int, int]:
        """Entries and rows that came so far."""
        return sum(map(len, self._entries.values())), sum(self._rows.values())


def run(pipe: Connection) -> None:
    """Do what the pipe says until it closes."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(_run(pipe))


async def _run(pipe: Connection) -> None:
    pages = Pages()
    does: dict[str, Callable[[], object]] = {"heard": pages.heard, "count": pages.count}
    async for what, *more in questions(pipe):
        pipe.send(await pages.open(*more) if what == "open" else does[what]())


async def questions(pipe: Connection) -> AsyncIterator[tuple[Any, ...]]:
    """What the pipe says until it closes; everything else of the process goes on meanwhile."""
    news = asyncio.Event()
    asyncio.get_running_loop().add_reader(pipe.fileno(), news.set)
    while True:
        await news.wait()
        news.clear()
        # The loop tells of a question again before it is read: to read then would stop the process until the next.
        while pipe.poll():
            try:
                said = pipe.recv()
            except EOFError:
                return
            yield said
