"""What a page hears: every alert of its stream, written down by a real client of the pages."""

import json
import threading
from collections import Counter
from contextlib import suppress
from typing import Final, Self

import httpx

from tests.kafka.ledger import Heard, heard
from tests.kafka.world import bearer
from tests.web.serving import Stream

STOPPED_S: Final = 120.0


class Page:
    """A supervisor's page at `url`, that comes back with the last number it heard whenever its stream ends."""

    def __init__(self, url: str) -> None:
        self.heard: Final[Counter[Heard]] = Counter()
        self.at = ""
        self.came_back = -1
        self._url = url
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="page", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(timeout=STOPPED_S)

    def _listen(self) -> None:
        while not self._stopping.is_set():
            with suppress(httpx.HTTPError):
                headers = {**bearer(self._url), **({"Last-Event-ID": self.at} if self.at else {})}
                with httpx.stream("GET", f"{self._url}/events/supervisor", headers=headers, timeout=5) as response:
                    self.came_back += response.status_code == 200
                    self._note(response)

    def _note(self, response: httpx.Response) -> None:
        for event in Stream(response):
            if self._stopping.is_set():
                return
            if event.event in ("alert", "suppressed"):
                self.heard[heard(json.dumps(event.data))] += 1
            self.at = event.id or self.at


def answers(url: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    return False
