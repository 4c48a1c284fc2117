"""The one reader of Redis in this process: what it reads is handed to every open page."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final, TypeAlias, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from streams.wire import ALERTS, BOARD, BOARD_CHANGES, FIELD, OPEN_ALERTS, SUGGESTIONS, current_suggestion
from web import sse
from web.board import Board, agent_of, event_of
from web.metrics import Metrics
from web.positions import START, Position, position, stream_id
from web.viewer import BACKLOG_BYTES, PING_S, Page, Viewer

Entry: TypeAlias = tuple[bytes, dict[bytes, bytes]]

MAX_STREAMS: Final = 1000  # each holds an open file; the soft limit of many systems is 1,024
BATCH: Final = 500
BLOCK_MS: Final = 2000
# Under load, what comes within this time is sent as one piece: 40 wake-ups a second per page, not thousands.
PACE_S: Final = 0.025
FIRST_RETRY_S: Final = 0.2
LAST_RETRY_S: Final = 5.0
TENANT: Final = "demo"
AWAY: Final = sse.message("bye", b'{"reason":"redis"}')
STREAMS: Final = (ALERTS, BOARD_CHANGES, SUGGESTIONS)

_log: Final = logging.getLogger(__name__)


class Hub:
    """Follows the streams, remembers what is open, and tells the viewers; says so when Redis is away."""

    def __init__(
        self,
        redis: Redis,
        metrics: Metrics,
        *,
        max_streams: int = MAX_STREAMS,
        backlog_bytes: int = BACKLOG_BYTES,
        ping_s: float = PING_S,
    ) -> None:
        self._redis = redis
        self._metrics = metrics
        self._max_streams = max_streams
        self._backlog_bytes = backlog_bytes
        self._ping_s = ping_s
        self._viewers: set[Viewer] = set()
        self._board: Board | None = None
        self._at: dict[str, Position] = {}
        self._changed_s = time.monotonic()
        self._closed = False
        self.up = False

    # What the reader does.

    async def run(self) -> None:
        """Read for ever; when Redis is away, wait a little longer each time and start from a fresh picture."""
        retry_s = FIRST_RETRY_S
        while True:
            try:
                await self._resume()
                retry_s = FIRST_RETRY_S
                while True:
                    await self._read()
                    await asyncio.sleep(PACE_S)
            except (RedisError, OSError) as error:
                self._lost(error)
            await asyncio.sleep(retry_s)
            retry_s = min(retry_s * 2, LAST_RETRY_S)

    def close(self) -> None:
        """End all streams, so that the process may end; new ones are refused."""
        self._closed = True
        for viewer in self._viewers:
            if not viewer.ended:
                viewer.cut("shutdown")
                self._metrics.messages.labels("bye").inc()

    async def _resume(self) -> None:
        """One transaction gives what is open, where the streams stand, and the alerts that came while we were away."""
        known = self._at.get(ALERTS)
        pipe = self._redis.pipeline(transaction=True)
        pipe.hgetall(BOARD)
        pipe.hgetall(OPEN_ALERTS)
        for stream in STREAMS:
            pipe.xrevrange(stream, count=1)
        if known is not None:
            pipe.xrange(ALERTS, min="(" + stream_id(known))
        rows, alerts, *rest = await pipe.execute()
        agents = await self._current_suggestions({v.agent_id for v in self._viewers if v.page == "agent"})
        self._board = Board(rows, alerts)
        self._at = {stream: _newest(rest[i]) for i, stream in enumerate(STREAMS)}
        self._mark(up=True)
        missed = [message for entry in (rest[3] if known is not None else ()) if (message := _alert(entry))]
        self._tell_floor("alert", missed)
        self._tell_floor("snapshot", [self._snapshot()])
        for viewer in self._viewers:
            if viewer.page == "agent" and viewer.agent_id in agents:
                self._tell(viewer, "current", agents[viewer.agent_id][0])
            self._tell(viewer, "health", self._health())

    async def _read(self) -> None:
        found = await self._redis.xread(
            {stream: stream_id(at) for stream, at in self._at.items()}, count=BATCH, block=BLOCK_MS
        )
        # The client's types name every shape that any of its protocols may give; ours is the plain one.
        for name, entries in cast(list[tuple[bytes, list[Entry]]], found):
            stream = name.decode()
            self._at[stream] = position(entries[-1][0])
            if stream == SUGGESTIONS:
                self._suggest(entries)
            else:
                self._show(stream, entries)

    def _show(self, stream: str, entries: list[Entry]) -> None:
        messages = []
        for entry_id, fields in entries:
            try:
                messages.append(self._shown(stream, entry_id, fields[FIELD]))
            except (KeyError, msgspec.DecodeError):
                _log.warning("unreadable entry skipped: stream=%s id=%s", stream, entry_id.decode())
        self._tell_floor("alert" if stream == ALERTS else "row", messages)

    def _shown(self, stream: str, entry_id: bytes, raw: bytes) -> bytes:
        assert self._board is not None  # nothing is read before it was loaded
        if stream == ALERTS:
            self._board.alert(raw)
            return sse.message("alert", raw, entry_id.decode())
        self._board.row(raw)
        return sse.message("row", raw)

    def _suggest(self, entries: list[Entry]) -> None:
        for entry_id, fields in entries:
            try:
                raw = fields[FIELD]
                agent_id = agent_of(raw)
                event = event_of(raw)
            except (KeyError, msgspec.DecodeError):
                _log.warning("unreadable entry skipped: stream=%s id=%s", SUGGESTIONS, entry_id.decode())
                continue
            message = sse.message(event, raw, entry_id.decode())
            for viewer in self._viewers:
                if viewer.page == "agent" and viewer.agent_id == agent_id:
                    self._tell(viewer, event, message, position(entry_id))

    def _lost(self, error: Exception) -> None:
        if self.up or self._board is None:
            _log.warning("Redis is away, the pages are told: %s", error)
        if self.up:
            self._mark(up=False)
            for viewer in self._viewers:
                self._tell(viewer, "health", self._health())

    def _mark(self, *, up: bool) -> None:
        self.up = up
        self._changed_s = time.monotonic()
        self._metrics.redis_up.set(up)

    # What a page gets.

    def join(self, page: Page, agent_id: str = "") -> Viewer | None:
        """A viewer that hears everything from this moment on; None when there are too many."""
        if self._closed or len(self._viewers) >= self._max_streams:
            return None
        viewer = Viewer(page, agent_id, backlog_bytes=self._backlog_bytes)
        self._viewers.add(viewer)
        self._metrics.streams.labels(page).inc()
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """The page is gone."""
        if viewer in self._viewers:
            self._viewers.remove(viewer)
            self._metrics.streams.labels(viewer.page).dec()

    def floor(self, viewer: Viewer, since: Position | None) -> AsyncGenerator[bytes]:
        """The floor from now on, taken at the very moment of the call; first the alerts after `since`."""
        opening = sse.RETRY
        if self._board is not None:
            opening += self._counted("snapshot", self._snapshot())
        opening += self._counted("health", self._health())
        return self._floor(viewer, self._at.get(ALERTS, START), since, opening)

    async def _floor(
        self, viewer: Viewer, now: Position, since: Position | None, opening: bytes
    ) -> AsyncGenerator[bytes]:
        # The missed come first: whoever loses the connection among them comes back with an id that is still right.
        try:
            if since is not None:
                async for chunk in self._missed(since, now):
                    yield chunk
        except (RedisError, OSError):
            yield self._counted("bye", AWAY)
            return
        yield opening
        async for chunk in viewer.chunks(ping_s=self._ping_s):
            yield chunk

    async def _missed(self, since: Position, now: Position) -> AsyncIterator[bytes]:
        while since < now:
            found = await self._redis.xrange(ALERTS, min="(" + stream_id(since), max=stream_id(now), count=BATCH)
            page = cast(list[Entry], found)
            if not page:
                return
            since = position(page[-1][0])
            messages = [message for entry in page if (message := _alert(entry))]
            yield b"".join(self._counted("alert", message) for message in messages)

    async def suggestions(self, viewer: Viewer) -> AsyncGenerator[bytes]:
        """The suggestion that stands for this agent, then each new one."""
        after = START
        yield sse.RETRY
        try:
            if self.up:
                current, after = (await self._current_suggestions({viewer.agent_id}))[viewer.agent_id]
                yield self._counted("current", current)
        except (RedisError, OSError):
            yield self._counted("bye", AWAY)
            return
        yield self._counted("health", self._health())
        async for chunk in viewer.chunks(after=after, ping_s=self._ping_s):
            yield chunk

    async def _current_suggestions(self, agent_ids: set[str]) -> dict[str, tuple[bytes, Position]]:
        """Per agent, what stands now and for how long, and the place in the stream up to which that is known."""
        agents = sorted(agent_ids)
        if not agents:
            return {}
        pipe = self._redis.pipeline(transaction=True)
        pipe.xrevrange(SUGGESTIONS, count=1)
        for agent_id in agents:
            pipe.get(current_suggestion(TENANT, agent_id))
            pipe.pttl(current_suggestion(TENANT, agent_id))
        newest, *found = await pipe.execute()
        at = _newest(newest)
        return {
            agent_id: (sse.message("current", _current(found[2 * i], found[2 * i + 1]), stream_id(at)), at)
            for i, agent_id in enumerate(agents)
        }

    def _snapshot(self) -> bytes:
        assert self._board is not None  # asked for only once it was loaded
        return sse.message("snapshot", self._board.snapshot(), stream_id(self._at[ALERTS]))

    def _health(self) -> bytes:
        state = "live" if self.up else "stale"
        data = msgspec.json.encode({"state": state, "for_s": round(time.monotonic() - self._changed_s, 1)})
        return sse.message("health", data)

    # How it is told.

    def _tell_floor(self, event: str, messages: list[bytes]) -> None:
        if not messages:
            return
        chunk = b"".join(messages)
        for viewer in self._viewers:
            if viewer.page == "supervisor":
                self._tell(viewer, event, chunk, count=len(messages))

    def _tell(self, viewer: Viewer, event: str, chunk: bytes, at: Position | None = None, *, count: int = 1) -> None:
        ended = viewer.ended
        if viewer.tell(chunk, at):
            self._metrics.messages.labels(event).inc(count)
        elif not ended:
            self._metrics.messages.labels("bye").inc()

    def _counted(self, event: str, message: bytes) -> bytes:
        self._metrics.messages.labels(event).inc()
        return message


def _newest(entries: list[Entry]) -> Position:
    return position(entries[0][0]) if entries else START


def _alert(entry: Entry) -> bytes | None:
    entry_id, fields = entry
    return sse.message("alert", fields[FIELD], entry_id.decode()) if FIELD in fields else None


def _current(raw: bytes | None, left_ms: int) -> bytes:
    """The stored suggestion with the seconds it still stands; null when none does."""
    if raw is None:
        return b'{"suggestion":null,"left_s":0}'
    left_s = b"%.1f" % (left_ms / 1000) if left_ms >= 0 else b"null"
    return b'{"suggestion":%s,"left_s":%s}' % (raw, left_s)
