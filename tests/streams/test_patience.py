"""A broker that is away is waited for, and not asked without a pause."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError
from aiokafka.structs import BrokerMetadata

from streams import embedded, patience

WATCHED_S: Final = 1.2
NOBODY: Final = "127.0.0.1:1"


@pytest.fixture
async def client() -> AsyncIterator[AIOKafkaClient]:
    made = AIOKafkaClient(bootstrap_servers=NOBODY)
    yield made
    await made.close()


async def test_a_start_without_a_broker_waits_where_aiokafkas_gives_up(client: AIOKafkaClient) -> None:
    with pytest.raises(KafkaConnectionError):
        await client.bootstrap()

    patience.patient(client)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.bootstrap(), WATCHED_S)


async def test_a_broker_that_comes_later_is_found(tmp_path: Path) -> None:
    port = next(embedded.free_ports())
    client = AIOKafkaClient(bootstrap_servers=f"127.0.0.1:{port}")
    patience.patient(client)
    waiting = asyncio.create_task(client.bootstrap())
    await asyncio.sleep(WATCHED_S / 2)
    assert not waiting.done()

    with embedded.broker(tmp_path, ports=[port]):
        await asyncio.wait_for(waiting, 30)
        assert client.cluster.brokers()
    await client.close()


async def asked(client: AIOKafkaClient) -> int:
    """How often a client that is asked again at once looks for its only broker, which is away."""
    times = 0
    client.cluster._brokers = {1: BrokerMetadata(1, "127.0.0.1", 1, None)}

    async def away(node_id: int) -> None:
        nonlocal times
        times += 1

    client._get_conn = away
    client._sync_task = asyncio.create_task(client._md_synchronizer())

    async def without_a_pause() -> None:
        while True:
            await client.force_metadata_update()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(without_a_pause(), WATCHED_S)
    return times


async def test_who_asks_again_at_once_is_made_to_wait(client: AIOKafkaClient) -> None:
    patience.patient(client)

    assert await asked(client) <= 2 + WATCHED_S / patience.AGAIN_S


async def test_aiokafkas_asks_as_often_as_it_can(client: AIOKafkaClient) -> None:
    assert await asked(client) > 100


async def test_producers_of_ours_wait_as_well() -> None:
    producer = patience.Producer(bootstrap_servers=NOBODY)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(producer.start(), WATCHED_S)

    await producer.stop()
