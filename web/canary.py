"""Whether monitoring is blind: no canary came all the way for too long."""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from klankbord.events import Seconds
from streams.metrics import WebMetrics
from streams.wire import CanarySeen
from web import sse

LOOK_EVERY_S: Final = 1.0

_seen: Final[msgspec.json.Decoder[CanarySeen]] = msgspec.json.Decoder(CanarySeen)


class Canary:
    """Follows the newest canary that came through; its age runs from when it was sent, so a backlog is seen too."""

    def __init__(self, metrics: WebMetrics, *, blind_s: Seconds, clock: Callable[[], Seconds] = time.time) -> None:
        self._blind_s = blind_s
        self._clock = clock
        # Before the first one comes, the age is that of this process: it cannot know better yet.
        self._sent_at = clock()
        self._looked_at = 0.0
        self._told = ""
        metrics.canary_age_seconds.set_function(lambda: self.age_s)

    @property
    def age_s(self) -> Seconds:
        """How long ago the newest canary was sent."""
        return max(0.0, self._clock() - self._sent_at)

    @property
    def state(self) -> str:
        """`seen`, or `blind`."""
        return "blind" if self.age_s > self._blind_s else "seen"

    def is_due(self) -> bool:
        """Whether it is time to look again."""
        return self._clock() - self._looked_at >= LOOK_EVERY_S

    def look(self, raw: bytes | None) -> None:
        """Take in what Redis holds."""
        self._looked_at = self._clock()
        if raw is not None:
            self._sent_at = max(self._sent_at, _seen.decode(raw).sent_at)

    def has_turned(self) -> bool:
        """Whether the state is another than when this was asked last."""
        before, self._told = self._told, self.state
        return self._told != before

    def message(self) -> bytes:
        """What the pages are told, whoever comes between two looks as well: only a turn from there is told to them."""
        told = {"state": self._told or self.state, "age_s": round(self.age_s, 1)}
        return sse.message("canary", msgspec.json.encode(told))
