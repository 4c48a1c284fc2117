"""An app with one table, of Faust's own parts or of ours, that says when it has recovered: a process of its own."""

import os
import sys
from pathlib import Path
from typing import Final

import faust
from faust.tables import TableManager as FaustTableManager

from streams import tables, wire
from streams.transport import Transport

PARTITIONS: Final = 1
RECOVERED: Final = "recovered: "


def create(servers: str, kind: str, directory: Path) -> faust.App:
    """The app; `kind` is "faust" or "ours"."""
    ours = kind == "ours"
    app = faust.App(
        f"recovering-{kind}",
        broker=f"kafka://{servers}",
        datadir=directory,
        store="memory://",
        value_serializer="raw",
        web_enabled=False,
        topic_partitions=PARTITIONS,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        worker_redirect_stdouts=False,
        Table=tables.Table if ours else faust.Table,
        TableManager=tables.TableManager if ours else FaustTableManager,
    )
    app.transport = app.producer_transport = Transport(app.conf.broker, app)
    changelog = app.topic(wire.OBSERVATIONS, key_type=bytes, value_type=bytes, acks=False, allow_empty=True)
    table = app.Table(
        "conversations", key_type=bytes, value_type=bytes, partitions=PARTITIONS, changelog_topic=changelog
    )

    async def say() -> None:
        sys.stdout.write(f"{RECOVERED}{sorted(table.data.keys())}\n")
        sys.stdout.flush()

    table.on_recover(say)

    @app.agent(app.topic(wire.CHAT_MESSAGES, key_type=bytes, value_type=bytes))
    async def nothing(events: faust.StreamT[bytes]) -> None:
        async for _ in events:
            pass

    return app


def __getattr__(name: str) -> faust.App:
    if name != "app":
        raise AttributeError(name)
    return create(os.environ["SERVERS"], os.environ["KIND"], Path(os.environ["DIRECTORY"]))
