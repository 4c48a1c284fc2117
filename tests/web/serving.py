"""The real pages in a process of their own, and a reader of their event streams that never waits for ever."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import httpx

from streams import embedded

READY_S: Final = 60.0  # a machine that is busy with other things needs more than 20
# Each client would read all certificates of the machine (26 ms), and nothing here speaks TLS.
NO_TLS: Final = False
PATIENCE_S: Final = 10.0  # longer than any of our answers takes, shorter than the 15 s between two comments
STOP_S: Final = 5.0
POLL_S: Final = 0.01
PORTS_TRIED: Final = 5
ROOT: Final = Path(__file__).parents[2]
WEB: Final = (sys.executable, "-m", "web")


@dataclass(frozen=True, slots=True)
class Pages:
    """A running server of the pages."""

    url: str
    port: int
    process: subprocess.Popen[bytes]

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """One plain answer, redirects not followed."""
        return httpx.get(self.url + path, headers=headers, timeout=PATIENCE_S, verify=NO_TLS)

    def bearer(self, path: str = "/events/supervisor", **who: str) -> dict[str, str]:
        """The header of whoever the demo lets in to read this stream: an agent, or a supervisor of all teams."""
        asked = {"role": "agent", "agent_id": "agent-01"} if path.startswith("/events/agent") else {}
        answer = httpx.get(self.url + "/demo/token", params=asked | who, timeout=PATIENCE_S, verify=NO_TLS)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['token']}"}


Serve = Callable[..., Pages]


@contextmanager
def serve(
    redis_url: str,
    directory: Path,
    *,
    replayed: bool = False,
    canary_every_s: float = 0,
    port: int | None = None,
    command: Sequence[str] = WEB,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Pages]:
    """The pages on `port`, or on any free one, from when they are ready until the block ends."""
    log = directory / "web.log"
    for chosen in islice(embedded.free_ports(), PORTS_TRIED) if port is None else (port,):
        ours = {
            "KLANKBORD_BROKER": "none:1",
            "KLANKBORD_REDIS_URL": redis_url,
            "KLANKBORD_WEB_PORT": str(chosen),
            "KLANKBORD_REPLAYED": str(replayed).lower(),
            "KLANKBORD_LOGIN": "demo",
            "KLANKBORD_CANARY_EVERY_S": str(canary_every_s),
            "KLANKBORD_CANARY_BLIND_S": str(canary_every_s * 2 or 1),
            **(settings or {}),
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith("KLANKBORD_")}
        process = embedded.child(command, env=others | ours, log=log, cwd=ROOT)
        pages = Pages(f"http://{embedded.HOST}:{chosen}", chosen, process)
        try:
            if _ready(pages):
                yield pages
                return
        finally:
            embedded.stop((process,), patience_s=STOP_S)
    raise AssertionError(f"the pages ended while they started; {log} says:\n{log.read_text()}")


def eventually(holds: Callable[[], object], *, within_s: float = PATIENCE_S) -> bool:
    """Whether it comes to hold in time."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_S)
    return True


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event, its data parsed."""

    id: str | None
    event: str
    data: Any


class Stream:
    """An open event stream."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self._events = _events(response.iter_lines())

    def __iter__(self) -> Iterator[Event]:
        return self._events

    def until(self, holds: Callable[[Event], bool]) -> list[Event]:
        """What comes from here on, up to and with the first event that `holds`; fails when that does not come."""
        deadline = time.monotonic() + 3 * PATIENCE_S
        seen: list[Event] = []
        for event in self._events:
            seen.append(event)
            if holds(event):
                return seen
            assert time.monotonic() < deadline, f"not among {len(seen)} events"
        raise AssertionError(f"the stream ended after {seen}")

    def until_event(self, name: str) -> list[Event]:
        """What comes up to and with the first event of this name."""
        return self.until(lambda event: event.event == name)

    def rest(self) -> list[Event]:
        """What comes until the server ends the stream."""
        return list(self._events)


@contextmanager
def listen(
    pages: Pages,
    path: str,
    *,
    last_id: str | None = None,
    bearer: Mapping[str, str] | None = None,
    **who: str,
) -> Iterator[Stream]:
    """An open stream of `bearer`, or of whom the demo lets in; silence longer than `PATIENCE_S` is an error."""
    headers = dict(pages.bearer(path, **who) if bearer is None else bearer)
    if last_id is not None:
        headers["Last-Event-ID"] = last_id
    with (
        httpx.Client(timeout=PATIENCE_S, verify=NO_TLS) as client,
        client.stream("GET", pages.url + path, headers=headers) as response,
    ):
        yield Stream(response)


def _events(lines: Iterator[str]) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(": ")
        if colon and name:
            fields[name] = value
        elif not line:
            if "data" in fields:
                yield Event(fields.get("id"), fields["event"], json.loads(fields["data"]))
            fields = {}


def _ready(pages: Pages) -> bool:
    """False when the process ended, as it does when another took the port first."""
    deadline = time.monotonic() + READY_S
    while pages.process.poll() is None:
        assert time.monotonic() < deadline, f"the pages are not ready after {READY_S:.0f} s"
        try:
            if pages.get("/readyz").is_success:
                return True
        except httpx.TransportError:
            pass
        time.sleep(POLL_S)
    return False
