"""The real parts that tests ask for: a broker and a server, started once, and the pages, started for each test."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from streams import embedded, permissions
from tests.web.floor import Floor
from tests.web.guarding import Guarded, guard
from tests.web.serving import Pages, serve


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


@pytest.fixture
def pages(floor: Floor, redis_url: str, web_login: dict[str, str], tmp_path: Path) -> Iterator[Pages]:
    with serve(redis_url, tmp_path, settings=web_login) as running:
        yield running


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guard(tmp_path_factory.mktemp("guarded")) as running:
        yield running
