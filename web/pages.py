"""Every address of the pages."""

from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi import Path as FromPath
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from config.settings import Settings
from web.hub import Hub
from web.metrics import Metrics
from web.positions import Position, position
from web.sse import EventStream

STATIC: Final = Path(__file__).parent / "static"
RETRY_AFTER_S: Final = 2

# As in `klankbord.events.Name`, which says what an event may carry as an agent's id.
AgentId = Annotated[str, FromPath(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


def pages() -> APIRouter:
    """The two pages; all that changes on them comes over the streams."""
    router = APIRouter()

    @router.get("/")
    async def start() -> Response:
        return RedirectResponse("/supervisor")

    @router.get("/supervisor")
    async def supervisor() -> Response:
        return FileResponse(STATIC / "supervisor.html")

    @router.get("/agent/{agent_id:path}")
    async def agent(agent_id: AgentId) -> Response:
        return FileResponse(STATIC / "agent.html")

    return router


def events(hub: Hub) -> APIRouter:
    """The streams behind the pages, which other desktops may read too."""
    router = APIRouter()

    @router.get("/events/supervisor")
    async def floor(request: Request) -> Response:
        since = _last_seen(request)
        if since is not None and not hub.up:
            # What was missed lies in Redis; a stream that began now would leave a hole nobody sees.
            return _later("Redis is away")
        viewer = hub.join("supervisor")
        if viewer is None:
            return _later("too many streams are open")
        return EventStream(hub.floor(viewer, since), on_close=lambda: hub.leave(viewer))

    @router.get("/events/agent/{agent_id:path}")
    async def suggestions(agent_id: AgentId) -> Response:
        viewer = hub.join("agent", agent_id)
        if viewer is None:
            return _later("too many streams are open")
        return EventStream(hub.suggestions(viewer), on_close=lambda: hub.leave(viewer))

    return router


def service(app: FastAPI, hub: Hub, metrics: Metrics, settings: Settings) -> APIRouter:
    """What the pages ask once, and what an operator's tools ask all day."""
    router = APIRouter()

    @router.get("/api/about")
    async def about() -> Response:
        return JSONResponse({"version": app.version, "replayed": settings.replayed})

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


def _later(reason: str) -> Response:
    return PlainTextResponse(reason, 503, headers={"Retry-After": str(RETRY_AFTER_S)})
