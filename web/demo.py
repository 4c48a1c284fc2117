"""The demo's own tokens: signed by a key that is made at the start and dies with the process."""

import json
import secrets
import time
from collections.abc import Mapping
from typing import Annotated, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, Query
from jwt.algorithms import OKPAlgorithm
from starlette.responses import JSONResponse, Response

from config.settings import Settings
from web.access import EVERY_TEAM, Role
from web.identity import TokenLogin
from web.tokens import Keyring, Verifier

ISSUER: Final = "klankbord demo"
AUDIENCE: Final = "klankbord"
LASTS_S: Final = 600.0
KEY: Final = "demo"

Word = Annotated[str, Query(max_length=64)]


class DemoLogin(TokenLogin):
    """Believes its own tokens, by the verifier that believes an identity provider's."""

    def __init__(self, settings: Settings) -> None:
        self._key = Ed25519PrivateKey.generate()
        public = {**OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True), "kid": KEY}
        keyring = Keyring(lambda: json.dumps({"keys": [public]}).encode())
        super().__init__(Verifier(keyring, settings.model_copy(update=_USUAL), issuer=ISSUER, audience=AUDIENCE))

    def token(self, role: Role, *, name: str, tenant: str, teams: tuple[str, ...], agent_id: str) -> str:
        """A token for whoever asks: a demo has no secrets."""
        now = time.time()
        claims = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + LASTS_S, "jti": secrets.token_hex(8)}
        whose = {"sub": name, "role": role, "tenant": tenant, "teams": teams, "agent_id": agent_id or None}
        return jwt.encode({**claims, **whose}, self._key, "EdDSA", headers={"kid": KEY})


_USUAL: Final[Mapping[str, str]] = {
    f"token_{name}_claim": claim
    for name, claim in (("role", "role"), ("tenant", "tenant"), ("teams", "teams"), ("agent", "agent_id"))
}


def demo_tokens(login: DemoLogin) -> APIRouter:
    """Where the pages of a demo get a token; there is no such address with any other login."""
    router = APIRouter()

    @router.get("/demo/token")
    async def token(
        role: Role = "supervisor",
        name: Word = "",
        tenant: Word = "demo",
        team: Annotated[tuple[Word, ...], Query()] = (EVERY_TEAM,),
        agent_id: Word = "",
    ) -> Response:
        name = name or f"{role}-{secrets.token_hex(2)}"
        teams = team if role == "supervisor" else ()
        signed = login.token(role, name=name, tenant=tenant, teams=teams, agent_id=agent_id)
        return JSONResponse({"token": signed, "name": name, "lasts_s": LASTS_S})

    return router
