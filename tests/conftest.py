"""The real parts that tests ask for: a broker, Redis and a browser, once, and the pages, once for a module."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright
from redis import Redis

from streams import embedded, permissions
from tests.web.floor import Floor
from tests.web.guarding import Guarded, guard
from tests.web.serving import Pages, Serve, eventually, listen, serve

FLAGS: Final = (
    *("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--no-first-run", "--disable-quic"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests that need a browser come last: while Playwright is up no other loop can run in the main thread."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each file: what comes next in this process may need a loop of its own."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no Chromium found: install Debian's package chromium to run the browser tests")
    # As root there is no user to sandbox away from, and Chromium refuses to start with one.
    flags = [*FLAGS, *(("--no-sandbox",) if os.geteuid() == 0 else ())]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=flags)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded.broker(tmp_path_factory.mktemp("broker")) as bootstrap_servers:
        yield bootstrap_servers


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded.redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def web_login(redis_url: str) -> dict[str, str]:
    """Who the pages are to Redis: a user that may do what the list says, and nothing else."""
    user, password = permissions.PREFIX + "web", secrets.token_urlsafe(24)
    with Redis.from_url(redis_url) as redis:
        redis.execute_command("ACL SETUSER", user, *permissions.redis_rules("web"), f">{password}")
    return {"KLANKBORD_REDIS_USER": user, "KLANKBORD_REDIS_PASSWORD": password}


@pytest.fixture
def floor(redis_url: str) -> Iterator[Floor]:
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
        yield Floor(redis)


@pytest.fixture(scope="module")
def house(redis_url: str, web_login: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """One server for all tests of a module that do not end it: each start costs a second or two."""
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()  # what others left there it would show, and never hear that it is gone
    with serve(redis_url, tmp_path_factory.mktemp("web"), settings=web_login) as running:
        yield running


@pytest.fixture
def swept(house: Pages, floor: Floor) -> Iterator[None]:
    """Whatever a test leaves behind ends with it, and the server of its module has heard so."""
    yield
    floor.empty()
    assert eventually(lambda: is_empty(house))


def is_empty(house: Pages) -> bool:
    """Whether the server has heard that nothing is open."""
    with listen(house, "/events/supervisor") as stream:
        told = stream.until_event("snapshot")[-1].data
    return not any(told.values())


@pytest.fixture
def pages(house: Pages, swept: None) -> Pages:
    """The server of this module, whose floor is empty when a test begins."""
    return house


@pytest.fixture
def serves(redis_url: str, tmp_path: Path) -> Iterator[Serve]:
    """Starts servers of a test's own, which last longer than the pages that `visit` opens."""
    with ExitStack() as servers:
        yield lambda **settings: servers.enter_context(serve(redis_url, tmp_path, **settings))


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guard(tmp_path_factory.mktemp("guarded")) as running:
        yield running
