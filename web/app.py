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

from config.access import redis_access
from config.settings import Settings, read_settings
from streams.metrics import WebMetrics
from web.alerts import alerts
from web.audit import Audit, log_to_stderr
from web.canary import Canary
from web.demo import DemoLogin, demo_tokens
from web.hub import MAX_STREAMS, Hub
from web.identity import Identity, login_of
from web.pages import STATIC, about, audited, events, pages, service
from web.revocation import Revoked
from web.security import Gate, SecurityHeaders, parents_of
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
    """The pages and their streams, or `InvalidConfiguration`; Redis is first asked when the server starts."""
    demo = DemoLogin(settings) if settings.login == "demo" else None
    login, parents = login_of(settings, demo), parents_of(settings.embed_parents)
    # No retries inside the client: the reader itself waits, and tells the pages that it does.
    redis = Redis.from_url(
        settings.redis_url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        **redis_access(settings),
    )
    metrics = WebMetrics()
    revoked, audit = Revoked(), Audit(redis)
    canary = Canary(metrics, blind_s=settings.canary_blind_s) if settings.canary_every_s else None
    hub = Hub(
        redis, metrics, revoked, max_streams=max_streams, backlog_bytes=backlog_bytes, ping_s=ping_s, canary=canary
    )

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        app.state.reader = asyncio.create_task(hub.run(), name="redis reader")
        writer = asyncio.create_task(audit.run(), name="audit writer")
        try:
            yield
        finally:
            hub.close()
            for task in (app.state.reader, writer):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await audit.close()
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
    app.state.hub, app.state.audit, app.state.identity = hub, audit, Identity(login, revoked)
    # The last added is the outermost: what the gate refuses carries the headers too.
    app.add_middleware(Gate, hosts=settings.hosts)
    app.add_middleware(SecurityHeaders, parents=parents)
    read = [pages(), events(hub), about(app, settings, parents), audited(audit), service(app, hub, metrics)]
    acted = [alerts(redis, metrics), suggestions(redis, metrics)]
    for router in (*read, *acted, *([demo_tokens(demo)] if demo else ())):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC))
    return app


def app_from_environment() -> FastAPI:
    """For `uvicorn --factory web.app:app_from_environment`."""
    log_to_stderr()
    return create_app(read_settings())
