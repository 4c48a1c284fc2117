"""Observations to Redis: alerts and suggestions once each, the live board by its newest row."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from config.access import OPEN, Access
from streams import admission, advising, wire
from streams.sinks import Batch, New, Unavailable
from streams.wire import BoardRow

# A server that does not answer for so long is treated as away; the batch is kept and tried again.
TIMEOUT_S: Final = 2.0

# One call each, so that a crash between "published" and "remembered as published" is impossible; those for alerts
# and suggestions are `admission.SCRIPT` and `advising.DECIDE`.
_CANARY: Final = """
-- KEYS canary; ARGV json, sent at. A publisher that is behind must not make the newest canary older.
local newest = redis.call('GET', KEYS[1])
if newest and cjson.decode(newest).sent_at >= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1
"""
_REACHED: Final = """
-- KEYS whole; ARGV partition, how far it was, how far it is. A server that was behind when it took over lost the rest.
local at = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 'none')
if not at then return 0 end
if at < tonumber(ARGV[2]) then
  redis.call('HDEL', KEYS[1], ARGV[1])
  return 0
end
if at < tonumber(ARGV[3]) then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return 1
"""
_END: Final = """
-- KEYS whole; ARGV mark, then partition and how far it is, in turn. All of them or none.
for i = 2, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) ~= ARGV[1] then return 0 end
end
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 1
"""
_ROW: Final = """
-- KEYS board, offsets, changes, ended; ARGV conversation, offset, json, state, stream length, ttl in s,
-- when its event was produced
local newest = redis.call('HGET', KEYS[2], ARGV[1]) or redis.call('GET', KEYS[4])
if newest and tonumber(newest) > tonumber(ARGV[2]) then return 0 end
if ARGV[4] == 'ended' then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
  redis.call('SET', KEYS[4], ARGV[2], 'EX', ARGV[6])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
end
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[5], '*', 'json', ARGV[3], 'produced', ARGV[7])
return 1
"""


class RedisSink:
    """A sink over Redis or Valkey, 6.2 or later."""

    def __init__(self, url: str, *, access: Access = OPEN) -> None:
        # No retries inside the client: the publisher retries whole batches, and says so in a metric.
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=15,
            **access,
        )
        self._alert = self._redis.register_script(admission.SCRIPT)
        self._suggestion = self._redis.register_script(advising.DECIDE)
        self._row = self._redis.register_script(_ROW)
        self._canary = self._redis.register_script(_CANARY)
        self._over = self._redis.register_script(admission.OVER)
        self._reached = self._redis.register_script(_REACHED)
        self._end = self._redis.register_script(_END)

    async def publish(self, batch: Batch) -> New:
        """Publish all of `batch` in one round trip; see `Sink`."""
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                now_s = time.time()
                # First: what the alerts below find there says whether they were lost.
                for partition, (was, is_) in batch.reached.items():
                    await self._reached([wire.WHOLE], [partition, was, is_], client=pipe)
                for alert, claim in zip_longest(batch.alerts, batch.claims):
                    await self._alert(*admission.arguments(alert, claim, now_s=now_s), client=pipe)
                for offer in batch.offers:
                    await self._suggestion(*advising.call(offer), client=pipe)
                for message, its in batch.over:
                    await self._over(*admission.over(message, its), client=pipe)
                for place, (row, offset) in enumerate(batch.rows):
                    produced_s = batch.produced[place] if batch.produced else 0.0
                    await self._row(*_row(row, offset, produced_s), client=pipe)
                if batch.canary is not None:
                    seen = wire.CanarySeen(batch.canary, now_s)
                    await self._canary([wire.CANARY], [wire.encode(seen), seen.sent_at], client=pipe)
                answers = await pipe.execute()
        except (RedisError, OSError) as error:
            raise Unavailable(f"Redis: {type(error).__name__}: {error}") from error
        whole, answers = answers[: len(batch.reached)], answers[len(batch.reached) :]
        alerts = len(batch.alerts)
        return New(
            tuple(alert for alert, (new, _, _) in zip(batch.alerts, answers, strict=False) if new),
            tuple(advising.decided(offer, new) for offer, new in zip(batch.offers, answers[alerts:], strict=False)),
            _verdicts(answers[:alerts]),
            canary=batch.canary is not None and bool(answers[-1]),
            whole=all(whole),
        )

    async def forget(self, now_s: float) -> int:
        """Drop what lies in the streams for longer than it is kept; how many entries that were."""
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for stream, kept_s in wire.STREAM_KEPT_S.items():
                    # Exactly: by whole nodes a quiet floor would keep its last hundred for ever.
                    pipe.xtrim(stream, minid=f"{round((now_s - kept_s) * 1000)}-0", approximate=False)
                return sum(await pipe.execute())
        except (RedisError, OSError) as error:
            raise Unavailable(f"Redis: {type(error).__name__}: {error}") from error

    async def lost(self, reached: Mapping[int, int]) -> frozenset[int]:
        """The partitions that are not whole; see `Losing`."""
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for partition, offset in reached.items():
                    await self._reached([wire.WHOLE], [partition, offset, 0], client=pipe)
                whole = await pipe.execute()
        except (RedisError, OSError) as error:
            raise Unavailable(f"Redis: {type(error).__name__}: {error}") from error
        return frozenset(partition for partition, is_whole in zip(reached, whole, strict=True) if not is_whole)

    async def begin(self, partitions: Iterable[int], mark: str) -> None:
        """What follows makes these whole; see `Losing`."""
        try:
            await self._redis.hset(wire.WHOLE, mapping={str(partition): mark for partition in partitions})
        except (RedisError, OSError) as error:
            raise Unavailable(f"Redis: {type(error).__name__}: {error}") from error

    async def end(self, reached: Mapping[int, int], mark: str) -> bool:
        """They are whole; see `Losing`."""
        try:
            return bool(await self._end([wire.WHOLE], [mark, *(n for pair in reached.items() for n in pair)]))
        except (RedisError, OSError) as error:
            raise Unavailable(f"Redis: {type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Let go of connections."""
        await self._redis.aclose()


def _verdicts(answers: Iterable[tuple[int, bytes, int]]) -> Counter[str]:
    """How often the budget decided what; a displaced alert is another one than the alert it made way for."""
    verdicts: Counter[str] = Counter()
    for _, verdict, displaced in answers:
        verdicts[verdict.decode()] += 1
        verdicts["displaced"] += displaced
    return verdicts


def _row(row: BoardRow, offset: int, produced_s: float) -> tuple[list[str], list[str | bytes | int | float]]:
    conversation = wire.conversation_key(row.tenant, row.conversation_id)
    keys = [wire.BOARD, wire.BOARD_OFFSETS, wire.BOARD_CHANGES, wire.ended(conversation.decode())]
    return keys, [conversation, offset, wire.encode(row), row.state, wire.STREAM_MAXLEN, wire.ENDED_TTL_S, produced_s]
