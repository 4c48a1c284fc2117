"""Every address of the pages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from prometheus_client import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from config.settings import Settings
from streams.metrics import WebMetrics
from web.access import Action, Object, Subject, authorise
from web.audit import Audit, note, require
from web.hub import Hub
from web.identity import session_of, subject_of
from web.positions import Position, position
from web.sse import EventStream
from web.tokens import Session

STATIC: Final = Path(__file__).parent / "static"
RETRY_AFTER_S: Final = 2

Asks = Annotated[Session, Depends(session_of)]
Who = Annotated[Subject, Depends(subject_of)]


def pages() -> APIRouter:
    """The two pages; all that changes on them comes over the streams."""
    router = APIRouter()

    @router.get("/")
    async def start() -> Response:
        return RedirectResponse("/supervisor")

    @router.get("/supervisor")
    async def supervisor() -> Response:
        return FileResponse(STATIC / "supervisor.html")

    # The tenant says which desks may frame the panel (web/security.py); who is shown what, the token says.
    @router.get("/agent")
    @router.get("/agent/{tenant}")
    async def agent(tenant: str = "") -> Response:
        return FileResponse(STATIC / "agent.html")

    return router


def events(hub: Hub) -> APIRouter:
    """The streams behind the pages, which other desktops may read too."""
    router = APIRouter()

    @router.get("/events/supervisor")
    async def floor(request: Request, session: Asks) -> Response:
        subject = session.subject
        _may(request, subject, "watch_floor", [Object(subject.tenant, team) for team in subject.teams])
        since = _last_seen(request)
        if since is not None and not hub.up:
            # What was missed lies in Redis; a stream that began now would leave a hole nobody sees.
            return _later("Redis is away")
        if hub.full_for(session):
            return _later("you have too many streams open", 429)
        viewer = hub.join("supervisor", session)
        if viewer is None:
            return _later("too many streams are open")
        return EventStream(hub.floor(viewer, since), on_close=lambda: hub.leave(viewer))

    @router.get("/events/agent")
    async def suggestions(request: Request, session: Asks) -> Response:
        subject = session.subject
        _may(request, subject, "watch_suggestions", [Object(subject.tenant, agent_id=subject.agent_id)])
        if hub.full_for(session):
            return _later("you have too many streams open", 429)
        viewer = hub.join("agent", session)
        if viewer is None:
            return _later("too many streams are open")
        return EventStream(hub.suggestions(viewer), on_close=lambda: hub.leave(viewer))

    return router


def about(app: FastAPI, settings: Settings, parents: Mapping[str, tuple[str, ...]]) -> APIRouter:
    """What a page must know before anybody is known, and who then is."""
    router = APIRouter()

    @router.get("/api/about")
    async def of_all(tenant: Annotated[str, Query(max_length=128)] = "") -> Response:
        desks = parents.get(tenant, ())
        said = {"version": app.version, "replayed": settings.replayed, "login": settings.login, "parents": desks}
        return JSONResponse(said)

    @router.get("/api/me")
    async def of_one(session: Asks) -> Response:
        subject = msgspec.structs.asdict(session.subject)
        return JSONResponse({**subject, "expires_at": session.expires_at})

    return router


def audited(audit: Audit) -> APIRouter:
    """The audit of one tenant, for its privacy officer."""
    router = APIRouter()

    @router.get("/api/audit")
    async def lines(
        request: Request, subject: Who, after: Annotated[str, Query(pattern=r"^(\d{1,19}-\d{1,19})?$")] = ""
    ) -> Response:
        require(request, subject, "read_audit", Object(subject.tenant), "")
        try:
            shown, last = await audit.read(subject.tenant, after)
        except (RedisError, OSError):
            return _later("Redis is away")
        return JSONResponse({"entries": shown, "after": last})

    return router


def service(app: FastAPI, hub: Hub, metrics: WebMetrics) -> APIRouter:
    """What an operator's tools ask all day."""
    router = APIRouter()

    @router.get("/metrics")
    async def exposition() -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    @router.get("/livez")
    async def alive() -> Response:
        reading = not app.state.reader.done()
        return PlainTextResponse("alive" if reading else "the reader has died", 200 if reading else 503)

    @router.get("/readyz")
    async def ready() -> Response:
        return PlainTextResponse("ready" if hub.up else "Redis is away", 200 if hub.up else 503)

    return router


def _last_seen(request: Request) -> Position | None:
    """A reader's last id; one that is none of ours is as good as none."""
    try:
        return position(request.headers.get("last-event-id", ""))
    except ValueError:
        return None


def _may(request: Request, subject: Subject, action: Action, any_of: list[Object]) -> None:
    """Refuse a stream that nothing would ever come over; who opens one is put down with its scope."""
    allowed = any(authorise(subject, action, about) for about in any_of)
    note(request, subject, action, ",".join(subject.teams) or subject.agent_id, allowed=allowed)
    if not allowed:
        raise HTTPException(403, "this is not yours")


def _later(reason: str, status: int = 503) -> Response:
    return PlainTextResponse(reason, status, headers={"Retry-After": str(RETRY_AFTER_S)})
