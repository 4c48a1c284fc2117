"""A contact centre in a nutshell: real processes, a replay, people who act on it, and Prometheus that looks on."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import redis

from streams import demo, wire
from streams.player import Line, Player, bundled, span
from streams.wire import AlertLife, SuggestionMessage
from tests.e2e.waiting import until
from tests.prometheus.server import Prometheus, prometheus

EVERY_S: Final = 2.0  # a busy machine needs more than one for the pages of a monitor
REMEMBERED_EVERY_S: Final = 1.0
WEEK_S: Final = 7 * 86_400.0
SETTLED_S: Final = 60.0
EACH: Final = 10  # alerts that one supervisor takes up
UNREADABLE: Final = Line(b"where is it", None)
# Of its alerts, a supervisor thinks nothing.
NEVER: Final = "high_effort"


@dataclass(frozen=True, slots=True)
class Scene:
    """What runs, and where to ask."""

    live: demo.Running
    prometheus: Prometheus

    def pages(self) -> dict[str, str]:
        """What each process shows at /metrics."""
        return {name: _page(self.live, name) for name in self.live.processes}


@contextmanager
def scene(directory: Path, *, speed: float | None = None) -> Iterator[Scene]:
    """Two replays: what was scraped of the first is a week old for Prometheus, which scrapes the second.

    At talking speed times `speed`, or as fast as it goes.
    """
    with demo.running({"CANARY_EVERY_S": "2"}) as live:
        with _remembering(live) as past:
            _play(live, (*bundled(), UNREADABLE), speed)
        targets = {name: f"127.0.0.1:{live.ports[name]}" for name in live.processes}
        with prometheus(directory / "prometheus", targets, every_s=EVERY_S, past=past.text()) as server:
            until(lambda: len(server.now("up == 1")) == len(targets), within_s=SETTLED_S, what="all are scraped")
            with _watching(live):
                before = {life.alert_id for life in _lives(live)}
                _play(live, (*bundled(1), UNREADABLE), speed)
                act(live, [life for life in _lives(live) if life.alert_id not in before])
                _settle(server)
                yield Scene(live, server)


def _play(live: demo.Running, lines: tuple[Line, ...], speed: float | None) -> None:
    if speed is None:
        played = demo.replay_once(live, lines, keep_times=False, progress=lambda _: None)
        assert played.lost == played.duplicates == 0
        return
    with Player(live.broker) as player:
        player.play(lines, shift_s=time.time() - span(lines)[1], speed=speed, watch=live.check)
        player.settle(live.check)
    assert player.account.lost == 0


def _lives(live: demo.Running) -> list[AlertLife]:
    with redis.Redis.from_url(live.redis_url) as client:
        return [msgspec.json.decode(raw, type=AlertLife) for raw in client.hvals(wire.LIVES)]


def act(live: demo.Running, lives: Sequence[AlertLife]) -> None:
    """Supervisors mark these alerts, agents answer suggestions."""
    with redis.Redis.from_url(live.redis_url) as client:
        entries: Any = client.xrange(wire.SUGGESTIONS)
    shown = [_suggestion(fields[wire.FIELD]) for _, fields in entries]
    # One alone may not ask so often.
    for begin in range(0, len(lives), EACH):
        with _asking(live, role="supervisor") as supervisor:
            for life in lives[begin : begin + EACH]:
                # It may clear meanwhile.
                said = {"action": "wrong", "reason": "no"} if life.rule == NEVER else {"action": "right"}
                _told(supervisor, f"/api/alerts/{life.alert_id}/life", {**said, "revision": life.revision}, (200, 409))
    with _asking(live, role="supervisor") as supervisor:
        # Somebody who was too late.
        _told(supervisor, f"/api/alerts/{lives[0].alert_id}/life", {"action": "acknowledge", "revision": 0}, (409,))
    answers = ("used", "not_now", "wrong")
    for number, suggestion in enumerate(one for one in shown if one is not None):
        with _asking(live, role="agent", agent_id=suggestion.agent_id) as agent:
            said = {"answer": answers[number % len(answers)]}
            # It may be over by now.
            _told(agent, f"/api/suggestions/{suggestion.suggestion_id}/answer", said, (204, 409))


def _told(client: httpx.Client, path: str, said: object, allowed: tuple[int, ...]) -> None:
    answer = client.post(path, json=said)
    assert answer.status_code in allowed, (path, answer.status_code, answer.text)


def _suggestion(raw: bytes) -> SuggestionMessage | None:
    try:
        return msgspec.json.decode(raw, type=SuggestionMessage)
    except msgspec.ValidationError:
        return None  # one that was taken back


@contextmanager
def _asking(live: demo.Running, **who: str) -> Iterator[httpx.Client]:
    address = live.address("web")
    token = httpx.get(f"{address}/demo/token", params=who, trust_env=False).json()["token"]
    headers = {"Authorization": f"Bearer {token}", "X-Klankbord": "1"}
    with httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=10) as client:
        yield client


@contextmanager
def _watching(live: demo.Running) -> Iterator[None]:
    """An open supervisor page."""
    with _asking(live, role="supervisor") as client, client.stream("GET", "/events/supervisor") as stream:
        assert stream.status_code == 200
        yield


def _settle(server: Prometheus) -> None:
    """Until what people did last was scraped, and the rules were worked out after it."""
    done = time.time()

    def looked() -> bool:
        at = [rule["lastEvaluation"] for rule in server.rules()]
        fresh = server.now(f"min(timestamp(klankbord_start_time_seconds)) > {done + 2 * EVERY_S}")
        return bool(at and fresh and server.now("klankbord:effort_score:band_high_7d"))

    until(looked, within_s=SETTLED_S, what="Prometheus has seen what people did")
    time.sleep(2 * EVERY_S)


class _Past:
    """What was scraped, each sample with the time a week before."""

    def __init__(self, live: demo.Running) -> None:
        self._live = live
        self._lines: list[str] = []

    def take(self) -> None:
        for name in self._live.processes:
            own = f'instance="127.0.0.1:{self._live.ports[name]}",job="klankbord"'
            at = f"{time.time() - WEEK_S:.3f}"
            for line in _page(self._live, name).splitlines():
                if not line.startswith("#") and "_created" not in line:
                    self._lines.append(_labelled(line, own if "process=" in line else f'{own},process="{name}"', at))

    def text(self) -> str:
        """In OpenMetrics: each series in one piece, in the order of time."""
        by_series = sorted(self._lines, key=lambda line: line.rsplit(" ", 2)[0])
        return "\n".join([*by_series, "# EOF"]) + "\n"


@contextmanager
def _remembering(live: demo.Running) -> Iterator[_Past]:
    past, stopping = _Past(live), threading.Event()

    def take() -> None:
        while True:
            past.take()
            if stopping.wait(REMEMBERED_EVERY_S):
                break

    past.take()
    taking = threading.Thread(target=take, daemon=True)
    taking.start()
    yield past
    stopping.set()
    taking.join()
    past.take()


def _labelled(line: str, labels: str, at: str) -> str:
    series, _, value = line.rpartition(" ")
    name, _, rest = series.partition("{")
    return f"{name}{{{labels}{',' + rest if rest else '}'} {value} {at}"


def _page(live: demo.Running, name: str) -> str:
    answer = httpx.get(live.address(name, "/metrics"), timeout=10, trust_env=False)
    assert answer.status_code == 200, name
    return answer.text
