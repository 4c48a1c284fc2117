"""What the tests of the panel start from: pages that know an agent, suggestions as they are decided, and a desk."""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from streams import advising, wire
from streams.advising import Candidate, Decision, Offer
from streams.sinks import Batch
from streams.sinks.redis import RedisSink
from streams.wire import SuggestionMessage

# The pages as they are, asked by the agent that a header names: who may log in how is tested elsewhere.
_AS_AGENT: Final = """
import sys
from fastapi import Request
from config.settings import read_settings
from web import security
from web.access import Subject
from web.app import create_app
from web.identity import subject_of
from web.server import Server

async def who(request: Request) -> Subject:
    given = request.headers
    role, tenant = given.get("x-role", "agent"), given.get("x-tenant", "demo")
    return Subject("somebody", role, tenant, ("*",), given.get("x-agent", "agent-01"))

if len(sys.argv) > 1:
    policy = security.HEADERS["Content-Security-Policy"]
    security.HEADERS["Content-Security-Policy"] = policy.replace("ancestors 'none'", "ancestors " + sys.argv[1])
settings = read_settings()
app = create_app(settings)
app.dependency_overrides[subject_of] = who
Server(app, host=settings.host, port=settings.web_port).run()
"""


def as_agent(*parents: str) -> tuple[str, ...]:
    """The command of pages that an agent asks; `parents` may frame the panel."""
    return (sys.executable, "-c", _AS_AGENT, *parents)


def offer_of(message: SuggestionMessage, *, agent_turns: int = 1, situation: str = "chat-easy-calm") -> Offer:
    """The offer of one candidate, with all its time left."""
    candidate = Candidate(
        message.suggestion_id,
        message.kind,
        message.urgency,
        situation,
        message.reason.signal if message.reason else "",
        message.expires_at,
        int(1000 * (message.expires_at - message.at)),
        advising.prior(message.kind),
        wire.encode(message).decode(),
    )
    return Offer(
        offer_id=message.suggestion_id.encode().hex().ljust(24, "0"),
        tenant=message.tenant,
        conversation_id=message.conversation_id,
        agent_id=message.agent_id,
        at=message.at,
        agent_turns=agent_turns,
        most=9,
        cooldown_s=0.0,
        candidates=(candidate,),
        messages=(message,),
    )


def decide(redis_url: str, *offers: Offer) -> tuple[Decision, ...]:
    """What the publisher would make of these."""

    async def publish() -> tuple[Decision, ...]:
        sink = RedisSink(redis_url)
        try:
            return (await sink.publish(Batch(offers=offers))).decisions
        finally:
            await sink.close()

    # A thread of its own: where playwright runs, a loop runs already.
    found: list[tuple[Decision, ...]] = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(publish())))
    thread.start()
    thread.join()
    return found[0]


@contextmanager
def served(html: Callable[[], str]) -> Iterator[str]:
    """A page of somebody else's, on an origin of its own."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html().encode() if self.path == "/" else b"")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to say."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
