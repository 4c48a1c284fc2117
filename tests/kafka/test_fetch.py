"""What is asked of a broker waits behind the fetch that the broker holds on the same connection."""

import asyncio
import time
from statistics import median
from typing import Final

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from streams.transport import FETCH_WAIT_MS

pytestmark = pytest.mark.kafka

TOPIC: Final = "nothing.in.it"
FAUSTS_MS: Final = 1_500
ASKED: Final = 7


async def answered_s(broker: str, fetch_wait_ms: int) -> float:
    """How long it takes at the median to be told where a partition ends, while a fetch of it is held."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, fetch_max_wait_ms=fetch_wait_ms)
    await consumer.start()
    try:
        partition, took = TopicPartition(TOPIC, 0), []
        consumer.assign([partition])
        for _ in range(ASKED):
            began = time.monotonic()
            await consumer.end_offsets([partition])
            took.append(time.monotonic() - began)
        return median(took)
    finally:
        await consumer.stop()


def test_a_recovery_does_not_wait_for_fetches_of_nothing(kafka_broker: str) -> None:
    """Faust's fetch is held for 1.5 s, and so is each of the three questions that a recovery asks meanwhile."""
    admin = KafkaAdminClient(bootstrap_servers=kafka_broker)
    admin.create_topics([NewTopic(TOPIC, num_partitions=1, replication_factor=1)])
    admin.close()

    fausts, ours = (asyncio.run(answered_s(kafka_broker, wait_ms)) for wait_ms in (FAUSTS_MS, FETCH_WAIT_MS))

    assert ours < fausts / 4
