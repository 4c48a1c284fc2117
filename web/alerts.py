"""What a supervisor asks about alerts: to act on one, to see one conversation, to see what the budget kept back."""

import time
from typing import Annotated, Final, cast

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi import Path as FromPath
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.responses import PlainTextResponse, Response

from klankbord.events import Seconds
from streams import wire
from streams.metrics import WebMetrics
from web.access import Action, Object, Subject, authorise
from web.audit import note
from web.identity import subject_of
from web.lives import Lives, Wish, missing, standing

MAX_BODY_BYTES: Final = 4096

AlertId = Annotated[str, FromPath(pattern=r"^[0-9a-f]{24}$")]
ConversationId = Annotated[str, FromPath(max_length=128, pattern=r"^[!#-&(-\[\]-~]+$")]
Asking = Annotated[Subject, Depends(subject_of)]


class _Badge(Struct):
    alert_id: str


class _Row(Struct):
    team: str | None = None
    agent_id: str | None = None
    alerts: tuple[_Badge, ...] = ()


class _Placed(Struct):
    tenant: str
    team: str | None = None


_row: Final[msgspec.json.Decoder[_Row]] = msgspec.json.Decoder(_Row)
_placed: Final[msgspec.json.Decoder[_Placed]] = msgspec.json.Decoder(_Placed)
_wish: Final[msgspec.json.Decoder[Wish]] = msgspec.json.Decoder(Wish)
_life: Final[msgspec.json.Decoder[wire.AlertLife]] = msgspec.json.Decoder(wire.AlertLife)


def alerts(redis: Redis, metrics: WebMetrics) -> APIRouter:
    """The addresses about alerts. What is another team's is not found, as what does not exist."""
    router = APIRouter()
    lives = Lives(redis)

    @router.post("/api/alerts/{alert_id}/life")
    async def act(request: Request, alert_id: AlertId, subject: Asking) -> Response:
        if not _could(subject, "act_on_alert"):
            note(request, subject, "act_on_alert", alert_id, allowed=False)
            return _refused()
        wish = await _asked(request)
        if isinstance(wish, str):
            return PlainTextResponse(wish, 422)
        now_s = time.time()
        try:
            life = await lives.find(alert_id)
            allowed = life is not None and authorise(subject, "act_on_alert", Object(life.tenant, life.team))
            note(request, subject, f"act_on_alert {wish.action}", alert_id, allowed=allowed)
            if life is None or not allowed:
                return _unknown()
            outcome = await lives.act(life, wish, by=subject.name, now_s=now_s)
        except (RedisError, OSError):
            return _away()
        metrics.actions.labels(wish.action, "done" if outcome.done else "conflict").inc()
        mark = outcome.life.mark
        if outcome.done and mark is not None and mark != life.mark:
            metrics.marks.labels(life.rule, mark).inc()
        return _json(msgspec.json.encode(standing(outcome.life, now_s)), 200 if outcome.done else 409)

    @router.get("/api/conversations/{conversation_id:path}")
    async def conversation(request: Request, conversation_id: ConversationId, subject: Asking) -> Response:
        if not _could(subject, "open_conversation"):
            note(request, subject, "open_conversation", conversation_id, allowed=False)
            return _refused()
        try:
            key = wire.conversation_key(subject.tenant, conversation_id).decode()
            raw = cast(bytes | None, await redis.hget(wire.BOARD, key))
            if raw is None:
                note(request, subject, "open_conversation", conversation_id, allowed=False)
                return _unknown()
            row = _row.decode(raw)
            allowed = authorise(subject, "open_conversation", Object(subject.tenant, row.team, row.agent_id))
            note(request, subject, "open_conversation", conversation_id, allowed=allowed)
            if not allowed:
                return _unknown()
            found, stand = await _alerts_of(redis, [badge.alert_id for badge in row.alerts], time.time())
        except (RedisError, OSError):
            return _away()
        return _json(b'{"row":%s,"alerts":[%s],"lives":[%s]}' % (raw, b",".join(found), b",".join(stand)))

    @router.get("/api/suppressed")
    async def suppressed(request: Request, subject: Asking) -> Response:
        allowed = _could(subject, "watch_floor")
        note(request, subject, "watch_floor", "suppressed", allowed=allowed)
        if not allowed:
            return _refused()
        this_hour = int(time.time() // wire.HOUR_S)
        hours = range(this_hour - 1, this_hour + 1)  # else the list would be empty at the stroke of every hour
        pipe = redis.pipeline(transaction=False)
        for hour in hours:
            pipe.hvals(wire.suppressed(hour))
        try:
            found = cast(list[list[bytes]], await pipe.execute())
        except (RedisError, OSError):
            return _away()
        ours = [raw for raws in found for raw in raws if _may_watch(subject, raw)]
        return _json(b'{"since":%d,"alerts":[%s]}' % (hours[0] * wire.HOUR_S, b",".join(ours)))

    return router


async def _alerts_of(redis: Redis, ids: list[str], now_s: Seconds) -> tuple[list[bytes], list[bytes]]:
    """The open alerts of a row, shown or kept back, and their lives as they stand."""
    if not ids:
        return [], []
    pipe = redis.pipeline(transaction=True)
    for key in (wire.OPEN_ALERTS, wire.HELD_ALERTS, wire.LIVES):
        pipe.hmget(key, ids)
    opened, held, lives = await pipe.execute()
    found = [raw for raw in (shown or kept for shown, kept in zip(opened, held, strict=True)) if raw]
    return found, [msgspec.json.encode(standing(_life.decode(raw), now_s)) for raw in lives if raw]


async def _asked(request: Request) -> Wish | str:
    """What the body asks for, or what is wrong with it."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return "the body is too large"
    try:
        wish = _wish.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "the body is no action on an alert"
    lacking = missing(wish)
    return wish if lacking is None else f"'{wish.action}' needs '{lacking}'"


def _could(subject: Subject, action: Action) -> bool:
    """Whether the role may ever do this: if not, saying so reveals nothing about what exists."""
    return any(
        authorise(subject, action, Object(subject.tenant, team, subject.agent_id or None))
        for team in (*subject.teams, None)
    )


def _may_watch(subject: Subject, raw: bytes) -> bool:
    placed = _placed.decode(raw)
    return authorise(subject, "watch_floor", Object(placed.tenant, placed.team))


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json", headers={"Cache-Control": "no-store"})


def _refused() -> Response:
    return PlainTextResponse("not yours to do", 403)


def _unknown() -> Response:
    return PlainTextResponse("there is no such thing", 404)


def _away() -> Response:
    return PlainTextResponse("Redis is away", 503, headers={"Retry-After": "2"})
