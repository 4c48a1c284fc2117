"""Bytewax as its documentation teaches it: the Kafka operators and a stateful map.

Run with `-r`, so that its snapshots hold the offsets: it is in no consumer group.
"""

import json
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage, KafkaSourceMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow

from benchmarks.peers.work import BROKER, CHANGELOG, INPUT, OUTPUT, Conversation, fold, said, told

ACKS = {"acks": "all"}


def decoded(message: KafkaSourceMessage) -> tuple[str, dict[str, Any]]:
    event = json.loads(message.value)
    return event["conversation_id"], event


def score(
    before: Conversation | None, event: dict[str, Any]
) -> tuple[Conversation, tuple[Conversation, dict[str, object]]]:
    now = fold(before, said(event))
    return now, (now, told(event["event_id"], event["conversation_id"], now))


def state_record(keyed: tuple[str, tuple[Conversation, object]]) -> KafkaSinkMessage:
    return KafkaSinkMessage(keyed[0].encode(), json.dumps(keyed[1][0]).encode())


def output_record(keyed: tuple[str, tuple[object, dict[str, object]]]) -> KafkaSinkMessage:
    return KafkaSinkMessage(keyed[0].encode(), json.dumps(keyed[1][1]).encode())


flow = Dataflow("scores")
events = kop.input("events", flow, brokers=[BROKER], topics=[INPUT])
op.inspect("errors", events.errs).then(op.raises, "stop_on_error")
scored = op.stateful_map("score", op.map("decode", events.oks, decoded), score)
kop.output(
    "changelog", op.map("state_record", scored, state_record), brokers=[BROKER], topic=CHANGELOG, add_config=ACKS
)
kop.output("scored", op.map("output_record", scored, output_record), brokers=[BROKER], topic=OUTPUT, add_config=ACKS)
