"""Tokens: what a signed one must say to be believed, and the keys that it is checked with."""

import asyncio
import math
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import AllowedPublicKeys
from msgspec import Meta, Struct

from config.settings import Settings
from klankbord.events import Name, Tenant
from web.access import Role, Subject

# The algorithm follows from the key and never from the token; what signs with a shared secret is not here.
ALGORITHMS: Final[Mapping[str, str]] = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}
CURVES: Final[Mapping[str, str]] = {"EC": "P-256", "OKP": "Ed25519"}
LEAST_RSA_BITS: Final = 2048
LEEWAY_S: Final = 30.0  # clocks differ
MAX_TOKEN_CHARS: Final = 8 * 1024
MAX_TEAMS: Final = 100
MAX_KEYS_BYTES: Final = 256 * 1024
KEYS_STAND_S: Final = 600.0  # a key that the provider withdrew is honoured no longer than this
UNKNOWN_KEY_S: Final = 60.0  # tokens with invented key names must not make us call the provider
AGAIN_S: Final = 2.0
FETCH_S: Final = 5.0
# Where a token names its own keys, or asks for rules of its own: refused unread (RFC 8725, 3.10).
FOREIGN: Final = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip"})

Fetch: TypeAlias = Callable[[], bytes]
Keys: TypeAlias = Mapping[str, tuple[AllowedPublicKeys, str]]


class Refused(Exception):
    """Nobody we know; the reason is for our log and never for the caller."""


class Unknowable(Exception):
    """Whether it is right cannot be told now: the keys cannot be had. Refused too, but worth another try."""


class Session(Struct, frozen=True):
    """A subject for as long as it was proved: until `expires_at`, in seconds since 1970."""

    subject: Subject
    expires_at: float
    token_id: str = ""


class _Claims(Struct):
    # Strictly these types: PyJWT itself reads the text "99" and `true` as times.
    sub: Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f-\x9f]+\Z")]
    exp: float
    iat: float
    tenant: Tenant
    role: Role
    teams: Annotated[tuple[Name, ...], Meta(max_length=MAX_TEAMS)] = ()
    agent_id: Name | None = None
    jti: Annotated[str, Meta(max_length=128)] = ""
    nbf: float = 0.0


class Keyring:
    """Public keys by name, from one configured place, kept for a while."""

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: Keys = {}
        self._fetched_s = -math.inf
        self._tried_s = -math.inf
        self._lock = asyncio.Lock()

    async def key(self, name: str) -> tuple[AllowedPublicKeys, str]:
        """The key of this name and its algorithm; asks anew for an unknown one, once a minute at most."""
        if not self._stands() or name not in self._keys:
            async with self._lock:
                if self._due(name):
                    await self._renew()
        if not self._stands():
            raise Unknowable("the keys that tokens are checked with cannot be had")
        if name not in self._keys:
            raise Refused("signed with a key that is not the provider's")
        return self._keys[name]

    def _stands(self) -> bool:
        return self._clock() - self._fetched_s < KEYS_STAND_S

    def _due(self, name: str) -> bool:
        since_s = self._clock() - self._tried_s
        if not self._stands():
            return since_s >= AGAIN_S
        return name not in self._keys and since_s >= UNKNOWN_KEY_S

    async def _renew(self) -> None:
        self._tried_s = self._clock()
        try:
            self._keys = read_keys(await asyncio.to_thread(self._fetch))
        except (OSError, ValueError):
            return  # what is known stands until its time is over, then nothing does
        self._fetched_s = self._clock()


class Verifier:
    """Believes a token when a key of the ring signed it and it says all that it must."""

    def __init__(self, keyring: Keyring, settings: Settings, *, issuer: str, audience: str) -> None:
        self._keyring = keyring
        self._issuer = issuer
        self._audience = audience
        self._longest_s = {"agent": settings.token_panel_longest_h * 3600.0}
        self._others_longest_s = settings.token_longest_h * 3600.0
        self._names = {
            "role": settings.token_role_claim,
            "tenant": settings.token_tenant_claim,
            "teams": settings.token_teams_claim,
            "agent_id": settings.token_agent_claim,
        }

    async def session(self, token: str) -> Session:
        """Who the bearer is, or `Refused`."""
        key, algorithm = await self._keyring.key(_key_name(token))
        try:
            payload = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise Refused(type(error).__name__) from None
        return self._believed(payload)

    def _believed(self, payload: dict[str, Any]) -> Session:
        named = {ours: payload[theirs] for ours, theirs in self._names.items() if payload.get(theirs) is not None}
        standard = {name: value for name, value in payload.items() if name in ("sub", "exp", "iat", "jti", "nbf")}
        try:
            claims = msgspec.convert({**standard, **named}, _Claims)
        except msgspec.ValidationError as error:
            raise Refused(str(error)) from None
        if not math.isfinite(claims.exp) or not math.isfinite(claims.iat):
            raise Refused("a time that is none")
        if claims.exp - claims.iat > self._longest_s.get(claims.role, self._others_longest_s):
            raise Refused("made to last longer than is allowed")
        if claims.role == "agent" and not claims.agent_id:
            raise Refused("an agent without an agent's id")
        subject = Subject(claims.sub, claims.role, claims.tenant, claims.teams, claims.agent_id or "")
        return Session(subject, claims.exp + LEEWAY_S, claims.jti)


def read_keys(raw: bytes) -> Keys:
    """The signing keys in a JWKS that we accept, by name; ValueError if there is none."""
    try:
        found = msgspec.json.decode(raw, type=dict[str, Any]).get("keys")
        given = msgspec.convert(found, list[dict[str, Any]])
    except msgspec.MsgspecError:
        raise ValueError("no JWKS") from None
    keys = {}
    for one in given:
        algorithm = ALGORITHMS.get(str(one.get("kty")))
        fits = one.get("crv") == CURVES.get(str(one.get("kty"))) and one.get("alg", algorithm) == algorithm
        if algorithm is None or not fits or one.get("use", "sig") != "sig" or not isinstance(one.get("kid"), str):
            continue
        public = {name: value for name, value in one.items() if name not in ("d", "p", "q", "dp", "dq", "qi")}
        try:
            key = jwt.PyJWK(public, algorithm).key
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if not isinstance(key, RSAPublicKey) or key.key_size >= LEAST_RSA_BITS:
            keys[one["kid"]] = (key, algorithm)
    if not keys:
        raise ValueError("no key in it that we accept")
    return keys


def keys_from(place: str) -> Fetch:
    """How to get the JWKS at `place`: an https address, else a file."""
    if place.startswith("https://"):
        return lambda: _fetched(place)
    return Path(place).read_bytes


def _fetched(url: str) -> bytes:
    # No redirects: the operator named this address and no other.
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(url, timeout=FETCH_S) as answer:
        raw: bytes = answer.read(MAX_KEYS_BYTES + 1)
    if len(raw) > MAX_KEYS_BYTES:
        raise ValueError("a JWKS of that size is none")
    return raw


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _key_name(token: str) -> str:
    """The name of the key that signed it; refuses what no later step should have to look at."""
    if len(token) > MAX_TOKEN_CHARS or not token.isascii():
        raise Refused("no token of ours is so long")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise Refused(type(error).__name__) from None
    if header.get("alg") not in ALGORITHMS.values():
        raise Refused("an algorithm that is not accepted")
    if FOREIGN & header.keys():
        raise Refused("it brings its own keys or rules")
    if str(header.get("typ", "JWT")).lower() not in ("jwt", "at+jwt"):
        raise Refused("another type of token")
    name = header.get("kid")
    if not isinstance(name, str) or not 0 < len(name) <= 256:
        raise Refused("no key named")
    return name
