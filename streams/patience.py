"""Waits for a broker that is away: aiokafka gives up at the start, and asks without a pause later on."""

import asyncio
from typing import Any, Final

import aiokafka
import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError

log = structlog.get_logger()

AGAIN_S: Final = 0.5


class Client(AIOKafkaClient):  # type: ignore[misc]  # aiokafka has no types
    """Asks again and again, with a pause; how long a worker may go on so is the watchdog's business."""

    async def bootstrap(self) -> None:
        """As aiokafka's, which raises when nobody is there: workers may start before their broker."""
        told = False
        while True:
            try:
                await super().bootstrap()
                return
            except KafkaConnectionError:
                if not told:
                    log.warning("no broker answers; it is waited for", hosts=str(self.hosts))
                told = True
            await asyncio.sleep(AGAIN_S)

    async def _metadata_update(self, *args: Any) -> bool:
        """As aiokafka's, which its producer asks again at once: measured, 3,000 times a second and a whole core."""
        updated: bool = await super()._metadata_update(*args)
        if not updated:
            await asyncio.sleep(AGAIN_S)
        return updated


class Producer(aiokafka.AIOKafkaProducer):  # type: ignore[misc]
    """With a patient client."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        patient(self.client)


def patient(client: AIOKafkaClient) -> None:
    """Make `client` patient; aiokafka makes its clients itself and cannot be handed one."""
    client.__class__ = Client
