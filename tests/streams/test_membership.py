"""Who is a member of its group: the watchdog ends who is not."""

import asyncio

import aiokafka

from streams.topics import Topic, create
from streams.transport import is_member

PATIENCE_S = 30.0


async def test_a_consumer_is_a_member_once_the_embedded_broker_has_assigned_it_something(broker: str) -> None:
    await asyncio.to_thread(create, broker, [Topic("membership", 1, 1, "delete")])
    consumer = aiokafka.AIOKafkaConsumer(
        "membership",
        bootstrap_servers=broker,
        group_id="membership",
        session_timeout_ms=4000,
        heartbeat_interval_ms=1000,
        rebalance_timeout_ms=2000,
    )
    before = is_member(None), is_member(consumer)

    async with asyncio.timeout(PATIENCE_S):
        await consumer.start()  # returns when the group has answered
    try:
        assert before == (False, False)
        assert consumer.assignment()
        assert is_member(consumer)
    finally:
        await consumer.stop()
    assert not is_member(consumer)
