"""What every request must be and every response says, so that no other site and no customer's word can act here."""

import asyncio
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from klankbord.errors import InvalidConfiguration

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors {parents}",
        "require-trusted-types-for 'script'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY.format(parents="'none'"),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
MAX_BODY_BYTES: Final = 8 * 1024
BODY_S: Final = 5.0
# A probe or a scraper asks by an address; what they get says nothing of anybody.
SERVICE: Final = frozenset({"/livez", "/readyz", "/metrics"})
GUARDED: Final = ("/api/", "/events/", "/demo/")
READS: Final = frozenset({"GET", "HEAD"})
IN_ADDRESS: Final = frozenset({"token", "access_token", "id_token", "jwt"})

_ORIGIN: Final = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?")
_HOST: Final = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?")
_PANEL: Final = re.compile(r"/agent/([^/]+)")

Refusal = tuple[int, str]


def parents_of(setting: str) -> Mapping[str, tuple[str, ...]]:
    """The desks that may frame the agent panel, by tenant."""
    parents, mistakes = {}, []
    for part in filter(None, (part.strip() for part in setting.split(";"))):
        tenant, _, listed = part.partition("=")
        origins = tuple(listed.split())
        wrong = [origin for origin in origins if not _ORIGIN.fullmatch(origin)]
        if wrong or not origins or not tenant.strip():
            mistakes.append(f"KLANKBORD_EMBED_PARENTS: '{part}' is not tenant=https://desk.example")
        parents[tenant.strip()] = origins
    if mistakes:
        raise InvalidConfiguration(mistakes)
    return parents


def framed_by(origins: tuple[str, ...]) -> dict[str, str]:
    """The headers of a panel that these origins may frame."""
    policy = POLICY.format(parents=" ".join(origins) or "'none'")
    # A desk that isolates itself (COEP) frames only what says that it may be taken from another origin.
    return {"Content-Security-Policy": policy} | ({"Cross-Origin-Resource-Policy": "cross-origin"} if origins else {})


class SecurityHeaders:
    """Plain ASGI: Starlette's own middleware class would stand between a stream and its reader."""

    def __init__(self, app: ASGIApp, *, parents: Mapping[str, tuple[str, ...]]) -> None:
        self._app = app
        self._parents = parents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if (panel := _PANEL.fullmatch(scope["path"])) is not None:
                    headers.update(framed_by(self._parents.get(panel[1], ())))
                # Pages and scripts belong together: after an upgrade the browser must ask whether they changed.
                headers.setdefault("Cache-Control", "no-store" if _guarded(scope["path"]) else "no-cache")
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class Gate:
    """Turns away what no page of ours and no client that means well would send."""

    def __init__(self, app: ASGIApp, *, hosts: str) -> None:
        self._app = app
        self._hosts = frozenset(host.strip().lower() for host in hosts.split(",") if host.strip())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is None and scope["method"] not in READS:
            body = await _body(receive)
            if body is None:
                refusal = 413, f"at most {MAX_BODY_BYTES} bytes, and at once"
            else:
                receive = _replay(body, receive)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(refusal[1], refusal[0])(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        hosts = headers.getlist("host")
        named = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if scope["path"] in SERVICE and scope["method"] in READS:
            return None
        if named is None:
            return 400, "one host, please"
        # Another site's name for our address (DNS rebinding) makes its scripts ours.
        if hosts[0].lower() not in self._hosts and named[1].lower() not in self._hosts:
            return 421, "not a name of ours"
        if any(name.lower() in IN_ADDRESS for name, _ in parse_qsl(scope["query_string"].decode("latin-1"))):
            return 400, "a token does not belong in an address, where logs and histories keep it"
        if _guarded(scope["path"]) and not _of_our_page(headers, hosts[0]):
            return 403, "asked by another site"
        return None if scope["method"] in READS else _unwritable(headers)


def _guarded(path: str) -> bool:
    return path.startswith(GUARDED)


def _of_our_page(headers: Headers, host: str) -> bool:
    """Whether a browser says that our own page asks; what is no browser says nothing."""
    sites, origins = headers.getlist("sec-fetch-site"), headers.getlist("origin")
    if any(site not in ("same-origin", "none") for site in sites):
        return False
    return all(origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}") for origin in origins)


def _unwritable(headers: Headers) -> Refusal | None:
    # A form cannot send this type, and no other site may send this header without asking first.
    if headers.get("x-klankbord") != "1":
        return 403, "a write needs the header X-Klankbord: 1"
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return 415, "a write is JSON"
    if headers.get("content-encoding", "identity").lower() != "identity":
        return 415, "nothing packed"
    return None


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when it is too large or too slow."""
    body = b""
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                part: bytes = message.get("body", b"")
                body += part
                if len(body) > MAX_BODY_BYTES or message["type"] == "http.disconnect":
                    return None
                if not message.get("more_body", False):
                    return body
    except TimeoutError:
        return None


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
