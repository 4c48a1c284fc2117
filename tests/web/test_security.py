"""What other sites, other names of ours and false proxies can do: nothing."""

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI, Request

from config.settings import Settings
from klankbord.errors import InvalidConfiguration
from tests.web.guarding import Guarded
from tests.web.serving import ROOT, Pages, listen, serve
from web.app import create_app
from web.security import MAX_BODY_BYTES, Gate, SecurityHeaders, parents_of

HOST: Final = "klankbord.example"
SECRET: Final = "s" * 40
WRITE: Final = {"X-Klankbord": "1", "Content-Type": "application/json"}


class Counted:
    """An address that changes something, behind the gate as the real ones are."""

    def __init__(self) -> None:
        self.changes = 0
        app = FastAPI()

        @app.api_route("/api/change", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        async def change(request: Request) -> int:
            self.changes += 1
            return len(await request.body())

        app.add_middleware(Gate, hosts=f"{HOST},localhost")
        app.add_middleware(SecurityHeaders, parents={})
        self._app = app

    async def ask(self, method: str, headers: Mapping[str, str] = {}, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url=f"https://{HOST}") as client:
            return await client.request(method, "/api/change", headers=headers, **more)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"Content-Type": "application/x-www-form-urlencoded", "X-Klankbord": "1"}, id="a form"),
        pytest.param({"Content-Type": "multipart/form-data; boundary=x", "X-Klankbord": "1"}, id="a form with files"),
        pytest.param({"Content-Type": "text/plain", "X-Klankbord": "1"}, id="text, as a form may send JSON"),
        pytest.param({"Content-Type": "application/json"}, id="without our header"),
        pytest.param({**WRITE, "X-Klankbord": "yes"}, id="with another value"),
        pytest.param({**WRITE, "Content-Encoding": "gzip"}, id="packed"),
        pytest.param({**WRITE, "Origin": "https://evil.example"}, id="from another site"),
        pytest.param({**WRITE, "Origin": f"https://{HOST}.evil.example"}, id="from a site that begins as ours"),
        pytest.param({**WRITE, "Origin": f"https://{HOST}:444"}, id="from another port"),
        pytest.param({**WRITE, "Origin": "null"}, id="from a frame without a site"),
        pytest.param({**WRITE, "Sec-Fetch-Site": "cross-site"}, id="as the browser says, another site"),
        pytest.param({**WRITE, "Sec-Fetch-Site": "same-site"}, id="as the browser says, a neighbour"),
    ],
)
async def test_a_write_that_is_not_our_pages_changes_nothing(method: str, headers: dict[str, str]) -> None:
    counted = Counted()

    answer = await counted.ask(method, headers, content=b"{}")

    assert answer.status_code in (403, 415)
    assert counted.changes == 0
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_write_of_our_own_page_is_taken_whole() -> None:
    counted = Counted()
    ours = {**WRITE, "Origin": f"https://{HOST}", "Sec-Fetch-Site": "same-origin"}

    answer = await counted.ask("POST", ours, content=b"x" * MAX_BODY_BYTES)

    assert (answer.status_code, answer.json(), counted.changes) == (200, MAX_BODY_BYTES, 1)


async def test_a_body_that_is_too_large_is_refused_whether_or_not_it_says_so() -> None:
    counted = Counted()

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield b"x" * 1024

    answers = [await counted.ask("POST", WRITE, content=content) for content in (b"x" * (MAX_BODY_BYTES + 1), parts())]

    assert [answer.status_code for answer in answers] == [413, 413]
    assert counted.changes == 0


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param(HOST, 200, id="ours"),
        pytest.param(f"{HOST.upper()}:8443", 200, id="ours, with a port"),
        pytest.param("evil.example", 421, id="another"),
        pytest.param(f"{HOST}.evil.example", 421, id="one that begins as ours"),
        pytest.param(f"evil.example#{HOST}", 400, id="one with something behind it"),
        pytest.param(f"kim@{HOST}", 400, id="one with somebody before it"),
        pytest.param("", 400, id="none"),
    ],
)
async def test_only_our_own_names_are_answered(host: str, status: int) -> None:
    assert (await Counted().ask("GET", {"Host": host})).status_code == status


def test_another_sites_page_cannot_read_a_stream(guarded: Guarded) -> None:
    bearer = guarded.provider.bearer()
    for more in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
        with listen(guarded.pages, "/events/supervisor", bearer=bearer | more) as stream:
            assert stream.status in (403, 421)
            assert "access-control-allow-origin" not in stream.headers


def test_a_token_in_an_address_is_refused_even_if_it_is_right(guarded: Guarded) -> None:
    token = guarded.provider.token()

    for name in ("token", "access_token", "Token"):
        assert guarded.pages.get(f"/api/me?{name}={token}").status_code == 400
    assert guarded.pages.get(f"/supervisor?token={token}").status_code == 400


def test_without_the_demo_nobody_hands_out_tokens(guarded: Guarded) -> None:
    assert guarded.pages.get("/demo/token").status_code == 404


def frames(pages: Pages, path: str) -> str:
    found = re.search(r"frame-ancestors ([^;]+)", pages.get(path).headers["content-security-policy"])
    assert found is not None
    return found[1]


def test_only_the_panel_is_framed_and_only_by_the_desks_of_its_tenant(guarded: Guarded) -> None:
    assert frames(guarded.pages, "/agent/a") == "https://desk.example http://desk.localhost:9"
    assert frames(guarded.pages, "/agent/b") == "https://other.example"
    for path in ("/supervisor", "/agent", "/agent/c", "/api/about", "/static/agent.html", "/agent/a/b"):
        assert frames(guarded.pages, path) == "'none'", path
    assert guarded.pages.get("/agent/a").headers["cross-origin-resource-policy"] == "cross-origin"
    assert guarded.pages.get("/supervisor").headers["cross-origin-resource-policy"] == "same-origin"
    assert guarded.pages.get("/api/about?tenant=b").json()["parents"] == ["https://other.example"]


@pytest.mark.parametrize("wrong", ["a", "a=", "=https://desk.example", "a=desk.example", "a=https://x/y", "a=*"])
def test_a_desk_that_is_no_origin_is_a_mistake(wrong: str) -> None:
    with pytest.raises(InvalidConfiguration, match="EMBED_PARENTS"):
        parents_of(wrong)


@pytest.fixture(scope="module")
def proxied(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    settings = {
        "KLANKBORD_LOGIN": "proxy",
        "KLANKBORD_PROXY_ADDRESSES": "10.0.0.0/8, 127.0.0.1",
        "KLANKBORD_PROXY_SECRET": SECRET,
    }
    with serve(redis_url, tmp_path_factory.mktemp("proxied"), settings=settings) as pages:
        yield pages


NAMED: Final = {
    "X-Klankbord-Secret": SECRET,
    "X-Klankbord-User": "kim",
    "X-Klankbord-Role": "supervisor",
    "X-Klankbord-Tenant": "a",
    "X-Klankbord-Teams": "noord, zuid",
}


def test_whom_the_proxy_names_is_let_in(proxied: Pages) -> None:
    said = proxied.get("/api/me", NAMED).json()

    assert (said["name"], said["role"], said["tenant"], said["teams"]) == ("kim", "supervisor", "a", ["noord", "zuid"])


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"X-Klankbord-Secret": None}, id="no secret"),
        pytest.param({"X-Klankbord-Secret": SECRET[:-1]}, id="half a secret"),
        pytest.param({"X-Klankbord-Secret": "é" * 20}, id="a secret in other letters"),
        pytest.param({"X-Klankbord-User": None}, id="nobody"),
        pytest.param({"X-Klankbord-User": ""}, id="an empty name"),
        pytest.param({"X-Klankbord-Role": "root"}, id="an unknown role"),
        pytest.param({"X-Klankbord-Role": "agent"}, id="an agent without an id"),
        pytest.param({"X-Klankbord-Tenant": None}, id="no tenant"),
        pytest.param({"X-Klankbord-Tenant": "a b"}, id="a tenant with a space"),
    ],
)
def test_a_proxy_that_is_not_ours_or_says_too_little_is_refused(proxied: Pages, changed: dict[str, str | None]) -> None:
    headers = {name.encode(): value.encode() for name, value in (NAMED | changed).items() if value is not None}

    assert httpx.get(proxied.url + "/api/me", headers=headers).status_code == 401


def test_a_header_that_somebody_added_to_the_proxys_is_refused(proxied: Pages) -> None:
    doubled = [*NAMED.items(), ("X-Klankbord-Role", "privacy_officer")]

    assert httpx.get(proxied.url + "/api/me", headers=doubled).status_code == 401


def test_the_right_headers_from_another_address_are_refused(redis_url: str, tmp_path: Path) -> None:
    settings = {
        "KLANKBORD_LOGIN": "proxy",
        "KLANKBORD_PROXY_ADDRESSES": "10.1.2.3",
        "KLANKBORD_PROXY_SECRET": SECRET,
    }
    with serve(redis_url, tmp_path, settings=settings) as pages:
        # Whoever is asked by this machine must not be able to say that it is another.
        for more in ({}, {"X-Forwarded-For": "10.1.2.3"}, {"Forwarded": "for=10.1.2.3"}, {"X-Real-IP": "10.1.2.3"}):
            assert pages.get("/api/me", NAMED | more).status_code == 401


def test_a_proxys_headers_are_refused_where_no_proxy_is_trusted(guarded: Guarded) -> None:
    bearer = guarded.provider.bearer()

    assert guarded.pages.get("/api/me", bearer).status_code == 200
    for name, value in NAMED.items():
        assert guarded.pages.get("/api/me", bearer | {name: value}).status_code == 401


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({}, ["LOGIN"], id="no login"),
        pytest.param({"login": "demo", "host": "0.0.0.0"}, ["HOST"], id="a demo for everybody"),
        pytest.param({"login": "token"}, ["TOKEN_ISSUER", "TOKEN_AUDIENCE", "TOKEN_KEYS"], id="tokens of nobody"),
        pytest.param(
            {"login": "token", "token_issuer": "x", "token_audience": "x", "token_keys": "http://x/jwks"},
            ["TOKEN_KEYS"],
            id="keys in the open",
        ),
        pytest.param({"login": "proxy"}, ["PROXY_ADDRESSES", "PROXY_SECRET"], id="any proxy"),
        pytest.param(
            {"login": "proxy", "proxy_addresses": "everywhere", "proxy_secret": SECRET}, ["PROXY_ADDRESSES"], id="where"
        ),
    ],
)
def test_a_login_that_would_let_in_the_wrong_people_does_not_start(settings: dict[str, str], said: list[str]) -> None:
    needed = {"broker": "none:1", "redis_url": "redis://none:1"}

    with pytest.raises(InvalidConfiguration) as error:
        create_app(Settings.model_validate(needed | settings))

    assert len(error.value.mistakes) == len(said)
    for mistake, name in zip(error.value.mistakes, said, strict=True):
        assert f"KLANKBORD_{name}" in mistake


def test_the_process_says_which_login_it_needs_and_ends_with_2() -> None:
    environment = {"KLANKBORD_BROKER": "none:1", "KLANKBORD_REDIS_URL": "redis://127.0.0.1:1", "PATH": "/usr/bin:/bin"}

    run = subprocess.run([sys.executable, "-m", "web"], cwd=ROOT, env=environment, capture_output=True, timeout=60)

    assert run.returncode == 2
    assert b"KLANKBORD_LOGIN is missing: token, proxy or" in run.stderr


def test_a_demo_signs_for_anybody_and_only_in_time_and_the_pages_of_others_cannot_ask(pages: Pages) -> None:
    answer = pages.get("/demo/token?role=supervisor")
    cross = [
        pages.get("/demo/token", headers) for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"})
    ]

    assert answer.json()["lasts_s"] <= 600
    assert answer.headers["cache-control"] == "no-store"
    assert [one.status_code for one in cross] == [403, 421]
    with ExitStack() as stack:
        tokens = {json.dumps(pages.bearer()) for _ in range(3)}
        assert len(tokens) == 3
        for bearer in tokens:
            stream = stack.enter_context(listen(pages, "/events/supervisor", bearer=json.loads(bearer)))
            assert stream.status == 200
