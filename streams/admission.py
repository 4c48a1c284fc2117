"""The one Lua call that publishes an alert: once, shown or kept back by the budget, folded with others of its cause."""

from typing import Final

from streams import wire
from streams.budget import CRITICAL, Claim
from streams.wire import AlertLife, AlertMessage

# The verdict stands in front of what the publisher wrote: `{"shown":...,"why":...,"again":...,`. Keys of other hours
# are named in here; the hash tag keeps them in the slot of the rest.
SCRIPT: Final = """
-- KEYS 1 once, 2 alerts, 3 open, 4 counts, 5 held, 6 places, 7 lives, 8 life changes, 9 lives until, 10 spent,
--      11 folding, 12 whole
-- ARGV 1 json, 2 alert id, 3 state, 4 count, 5 ttl in s, 6 stream length, 7 rank, 8 ceiling or -1, 9 hour,
--      10 prefix of suppressed, 11 new life, 12 now in s, 13 cause, 14 title of a fold, 15 opened at, 16 within s,
--      17 from alerts, 18 ttl of the hour's keys in s, 19 conversation, 20 rank from which nothing is kept back,
--      21 whether this very observation says it, 22 partition of the observation
local id, hour, rank, ceiling = ARGV[2], ARGV[9], tonumber(ARGV[7]), tonumber(ARGV[8])
local displaced = 0
-- Told before, by what Redis no longer has: it is marked, and not counted again.
local again = ARGV[21] == '0' and not tonumber(redis.call('HGET', KEYS[12], ARGV[22]) or 'none')

local function judged(message, shown, why, again)
  local rest = string.gsub(message, '^{"shown":%a+,"why":"[%a_]*","again":%a+,', '{')
  return string.format('{"shown":%s,"why":"%s","again":%s,', tostring(shown), why, tostring(again or false))
    .. string.sub(rest, 2)
end

local function tell(stream, message) redis.call('XADD', stream, 'MAXLEN', '~', ARGV[6], '*', 'json', message) end

local function place(of)
  local found = redis.call('HGET', KEYS[6], of)
  if not found then return nil end
  local weight, since = string.match(found, '^(.*)|(.*)$')
  return tonumber(weight), since
end

local function put(of, weight, since) redis.call('HSET', KEYS[6], of, string.format('%.17g|%s', weight, since)) end

local function list(of, message, since)
  redis.call('HSET', ARGV[10] .. since, of, message)
  redis.call('EXPIRE', ARGV[10] .. since, ARGV[18])
end

local function keep_back(of, message)
  redis.call('HSET', KEYS[5], of, message)
  list(of, message, hour)
end

local function displace(of)
  local message = judged(redis.call('HGET', KEYS[3], of), false, 'displaced', true)
  redis.call('HDEL', KEYS[3], of)
  redis.call('SREM', KEYS[10], of)
  keep_back(of, message)
  tell(KEYS[2], message)
  displaced = displaced + 1
end

local function promote(of, message)
  local weight, since = place(of)
  redis.call('HDEL', KEYS[5], of)
  redis.call('HDEL', ARGV[10] .. since, of)
  put(of, weight, hour)
  message = judged(message, true, '', true)
  redis.call('HSET', KEYS[3], of, message)
  tell(KEYS[2], message)
end

local function untouched(of)
  local life = redis.call('HGET', KEYS[7], of)
  return not life or cjson.decode(life).state == 'new'
end

local function lowest(below)
  local found, least = nil, below
  for _, of in ipairs(redis.call('SMEMBERS', KEYS[10])) do
    local weight = place(of)
    local lower = weight and (weight < least or (found and weight == least and of < found))
    if lower and redis.call('HEXISTS', KEYS[3], of) == 1 and untouched(of) then found, least = of, weight end
  end
  return found
end

local function spend(slot)
  redis.call('SADD', KEYS[10], slot)
  redis.call('EXPIRE', KEYS[10], ARGV[18])
  return true
end

local function takes(slot, weight)
  if ceiling < 0 then return true end
  if redis.call('SCARD', KEYS[10]) < ceiling then return spend(slot) end
  local of = lowest(weight)
  if of then displace(of) end
  return (of or weight >= tonumber(ARGV[20])) and spend(slot) or false
end

local function of_one_cause()
  local members, met, at = {}, {}, tonumber(ARGV[15])
  redis.call('ZADD', KEYS[11], at, ARGV[19] .. '\\31' .. id)
  redis.call('EXPIRE', KEYS[11], ARGV[18])
  local near = redis.call(
    'ZREVRANGEBYSCORE', KEYS[11], at + tonumber(ARGV[16]), at - tonumber(ARGV[16]), 'LIMIT', 0, 1000)
  for _, entry in ipairs(near) do
    local conversation, of = string.match(entry, '^(.*)\\31(.*)$')
    if not met[conversation] then
      met[conversation] = true
      members[#members + 1] = of
    end
  end
  return members
end

local function folded(members)
  local named = {}
  for i = 1, math.min(#members, 50) do named[i] = members[i] end
  local title = string.gsub(ARGV[14], '{n}', tostring(#members))
  return '{"key":"' .. ARGV[13] .. '","count":' .. #members .. ',"title":' .. title
    .. ',"members":' .. cjson.encode(named) .. '}'
end

local function joins(members)
  local slot, weight, freed = 'fold:' .. ARGV[13], rank, false
  if redis.call('SISMEMBER', KEYS[10], slot) == 1 then return true end
  for _, of in ipairs(members) do
    weight = math.max(weight, place(of) or 0)
    freed = redis.call('SREM', KEYS[10], of) == 1 or freed
  end
  if freed then spend(slot) elseif not takes(slot, weight) then return false end
  for _, of in ipairs(members) do
    local message = redis.call('HGET', KEYS[5], of)
    if message then promote(of, message) end
  end
  return true
end

local function clear_life()
  local life, now = cjson.decode(redis.call('HGET', KEYS[7], id) or ARGV[11]), tonumber(ARGV[12])
  life.state, life.snoozed_until, life.revision, life.at = 'cleared', cjson.null, life.revision + 1, now
  local after = cjson.encode(life)
  redis.call('HSET', KEYS[7], id, after)
  tell(KEYS[8], after)
  redis.call('ZADD', KEYS[9], now + tonumber(ARGV[5]), id)
  for _, over in ipairs(redis.call('ZRANGEBYSCORE', KEYS[9], '-inf', now, 'LIMIT', 0, 20)) do
    redis.call('HDEL', KEYS[7], over)
    redis.call('ZREM', KEYS[9], over)
  end
end

local function count_new()
  if again then return 0 end
  redis.call('HINCRBY', KEYS[4], ARGV[4], 1)
  return 1
end

-- What supervisors did with it is gone. Pages keep the life with the higher revision, and nobody had as many.
local function bear()
  local life = ARGV[11]
  if again then
    local anew = cjson.decode(life)
    anew.revision, anew.at = math.floor(tonumber(ARGV[12])), tonumber(ARGV[12])
    life = cjson.encode(anew)
  end
  if redis.call('HSETNX', KEYS[7], id, life) == 1 and again then tell(KEYS[8], life) end
end

local first = redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[5])
local held = redis.call('HGET', KEYS[5], id)

if ARGV[3] == 'cleared' then
  if not first then return {0, '', 0} end
  local message = judged(ARGV[1], true, '', again)
  if held then
    local _, since = place(id)
    message = judged(ARGV[1], false, string.match(held, '^{"shown":false,"why":"([%a_]*)"'), again)
    list(id, message, since)
  end
  for _, key in ipairs({KEYS[3], KEYS[5], KEYS[6]}) do redis.call('HDEL', key, id) end
  tell(KEYS[2], message)
  clear_life()
  return {count_new(), '', 0}
end

if not first then
  -- It was published; what may be news is that its conversation got worse.
  local highest, since = place(id)
  if not highest or rank <= highest then return {0, '', 0} end
  put(id, rank, since)
  if not held or not takes(id, rank) then return {0, '', displaced} end
  promote(id, ARGV[1])
  return {0, 'shown_later', displaced}
end

put(id, rank, hour)
local members = ARGV[13] ~= '' and of_one_cause() or {}
local fold = ARGV[13] ~= '' and #members >= tonumber(ARGV[17]) and folded(members) or nil
local shown
if fold then shown = joins(members) else shown = takes(id, rank) end
local message = fold and '{"fold":' .. fold .. ',' .. string.sub(ARGV[1], 2) or ARGV[1]
message = judged(message, shown, shown and '' or 'over_budget', again)
tell(KEYS[2], message)
bear()
if shown then redis.call('HSET', KEYS[3], id, message) else keep_back(id, message) end
if again then return {0, '', displaced} end
return {count_new(), shown and (fold and 'folded' or 'shown') or 'over_budget', displaced}
"""

NO_CEILING: Final = -1


def arguments(
    message: AlertMessage, claim: Claim | None, *, now_s: float
) -> tuple[list[str], list[str | bytes | int | float]]:
    """Keys and arguments of `SCRIPT`; without a claim an alert is shown."""
    alert = message.alert
    asked = claim or Claim(message.rank, f"{message.tenant}/{message.team or ''}", 0, NO_CEILING)
    life = AlertLife(
        alert.alert_id,
        message.tenant,
        message.team,
        conversation_id=message.conversation_id,
        event_id=message.event_id,
        rule=alert.rule,
        rule_version=alert.rule_version,
        value=alert.value,
    )
    keys = [
        wire.once(f"{alert.alert_id}:{alert.state}"),
        *(wire.ALERTS, wire.OPEN_ALERTS, wire.COUNTS, wire.HELD_ALERTS, wire.PLACES),
        *(wire.LIVES, wire.LIFE_CHANGES, wire.LIVES_UNTIL),
        wire.spent(asked.hour, asked.of),
        wire.folding(asked.cause),
        wire.WHOLE,
    ]
    return keys, [
        *(wire.encode(message), alert.alert_id, alert.state, f"alerts:{alert.rule}:{alert.state}"),
        *(wire.ONCE_TTL_S, wire.STREAM_MAXLEN, asked.rank, asked.ceiling, asked.hour, wire.suppressed("")),
        *(wire.encode(life), now_s, asked.cause, wire.encoded({"nl": asked.title[0], "en": asked.title[1]})),
        *(message.opened_at, asked.within_s, asked.from_alerts, wire.SUPPRESSED_TTL_S),
        wire.conversation_key(message.tenant, message.conversation_id),
        CRITICAL,
        *(int(asked.fresh), asked.partition),
    ]


# An alert that is over is told to nobody, and nobody may take it for a new one; it takes up its place in the budget.
OVER: Final = """
-- KEYS 1 opened once, 2 cleared once, 3 spent
-- ARGV 1 ttl in s, 2 alert id, 3 ceiling or -1, 4 ttl of the hour's keys in s
redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[1])
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then return 0 end
if redis.call('SCARD', KEYS[3]) < tonumber(ARGV[3]) then
  redis.call('SADD', KEYS[3], ARGV[2])
  redis.call('EXPIRE', KEYS[3], ARGV[4])
end
return 1
"""


def over(message: AlertMessage, claim: Claim) -> tuple[list[str], list[str | int]]:
    """Keys and arguments of `OVER`."""
    name = message.alert.alert_id
    keys = [wire.once(f"{name}:opened"), wire.once(f"{name}:cleared"), wire.spent(claim.hour, claim.of)]
    return keys, [wire.ONCE_TTL_S, name, claim.ceiling, wire.SUPPRESSED_TTL_S]
