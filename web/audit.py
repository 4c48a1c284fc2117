"""Who saw or did what, and when: a line in the log, and an entry in a chain that shows what was changed or removed."""

import asyncio
import hashlib
import json
import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, cast

import msgspec
from fastapi import HTTPException, Request
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from streams.wire import AUDIT, AUDIT_HEAD, FIELD
from web.access import Action, Object, Subject, authorise

MAX_CHARS: Final = 200
MAX_WAITING: Final = 10_000
MAX_ENTRIES: Final = 100_000  # some weeks of a floor; the log is what is kept for a year
AT_ONCE: Final = 100
READ_AT_ONCE: Final = 5000
RETRY_S: Final = 1.0
GENESIS: Final = "0 " + "0" * 64

# One call: two processes must not hang two entries on the same one. Answers the head it found when that is another.
_APPEND: Final = """
-- KEYS stream, head; ARGV expected head, new head, length, then the entries
local head = redis.call('GET', KEYS[2])
if (head or '') ~= ARGV[1] then return head or '' end
for i = 4, #ARGV do redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'json', ARGV[i]) end
redis.call('SET', KEYS[2], ARGV[2])
return ARGV[2]
"""

_log: Final = logging.getLogger("audit")


class Entry(Struct, frozen=True):
    """One line: never what was said, only whose words they were. `at` is in seconds since 1970."""

    at: float
    who: str
    role: str
    tenant: str
    what: str
    about: str
    allowed: bool
    origin: str

    def line(self) -> str:
        """JSON in one line of plain characters: whatever is in a name cannot begin a line or move a cursor."""
        short = {name: value[:MAX_CHARS] if isinstance(value, str) else value for name, value in _fields(self)}
        return json.dumps(short, sort_keys=True).replace("\x7f", "\\u007f")


class Audit:
    """Writes to the log at once and to Redis in the background; Redis away stops nobody and loses no line."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._append = redis.register_script(_APPEND)
        self._waiting: deque[str] = deque()
        self._news = asyncio.Event()
        self._head = ""

    def write(self, entry: Entry) -> None:
        """Put it down."""
        line = entry.line()
        _log.info(line)
        if len(self._waiting) >= MAX_WAITING:
            _log.error("audit: Redis is away for so long that the chain misses the line above")
            return
        self._waiting.append(line)
        self._news.set()

    async def run(self) -> None:
        """Write to Redis what waits, for ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                try:
                    await self._write(list(self._waiting)[:AT_ONCE])
                except (RedisError, OSError):
                    await asyncio.sleep(RETRY_S)

    async def close(self) -> None:
        """A last try to write what waits."""
        with suppress(RedisError, OSError):
            while self._waiting:
                await self._write(list(self._waiting)[:AT_ONCE])

    async def _write(self, lines: list[str]) -> None:
        entries = list(_chained(lines, self._head or GENESIS))
        head = _head_of(entries[-1])
        keys = [AUDIT, AUDIT_HEAD]
        found = await self._append(keys=keys, args=[self._head, head, MAX_ENTRIES, *entries])
        self._head = found.decode() if isinstance(found, bytes) else str(found)
        if self._head == head:
            for _ in lines:
                self._waiting.popleft()
            # The log has where the chain stood: with a copy of it elsewhere, a chain that was made anew is seen.
            _log.info(json.dumps({"chain": head}))

    async def read(self, tenant: str, after: str) -> tuple[list[dict[str, Any]], str]:
        """The lines of one tenant after an entry's id, and the id to go on from; a bounded part of the stream."""
        found = await self._redis.xrange(AUDIT, min=f"({after}" if after else "-", count=READ_AT_ONCE)
        shown, last = [], after
        for entry_id, fields in cast(list[tuple[bytes, dict[bytes, bytes]]], found):
            last = entry_id.decode()
            entry = json.loads(fields[FIELD])
            if entry["line"]["tenant"] == tenant:
                shown.append({"id": last, **entry["line"]})
        return shown, last


class Broken(Exception):
    """The chain of the audit is not what was written; says where."""


def verify(entries: Sequence[bytes], head: str, *, longest: int = MAX_ENTRIES) -> int:
    """How many entries are as they were written, oldest first; `Broken` at the first that is changed or missing.

    The oldest may leave when there are more than `longest`; before that, the first must be number 1.
    """
    before, read = "", 0
    for raw in entries:
        try:
            entry = json.loads(raw)
            number, previous, line = entry["n"], entry["previous"], entry["line"]
        except (ValueError, KeyError, TypeError):
            raise Broken(f"an entry after '{before}' cannot be read") from None
        if before and previous != before:
            raise Broken(f"what follows '{before}' is missing")
        before = _link(number, previous, json.dumps(line, sort_keys=True))
        if raw.decode() != _written(number, previous, line) or previous.split(" ")[0] != str(number - 1):
            raise Broken(f"entry {number} is not as it was written")
        if not read and number > 1 and len(entries) < longest:
            raise Broken(f"what came before entry {number} is missing")
        read += 1
    if before != head:
        raise Broken(f"the newest entries are missing: the chain should end with '{head}'")
    return read


async def verify_stored(redis: Redis) -> int:
    """`verify` over what Redis holds."""
    pipe = redis.pipeline(transaction=True)
    pipe.xrange(AUDIT)
    pipe.get(AUDIT_HEAD)
    found, head = await pipe.execute()
    return verify([fields.get(FIELD, b"") for _, fields in found], head.decode() if head else "")


def note(request: Request, subject: Subject, what: str, about: str, *, allowed: bool) -> None:
    """Put down what a request does, or was refused."""
    audit: Audit = request.app.state.audit
    origin = request.client.host if request.client else ""
    who = (subject.name, subject.role, subject.tenant)
    audit.write(Entry(round(time.time(), 3), *who, what, about, allowed, origin))


def require(
    request: Request, subject: Subject, action: Action, about: Object, which: str, *, missing: int = 403
) -> None:
    """Go on when `subject` may; else answer `missing`. Either way it is put down, with `which` one it was about."""
    allowed = authorise(subject, action, about)
    note(request, subject, action, which, allowed=allowed)
    if not allowed:
        raise HTTPException(missing, "this is not yours")


def log_to_stderr() -> None:
    """The log of the process: one JSON line for each entry, beside whatever else it says."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    _log.handlers = [handler]
    _log.setLevel(logging.INFO)
    _log.propagate = False


def _fields(entry: Entry) -> Iterator[tuple[str, Any]]:
    yield from msgspec.structs.asdict(entry).items()


def _chained(lines: Iterable[str], head: str) -> Iterator[str]:
    for line in lines:
        number = int(head.split(" ")[0]) + 1
        yield _written(number, head, json.loads(line))
        head = _link(number, head, json.dumps(json.loads(line), sort_keys=True))


def _written(number: int, previous: str, line: dict[str, Any]) -> str:
    return json.dumps({"n": number, "previous": previous, "line": line}, sort_keys=True)


def _link(number: int, previous: str, line: str) -> str:
    """The number of an entry and its hash, which covers everything before it."""
    return f"{number} {hashlib.sha256(f'{previous} {line}'.encode()).hexdigest()}"


def _head_of(entry: str) -> str:
    made = json.loads(entry)
    return _link(made["n"], made["previous"], json.dumps(made["line"], sort_keys=True))
