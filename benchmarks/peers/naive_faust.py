"""Faust as its user guide teaches it: a Record, a table that is set, a topic that is sent to, every default."""

import faust

from benchmarks.peers.work import BROKER, DATA_DIR, GROUP, INPUT, OUTPUT, PARTITIONS, fold, told

app = faust.App(
    GROUP,
    broker=f"kafka://{BROKER}",
    datadir=DATA_DIR,
    store="memory://",
    topic_partitions=PARTITIONS,
    topic_replication_factor=1,
)


class Event(faust.Record, serializer="json"):
    """The fields that the work needs."""

    event_id: str
    conversation_id: str
    role: str = ""
    text: str = ""


events = app.topic(INPUT, value_type=Event)
scored = app.topic(OUTPUT)
conversations = app.Table("conversations")  # with a changelog topic that Faust makes


@app.agent(events)
async def score(stream: faust.StreamT[Event]) -> None:
    async for event in stream:
        words = event.text if event.role == "customer" else ""
        now = fold(conversations.get(event.conversation_id), words)
        conversations[event.conversation_id] = now
        await scored.send(key=event.conversation_id, value=told(event.event_id, event.conversation_id, now))
