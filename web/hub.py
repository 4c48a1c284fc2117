"""The one reader of Redis in this process: what it reads is handed to every open page."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Final, NamedTuple, TypeAlias, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from streams.metrics import WebMetrics
from streams.wire import (
    ALERTS,
    BOARD,
    BOARD_CHANGES,
    CANARY,
    FIELD,
    HELD_ALERTS,
    LIFE_CHANGES,
    LIVES,
    OPEN_ALERTS,
    PRODUCED,
    REVOKED,
    SUGGESTIONS,
    current_suggestion,
)
from web import sse
from web.access import Object
from web.audience import Audience, Audiences
from web.board import Board, Kept, agent_of, event_of, gone, is_shown, scope_of_alert
from web.canary import Canary
from web.positions import START, Position, position, stream_id
from web.revocation import Revoked
from web.tokens import Session
from web.viewer import BACKLOG_BYTES, PING_S, Page, Reason, Viewer

Entry: TypeAlias = tuple[bytes, dict[bytes, bytes]]
Agent: TypeAlias = tuple[str, str]  # tenant and agent id

MAX_STREAMS: Final = 4000  # each holds an open file; `python -m web` raises the soft limit, of often 1,024
MAX_STREAMS_EACH: Final = 5
BATCH: Final = 2000
BLOCK_MS: Final = 1000  # between two looks at who was revoked
# Under load, what comes within this time is sent as one piece: 40 wake-ups a second per page, not thousands.
PACE_S: Final = 0.025
FIRST_RETRY_S: Final = 0.2
LAST_RETRY_S: Final = 5.0
AWAY: Final = sse.message("bye", b'{"reason":"redis"}')
STREAMS: Final = (ALERTS, BOARD_CHANGES, SUGGESTIONS, LIFE_CHANGES)

_log: Final = logging.getLogger(__name__)


class Told(NamedTuple):
    """A message under its name and whose it is; those of `but` have heard it otherwise."""

    event: str
    scope: Object
    message: bytes
    but: Object | None = None

    def reaches(self, audience: Audience) -> bool:
        """Whether it is for these."""
        if not audience.sees(self.scope.tenant, self.scope.team):
            return False
        return self.but is None or not audience.sees(self.but.tenant, self.but.team)


class Hub:
    """Follows the streams, remembers what is open, and tells the viewers; says so when Redis is away."""

    def __init__(
        self,
        redis: Redis,
        metrics: WebMetrics,
        revoked: Revoked,
        *,
        max_streams: int = MAX_STREAMS,
        backlog_bytes: int = BACKLOG_BYTES,
        ping_s: float = PING_S,
        canary: Canary | None = None,
    ) -> None:
        self._redis = redis
        self._canary = canary
        self._metrics = metrics
        self._revoked = revoked
        self._max_streams = max_streams
        self._backlog_bytes = backlog_bytes
        self._ping_s = ping_s
        self._audiences = Audiences()
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
                    await self._look_for_canary()
                    await asyncio.sleep(PACE_S)
            except (RedisError, OSError) as error:
                self._lost(error)
                self._tell_canary()
            await asyncio.sleep(retry_s)
            retry_s = min(retry_s * 2, LAST_RETRY_S)

    def close(self) -> None:
        """End all streams, so that the process may end; new ones are refused."""
        self._closed = True
        for viewer in self._audiences.viewers:
            self._cut(viewer, "shutdown")

    async def _resume(self) -> None:
        """One transaction gives what is open, where the streams stand, and the alerts that came while we were away."""
        known = self._at.get(ALERTS)
        pipe = self._redis.pipeline(transaction=True)
        pipe.smembers(REVOKED)
        pipe.hgetall(BOARD)
        for alerts in (OPEN_ALERTS, HELD_ALERTS, LIVES):
            pipe.hgetall(alerts)
        for stream in STREAMS:
            pipe.xrevrange(stream, count=1)
        if known is not None:
            pipe.xrange(ALERTS, min="(" + stream_id(known))
        revoked, rows, shown, held, lives, *rest = await pipe.execute()
        agents = await self._current_suggestions(self._audiences.agents())
        self._end_revoked(revoked)
        self._board = Board(rows, shown, held, lives)
        self._at = {stream: _place(rest[i]) for i, stream in enumerate(STREAMS)}
        self._mark(up=True)
        self._tell_floor([told for entry in (rest[-1] if known is not None else ()) if (told := _alert(entry))])
        for audience in self._audiences.floors():
            for viewer in audience.viewers:
                self._tell(viewer, "snapshot", self._snapshot(audience))
        for agent, (current, _) in agents.items():
            for viewer in self._audiences.of_agent(*agent):
                self._tell(viewer, "current", current)
        self._tell_everybody("health", self._health())

    async def _read(self) -> None:
        found = await self._redis.xread(
            {stream: stream_id(at) for stream, at in self._at.items()}, count=BATCH, block=BLOCK_MS
        )
        if self._revoked.due:
            # Before what was found is shown: nothing new reaches who was revoked a second ago.
            self._end_revoked(cast(set[bytes], await self._redis.smembers(REVOKED)))
        # The client's types name every shape that any of its protocols may give; ours is the plain one.
        news = [(name.decode(), entries) for name, entries in cast(list[tuple[bytes, list[Entry]]], found)]
        if await self._overtaken([stream for stream, entries in news if len(entries) >= BATCH]):
            _log.warning("too far behind: what was not read in time is gone, everybody gets a fresh picture")
            await self._resume()
            return
        for stream, entries in news:
            self._at[stream] = position(entries[-1][0])
            if stream == SUGGESTIONS:
                self._suggest(entries)
            else:
                self._show(stream, entries)

    async def _overtaken(self, streams: Sequence[str]) -> bool:
        """Whether entries left one of these, which are bounded in length, before we read them."""
        for stream in streams:
            oldest = cast(list[Entry], await self._redis.xrange(stream, count=1))
            if _place(oldest) > self._at[stream]:
                return True
        return False

    def _show(self, stream: str, entries: list[Entry]) -> None:
        messages: list[Told] = []
        for entry_id, fields in entries:
            try:
                messages += self._shown(stream, entry_id, fields[FIELD])
            except (KeyError, msgspec.DecodeError):
                _log.warning("unreadable entry skipped: stream=%s id=%s", stream, entry_id.decode())
        self._tell_floor(messages)
        now_s = time.time()
        for _, fields in entries if stream == BOARD_CHANGES else ():
            # A row that was made again says nothing of how long it took.
            if produced_s := float(fields.get(PRODUCED, 0)):
                self._metrics.event_to_page_seconds.observe(max(0.0, now_s - produced_s))

    def _shown(self, stream: str, entry_id: bytes, raw: bytes) -> list[Told]:
        """What is told of one entry: more than one message when it went from one team to another."""
        assert self._board is not None  # nothing is read before it was loaded
        if stream == ALERTS:
            scope, before = self._board.alert(raw)
            told = _alert_told(scope, raw, entry_id)
            # Those who saw it open see it clear, wherever the conversation is by now.
            return [told, *_left(before, told)]
        if stream == LIFE_CHANGES:
            return [Told("life", self._board.life(raw), sse.message("life", raw))]
        scope, before = self._board.row(raw)
        told = Told("row", scope, sse.message("row", raw))
        over = sse.message("row", gone(before.raw)) if before and before.scope != scope else b""
        return [told, *_left(before, told._replace(message=over))]

    async def _look_for_canary(self) -> None:
        if self._canary is not None and self._canary.is_due():
            self._canary.look(cast(bytes | None, await self._redis.get(CANARY)))
            self._tell_canary()

    def _tell_canary(self) -> None:
        if self._canary is not None and self._canary.has_turned():
            message = self._canary.message()
            for audience in self._audiences.floors():
                for viewer in audience.viewers:
                    self._tell(viewer, "canary", message)

    def _suggest(self, entries: list[Entry]) -> None:
        for entry_id, fields in entries:
            try:
                raw = fields[FIELD]
                agent, event = agent_of(raw), event_of(raw)
            except (KeyError, msgspec.DecodeError):
                _log.warning("unreadable entry skipped: stream=%s id=%s", SUGGESTIONS, entry_id.decode())
                continue
            message = sse.message(event, raw, entry_id.decode())
            for viewer in self._audiences.of_agent(*agent):
                self._tell(viewer, event, message, position(entry_id))

    def _end_revoked(self, members: set[bytes]) -> None:
        """End the streams of those whose rights were taken back, before anything else is said to them."""
        self._revoked.read(members)
        for viewer in self._audiences.viewers if members else ():
            if self._revoked.ends(viewer.revoked_by):
                self._cut(viewer, "revoked")

    def _lost(self, error: Exception) -> None:
        if self.up or self._board is None:
            _log.warning("Redis is away, the pages are told: %s", error)
        self._revoked.forget()
        if self.up:
            self._mark(up=False)
            self._tell_everybody("health", self._health())

    def _mark(self, *, up: bool) -> None:
        self.up = up
        self._changed_s = time.monotonic()
        self._metrics.redis_up.set(up)

    # What a page gets.

    def join(self, page: Page, session: Session) -> Viewer | None:
        """A viewer that hears everything of theirs from this moment on; None when there are too many."""
        if self._closed or len(self._audiences.viewers) >= self._max_streams:
            return None
        viewer = Viewer(page, session, backlog_bytes=self._backlog_bytes)
        self._audiences.join(viewer)
        self._metrics.streams.labels(page).inc()
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """The page is gone."""
        if viewer in self._audiences.viewers:
            self._audiences.leave(viewer)
            self._metrics.streams.labels(viewer.page).dec()

    def full_for(self, session: Session) -> bool:
        """Whether this subject has as many streams open as one may have."""
        return self._audiences.streams_of(session.subject) >= MAX_STREAMS_EACH

    def floor(self, viewer: Viewer, since: Position | None) -> AsyncGenerator[bytes]:
        """The floor from now on, taken at the very moment of the call; first the alerts after `since`."""
        opening = [sse.RETRY]
        if self._board is not None:
            opening.append(self._counted("snapshot", self._snapshot(self._audiences.of(viewer))))
        opening.append(self._counted("health", self._health()))
        if self._canary is not None:
            opening.append(self._counted("canary", self._canary.message()))
        return self._floor(viewer, self._at.get(ALERTS, START), since, opening)

    async def _floor(
        self, viewer: Viewer, now: Position, since: Position | None, opening: list[bytes]
    ) -> AsyncGenerator[bytes]:
        # The missed come first: whoever loses the connection among them comes back with an id that is still right.
        try:
            if since is not None:
                async for chunk in self._missed(self._audiences.of(viewer), since, now):
                    if viewer.ended:
                        break
                    yield chunk
        except (RedisError, OSError):
            yield self._counted("bye", AWAY)
            return
        # Let go of piece by piece: a snapshot is as large as the floor, and this lasts as long as the stream.
        while opening and not viewer.ended:
            yield opening.pop(0)
        opening.clear()
        async for chunk in viewer.chunks(ping_s=self._ping_s):
            yield chunk

    async def _missed(self, audience: Audience, since: Position, now: Position) -> AsyncIterator[bytes]:
        while since < now:
            read = await self._redis.xrange(ALERTS, min="(" + stream_id(since), max=stream_id(now), count=BATCH)
            page = cast(list[Entry], read)
            if not page:
                return
            since = position(page[-1][0])
            told = [one for entry in page if (one := _alert(entry)) and one.reaches(audience)]
            if told:
                yield b"".join(self._counted(one.event, one.message) for one in told)

    async def suggestions(self, viewer: Viewer) -> AsyncGenerator[bytes]:
        """The suggestion that stands for this agent, then each new one."""
        after, agent = START, (viewer.subject.tenant, viewer.subject.agent_id)
        yield sse.RETRY
        try:
            if self.up:
                current, after = (await self._current_suggestions((agent,)))[agent]
                if not viewer.ended:
                    yield self._counted("current", current)
        except (RedisError, OSError):
            yield self._counted("bye", AWAY)
            return
        if not viewer.ended:
            yield self._counted("health", self._health())
        async for chunk in viewer.chunks(after=after, ping_s=self._ping_s):
            yield chunk

    async def _current_suggestions(self, agents: Sequence[Agent]) -> dict[Agent, tuple[bytes, Position]]:
        """Per agent, what stands now and for how long, and the place in the stream up to which that is known."""
        if not agents:
            return {}
        pipe = self._redis.pipeline(transaction=True)
        pipe.xrevrange(SUGGESTIONS, count=1)
        for agent in agents:
            pipe.get(current_suggestion(*agent))
            pipe.pttl(current_suggestion(*agent))
        newest, *found = await pipe.execute()
        at = _place(newest)
        return {
            agent: (sse.message("current", _current(found[2 * i], found[2 * i + 1]), stream_id(at)), at)
            for i, agent in enumerate(agents)
        }

    def _snapshot(self, audience: Audience) -> bytes:
        """What these may see of the floor, made once for all of them."""
        assert self._board is not None  # asked for only once it was loaded
        version = self._board.version
        known = audience.picture(version)
        if known is None:
            picture = sse.message("snapshot", self._board.snapshot(audience.sees), stream_id(self._at[ALERTS]))
            known = audience.keep(version, picture)
        return known

    def _health(self) -> bytes:
        state = "live" if self.up else "stale"
        data = msgspec.json.encode({"state": state, "for_s": round(time.monotonic() - self._changed_s, 1)})
        return sse.message("health", data)

    # How it is told.

    def _tell_floor(self, messages: list[Told]) -> None:
        """Each audience hears what is theirs in its order, joined once for all of them."""
        for audience in self._audiences.floors() if messages else ():
            theirs = [one for one in messages if one.reaches(audience)]
            if theirs:
                chunk = b"".join([one.message for one in theirs])
                reached = sum(self._told(viewer, chunk) for viewer in audience.viewers)
                for event, many in Counter(one.event for one in theirs).items():
                    self._metrics.messages.labels(event).inc(reached * many)

    def _tell_everybody(self, event: str, message: bytes) -> None:
        for viewer in self._audiences.viewers:
            self._tell(viewer, event, message)

    def _cut(self, viewer: Viewer, reason: Reason) -> None:
        if not viewer.ended:
            viewer.cut(reason)
            self._metrics.messages.labels("bye").inc()

    def _tell(self, viewer: Viewer, event: str, chunk: bytes, at: Position | None = None) -> None:
        if self._told(viewer, chunk, at):
            self._metrics.messages.labels(event).inc()

    def _told(self, viewer: Viewer, chunk: bytes, at: Position | None = None) -> bool:
        """Whether it waits to be sent; counts the goodbye of a viewer that this was too much for."""
        ended = viewer.ended
        told = viewer.tell(chunk, at)
        if not told and not ended:
            self._metrics.messages.labels("bye").inc()
        return told

    def _counted(self, event: str, message: bytes) -> bytes:
        self._metrics.messages.labels(event).inc()
        return message


def _place(entries: list[Entry]) -> Position:
    return position(entries[0][0]) if entries else START


def _alert(entry: Entry) -> Told | None:
    """What is told of an entry among the alerts; nothing of one that cannot be read."""
    entry_id, fields = entry
    try:
        raw = fields[FIELD]
        return _alert_told(scope_of_alert(raw), raw, entry_id)
    except (KeyError, msgspec.DecodeError):
        return None


def _alert_told(scope: Object, raw: bytes, entry_id: bytes) -> Told:
    event = "alert" if is_shown(raw) else "suppressed"
    return Told(event, scope, sse.message(event, raw, entry_id.decode()))


def _left(before: Kept | None, told: Told) -> list[Told]:
    """What those are told who saw it until now and see it no more."""
    return [told._replace(scope=before.scope, but=told.scope)] if before and before.scope != told.scope else []


def _current(raw: bytes | None, left_ms: int) -> bytes:
    """The stored suggestion with the seconds it still stands; null when none does."""
    if raw is None:
        return b'{"suggestion":null,"left_s":0}'
    left_s = b"%.1f" % (left_ms / 1000) if left_ms >= 0 else b"null"
    return b'{"suggestion":%s,"left_s":%s}' % (raw, left_s)
