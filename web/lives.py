"""What supervisors do with an alert, and how two of them never overwrite each other."""

import secrets
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace
from redis.asyncio import Redis

from klankbord.events import Seconds
from streams import wire
from streams.wire import AlertAction, AlertLife

LONGEST_SNOOZE_S: Final = 8 * 3600.0

# Compares and changes in one call: between two calls another supervisor, or the publisher, may come first.
_CHANGE: Final = """
-- KEYS lives, changes, actions; ARGV alert id, revision that was seen, life, action, stream length
local now = redis.call('HGET', KEYS[1], ARGV[1])
if not now then return false end
if cjson.decode(now).revision ~= tonumber(ARGV[2]) then return {0, now} end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', 'json', ARGV[3])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[5], '*', 'json', ARGV[4])
return {1, ARGV[3]}
"""

_life: Final[msgspec.json.Decoder[AlertLife]] = msgspec.json.Decoder(AlertLife)


class Wish(Struct, frozen=True, forbid_unknown_fields=True):
    """What a supervisor asks for: the action, and the revision of the life that was on the screen."""

    action: Literal["acknowledge", "release", "assign", "snooze", "right", "wrong"]
    revision: Annotated[int, Meta(ge=0)]
    to: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+\Z")] | None = None
    for_s: Annotated[float, Meta(gt=0, le=LONGEST_SNOOZE_S)] | None = None
    reason: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The life as it stands now, and whether that is what was asked for."""

    life: AlertLife
    done: bool


def missing(wish: Wish) -> str | None:
    """The field that this action cannot do without and does not have."""
    needed = {"assign": ("to", wish.to), "snooze": ("for_s", wish.for_s), "wrong": ("reason", wish.reason)}
    name, value = needed.get(wish.action, ("", ""))
    return name if value is None else None


def standing(life: AlertLife, now_s: Seconds) -> AlertLife:
    """The life as it is to be read at `now_s`: a snooze ends by itself, and the alert asks for attention again."""
    if life.state != "snoozed" or life.snoozed_until is None or now_s < life.snoozed_until:
        return life
    return replace(life, state="new", snoozed_until=None)


def after(life: AlertLife, wish: Wish, *, by: str, now_s: Seconds) -> AlertLife | None:
    """The life after `wish`; none where it cannot be done any more. What has cleared can still be marked."""
    then = replace(standing(life, now_s), revision=life.revision + 1, by=by, at=now_s)
    if wish.action == "right":
        return replace(then, mark="right", reason="", marked_at=now_s)
    if wish.action == "wrong":
        return replace(then, mark="wrong", reason=wish.reason or "", marked_at=now_s)
    if life.state == "cleared":
        return None
    if wish.action == "acknowledge":
        return replace(then, state="acknowledged", snoozed_until=None)
    if wish.action == "assign":
        return replace(then, state="acknowledged", snoozed_until=None, assigned_to=wish.to)
    if wish.action == "snooze":
        return replace(then, state="snoozed", snoozed_until=now_s + (wish.for_s or 0.0))
    return replace(then, state="new", snoozed_until=None, assigned_to=None)


class Lives:
    """The lives in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._change = redis.register_script(_CHANGE)

    async def find(self, alert_id: str) -> AlertLife | None:
        """The life of an alert, from its opening until eight days after it cleared."""
        raw = await self._redis.hget(wire.LIVES, alert_id)
        return None if raw is None else _life.decode(raw)

    async def act(self, life: AlertLife, wish: Wish, *, by: str, now_s: Seconds) -> Outcome:
        """Do it if `life` is what was on the screen and still stands; else say what stands now."""
        then = after(life, wish, by=by, now_s=now_s) if wish.revision == life.revision else None
        if then is None:
            return Outcome(life, False)
        action = AlertAction(secrets.token_hex(12), wish.action, by, then)
        found = await self._change(
            [wire.LIVES, wire.LIFE_CHANGES, wire.ACTIONS],
            [life.alert_id, wish.revision, wire.encode(then), wire.encode(action), wire.STREAM_MAXLEN],
        )
        if found is None:  # forgotten between the two calls: it cleared eight days ago
            return Outcome(life, False)
        done, raw = found
        return Outcome(_life.decode(raw), bool(done))
