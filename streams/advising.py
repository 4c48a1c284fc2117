"""Which suggestion is shown: one at a time, by what people answered before, decided and published in one Lua call."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec
from msgspec import Struct

from klankbord.advice import SAFETY, suggestion_id
from klankbord.conversation import NEEDS, THREATS
from klankbord.events import Role, Seconds
from klankbord.observation import Observation
from klankbord.policy import Policy
from klankbord.suggestions import SUGGESTIONS
from streams import wire
from streams.wire import Because, SuggestionMessage, WithdrawnMessage

# A kind begins with the answers of this many imagined people, so that ten real ones weigh as much as our opinion.
PRIOR_ANSWERS: Final = 10
# The share of them that used it: for the first kind in the list and for the last, the others evenly between.
PRIOR_FIRST: Final = 0.6
PRIOR_LAST: Final = 0.4
# "Wrong" says that it should not have been made; "not now" only that the moment was another's.
WRONG_COUNTS: Final = 2
# Of a thousand choices among several, so many try another than the best: without them what starts low stays low.
EXPLORED_OF_1000: Final = 50
# Used, and the same signal calls for the same again within this many further turns of the agent: it was not acted on.
ACTED_WITHIN_TURNS: Final = 3
# An answer that comes after the end of a conversation is still an answer.
KEPT_AFTER_END_S: Final = 3600

_PLACES: Final = {suggester.kind: place for place, suggester in enumerate(SUGGESTIONS)}
_CONFIRMING: Final = ("gratitude", "relief", "joy")
_CONFIRMED_FROM: Final = 0.5
_FELT: Final = ("anger", "frustration", "disappointment", "anxiety", "confusion")
_FADED_BELOW: Final = 0.3
_WAITS: Final = ("long_wait", "hold")
# What is said and answered: a turn of the customer without it, after the agent's, is about something else.
_SAID: Final = (
    *("dead_end", "repetition", "reasked_question", "asks_for_human", "told_wait", "still_unsolved", "gives_up"),
    "not_following",
)


class Candidate(Struct, frozen=True):
    """One suggestion that may be shown, with what decides; `raw` is the message as it would be published."""

    suggestion_id: str
    kind: str
    urgency: int
    situation: str
    signal: str
    expires_at: Seconds
    left_ms: int
    prior: float
    raw: str


class Offer(Struct, frozen=True):
    """What one observation means for the suggestions of its conversation.

    `over` says what no longer holds, by signal or kind; `all_over` and `confirmed` concern whatever stands, and thanks
    leave safety alone; `passed` is over once the agent has spoken since it called for help. `explore` is -1, or
    which other candidate than the best is tried.
    """

    offer_id: str
    tenant: str
    conversation_id: str
    agent_id: str
    at: Seconds
    agent_turns: int
    most: int
    cooldown_s: float
    candidates: tuple[Candidate, ...]
    all_over: Because | Literal[""] = ""
    arrived: bool = False  # somebody joined: what was made for another agent is over
    confirmed: bool = False
    over: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    explore: int = -1
    messages: tuple[SuggestionMessage, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it neither offers nor takes back anything."""
        return not (self.candidates or self.all_over or self.arrived or self.confirmed or self.over or self.passed)


class Decision(Struct, frozen=True):
    """What came of an offer."""

    shown: SuggestionMessage | None = None
    withdrawn: WithdrawnMessage | None = None
    not_acted: str = ""


def offer(
    seen: Observation, messages: Sequence[SuggestionMessage], left_ms: Mapping[str, int], policy: Policy
) -> Offer:
    """The offer that an observation makes, worded by `messages`; the same observation makes the same offer."""
    now = seen.conversation
    offer_id = suggestion_id(seen.tenant, seen.conversation_id, "", seen.event_id)
    return Offer(
        offer_id=offer_id,
        tenant=seen.tenant,
        conversation_id=seen.conversation_id,
        agent_id=now.agent_id or "",
        at=seen.at,
        agent_turns=now.agent_turns,
        most=policy.suggestion_most,
        cooldown_s=policy.suggestion_cooldown_s,
        candidates=tuple(
            Candidate(
                suggestion_id=made.suggestion_id,
                kind=made.kind,
                urgency=made.urgency,
                situation=made.situation,
                signal=made.reason.signal,
                expires_at=made.expires_at,
                left_ms=left_ms.get(made.suggestion_id, 0),
                prior=prior(made.kind),
                raw=wire.encode(message).decode(),
            )
            for made, message in zip(seen.suggestions, messages, strict=True)
        ),
        all_over=_all_over(seen),
        arrived=seen.type == "joined",
        confirmed=seen.role is Role.CUSTOMER
        and any(seen.emotions.get(feeling, 0.0) >= _CONFIRMED_FROM for feeling in _CONFIRMING),
        over=tuple(_over(seen)),
        passed=_passed(seen),
        explore=explored(offer_id),
        messages=tuple(messages),
    )


def prior(kind: str) -> float:
    """The share of imagined people who used this kind, by its place in the list."""
    steps = max(1, len(_PLACES) - 1)
    return PRIOR_FIRST - (PRIOR_FIRST - PRIOR_LAST) * _PLACES.get(kind, steps) / steps


def explored(offer_id: str) -> int:
    """-1, or for a fixed share of ids a number that picks another candidate: by hash, so that replays agree."""
    number = int(offer_id[:12], 16)
    return number // 1000 if number % 1000 < EXPLORED_OF_1000 else -1


def _all_over(seen: Observation) -> Because | Literal[""]:
    """Why whatever was suggested in this conversation is over, if it is."""
    if seen.conversation.objected:
        return "objected"
    if seen.conversation.ended_at is not None:
        return "ended"
    return "transferred" if seen.type == "transferred" else ""


def _over(seen: Observation) -> list[str]:
    """The signals and kinds that no longer call for help, as far as this observation shows."""
    now = seen.conversation
    if seen.role is Role.AGENT or seen.role is Role.BOT:
        # A partial takes no turn: only an answer ends a wait, and only a person takes over.
        waits = _WAITS if now.waiting_since is None else ()
        taken = () if now.bot_helps else ("take_over_from_bot",)
        return [*waits, *taken, *(("unsure",) if now.asked_at == seen.at else ())]
    if seen.role is not Role.CUSTOMER or not seen.signals:
        return []
    heard = {signal.kind for signal in seen.signals}
    faded = [kind for kind in _FELT if now.emotions.get(kind, 0.0) < _FADED_BELOW and kind not in heard]
    let_go = [kind for kind in NEEDS if kind not in THREATS and kind not in now.needs]
    return [*faded, *let_go, *(("unsure",) if seen.dissatisfaction and not seen.unsure else ())]


def _passed(seen: Observation) -> tuple[str, ...]:
    """What this turn of the customer says nothing of any more."""
    if seen.role is not Role.CUSTOMER or not seen.signals or seen.conversation.bot_helps:
        return ()
    heard = {signal.kind for signal in seen.signals}
    return tuple(kind for kind in _SAID if kind not in heard)


# KEYS once, stream, the agent's current suggestion, counts, the conversation's advice, what was learned, then for
# each candidate when it is silenced and what was shown. ARGV the offer, the numbers. Another agent's current
# suggestion is found by its name, which the state holds: all keys share one slot.
DECIDE: Final = """
local offer, number = cjson.decode(ARGV[1]), cjson.decode(ARGV[2])
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', number.once_s) then return {0, '', ''} end
local state, here = KEYS[5], #offer.candidates
local function kept(field)
  local raw = redis.call('HGET', state, field)
  return raw and cjson.decode(raw) or nil
end
local function count(field) return tonumber(redis.call('HGET', state, field) or '0') end

local standing, withdrawn = kept('standing'), ''
local function withdraw(because)
  withdrawn = cjson.encode({suggestion_id = standing.suggestion_id, tenant = offer.tenant, agent_id = standing.agent_id,
    conversation_id = offer.conversation_id, at = offer.at, because = because})
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', number.maxlen, '*', 'json', withdrawn)
  local current = redis.call('GET', standing.current)
  if current and cjson.decode(current).suggestion_id == standing.suggestion_id then
    redis.call('DEL', standing.current)
  end
  if redis.call('EXISTS', standing.shown) == 1 then redis.call('HSET', standing.shown, 'state', 'gone') end
  redis.call('HDEL', state, 'standing')
  standing = nil
end
if standing and standing.expires_at <= offer.at then
  redis.call('HDEL', state, 'standing')
  standing = nil
end
if standing then
  if offer.all_over ~= '' then withdraw(offer.all_over)
  elseif offer.agent_id ~= standing.agent_id then withdraw('transferred')
  elseif offer.confirmed and standing.urgency < number.safety then withdraw('confirmed')
  else
    for _, name in ipairs(offer.over) do
      if standing and (name == standing.signal or name == standing.kind) then withdraw('over') end
    end
    for _, name in ipairs(offer.passed) do
      if standing and name == standing.signal and offer.agent_turns > (standing.agent_turns or offer.agent_turns) then
        withdraw('over')
      end
    end
  end
end

local accepted, not_acted = kept('accepted'), ''
if accepted and offer.agent_turns > accepted.agent_turns then
  if offer.agent_turns > accepted.agent_turns + number.acted_within then redis.call('HDEL', state, 'accepted')
  else
    for _, one in ipairs(offer.candidates) do
      if one.kind == accepted.kind and one.signal == accepted.signal and not_acted == '' then
        not_acted = one.kind
        redis.call('HDEL', state, 'accepted')
      end
    end
  end
end

local busy = -1
local theirs = redis.call('GET', KEYS[3])
if theirs then
  local other = cjson.decode(theirs)
  if other.conversation_id ~= offer.conversation_id then busy = other.urgency or 0 end
end
local free, best, most = {}, nil, -1
for i, one in ipairs(offer.candidates) do
  local last = tonumber(redis.call('HGET', state, 'at:' .. one.kind) or '-1e18')
  local safety = one.urgency >= number.safety
  if one.left_ms > 0 and (not standing or one.urgency > standing.urgency) and one.urgency >= busy
    and redis.call('HEXISTS', state, 'dismissed:' .. one.kind) == 0
    and count('shown:' .. one.kind) < offer.most and offer.at - last >= offer.cooldown_s
    and (safety or redis.call('EXISTS', KEYS[6 + i]) == 0) then
    local name = one.kind .. '|' .. one.situation .. '|'
    local said = redis.call('HMGET', KEYS[6], name .. 'used', name .. 'not_now', name .. 'wrong')
    local used = tonumber(said[1] or '0')
    local total = used + tonumber(said[2] or '0') + number.wrong_counts * tonumber(said[3] or '0')
    local value = (used + one.prior * number.prior_answers) / (total + number.prior_answers)
    free[#free + 1] = i
    if value > most then best, most = #free, value end
  end
end
if here > 0 then redis.call('HINCRBY', KEYS[4], 'offers', 1) end
local chosen = 0
if best then
  if #free > 1 and offer.explore >= 0 then
    table.remove(free, best)
    best = offer.explore % #free + 1
  end
  chosen = free[best]
  local one, shown = offer.candidates[chosen], KEYS[6 + here + chosen]
  if standing then withdraw('replaced') end
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', number.maxlen, '*', 'json', one.raw)
  redis.call('SET', KEYS[3], one.raw, 'PX', one.left_ms)
  local now = redis.call('TIME')
  redis.call('HSET', shown, 'state', 'open', 'until_ms', now[1] * 1000 + math.floor(now[2] / 1000) + one.left_ms,
    'tenant', offer.tenant, 'conversation_id', offer.conversation_id, 'agent_id', offer.agent_id, 'kind', one.kind,
    'situation', one.situation, 'at', string.format('%.6f', offer.at), 'signal', one.signal,
    'agent_turns', offer.agent_turns)
  redis.call('EXPIRE', shown, number.shown_s)
  redis.call('HINCRBY', state, 'shown:' .. one.kind, 1)
  redis.call('HSET', state, 'at:' .. one.kind, string.format('%.6f', offer.at), 'standing', cjson.encode({
    suggestion_id = one.suggestion_id, kind = one.kind, signal = one.signal, urgency = one.urgency,
    expires_at = one.expires_at, agent_id = offer.agent_id, agent_turns = offer.agent_turns,
    current = KEYS[3], shown = shown}))
  redis.call('HINCRBY', KEYS[4], 'suggestions:' .. one.kind, 1)
end
if redis.call('EXISTS', state) == 1 then
  redis.call('EXPIRE', state, offer.all_over == 'ended' and number.after_end_s or number.once_s)
end
return {chosen, withdrawn, not_acted}
"""

_NUMBERS: Final = msgspec.json.encode(
    {
        "once_s": wire.ONCE_TTL_S,
        "maxlen": wire.STREAM_MAXLEN,
        "shown_s": wire.SHOWN_TTL_S,
        "after_end_s": KEPT_AFTER_END_S,
        "safety": SAFETY,
        "prior_answers": PRIOR_ANSWERS,
        "wrong_counts": WRONG_COUNTS,
        "acted_within": ACTED_WITHIN_TURNS,
    }
)
_withdrawn: Final[msgspec.json.Decoder[WithdrawnMessage]] = msgspec.json.Decoder(WithdrawnMessage)


def call(made: Offer) -> tuple[list[str], list[bytes]]:
    """The keys and arguments of `DECIDE` for an offer."""
    one_by_one = made.candidates
    keys = [
        wire.once("advice:" + made.offer_id),
        wire.SUGGESTIONS,
        wire.current_suggestion(made.tenant, made.agent_id),
        wire.COUNTS,
        wire.advice(made.tenant, made.conversation_id),
        wire.learned(made.tenant),
        *(wire.silenced(made.tenant, one.kind, one.situation) for one in one_by_one),
        *(wire.shown_suggestion(one.suggestion_id) for one in one_by_one),
    ]
    return keys, [wire.encode(msgspec.structs.replace(made, messages=())), _NUMBERS]


def decided(made: Offer, answer: Sequence[int | bytes]) -> Decision:
    """What `DECIDE` answered, as messages."""
    chosen, withdrawn, not_acted = answer
    assert isinstance(chosen, int)
    assert isinstance(withdrawn, bytes)
    assert isinstance(not_acted, bytes)
    return Decision(
        shown=made.messages[chosen - 1] if chosen else None,
        withdrawn=_withdrawn.decode(withdrawn) if withdrawn else None,
        not_acted=not_acted.decode(),
    )
