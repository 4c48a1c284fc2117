"""Rights while a stream runs: they end in seconds, they change with the conversation, and nobody holds too many."""

import time
from contextlib import ExitStack
from typing import Final

import httpx
import pytest
from msgspec.structs import replace

from config.settings import Settings
from streams.wire import REVOKED, revoked_subject, revoked_token
from tests.web.floor import cleared, opened, row, suggestion
from tests.web.guarding import AUDIENCE, ISSUER, Guarded, Provider
from tests.web.serving import Event, eventually, listen
from web.app import create_app
from web.hub import MAX_STREAMS_EACH
from web.identity import Identity, TokenLogin
from web.limits import BURST, Buckets
from web.revocation import Revoked
from web.tokens import LEEWAY_S, Keyring, Verifier

FLOOR: Final = "/events/supervisor"
PANEL: Final = "/events/agent"
ENDS_WITHIN_S: Final = 5.0


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(revoked_subject("a", "leaving"), id="the person"),
        pytest.param(revoked_token("token-7"), id="the token"),
    ],
)
@pytest.mark.parametrize("path", [FLOOR, PANEL])
def test_a_stream_ends_when_its_rights_do_and_nothing_comes_after(guarded: Guarded, entry: str, path: str) -> None:
    who = {"role": "agent", "agent_id": "agent-01", "teams": None} if path == PANEL else {}
    bearer = guarded.provider.bearer(sub="leaving", jti="token-7", **who)
    try:
        with listen(guarded.pages, path, bearer=bearer) as stream:
            stream.until_event("health")

            guarded.redis.sadd(REVOKED, entry)
            began = time.monotonic()
            for number in range(3):
                guarded.floor.show(replace(row(f"chat-{number}"), tenant="a"))
            rest = stream.rest()

        assert time.monotonic() - began < ENDS_WITHIN_S
        names = [event.event for event in rest]
        assert (names[-1], rest[-1].data) == ("bye", {"reason": "revoked"})
        assert names.count("bye") == 1
        assert guarded.pages.get("/api/me", bearer).status_code == 401
        with listen(guarded.pages, path, bearer=bearer) as refused:
            assert refused.status == 401
    finally:
        guarded.pardon()


def test_a_revoked_token_is_not_another_persons_name(guarded: Guarded) -> None:
    guarded.revoke(revoked_token("a kim"), revoked_subject("b", "kim"), "kim")
    try:
        assert guarded.pages.get("/api/me", guarded.provider.bearer()).status_code == 200
    finally:
        guarded.pardon()


def test_a_stream_ends_with_its_token_and_nothing_comes_after(guarded: Guarded) -> None:
    at = int(time.time())
    bearer = guarded.provider.bearer(sub="short", iat=at - 600, exp=at - LEEWAY_S + 2)

    with listen(guarded.pages, FLOOR, bearer=bearer) as stream:
        stream.until_event("health")
        rest = stream.rest()

    assert [(event.event, event.data) for event in rest if event.event == "bye"] == [("bye", {"reason": "expired"})]
    assert time.time() - at < 2 + ENDS_WITHIN_S
    assert rest[-1].event == "bye"
    assert guarded.pages.get("/api/me", bearer).status_code == 401


def test_a_conversation_that_goes_to_another_team_leaves_those_who_had_it(guarded: Guarded) -> None:
    here = replace(row("moving"), tenant="a", team="noord")
    alert = opened(here, "angry_customer")
    there = replace(here, team="zuid", queue="words of zuid")
    with ExitStack() as stack:
        noord, zuid, both = (
            stack.enter_context(
                listen(guarded.pages, FLOOR, bearer=guarded.provider.bearer(sub="-".join(teams), teams=teams))
            )
            for teams in (["noord"], ["zuid"], ["noord", "zuid"])
        )
        for stream in (noord, zuid, both):
            stream.until_event("health")

        guarded.floor.show(here)
        guarded.floor.alert(alert)
        assert eventually(lambda: noord.until_event("alert"))
        guarded.floor.show(there)
        guarded.floor.alert(cleared(replace(alert, team="zuid")))

        guarded.floor.show(there)  # the last word: rows and alerts come over two streams
        left = noord.until(lambda event: event.event == "row" and event.data["state"] == "ended")
        came = zuid.until(lambda event: event.event == "row")
        clears = noord.until(lambda event: event.event == "alert") if not _cleared(left) else left
        saw = both.until(lambda event: event.event == "row" and event.data["team"] == "zuid")

    rows = [event.data for event in left if event.event == "row"]
    # Its alert may have come before its row did.
    assert [found["queue"] for found in rows] == [here.queue] * len(rows)
    assert rows[-1]["state"] == "ended"
    assert _cleared(clears)
    assert [event.data["state"] for event in came if event.event == "row"] == ["open"]
    assert {event.data["state"] for event in saw if event.event == "row"} == {"open"}


def _cleared(events: list[Event]) -> bool:
    return any(event.event == "alert" and event.data["alert"]["state"] == "cleared" for event in events)


def test_equal_agent_ids_of_two_tenants_are_two_agents(guarded: Guarded) -> None:
    # Whichever way tenant and agent are joined to a key, these two must not meet in it.
    pairs = (("a", "agent-09"), ("b", "agent-09"), ("a-b", "c"), ("a", "b-c"))
    for number, (tenant, agent) in enumerate(pairs):
        guarded.floor.suggest(replace(suggestion(agent, number=number), tenant=tenant))

    for number, (tenant, agent) in enumerate(pairs):
        bearer = guarded.provider.bearer(sub=agent, role="agent", tenant=tenant, agent_id=agent, teams=None)
        with listen(guarded.pages, PANEL, bearer=bearer) as stream:
            current = stream.until_event("health")[0]

        assert current.data["suggestion"]["suggestion_id"] == f"{agent}-{number}"
        assert current.data["suggestion"]["tenant"] == tenant


def test_one_person_holds_some_streams_and_not_all(guarded: Guarded) -> None:
    bearer = guarded.provider.bearer(sub="collector")
    with ExitStack() as stack:
        # Each is kept: a stream that nobody holds closes itself.
        held = [stack.enter_context(listen(guarded.pages, FLOOR, bearer=bearer)) for _ in range(MAX_STREAMS_EACH)]
        for stream in held:
            stream.until_event("health")

        refused = guarded.pages.get(FLOOR, bearer)
        with listen(guarded.pages, FLOOR, bearer=guarded.provider.bearer(sub="another")) as other:
            assert other.status == 200

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")

    def let_in() -> bool:
        with listen(guarded.pages, FLOOR, bearer=bearer) as again:
            return again.status == 200

    assert eventually(let_in)


async def test_who_asks_too_often_is_asked_to_wait_and_nobody_else_is() -> None:
    provider, revoked = Provider(), Revoked()
    settings = Settings(broker="none:1", redis_url="redis://none", login="demo")
    app, at = create_app(settings), [0.0]
    verifier = Verifier(Keyring(provider.jwks), settings, issuer=ISSUER, audience=AUDIENCE)
    # A clock that stands still: how fast this machine asks is no part of it.
    app.state.identity = Identity(TokenLogin(verifier), revoked, Buckets(clock=lambda: at[0]))
    hurry, calm = provider.bearer(sub="hurry"), provider.bearer(sub="calm")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:

        async def asked(bearer: dict[str, str]) -> httpx.Response:
            revoked.read(frozenset())  # as the reader does every second
            return await client.get("/api/me", headers=bearer)

        statuses = [(await asked(hurry)).status_code for _ in range(int(BURST) + 5)]
        refused, other = await asked(hurry), await asked(calm)
        at[0] += int(refused.headers["retry-after"])
        again = await asked(hurry)

    assert statuses == [200] * int(BURST) + [429] * 5
    assert (other.status_code, again.status_code) == (200, 200)


def test_a_bucket_empties_fills_and_is_one_persons_own() -> None:
    at = [0.0]
    buckets = Buckets(per_s=2, burst=3, clock=lambda: at[0])

    assert [buckets.wait_s("kim") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.wait_s("lee") == 0
    at[0] += 0.5
    assert [buckets.wait_s("kim") for _ in range(2)] == [0, 0.5]
    at[0] += 60
    assert [buckets.wait_s("kim") for _ in range(4)] == [0, 0, 0, 0.5]


def test_me_is_who_the_token_says(guarded: Guarded) -> None:
    said = guarded.pages.get("/api/me", guarded.provider.bearer()).json()

    assert {name: said[name] for name in ("name", "role", "tenant", "teams", "agent_id")} == {
        **{"name": "kim", "role": "supervisor", "tenant": "a", "teams": ["noord"], "agent_id": ""}
    }
    assert said["expires_at"] > time.time()
