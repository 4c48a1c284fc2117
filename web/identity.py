"""Who asks: a token's bearer, or whom a trusted proxy names; everybody else is refused."""

import hmac
import ipaddress
import logging
import re
import time
from collections.abc import Mapping
from typing import Final, Protocol, TypeAlias

import msgspec
from fastapi import HTTPException, Request

from config.settings import Settings
from klankbord.errors import InvalidConfiguration
from klankbord.events import Name, Tenant
from web.access import Role, Subject
from web.limits import Buckets
from web.revocation import Revoked, names_of
from web.tokens import MAX_TEAMS, Keyring, Refused, Session, Unknowable, Verifier, keys_from

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
LEAST_SECRET: Final = 32
# A proxy's word has no end of its own: a stream ends after this, comes back at once, and is asked for again.
PROXY_SESSION_S: Final = 900.0
RETRY_AFTER_S: Final = 2
REFUSALS_LOGGED_PER_S: Final = 5.0  # whoever tries tokens must not fill a disk

_BEARER: Final = re.compile(r"[Bb]earer ([A-Za-z0-9._~+/=-]+)")
_log: Final = logging.getLogger("audit")


class Login(Protocol):
    """One way of knowing who asks."""

    async def session(self, request: Request) -> Session:
        """Who asks; `Refused` when that is nobody, `Unknowable` when it cannot be told now."""
        ...


class TokenLogin:
    """A token in the Authorization header; never one in an address, which logs and histories keep."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    async def session(self, request: Request) -> Session:
        if _named(request):
            raise Refused("a proxy's headers, and we trust none")
        given = request.headers.getlist("authorization")
        match = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
        if match is None:
            raise Refused("no token")
        return await self._verifier.session(match[1])


class _Named(msgspec.Struct):
    user: Name
    role: Role
    tenant: Tenant
    teams: tuple[Name, ...] = ()
    agent: Name | None = None


class ProxyLogin:
    """The headers of a proxy that has logged its users in; it proves itself by its address and a secret."""

    def __init__(self, networks: tuple[Network, ...], secret: str) -> None:
        self._networks = networks
        self._secret = secret.encode()

    async def session(self, request: Request) -> Session:
        headers = _named(request)
        given = headers.pop("secret", "").encode()
        # Both are looked at in any case: how long it takes must not say which of the two was wrong.
        if not hmac.compare_digest(given, self._secret) or not self._from_proxy(request):
            raise Refused("no proxy of ours")
        try:
            named = msgspec.convert({**headers, "teams": _listed(headers.get("teams", ""))}, _Named)
        except msgspec.ValidationError as error:
            raise Refused(str(error)) from None
        if named.role == "agent" and not named.agent:
            raise Refused("an agent without an agent's id")
        subject = Subject(named.user, named.role, named.tenant, named.teams, named.agent or "")
        return Session(subject, time.time() + PROXY_SESSION_S)

    def _from_proxy(self, request: Request) -> bool:
        try:
            peer = ipaddress.ip_address(request.client.host if request.client else "")
        except ValueError:
            return False
        return any(peer in network for network in self._networks)


class Identity:
    """The one place that lets somebody in: proved, not revoked, and not asking too often."""

    def __init__(self, login: Login, revoked: Revoked, buckets: Buckets | None = None) -> None:
        self._login = login
        self._revoked = revoked
        self._buckets = buckets or Buckets()
        self._logged = Buckets(per_s=REFUSALS_LOGGED_PER_S, burst=REFUSALS_LOGGED_PER_S)

    async def session(self, request: Request) -> Session:
        """Who asks, or the answer that refuses: 401, 429, or 503 while it cannot be told."""
        try:
            session = await self._login.session(request)
        except Refused as error:
            self._say(str(error))
            raise HTTPException(401, "not logged in", {"WWW-Authenticate": "Bearer"}) from None
        except Unknowable as error:
            self._say(str(error))
            raise _later("who you are cannot be told now") from None
        if not self._revoked.known:
            raise _later("who was revoked is unknown: Redis is away")
        if self._revoked.ends(names_of(session)):
            raise HTTPException(401, "revoked", {"WWW-Authenticate": "Bearer"})
        wait_s = self._buckets.wait_s(f"{session.subject.tenant} {session.subject.name}")
        if wait_s:
            raise HTTPException(429, "too many requests", {"Retry-After": str(max(1, round(wait_s)))})
        return session

    def _say(self, reason: str) -> None:
        if not self._logged.wait_s(""):
            _log.warning("login refused: %s", reason.encode("unicode_escape").decode())


async def session_of(request: Request) -> Session:
    """Who asks and for how long; asked once for a request."""
    known = getattr(request.state, "session", None)
    if known is None:
        identity: Identity = request.app.state.identity
        known = request.state.session = await identity.session(request)
    session: Session = known
    return session


async def subject_of(request: Request) -> Subject:
    """Who asks."""
    return (await session_of(request)).subject


def login_of(settings: Settings, demo: Login | None = None) -> Login:
    """The way of `settings`, with every mistake in it."""
    mistakes = _mistakes(settings)
    if mistakes:
        raise InvalidConfiguration(mistakes)
    if settings.login == "proxy":
        return ProxyLogin(_networks(settings.proxy_addresses), settings.proxy_secret.get_secret_value())
    if settings.login == "demo":
        assert demo is not None  # made by the application, which signs the tokens too
        return demo
    keyring = Keyring(keys_from(settings.token_keys))
    issuer, audience = settings.token_issuer, settings.token_audience
    return TokenLogin(Verifier(keyring, settings, issuer=issuer, audience=audience))


def _mistakes(settings: Settings) -> list[str]:
    if settings.login == "":
        return ["KLANKBORD_LOGIN is missing: token, proxy or, on this machine alone, demo; see docs/security.md"]
    if settings.login == "demo":
        elsewhere = settings.host not in LOOPBACK
        return [f"KLANKBORD_LOGIN=demo lets everybody in: KLANKBORD_HOST must be one of {LOOPBACK}"] * elsewhere
    if settings.login == "token":
        needed = ("token_issuer", "token_audience", "token_keys")
        missing = [f"KLANKBORD_{name.upper()} is missing: login token needs it" for name in needed]
        mistakes = [said for name, said in zip(needed, missing, strict=True) if not getattr(settings, name)]
        if re.match(r"(?!https:)\w+://", settings.token_keys):
            mistakes.append("KLANKBORD_TOKEN_KEYS: an address must begin with https://")
        return mistakes
    return _mistakes_of_proxy(settings)


def _mistakes_of_proxy(settings: Settings) -> list[str]:
    mistakes = []
    try:
        if not _networks(settings.proxy_addresses):
            mistakes.append("KLANKBORD_PROXY_ADDRESSES is missing: login proxy needs it")
    except ValueError as error:
        mistakes.append(f"KLANKBORD_PROXY_ADDRESSES: {error}")
    if len(settings.proxy_secret.get_secret_value()) < LEAST_SECRET:
        mistakes.append(f"KLANKBORD_PROXY_SECRET needs at least {LEAST_SECRET} characters")
    return mistakes


def _networks(listed: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(one) for one in _listed(listed))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",", MAX_TEAMS) if part.strip())


_HEADERS: Final = ("user", "role", "tenant", "teams", "agent", "secret")


def _named(request: Request) -> dict[str, str]:
    """What a proxy's headers say; one that is given twice was added by somebody else."""
    found: Mapping[str, list[str]] = {name: request.headers.getlist(f"x-klankbord-{name}") for name in _HEADERS}
    if any(len(values) > 1 for values in found.values()):
        raise Refused("a proxy's header twice")
    return {name: _decoded(values[0]) for name, values in found.items() if values}


def _decoded(value: str) -> str:
    # Headers travel as Latin-1 and proxies write UTF-8 into them.
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        raise Refused("a proxy's header that is no UTF-8") from None


def _later(reason: str) -> HTTPException:
    return HTTPException(503, reason, {"Retry-After": str(RETRY_AFTER_S)})
