"""Pages with a login, and an identity provider of our own that signs whatever a test asks for."""

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from redis import Redis

from streams import embedded
from streams.wire import REVOKED, revoked_subject
from tests.web.floor import Floor
from tests.web.serving import Pages, eventually, serve

ISSUER: Final = "https://login.example"
AUDIENCE: Final = "klankbord"
Claims = dict[str, Any]


@dataclass(frozen=True)
class Provider:
    """Three keys, one of each kind that is accepted."""

    keys: dict[str, Any] = field(
        default_factory=lambda: {
            "rsa": generate_rsa(65537, 2048),
            "ec": generate_ec(SECP256R1()),
            "ed": Ed25519PrivateKey.generate(),
        }
    )

    def public(self, name: str) -> Claims:
        """One key as a JWKS holds it."""
        key = self.keys[name].public_key()
        if name == "rsa":
            return {**RSAAlgorithm.to_jwk(key, as_dict=True), "kid": name}
        if name == "ec":
            return {**ECAlgorithm.to_jwk(key, as_dict=True), "kid": name}
        return {**OKPAlgorithm.to_jwk(key, as_dict=True), "kid": name}

    def jwks(self) -> bytes:
        """All of them."""
        return json.dumps({"keys": [self.public(name) for name in self.keys]}).encode()

    def claims(self, **changed: Any) -> Claims:
        """What a good token of a supervisor says, with changes; None leaves a claim out."""
        now = int(time.time())
        usual: Claims = {
            **{"iss": ISSUER, "aud": AUDIENCE, "sub": "kim", "iat": now, "exp": now + 600, "jti": f"t-{now}"},
            **{"role": "supervisor", "tenant": "a", "teams": ["noord"]},
        }
        return {name: value for name, value in (usual | changed).items() if value is not None}

    def token(self, *, key: str = "ed", headers: Mapping[str, Any] | None = None, **changed: Any) -> str:
        """A token as it should be, with changed claims."""
        algorithm = {"rsa": "RS256", "ec": "ES256", "ed": "EdDSA"}[key]
        return jwt.encode(self.claims(**changed), self.keys[key], algorithm, headers={"kid": key, **(headers or {})})

    def bearer(self, **changed: Any) -> dict[str, str]:
        """The same as a header."""
        return {"Authorization": f"Bearer {self.token(**changed)}"}


@dataclass(frozen=True)
class Guarded:
    """Running pages that want a token of this provider, and their Redis."""

    pages: Pages
    floor: Floor
    provider: Provider

    @property
    def redis(self) -> Redis:
        return self.floor.redis

    def revoke(self, *entries: str) -> None:
        """These alone are revoked, and the pages have read it: somebody who came with them is refused."""
        last = secrets.token_hex(8)
        with self.redis.pipeline() as pipe:
            pipe.delete(REVOKED)
            pipe.sadd(REVOKED, *entries, revoked_subject("a", last))
            pipe.execute()
        bearer = self.provider.bearer(sub=last)
        assert eventually(lambda: self.pages.get("/api/me", bearer).status_code == 401)

    def pardon(self) -> None:
        """Nobody is revoked any more, and the pages know it."""
        self.revoke()
        self.redis.delete(REVOKED)


@contextmanager
def guard(
    directory: Path, *, parents: str = "a=https://desk.example http://desk.localhost:9;b=https://other.example"
) -> Iterator[Guarded]:
    """Pages with a login, on a Redis of their own, that `parents` may frame."""
    provider = Provider()
    (directory / "jwks.json").write_bytes(provider.jwks())
    settings = {
        "KLANKBORD_LOGIN": "token",
        "KLANKBORD_TOKEN_ISSUER": ISSUER,
        "KLANKBORD_TOKEN_AUDIENCE": AUDIENCE,
        "KLANKBORD_TOKEN_KEYS": str(directory / "jwks.json"),
        "KLANKBORD_EMBED_PARENTS": parents,
    }
    with embedded.redis_server(directory) as url, Redis.from_url(url) as redis:
        with serve(url, directory, settings=settings) as pages:
            yield Guarded(pages, Floor(redis), provider)
