"""Observations to Redis: alerts and suggestions once each, the live board by its newest row."""

from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from streams import wire
from streams.sinks import Batch, New, Unavailable
from streams.wire import AlertMessage, BoardRow, SuggestionMessage

# A server that does not answer for so long is treated as away; the batch is kept and tried again.
TIMEOUT_S: Final = 2.0

# One call each, so that a crash between "published" and "remembered as published" is impossible.
_ALERT: Final = """
-- KEYS once, stream, open alerts, counts; ARGV json, alert id, state, count, ttl in s, stream length
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[5]) then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], '*', 'json', ARGV[1])
if ARGV[3] == 'opened' then redis.call('HSET', KEYS[3], ARGV[2], ARGV[1])
else redis.call('HDEL', KEYS[3], ARGV[2]) end
redis.call('HINCRBY', KEYS[4], ARGV[4], 1)
return 1
"""
_SUGGESTION: Final = """
-- KEYS once, stream, the agent's current suggestion, counts; ARGV json, time left in ms, count, ttl in s, stream length
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[4]) then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', 'json', ARGV[1])
if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2]) end
redis.call('HINCRBY', KEYS[4], ARGV[3], 1)
return 1
"""
_ROW: Final = """
-- KEYS board, offsets, changes, ended; ARGV conversation, offset, json, state, stream length, ttl in s
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
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[5], '*', 'json', ARGV[3])
return 1
"""


class RedisSink:
    """A sink over Redis or Valkey, 6.2 or later."""

    def __init__(self, url: str) -> None:
        # No retries inside the client: the publisher retries whole batches, and says so in a metric.
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=15,
        )
        self._alert = self._redis.register_script(_ALERT)
        self._suggestion = self._redis.register_script(_SUGGESTION)
        self._row = self._redis.register_script(_ROW)

    async def publish(self, batch: Batch) -> New:
        """Publish all of `batch` in one round trip; see `Sink`."""
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for alert in batch.alerts:
                    await self._alert(*_alert(alert), client=pipe)
                for suggestion in batch.suggestions:
                    left_ms = batch.suggestion_ttl_ms.get(suggestion.suggestion_id, 0)
                    await self._suggestion(*_suggestion(suggestion, left_ms), client=pipe)
                for row, offset in batch.rows:
                    await self._row(*_row(row, offset), client=pipe)
                answers = await pipe.execute()
        except (RedisError, OSError) as error:
            raise Unavailable(f"Redis: {type(error).__name__}: {error}") from error
        alerts = len(batch.alerts)
        return New(
            tuple(alert for alert, new in zip(batch.alerts, answers, strict=False) if new),
            tuple(s for s, new in zip(batch.suggestions, answers[alerts:], strict=False) if new),
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self._redis.aclose()


def _alert(message: AlertMessage) -> tuple[list[str], list[str | bytes | int]]:
    alert = message.alert
    identity = f"{alert.alert_id}:{alert.state}"
    keys = [wire.once(identity), wire.ALERTS, wire.OPEN_ALERTS, wire.COUNTS]
    count = f"alerts:{alert.rule}:{alert.state}"
    return keys, [wire.encode(message), alert.alert_id, alert.state, count, wire.ONCE_TTL_S, wire.STREAM_MAXLEN]


def _suggestion(message: SuggestionMessage, left_ms: int) -> tuple[list[str], list[str | bytes | int]]:
    current = wire.current_suggestion(message.agent_id)
    keys = [wire.once(message.suggestion_id), wire.SUGGESTIONS, current, wire.COUNTS]
    count = f"suggestions:{message.kind}"
    return keys, [wire.encode(message), left_ms, count, wire.ONCE_TTL_S, wire.STREAM_MAXLEN]


def _row(row: BoardRow, offset: int) -> tuple[list[str], list[str | bytes | int]]:
    conversation = wire.conversation_key(row.tenant, row.conversation_id)
    keys = [wire.BOARD, wire.BOARD_OFFSETS, wire.BOARD_CHANGES, wire.ended(conversation.decode())]
    return keys, [conversation, offset, wire.encode(row), row.state, wire.STREAM_MAXLEN, wire.ENDED_TTL_S]
