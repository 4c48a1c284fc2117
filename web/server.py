"""A uvicorn that ends: without this, one open stream keeps the process alive after SIGTERM for ever."""

import asyncio
import socket
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

GRACE_S: Final = 2


class Server(uvicorn.Server):
    """Ends the event streams when it is asked to end; uvicorn itself waits for readers that never leave."""

    def __init__(self, app: FastAPI, *, host: str, port: int, log_level: str = "info") -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_level=log_level,
                access_log=False,  # an access log names agents in its paths
                server_header=False,
                # X-Forwarded-For would change who seems to ask, from anyone on this machine.
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop is not None:
            # We are inside a signal handler, between any two lines of the loop's own code.
            self._loop.call_soon_threadsafe(self._app.state.hub.close)
