"""Quix Streams as its documentation teaches it: a dataframe, a stateful function, every default but where to begin."""

from typing import Any

from quixstreams import Application, State

from benchmarks.peers.work import BROKER, DATA_DIR, GROUP, INPUT, OUTPUT, fold, said, told

app = Application(
    broker_address=BROKER,
    consumer_group=GROUP,
    auto_offset_reset="earliest",
    state_dir=DATA_DIR,
    loglevel="WARNING",
)


def score(event: dict[str, Any], state: State) -> dict[str, object]:
    now = fold(state.get("conversation"), said(event))
    state.set("conversation", now)
    return told(event["event_id"], event["conversation_id"], now)


if __name__ == "__main__":
    events = app.topic(INPUT, value_deserializer="json")
    scored = app.topic(OUTPUT, value_serializer="json")
    app.dataframe(events).apply(score, stateful=True).to_topic(scored)
    app.run()
