"""An empty floor to write on, and the pages that show it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.web.floor import Floor
from tests.web.serving import Pages, serve


@pytest.fixture
def floor(redis_url: str) -> Iterator[Floor]:
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
        yield Floor(redis)


@pytest.fixture
def pages(floor: Floor, redis_url: str, tmp_path: Path) -> Iterator[Pages]:
    with serve(redis_url, tmp_path) as running:
        yield running
