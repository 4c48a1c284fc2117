"""The provider's keys over https, from a server that is really there, changes its keys, lies and goes away."""

import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from streams import embedded
from tests.web.guarding import AUDIENCE, ISSUER, Provider
from tests.web.serving import eventually, serve
from web.tokens import KEYS_STAND_S, MAX_KEYS_BYTES, UNKNOWN_KEY_S, Keyring, Refused, Unknowable, keys_from

PATH: Final = "/realms/centre/certs"
PROVIDER: Final = Provider()


class Server:
    """An identity provider's address, and everything it was asked."""

    def __init__(self, certificate: Path) -> None:
        self.status = 200
        self.keys = PROVIDER.jwks()
        self.asked: list[str] = []
        self._certificate = certificate
        self._port = next(embedded.free_ports())
        self.url = f"https://{embedded.HOST}:{self._port}{PATH}"

    @contextmanager
    def up(self) -> Iterator[None]:
        """It answers, until the block ends."""
        server = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                self.send_response(server.status)
                if server.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(server.keys)))
                self.end_headers()
                self.wfile.write(server.keys)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing to say."""

        with ThreadingHTTPServer((embedded.HOST, self._port), Answer) as http:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate)
            http.socket = context.wrap_socket(http.socket, server_side=True)
            # What a caller says who does not trust us is no failure of ours.
            http.handle_error = lambda *_: None  # type: ignore[method-assign]
            thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield
            finally:
                http.shutdown()
                thread.join()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server whose certificate this machine trusts."""
    certificate = tmp_path / "provider.pem"
    certificate.write_bytes(_certificate())
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("NO_PROXY", embedded.HOST)
    return Server(certificate)


class Ring(Keyring):
    """Keys of a server, by a clock of our own."""

    def __init__(self, server: Server) -> None:
        self.at = 1000.0
        super().__init__(keys_from(server.url), clock=lambda: self.at)


async def test_a_key_that_the_provider_changed_is_known_after_a_minute_and_the_old_one_is_not(server: Server) -> None:
    ring = Ring(server)
    with server.up():
        await ring.key("ed")
        server.keys = json.dumps({"keys": [{**PROVIDER.public("ed"), "kid": "ed-2"}]}).encode()
        for _ in range(3):
            with pytest.raises(Refused):
                await ring.key("ed-2")
        ring.at += UNKNOWN_KEY_S
        await ring.key("ed-2")
        with pytest.raises(Refused):
            await ring.key("ed")

    assert server.asked == [PATH, PATH]


async def test_tokens_with_invented_key_names_make_us_ask_once_a_minute(server: Server) -> None:
    ring = Ring(server)
    with server.up():
        for minute in range(3):
            for n in range(50):
                with pytest.raises(Refused):
                    await ring.key(f"invented-{minute}-{n}")
            ring.at += UNKNOWN_KEY_S

    assert len(server.asked) == 3


async def test_while_the_provider_is_away_its_keys_stand_for_ten_minutes_and_then_nobody_comes_in(
    server: Server,
) -> None:
    ring = Ring(server)
    with pytest.raises(Unknowable):
        await ring.key("ed")
    ring.at += UNKNOWN_KEY_S
    with server.up():
        await ring.key("ed")

    ring.at += KEYS_STAND_S - 1
    await ring.key("ed")
    ring.at += 1
    with pytest.raises(Unknowable):
        await ring.key("ed")


@pytest.mark.parametrize(
    ("status", "keys"),
    [
        pytest.param(500, None, id="an error"),
        pytest.param(302, None, id="another address, which is not asked"),
        pytest.param(200, b"<html>log in</html>", id="a page"),
        pytest.param(200, b'{"keys": []}', id="no keys"),
        pytest.param(200, PROVIDER.jwks() + b" " * MAX_KEYS_BYTES, id="far too much"),
    ],
)
async def test_an_answer_that_holds_no_keys_lets_nobody_in(server: Server, status: int, keys: bytes | None) -> None:
    server.status, server.keys = status, PROVIDER.jwks() if keys is None else keys
    with server.up(), pytest.raises(Unknowable):
        await Ring(server).key("ed")

    assert server.asked == [PATH]


async def test_a_server_whose_certificate_nobody_vouches_for_is_not_believed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other.pem").write_bytes(_certificate())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))

    with server.up(), pytest.raises(Unknowable):
        await Ring(server).key("ed")

    assert server.asked == []


def test_pages_let_nobody_in_until_the_provider_is_there(server: Server, redis_url: str, tmp_path: Path) -> None:
    settings = {
        "KLANKBORD_LOGIN": "token",
        "KLANKBORD_TOKEN_ISSUER": ISSUER,
        "KLANKBORD_TOKEN_AUDIENCE": AUDIENCE,
        "KLANKBORD_TOKEN_KEYS": server.url,
    }
    with serve(redis_url, tmp_path, settings=settings) as pages:
        away = pages.get("/api/me", PROVIDER.bearer())
        with server.up():
            assert eventually(lambda: pages.get("/api/me", PROVIDER.bearer()).status_code == 200)
            stranger = pages.get("/api/me", Provider().bearer())

    assert (away.status_code, int(away.headers["retry-after"]) >= 1) == (503, True)
    assert stranger.status_code == 401


def _certificate() -> bytes:
    """A key and the certificate that it signed itself, for this machine."""
    key, name = generate_private_key(SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "provider")])
    now, address = datetime.now(UTC), x509.IPAddress(ipaddress.ip_address(embedded.HOST))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + made.public_bytes(Encoding.PEM)
