"""Everybody at every address, about everything: nobody gets what is not theirs, and nobody misses what is.

A route that is in neither table fails the test, so that no address is added without an answer to who may use it.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest
from fastapi.routing import APIRoute
from msgspec.structs import replace

from config.settings import Settings
from streams.wire import LIVES, REVOKED, AlertLife, AlertMessage, BoardRow, encode, revoked_subject, shown_suggestion
from tests.web.floor import opened, row, said, suggestion
from tests.web.guarding import Guarded
from tests.web.serving import NO_TLS, PATIENCE_S, Stream, eventually, listen
from web.app import create_app

SETTLE_S: Final = 1.0

# Who asks: claims of the token; None has none.
IDENTITIES: Final[dict[str, dict[str, Any] | None]] = {
    "nobody": None,
    "expired": {"iat": 1, "exp": 2},
    "supervisor a/noord": {"teams": ["noord"]},
    "supervisor a/zuid": {"teams": ["zuid"]},
    "supervisor a/noord+zuid": {"teams": ["noord", "zuid"]},
    "supervisor a/every": {"teams": ["*"]},
    "supervisor a/none": {"teams": []},
    "supervisor a/NOORD": {"teams": ["NOORD", "noord ", "n*"]},
    "supervisor b/noord": {"tenant": "b", "teams": ["noord"]},
    "supervisor b/every": {"tenant": "b", "teams": ["*"]},
    "supervisor A/every": {"tenant": "A", "teams": ["*"]},
    "agent a/agent-01": {"role": "agent", "agent_id": "agent-01", "teams": None},
    "agent a/agent-02": {"role": "agent", "agent_id": "agent-02", "teams": ["noord", "*"]},
    "agent a/agent-0": {"role": "agent", "agent_id": "agent-0", "teams": None},
    "agent b/agent-01": {"role": "agent", "agent_id": "agent-01", "tenant": "b", "teams": None},
    "privacy a": {"role": "privacy_officer", "teams": ["*"], "agent_id": "agent-01"},
    "privacy b": {"role": "privacy_officer", "tenant": "b", "teams": None},
    "engineer a": {"role": "engineer", "teams": ["*"], "agent_id": "agent-01"},
    "engineer b": {"role": "engineer", "tenant": "b", "teams": None},
}

# What there is to see on the floor, as tenant and team; and who sees it, written by hand and not by authorise().
SCOPES: Final = (("a", "noord"), ("a", "zuid"), ("a", None), ("b", "noord"), ("b", None))
SEES: Final[dict[str, set[tuple[str, str | None]]]] = {
    "supervisor a/noord": {("a", "noord")},
    "supervisor a/zuid": {("a", "zuid")},
    "supervisor a/noord+zuid": {("a", "noord"), ("a", "zuid")},
    "supervisor a/every": {("a", "noord"), ("a", "zuid"), ("a", None)},
    "supervisor a/NOORD": set(),
    "supervisor b/noord": {("b", "noord")},
    "supervisor b/every": {("b", "noord"), ("b", None)},
    "supervisor A/every": set(),
}
AGENTS: Final = (("a", "agent-01"), ("a", "agent-02"), ("b", "agent-01"))
PANELS: Final[dict[str, set[tuple[str, str]]]] = {
    "agent a/agent-01": {("a", "agent-01")},
    "agent a/agent-02": {("a", "agent-02")},
    "agent a/agent-0": set(),
    "agent b/agent-01": {("b", "agent-01")},
}
KNOWN: Final = set(IDENTITIES) - {"nobody", "expired"}

CONVERSATION: Final = "/api/conversations/{conversation_id:path}"
OWNERS: Final = {"agent a/agent-01", "agent b/agent-01"}

# Who gets an answer at an address that asks who one is; everybody else is refused.
GUARDED: Final[dict[tuple[str, str], set[str]]] = {
    ("GET", "/api/me"): KNOWN,
    ("GET", "/api/audit"): {"privacy a", "privacy b"},
    ("GET", "/events/supervisor"): set(SEES),
    ("GET", "/events/agent"): set(PANELS),
    ("POST", "/api/alerts/{alert_id}/life"): set(SEES),
    # An agent sees of a conversation of their own what the supervisor sees; every planted one is agent-01's.
    ("GET", CONVERSATION): set(SEES) | OWNERS,
    ("GET", "/api/suppressed"): set(SEES),
    ("POST", "/api/suggestions/{suggestion_id}/answer"): set(PANELS),
}
OPEN: Final = {"/", "/supervisor", "/agent", "/agent/{tenant}", "/api/about", "/metrics", "/livez", "/readyz"}


@dataclass(frozen=True)
class Cell:
    """One question: who, where, about what; and whether they got it and should have."""

    who: str
    where: str
    about: str
    should: bool
    did: bool


def mark(kind: str, when: str, tenant: str, rest: str | None) -> str:
    return f"{kind}-{when}-{tenant}-{rest or 'nobody'}"


def planted_row(when: str, tenant: str, team: str | None, kind: str = "row") -> BoardRow:
    name = mark(kind, when, tenant, team)
    return replace(row(name, rules=("angry_customer",)), tenant=tenant, team=team, evidence=(said("anger", name, 5),))


def planted_alert(when: str, tenant: str, team: str | None) -> AlertMessage:
    shown = planted_row(when, tenant, team, "alert")
    return opened(shown, "angry_customer", shown.evidence[0])


def plant(guarded: Guarded, when: str) -> None:
    """A row and an alert in every scope, and a suggestion for every agent."""
    for tenant, team in SCOPES:
        guarded.floor.show(planted_row(when, tenant, team))
        alert = planted_alert(when, tenant, team)
        guarded.floor.alert(alert)
        guarded.redis.hset(LIVES, alert.alert.alert_id, encode(AlertLife(alert.alert.alert_id, tenant, team)))
    for tenant, agent in AGENTS:
        name = mark("suggestion", when, tenant, agent)
        guarded.floor.suggest(replace(suggestion(agent, text=name), tenant=tenant, suggestion_id=name))
        guarded.redis.hset(shown_suggestion(name), mapping=shown_to(tenant, agent))


def shown_to(tenant: str, agent: str) -> dict[Any, Any]:
    """What the publisher keeps of a suggestion that was shown."""
    until_ms = 1000 * (time.time() + 600)
    of_whom = {"tenant": tenant, "conversation_id": "c", "agent_id": agent, "kind": "reassure", "situation": "chat"}
    return {**of_whom, "at": 1.0, "signal": "anger", "agent_turns": 1, "state": "open", "until_ms": until_ms}


def header(guarded: Guarded, who: str) -> dict[str, str]:
    claims = IDENTITIES[who]
    return {} if claims is None else guarded.provider.bearer(sub=who, jti=who, **claims)


@pytest.fixture(scope="module")
def heard(guarded: Guarded) -> dict[tuple[str, str], str]:
    """Everything that everybody hears on both streams: what was missed, what stood, and what came."""
    first = guarded.floor.alert(planted_alert("first", "nobody", None))
    plant(guarded, "before")
    assert eventually(lambda: _stands(guarded))
    heard: dict[tuple[str, str], str] = {}
    with ExitStack() as stack:
        streams: dict[tuple[str, str], Stream] = {}
        for who in IDENTITIES:
            for path in ("/events/supervisor", "/events/agent"):
                stream = stack.enter_context(listen(guarded.pages, path, bearer=header(guarded, who), last_id=first))
                heard[who, path] = "" if stream.status == 200 else f"refused {stream.status}"
                if stream.status == 200:
                    heard[who, path] = _text(stream.until_event("health"))
                    streams[who, path] = stream
        plant(guarded, "live")
        heard["supervisor a/every", "/events/supervisor"] += _text(
            streams["supervisor a/every", "/events/supervisor"].until(
                lambda e: _last_of("a", None) in json.dumps(e.data)
            )
        )
        time.sleep(SETTLE_S)  # nothing may come to the others, and nothing says when nothing is over
        for who, claims in IDENTITIES.items():
            guarded.redis.sadd(REVOKED, revoked_subject((claims or {}).get("tenant", "a"), who))
        began = time.monotonic()
        for place, stream in streams.items():
            rest = stream.rest()
            assert (rest[-1].event, rest[-1].data) == ("bye", {"reason": "revoked"}), place
            heard[place] += _text(rest)
        assert time.monotonic() - began < 5, "a revoked stream lasts at most 5 s"
    guarded.pardon()
    return heard


def _stands(guarded: Guarded) -> bool:
    bearer = guarded.provider.bearer(sub="first", teams=["*"])
    with listen(guarded.pages, "/events/supervisor", bearer=bearer) as stream:
        return mark("alert", "before", "a", None) in _text(stream.until_event("health"))


def _last_of(tenant: str, team: str | None) -> str:
    return mark("alert", "live", tenant, team)


def _text(events: list[Any]) -> str:
    return "\n".join(f"{event.event} {json.dumps(event.data)}" for event in events) + "\n"


def cells_of_streams(heard: dict[tuple[str, str], str]) -> Iterator[Cell]:
    for who in IDENTITIES:
        for path, kinds, scopes, sees in (
            ("/events/supervisor", ("row", "alert"), SCOPES, SEES),
            ("/events/agent", ("suggestion",), AGENTS, PANELS),
        ):
            got = heard[who, path]
            yield Cell(who, path, "the stream itself", who in sees, not got.startswith("refused"))
            for other, other_kinds, other_scopes in (
                ("own kind", kinds, scopes),
                ("other kind", *((("suggestion",), AGENTS) if kinds[0] == "row" else (("row", "alert"), SCOPES))),
            ):
                for kind in other_kinds:
                    for when in ("before", "live"):
                        for scope in other_scopes:
                            should = other == "own kind" and scope in sees.get(who, set())
                            yield Cell(who, path, mark(kind, when, *scope), should, mark(kind, when, *scope) in got)


def cells_of_addresses(guarded: Guarded) -> Iterator[Cell]:
    there = {(method, route.path) for route in _routes() for method in route.methods or ()}
    for (method, path), allowed in GUARDED.items():
        if path.startswith("/events/") or (method, path) not in there:
            continue
        for who in IDENTITIES:
            for about in _abouts(guarded, path):
                answer = _ask(guarded, method, path, about, who)
                # Of several who may act, one is first: the others are told so, and nobody else is.
                did = answer[0] < 400 or answer[0] == 409
                should = who in allowed and (about is None or _theirs(who, about, path))
                yield Cell(who, f"{method} {path}", str(about), should, did)
                others = {"a", "b"} - {(IDENTITIES[who] or {"tenant": ""}).get("tenant", "a")}
                leaks = [tenant for tenant in others if f"-{tenant}-" in answer[1]]
                yield Cell(who, f"{method} {path}", f"{about}: another tenant's words", False, bool(leaks))


def _abouts(guarded: Guarded, path: str) -> list[tuple[str, str | None] | None]:
    return list(SCOPES) if "{alert_id}" in path or path == CONVERSATION else list(AGENTS) if "{" in path else [None]


def _theirs(who: str, about: tuple[str, str | None], path: str) -> bool:
    if path == CONVERSATION and who in OWNERS:
        return about[0] == who.removeprefix("agent ")[0]
    return about in SEES.get(who, set()) or about in PANELS.get(who, set())


BODIES: Final[dict[str, Callable[[], dict[str, object]]]] = {
    "/api/alerts/{alert_id}/life": lambda: {"action": "snooze", "revision": 0, "for_s": 60},
    "/api/suggestions/{suggestion_id}/answer": lambda: {"answer": "used"},
}


def _ask(guarded: Guarded, method: str, path: str, about: tuple[str, str | None] | None, who: str) -> tuple[int, str]:
    if about is not None:
        tenant, rest = about
        address = path.replace(":path}", "}").format(
            alert_id=planted_alert("before", tenant, rest).alert.alert_id,
            conversation_id=mark("row", "before", tenant, rest),
            suggestion_id=mark("suggestion", "before", tenant, rest),
        )
    else:
        address = path
    headers = header(guarded, who) | ({"X-Klankbord": "1"} if method == "POST" else {})
    body = BODIES[path]() if method == "POST" else None
    url = guarded.pages.url + address
    answer = httpx.request(method, url, headers=headers, json=body, timeout=PATIENCE_S, verify=NO_TLS)
    return answer.status_code, answer.text


def _routes() -> list[APIRoute]:
    settings = {"login": "token", "token_issuer": "x", "token_audience": "x", "token_keys": "/none"}
    app = create_app(Settings.model_validate({"broker": "none:1", "redis_url": "redis://none:1", **settings}))
    return list(_flat(app.routes))


def _flat(routes: Sequence[Any]) -> Iterator[APIRoute]:
    """The routes of the routers, which FastAPI keeps nested; of anything else, only the static files may be there."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from _flat(router.routes)
        else:
            assert route.path == "/static"


def test_every_address_is_in_the_matrix_or_is_open_to_all() -> None:
    asked = {(method, route.path) for route in _routes() for method in route.methods or ()}

    assert {path for method, path in asked if method == "GET" and ("GET", path) not in GUARDED} == OPEN
    assert {one for one in asked if one[1] not in OPEN} <= set(GUARDED)
    assert len(asked) > len(OPEN)


def test_nobody_gets_what_is_not_theirs_and_nobody_misses_what_is(
    guarded: Guarded, heard: dict[tuple[str, str], str]
) -> None:
    cells = [*cells_of_streams(heard), *cells_of_addresses(guarded)]

    leaks = [cell for cell in cells if cell.did and not cell.should]
    missing = [cell for cell in cells if cell.should and not cell.did]

    assert leaks == []
    assert missing == []
    assert len(cells) >= 500
    assert sum(cell.should for cell in cells) > 50, "a matrix that expects nothing proves nothing"
