"""What the tests of the panel start from: suggestions as they are decided, and a desk."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from streams import advising, wire
from streams.advising import Candidate, Decision, Offer
from streams.sinks import Batch
from streams.sinks.redis import RedisSink
from streams.wire import SuggestionMessage


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
def served(html: Callable[[], str], token: Callable[[], str] = str) -> Iterator[str]:
    """A page of somebody else's on an origin of its own, which gives a token to whoever posts to it."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("text/html; charset=utf-8", html() if self.path == "/" else "")

        def do_POST(self) -> None:
            self._answer("application/json", json.dumps({"token": token()}))

        def _answer(self, kind: str, content: str) -> None:
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to say."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
