"""A way to a server that can be made slow, cut, or half dead."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from streams import embedded

CHUNK: Final = 65_536


class Proxy:
    """Passes bytes on from a port of its own, in a thread of its own."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._delay_s = 0.0
        self._silent = False
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._server: asyncio.Server = self._do(asyncio.start_server(self._pass, embedded.HOST, 0))
        self.port: Final[int] = self._server.sockets[0].getsockname()[1]

    def slow(self, seconds: float) -> None:
        """Hold every answer for so long."""
        self._delay_s = seconds

    def silence(self, silent: bool) -> None:
        """Take bytes and pass none on: a connection of which the other half is gone."""
        self._silent = silent

    def cut(self) -> None:
        """End every connection now."""
        self._loop.call_soon_threadsafe(self._cut)

    def close(self) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _end(self) -> None:
        self._server.close()
        self._cut()
        passing = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=5)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            there, onward = await asyncio.open_connection(embedded.HOST, self._target)
        except OSError:
            writer.transport.abort()
            self._open.discard(writer)
            return
        self._open.add(onward)
        try:
            await asyncio.gather(self._pump(reader, onward, delay=False), self._pump(there, writer, delay=True))
        finally:
            for each in (writer, onward):
                self._open.discard(each)
                each.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, delay: bool) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if delay and self._delay_s:
                    await asyncio.sleep(self._delay_s)
                if not self._silent:
                    writer.write(data)
                    await writer.drain()
            writer.close()
