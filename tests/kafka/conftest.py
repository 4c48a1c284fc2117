"""Apache Kafka, started once for all tests that ask for it."""

import os
from collections.abc import Iterator

import pytest

from tests.kafka.cluster import Missing, kafka


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        cluster = kafka(tmp_path_factory.mktemp("kafka"))
        server = cluster.__enter__()
    except Missing as error:
        if os.environ.get("CI"):
            raise  # there the promise is proved or the run is red
        pytest.skip(f"not proved here: {error}")
    yield server
    cluster.__exit__(None, None, None)
