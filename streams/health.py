"""/metrics, /livez and /readyz of one worker, in a thread of their own: Faust's server shares the busy loop."""

import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final
from wsgiref.simple_server import WSGIRequestHandler, make_server

import faust
from prometheus_client import CollectorRegistry, make_wsgi_app

ALIVE_FOR_S: Final = 30.0
_BEAT_S: Final = 1.0

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Health:
    """Serves the health and the metrics of `app` from the start of its worker, recovery included."""

    def __init__(self, app: faust.App, *, host: str, port: int) -> None:
        self.registry: Final = CollectorRegistry()
        self._app = app
        self._beat: float | None = None
        self._metrics = make_wsgi_app(self.registry)
        self._address = host, port
        self._serving = False
        app.on_worker_init.connect(self._on_worker_init, weak=False)
        app.timer(_BEAT_S, name="beat")(self.beat)

    async def beat(self) -> None:
        """The main loop still turns; Faust starts timers once state is recovered."""
        self._beat = time.monotonic()

    def _on_worker_init(self, *_: object, **__: object) -> None:
        host, port = self._address
        if self._serving:  # Faust's command line prepares an app twice
            return
        self._serving = True
        try:
            server = make_server(host, port, self, handler_class=_Quiet)
        except OSError as error:
            # Faust's command line would bury an exception of ours under its traceback.
            sys.exit(f"klankbord: metrics and health cannot listen on {host}:{port}: {error}")
        threading.Thread(target=server.serve_forever, name="health", daemon=True).start()

    def not_alive(self) -> str:
        """Why this process should be restarted, or nothing; before the first beat only its end can tell."""
        still = 0.0 if self._beat is None else time.monotonic() - self._beat
        if still > ALIVE_FOR_S and not self._app.in_recovery and not self._app.rebalancing:
            return f"the main loop has not turned for {still:.0f} s"
        return ""

    def not_ready(self) -> str:
        """Why this process does no work yet, or nothing."""
        if self._app.rebalancing:
            return "the group is rebalancing"
        if self._beat is None or self._app.in_recovery:
            return "state is being recovered"
        return ""

    def __call__(self, environ: dict[str, str], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return self._metrics(environ, start_response)  # type: ignore[no-any-return]  # prometheus-client says Any
        if path in ("/livez", "/readyz"):
            trouble = self.not_alive() if path == "/livez" else self.not_ready()
            start_response("503 Service Unavailable" if trouble else "200 OK", [("Content-Type", "text/plain")])
            return [(trouble or "ok").encode()]
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"/metrics, /livez or /readyz"]


class _Quiet(WSGIRequestHandler):
    timeout = 5  # a client that says nothing must not hold the only thread

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a scrape every few seconds is no news."""
