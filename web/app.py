"""Builds the pages' application from settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from starlette.staticfiles import StaticFiles

from config.settings import Settings, read_settings
from web.hub import MAX_STREAMS, Hub
from web.metrics import Metrics
from web.pages import STATIC, events, pages, service
from web.security import SecurityHeaders
from web.suggestions import suggestions
from web.viewer import BACKLOG_BYTES, PING_S

# Longer than the reader blocks, so that silence from a half-open connection is told from a quiet floor.
REDIS_TIMEOUT_S: Final = 5.0


def create_app(
    settings: Settings,
    *,
    max_streams: int = MAX_STREAMS,
    backlog_bytes: int = BACKLOG_BYTES,
    ping_s: float = PING_S,
) -> FastAPI:
    """The pages and their streams; Redis is first asked when the server starts."""
    # No retries inside the client: the reader itself waits, and tells the pages that it does.
    redis = Redis.from_url(
        settings.redis_url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
    )
    metrics = Metrics()
    hub = Hub(redis, metrics, max_streams=max_streams, backlog_bytes=backlog_bytes, ping_s=ping_s)

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        app.state.reader = asyncio.create_task(hub.run(), name="redis reader")
        try:
            yield
        finally:
            hub.close()
            app.state.reader.cancel()
            with suppress(asyncio.CancelledError):
                await app.state.reader
            await redis.aclose()

    # FastAPI's own documentation pages load their scripts from a CDN.
    app = FastAPI(
        title="Klankbord",
        version=version("klankbord"),
        lifespan=running,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.hub = hub
    app.add_middleware(SecurityHeaders)
    app.include_router(pages())
    app.include_router(events(hub))
    app.include_router(suggestions(redis, metrics))
    app.include_router(service(app, hub, metrics, settings))
    app.mount("/static", StaticFiles(directory=STATIC))
    return app


def app_from_environment() -> FastAPI:
    """For `uvicorn --factory web.app:app_from_environment`."""
    return create_app(read_settings())
