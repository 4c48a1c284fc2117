"""What an agent says of a suggestion: used, not now, or wrong; counted per kind and situation, and of nobody."""

from typing import Annotated, Final, cast

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi import Path as FromPath
from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.responses import PlainTextResponse, Response

from streams import wire
from streams.metrics import Answer, WebMetrics
from web.access import Object, Subject, authorise
from web.audit import note
from web.identity import subject_of

# So many dismissals in a row, by whomever, and a kind is silent in that situation for so long; "wrong" is two of them.
SILENT_AFTER: Final = 6
SILENT_S: Final = 7 * 24 * 3600
WRONG_IS: Final = 2
RETRY_AFTER_S: Final = 2

SuggestionId = Annotated[str, FromPath(min_length=1, max_length=64)]
Asking = Annotated[Subject, Depends(subject_of)]

# KEYS what was shown, the conversation's advice, what was learned, when it is silenced, the agent's current suggestion,
# the stream; ARGV the suggestion, the answer, the message that takes it back, the numbers. What is kept of the answer
# is a count and, in the conversation, that this kind was used or dismissed: no agent.
_ANSWER: Final = """
local shown = redis.call('HMGET', KEYS[1], 'state', 'until_ms', 'kind', 'situation', 'signal', 'agent_turns')
local now, number = redis.call('TIME'), cjson.decode(ARGV[4])
if shown[1] ~= 'open' or now[1] * 1000 + now[2] / 1000 > tonumber(shown[2]) then return 0 end
local kind, answer = shown[3], ARGV[2]
local name = kind .. '|' .. shown[4] .. '|'
redis.call('HSET', KEYS[1], 'state', 'answered')
redis.call('HINCRBY', KEYS[3], name .. answer, 1)
if answer == 'used' then
  redis.call('HDEL', KEYS[3], name .. 'run')
  redis.call('HSET', KEYS[2], 'accepted', cjson.encode({
    kind = kind, signal = shown[5], agent_turns = tonumber(shown[6])}))
else
  redis.call('HSET', KEYS[2], 'dismissed:' .. kind, '1')
  local run = redis.call('HINCRBY', KEYS[3], name .. 'run', answer == 'wrong' and number.wrong_is or 1)
  if run >= number.silent_after then
    redis.call('SET', KEYS[4], '1', 'EX', number.silent_s)
    redis.call('HDEL', KEYS[3], name .. 'run')
  end
end
local standing = redis.call('HGET', KEYS[2], 'standing')
if standing and cjson.decode(standing).suggestion_id == ARGV[1] then redis.call('HDEL', KEYS[2], 'standing') end
if redis.call('TTL', KEYS[2]) < 0 then redis.call('EXPIRE', KEYS[2], number.kept_s) end
local current = redis.call('GET', KEYS[5])
if current and cjson.decode(current).suggestion_id == ARGV[1] then redis.call('DEL', KEYS[5]) end
redis.call('XADD', KEYS[6], 'MAXLEN', '~', number.maxlen, '*', 'json', ARGV[3])
return 1
"""
_NUMBERS: Final = msgspec.json.encode(
    {
        "wrong_is": WRONG_IS,
        "silent_after": SILENT_AFTER,
        "silent_s": SILENT_S,
        "kept_s": wire.ONCE_TTL_S,
        "maxlen": wire.STREAM_MAXLEN,
    }
)


class Answered(BaseModel):
    """The body of an answer."""

    model_config = ConfigDict(extra="forbid")

    answer: Answer


class _Shown(msgspec.Struct, frozen=True):
    """What was shown, and to whom it was."""

    tenant: str
    conversation_id: str
    agent_id: str
    kind: str
    situation: str
    at: float


def suggestions(redis: Redis, metrics: WebMetrics) -> APIRouter:
    """Where a suggestion is answered."""
    router = APIRouter()
    store = redis.register_script(_ANSWER)

    @router.post("/api/suggestions/{suggestion_id}/answer", status_code=204)
    async def answer(request: Request, suggestion_id: SuggestionId, said: Answered, subject: Asking) -> Response:
        try:
            shown = await _shown(redis, suggestion_id)
            about = Object("", None, None) if shown is None else Object(shown.tenant, None, shown.agent_id)
            allowed = authorise(subject, "answer_suggestion", about)
            # That it was answered and not what: an audit is no tally of who follows advice.
            note(request, subject, "answer_suggestion", suggestion_id, allowed=allowed)
            # Somebody else's is as unknown as one that never was.
            if shown is None or not allowed:
                return PlainTextResponse("no suggestion of yours has this id", 404)
            stored = await store(*_call(suggestion_id, shown, said.answer))
        except (RedisError, OSError):
            return PlainTextResponse("Redis is away", 503, headers={"Retry-After": str(RETRY_AFTER_S)})
        if not stored:
            return PlainTextResponse("it was answered, or it no longer stands", 409)
        metrics.answers.labels(shown.kind, said.answer).inc()
        return Response(status_code=204)

    return router


async def _shown(redis: Redis, suggestion_id: str) -> _Shown | None:
    # The client's types name every shape that any of its protocols may give; ours is the plain one.
    found = cast(dict[bytes, bytes], await redis.hgetall(wire.shown_suggestion(suggestion_id)))
    fields = {name.decode(): value.decode() for name, value in found.items()}
    return msgspec.convert(fields, _Shown, strict=False) if fields else None


def _call(suggestion_id: str, shown: _Shown, answer: Answer) -> tuple[list[str], list[str | bytes]]:
    gone = wire.WithdrawnMessage(
        suggestion_id, shown.tenant, shown.conversation_id, shown.agent_id, shown.at, "answered"
    )
    keys = [
        wire.shown_suggestion(suggestion_id),
        wire.advice(shown.tenant, shown.conversation_id),
        wire.learned(shown.tenant),
        wire.silenced(shown.tenant, shown.kind, shown.situation),
        wire.current_suggestion(shown.tenant, shown.agent_id),
        wire.SUGGESTIONS,
    ]
    return keys, [suggestion_id, answer, wire.encode(gone), _NUMBERS]
