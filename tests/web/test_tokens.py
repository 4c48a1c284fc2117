"""Which tokens are believed: those that a key of the provider signed and that say all they must, and no others."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any, Final

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from config.settings import Settings
from tests.web.guarding import AUDIENCE, ISSUER, Guarded, Provider
from web.access import Subject
from web.tokens import KEYS_STAND_S, LEEWAY_S, UNKNOWN_KEY_S, Keyring, Refused, Unknowable, Verifier, read_keys

PROVIDER: Final = Provider()
STRANGER: Final = Ed25519PrivateKey.generate()
NOW: Final = time.time()
HOUR_S: Final = 3600


def verifier(keyring: Keyring | None = None) -> Verifier:
    settings = Settings(broker="none:1", redis_url="redis://none")
    return Verifier(keyring or Keyring(PROVIDER.jwks), settings, issuer=ISSUER, audience=AUDIENCE)


def part(content: object) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(**header: Any) -> str:
    return f"{part({'typ': 'JWT', 'kid': 'rsa', **header})}.{part(PROVIDER.claims())}."


def signed_with_public(algorithm: str) -> str:
    """The public key as if it were a shared secret: what a verifier that asks the token for its algorithm believes."""
    pem = PROVIDER.keys["rsa"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': 'rsa'})}.{part(PROVIDER.claims())}"
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    return f"{head}.{part(hmac.new(pem, head.encode(), digest).digest())}"


def by_stranger(**headers: Any) -> str:
    return jwt.encode(PROVIDER.claims(), STRANGER, "EdDSA", headers={"kid": "ed", **headers})


def raw_claims(text: str) -> str:
    """Claims that no library would write, signed by the right key."""
    return jwt.api_jws.encode(text.encode(), PROVIDER.keys["ed"], "EdDSA", headers={"kid": "ed"})


def strangers_key() -> dict[str, Any]:
    return {**OKPAlgorithm.to_jwk(STRANGER.public_key(), as_dict=True), "kid": "ed"}


GOOD: Final = PROVIDER.token()
HEAD, BODY, SIGNATURE = GOOD.split(".")
now: Final = int(NOW)

BAD: Final[dict[str, Callable[[], str]]] = {
    "nothing": lambda: "",
    "a word": lambda: "hello",
    "two parts": lambda: f"{HEAD}.{BODY}",
    "four parts": lambda: GOOD + ".x",
    "an empty signature": lambda: f"{HEAD}.{BODY}.",
    "half a signature": lambda: f"{HEAD}.{BODY}.{SIGNATURE[:40]}",
    "another's signature": lambda: f"{HEAD}.{BODY}.{PROVIDER.token(sub='lee').split('.')[2]}",
    "another's claims": lambda: f"{HEAD}.{part(PROVIDER.claims(role='privacy_officer'))}.{SIGNATURE}",
    "no base64": lambda: f"{HEAD}.%%%.{SIGNATURE}",
    "no JSON in front": lambda: f"{part(b'{')}.{BODY}.{SIGNATURE}",
    "a list in front": lambda: f"{part([])}.{BODY}.{SIGNATURE}",
    "claims that are a list": lambda: raw_claims("[]"),
    "claims that are no JSON": lambda: raw_claims("{"),
    "huge": lambda: PROVIDER.token(more="x" * 9000),
    "nested without end": lambda: f"{part(b'[' * 6000)}.{BODY}.{SIGNATURE}",
    "not ASCII": lambda: GOOD[:-1] + "é",
    "alg none": lambda: unsigned(alg="none"),
    "alg None": lambda: unsigned(alg="None"),
    "no alg": lambda: unsigned(),
    "alg a list": lambda: unsigned(alg=["RS256"]),
    "HS256 with the public key": lambda: signed_with_public("HS256"),
    "HS384 with the public key": lambda: signed_with_public("HS384"),
    "HS512 with the public key": lambda: signed_with_public("HS512"),
    "RS512": lambda: jwt.encode(PROVIDER.claims(), PROVIDER.keys["rsa"], "RS512", headers={"kid": "rsa"}),
    "PS256": lambda: jwt.encode(PROVIDER.claims(), PROVIDER.keys["rsa"], "PS256", headers={"kid": "rsa"}),
    "the key of another kind": lambda: PROVIDER.token(key="rsa", headers={"kid": "ec"}),
    "a stranger's key": by_stranger,
    "a stranger's key, brought along": lambda: by_stranger(jwk=strangers_key()),
    "a stranger's key, by address": lambda: by_stranger(jku="https://evil.example/jwks.json"),
    "a stranger's certificate, by address": lambda: by_stranger(x5u="https://evil.example/cert.pem"),
    "a stranger's certificate": lambda: by_stranger(x5c=["MIIB"]),
    "the right key, and an address": lambda: PROVIDER.token(headers={"jku": "https://login.example/jwks"}),
    "rules of its own": lambda: PROVIDER.token(headers={"crit": ["exp"]}),
    "an unknown key": lambda: PROVIDER.token(headers={"kid": "other"}),
    "a key by path": lambda: PROVIDER.token(headers={"kid": "../../dev/null"}),
    "an empty key name": lambda: PROVIDER.token(headers={"kid": ""}),
    "another type": lambda: PROVIDER.token(headers={"typ": "logout+jwt"}),
    "another audience": lambda: PROVIDER.token(aud="grafana"),
    "an audience that begins as ours": lambda: PROVIDER.token(aud=AUDIENCE + "-test"),
    "another issuer": lambda: PROVIDER.token(iss="https://evil.example"),
    "an issuer that begins as ours": lambda: PROVIDER.token(iss=ISSUER + ".evil.example"),
    "expired": lambda: PROVIDER.token(iat=now - HOUR_S, exp=now - LEEWAY_S - 5),
    "expired long ago": lambda: PROVIDER.token(iat=1, exp=2),
    "from the future": lambda: PROVIDER.token(iat=int(time.time()) + 600, exp=int(time.time()) + 900),
    "not valid yet": lambda: PROVIDER.token(nbf=int(time.time()) + 600),
    "too long": lambda: PROVIDER.token(exp=now + 13 * HOUR_S),
    "too long for a panel": lambda: PROVIDER.token(role="agent", agent_id="agent-01", exp=now + 2 * HOUR_S),
    "for ever": lambda: PROVIDER.token(exp=10**18),
    "a time that is infinite": lambda: raw_claims(json.dumps(PROVIDER.claims(exp=-7)).replace("-7", "1e999")),
    "a time that is none": lambda: PROVIDER.token(exp="soon"),
    "a time in words": lambda: PROVIDER.token(exp=str(now + 600)),
    "a time that is true": lambda: PROVIDER.token(iat=True),
    "no exp": lambda: PROVIDER.token(exp=None),
    "no iat": lambda: PROVIDER.token(iat=None),
    "no iss": lambda: PROVIDER.token(iss=None),
    "no aud": lambda: PROVIDER.token(aud=None),
    "no sub": lambda: PROVIDER.token(sub=None),
    "an empty sub": lambda: PROVIDER.token(sub=""),
    "a sub of two lines": lambda: PROVIDER.token(sub="kim\nlee"),
    "no role": lambda: PROVIDER.token(role=None),
    "a role of another house": lambda: PROVIDER.token(role="admin"),
    "two roles": lambda: PROVIDER.token(role=["supervisor", "privacy_officer"]),
    "no tenant": lambda: PROVIDER.token(tenant=None),
    "a tenant with a space": lambda: PROVIDER.token(tenant="a b"),
    "a tenant with a slash": lambda: PROVIDER.token(tenant="a/b"),
    "teams in one text": lambda: PROVIDER.token(teams="noord"),
    "teams without end": lambda: PROVIDER.token(teams=["t"] * 101),
    "an agent without an id": lambda: PROVIDER.token(role="agent"),
}


@pytest.mark.parametrize("key", ["rsa", "ec", "ed"])
async def test_a_token_of_the_provider_says_who_asks(key: str) -> None:
    session = await verifier().session(PROVIDER.token(key=key, jti="t-1", teams=["noord", "zuid"]))

    assert session.subject == Subject("kim", "supervisor", "a", ("noord", "zuid"))
    assert session.token_id == "t-1"
    assert session.expires_at == pytest.approx(time.time() + 600 + LEEWAY_S, abs=30)


async def test_an_agents_token_names_the_agent() -> None:
    session = await verifier().session(PROVIDER.token(role="agent", agent_id="agent-01", teams=None))

    assert session.subject == Subject("kim", "agent", "a", (), "agent-01")


async def test_clocks_may_differ_by_half_a_minute() -> None:
    at = int(time.time())

    assert await verifier().session(PROVIDER.token(iat=at + 20, nbf=at + 20, exp=at + 600))
    assert await verifier().session(PROVIDER.token(iat=at - 600, exp=at - 20))


@pytest.mark.parametrize("bad", list(BAD))
async def test_a_bad_token_is_refused(bad: str) -> None:
    with pytest.raises(Refused):
        await verifier().session(BAD[bad]())


def test_there_are_more_than_forty_bad_tokens_and_the_pages_refuse_all_of_them(guarded: Guarded) -> None:
    let_in = []
    for bad, make in BAD.items():
        if bad in ("nothing", "not ASCII"):
            continue  # no client can send it in a header
        answer = guarded.pages.get("/api/me", {"Authorization": f"Bearer {make()}"})
        if answer.status_code not in (400, 401, 431):
            let_in.append((bad, answer.status_code))

    assert len(BAD) > 40
    assert let_in == []
    assert guarded.pages.get("/api/me", guarded.provider.bearer()).status_code == 200


@pytest.mark.parametrize("header", ["", "Basic a2ltOmtpbQ==", "Bearer", "Bearer a b", "Bearer a,b"])
def test_what_is_no_bearer_is_nobody(guarded: Guarded, header: str) -> None:
    answer = guarded.pages.get("/api/me", {"Authorization": header})

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_of_a_jwks_only_signing_keys_that_we_accept_are_taken() -> None:
    weak = {**RSAAlgorithm.to_jwk(generate_rsa(65537, 1024).public_key(), as_dict=True), "kid": "weak"}
    shared = {"kty": "oct", "k": part(b"secret" * 8), "kid": "shared", "alg": "HS256"}
    encrypts = {**PROVIDER.public("rsa"), "kid": "encrypts", "use": "enc"}
    nameless = {name: value for name, value in PROVIDER.public("ec").items() if name != "kid"}
    keys = [weak, shared, encrypts, nameless, {"kty": "RSA", "kid": "empty"}, PROVIDER.public("ed")]

    assert list(read_keys(json.dumps({"keys": keys}).encode())) == ["ed"]
    with pytest.raises(ValueError, match="no key"):
        read_keys(json.dumps({"keys": keys[:-1]}).encode())
    for wrong in (b"", b"[]", b"{}", b'{"keys": 3}', b'{"keys": [3]}'):
        with pytest.raises(ValueError, match="JWKS"):
            read_keys(wrong)


class Place:
    """Where keys are fetched, and a clock."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False
        self.keys = PROVIDER.jwks()
        self.at = 1000.0

    def fetch(self) -> bytes:
        self.asked += 1
        if self.away:
            raise OSError("away")
        return self.keys

    def clock(self) -> float:
        return self.at


async def test_keys_are_kept_and_an_unknown_one_is_asked_for_once_a_minute() -> None:
    place = Place()
    ring = Keyring(place.fetch, clock=place.clock)
    for _ in range(5):
        await ring.key("ed")
    assert place.asked == 1

    for _ in range(5):
        with pytest.raises(Refused):
            await ring.key("new")
    assert place.asked == 1, "the keys were fetched less than a minute ago"

    place.at += UNKNOWN_KEY_S
    place.keys = json.dumps({"keys": [{**PROVIDER.public("ed"), "kid": "new"}]}).encode()
    await ring.key("new")
    assert place.asked == 2
    with pytest.raises(Refused):
        await ring.key("ed")  # the provider withdrew it


async def test_without_keys_nobody_is_let_in_and_old_keys_do_not_last() -> None:
    place = Place()
    ring = Keyring(place.fetch, clock=place.clock)
    await ring.key("ed")
    place.away = True

    place.at += KEYS_STAND_S - 1
    await ring.key("ed")
    place.at += 1
    with pytest.raises(Unknowable):
        await ring.key("ed")

    place.away = False
    place.at += 60
    await ring.key("ed")
