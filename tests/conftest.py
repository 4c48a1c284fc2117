"""The real broker and server of `streams/embedded.py`, started once for all tests that ask for them."""

from collections.abc import Iterator

import pytest

from streams import embedded


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded.broker(tmp_path_factory.mktemp("broker")) as bootstrap_servers:
        yield bootstrap_servers


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded.redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url
