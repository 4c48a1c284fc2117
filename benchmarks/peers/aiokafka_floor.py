"""Plain aiokafka, with the producer settings of our own workers and a dict for state: the floor of this language."""

import asyncio
import json
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from benchmarks.peers.work import (
    BROKER,
    CHANGELOG,
    COMMIT_EVERY_S,
    GROUP,
    INPUT,
    OUTPUT,
    Conversation,
    fold,
    said,
    told,
)


async def main() -> None:
    consumer = AIOKafkaConsumer(
        INPUT, bootstrap_servers=BROKER, group_id=GROUP, auto_offset_reset="earliest", enable_auto_commit=False
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=BROKER, acks="all", enable_idempotence=True, linger_ms=10, max_batch_size=131_072
    )
    conversations: dict[str, Conversation] = {}
    waiting: list[asyncio.Future[object]] = []
    committed_at = time.monotonic()
    async with consumer, producer:
        while True:
            for partition, messages in (await consumer.getmany(timeout_ms=100, max_records=500)).items():
                for message in messages:
                    event = json.loads(message.value)
                    key = event["conversation_id"]
                    now = conversations[key] = fold(conversations.get(key), said(event))
                    output = told(event["event_id"], key, now)
                    for topic, value in ((CHANGELOG, now), (OUTPUT, output)):
                        waiting.append(
                            await producer.send(
                                topic, json.dumps(value).encode(), message.key, partition=partition.partition
                            )
                        )
            if waiting and time.monotonic() - committed_at >= COMMIT_EVERY_S:
                await asyncio.gather(*waiting)
                waiting.clear()
                await consumer.commit()
                committed_at = time.monotonic()


if __name__ == "__main__":
    asyncio.run(main())
