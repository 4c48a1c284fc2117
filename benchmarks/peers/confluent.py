"""Plain confluent-kafka: a dict for state, a batch at a time, committed once everything is written."""

import json
import time

from confluent_kafka import Consumer, KafkaException, Producer

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


def delivered(error: object, _: object) -> None:
    if error is not None:
        raise SystemExit(f"not written: {error}")


def main() -> None:
    consumer = Consumer(
        {
            "bootstrap.servers": BROKER,
            "group.id": GROUP,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    producer = Producer({"bootstrap.servers": BROKER, "acks": "all", "enable.idempotence": True})
    consumer.subscribe([INPUT])
    conversations: dict[str, Conversation] = {}
    uncommitted, committed_at = 0, time.monotonic()
    while True:
        for message in consumer.consume(num_messages=500, timeout=0.1):
            if message.error():
                raise KafkaException(message.error())
            event = json.loads(message.value())
            key, place = event["conversation_id"], message.partition()
            now = conversations[key] = fold(conversations.get(key), said(event))
            producer.produce(CHANGELOG, json.dumps(now), key, place, on_delivery=delivered)
            producer.produce(OUTPUT, json.dumps(told(event["event_id"], key, now)), key, place, on_delivery=delivered)
            uncommitted += 1
        producer.poll(0)
        if uncommitted and time.monotonic() - committed_at >= COMMIT_EVERY_S:
            producer.flush()
            consumer.commit(asynchronous=False)
            uncommitted, committed_at = 0, time.monotonic()


if __name__ == "__main__":
    main()
