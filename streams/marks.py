"""What supervisors said of alerts, in the form that `klankbord adapt` and `klankbord backtest` take."""

# Everything here waits for a network: call it from the command line or a test, never on a worker's loop.

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

import msgspec
from redis import Redis
from redis.exceptions import RedisError

from config.access import OPEN, Access
from klankbord.errors import KlankbordError
from klankbord.events import Seconds
from klankbord.tenant import Mark
from streams import wire
from streams.wire import AlertAction, AlertLife

AT_ONCE: Final = 1000
TIMEOUT_S: Final = 10.0

_life: Final[msgspec.json.Decoder[AlertLife]] = msgspec.json.Decoder(AlertLife)
_action: Final[msgspec.json.Decoder[AlertAction]] = msgspec.json.Decoder(AlertAction)


@dataclass(frozen=True, slots=True)
class Marked:
    """The newest mark of each alert, oldest first, and how many name no event, so that nobody can learn from them."""

    marks: tuple[Mark, ...]
    without_event: int


def marked(redis_url: str, *, tenant: str | None = None, since: Seconds | None = None, access: Access = OPEN) -> Marked:
    """What Redis has of marks: those of lives, and of alerts whose life is forgotten what the actions still tell."""
    try:
        client = Redis.from_url(redis_url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, **access)
        with closing(client) as redis:
            newest = _newest([*_of_actions(redis), *_of_lives(redis)])
    except (RedisError, OSError) as error:
        raise KlankbordError(f"Redis did not answer as it should: {type(error).__name__}; check the address") from None
    asked = [
        life
        for life in newest
        if tenant in (None, life.tenant) and (since is None or _when(life) >= since)
    ]  # fmt: skip
    told = sorted((life for life in asked if life.event_id), key=lambda life: (_when(life), life.alert_id))
    return Marked(tuple(map(_mark, told)), len(asked) - len(told))


def _newest(lives: Iterable[AlertLife]) -> Iterable[AlertLife]:
    """A mark is changed and never taken back, so the latest life with one holds the one that counts."""
    newest: dict[str, AlertLife] = {}
    for life in lives:
        known = newest.get(life.alert_id)
        if life.mark is not None and (known is None or life.revision > known.revision):
            newest[life.alert_id] = life
    return newest.values()


def _of_lives(redis: Redis) -> Iterator[AlertLife]:
    for _, raw in redis.hscan_iter(wire.LIVES, count=AT_ONCE):
        yield _life.decode(raw)


def _of_actions(redis: Redis) -> Iterator[AlertLife]:
    after = "-"
    while found := cast(list[tuple[bytes, dict[bytes, bytes]]], redis.xrange(wire.ACTIONS, min=after, count=AT_ONCE)):
        for _, fields in found:
            yield _action.decode(fields[wire.FIELD]).life
        after = f"({found[-1][0].decode()}"


def _when(life: AlertLife) -> Seconds:
    return life.marked_at or life.at


def _mark(life: AlertLife) -> Mark:
    return Mark(
        tenant=life.tenant,
        conversation_id=life.conversation_id,
        event_id=life.event_id,
        right=life.mark == "right",
        rule=life.rule,
        rule_version=life.rule_version,
        value=life.value,
        marked_at=datetime.fromtimestamp(round(_when(life), 3), UTC),
    )
