"""An answer is stored once, by whom the suggestion was for, and teaches something about nobody."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, cast

import httpx
import pytest
from msgspec.structs import replace

from streams import embedded, wire
from streams.wire import SuggestionMessage
from tests.streams.given import told
from tests.web.desk import decide, offer_of
from tests.web.floor import Floor, suggestion
from tests.web.serving import NO_TLS, PATIENCE_S, Pages, eventually, listen, serve
from web.suggestions import SILENT_AFTER, SILENT_S

SITUATION: Final = "chat-easy-calm"
KIND: Final = "take_ownership"


@pytest.fixture(scope="module")
def asked(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with serve(redis_url, tmp_path_factory.mktemp("web")) as running:
        yield running


def shown(floor: Floor, redis_url: str, number: int = 1, **changes: object) -> SuggestionMessage:
    message = replace(suggestion(number=number), kind=KIND, **changes)
    (decision,) = decide(redis_url, offer_of(message))
    assert decision.shown is not None
    return message


def answer(pages: Pages, suggestion_id: str, body: object, **who: str) -> int:
    return answered(pages, suggestion_id, body, pages.bearer("/events/agent", **who))


def answered(pages: Pages, suggestion_id: str, body: object, bearer: Mapping[str, str]) -> int:
    url = f"{pages.url}/api/suggestions/{suggestion_id}/answer"
    given = {"X-Klankbord": "1", "Content-Type": "application/json", **bearer}
    return httpx.post(url, content=json.dumps(body), headers=given, timeout=PATIENCE_S, verify=NO_TLS).status_code


def learned(floor: Floor) -> dict[bytes, bytes]:
    return hash_of(floor, wire.learned("demo"))


def hash_of(floor: Floor, key: str) -> dict[bytes, bytes]:
    # The client's types name every shape that any of its protocols may give; ours is the plain one.
    return cast(dict[bytes, bytes], floor.redis.hgetall(key))


@pytest.mark.parametrize("said", ["used", "not_now", "wrong"])
def test_an_answer_is_stored_once(floor: Floor, redis_url: str, asked: Pages, said: str) -> None:
    message = shown(floor, redis_url)

    statuses = [answer(asked, message.suggestion_id, {"answer": one}) for one in (said, said, "used")]

    assert statuses == [204, 409, 409]
    assert learned(floor)[f"{KIND}|{SITUATION}|{said}".encode()] == b"1"
    assert not floor.redis.exists(wire.current_suggestion("demo", "agent-01"))


@pytest.mark.parametrize(
    "who",
    [
        pytest.param({"agent_id": "agent-02"}, id="another agent"),
        pytest.param({"tenant": "other"}, id="another tenant"),
        pytest.param({"role": "supervisor"}, id="a supervisor"),
        pytest.param({"role": "privacy_officer"}, id="a privacy officer"),
        pytest.param({"role": "engineer"}, id="an engineer"),
    ],
)
def test_nobody_else_can_answer(floor: Floor, redis_url: str, asked: Pages, who: dict[str, str]) -> None:
    message = shown(floor, redis_url)

    refused = answer(asked, message.suggestion_id, {"answer": "wrong"}, **who)
    unknown = answer(asked, "no-such-id", {"answer": "wrong"}, **who)

    assert (refused, unknown) == (404, 404)
    assert learned(floor) == {}
    assert answer(asked, message.suggestion_id, {"answer": "used"}) == 204


@pytest.mark.parametrize("body", [{}, {"answer": "maybe"}, {"answer": "used", "agent_id": "agent-01"}, "used", None])
def test_what_is_no_answer_is_refused(floor: Floor, redis_url: str, asked: Pages, body: object) -> None:
    message = shown(floor, redis_url)

    assert answer(asked, message.suggestion_id, body) == 422
    assert learned(floor) == {}


def test_what_no_longer_stands_cannot_be_answered(floor: Floor, redis_url: str, asked: Pages) -> None:
    late = shown(floor, redis_url, 1, expires_at=suggestion().at + 0.05)
    taken_back = shown(floor, redis_url, 2, conversation_id="chat-2", agent_id="agent-01")
    ended = replace(
        offer_of(taken_back), offer_id="f" * 24, candidates=(), messages=(), at=taken_back.at + 1, all_over="ended"
    )
    decide(redis_url, ended)
    stands_until_ms = int(hash_of(floor, wire.shown_suggestion(late.suggestion_id))[b"until_ms"])
    assert eventually(lambda: floor.redis.time()[0] * 1000 > stands_until_ms)
    assert not floor.redis.exists(wire.current_suggestion("demo", "agent-01"))

    assert answer(asked, late.suggestion_id, {"answer": "used"}) == 409
    assert answer(asked, taken_back.suggestion_id, {"answer": "used"}) == 409
    assert learned(floor) == {}


def test_an_answer_takes_the_suggestion_back_on_every_panel_of_the_agent(
    floor: Floor, redis_url: str, asked: Pages
) -> None:
    with listen(asked, "/events/agent") as stream:
        stream.until_event("health")
        message = shown(floor, redis_url)
        stream.until_event("suggestion")
        answer(asked, message.suggestion_id, {"answer": "not_now"})
        (gone,) = stream.until_event("withdrawn")

    assert (gone.data["suggestion_id"], gone.data["because"]) == (message.suggestion_id, "answered")


@pytest.mark.parametrize("said", ["not_now", "wrong"])
def test_what_was_dismissed_does_not_come_back_in_that_conversation(
    floor: Floor, redis_url: str, asked: Pages, said: str
) -> None:
    message = shown(floor, redis_url)
    answer(asked, message.suggestion_id, {"answer": said})

    again = offer_of(
        replace(message, suggestion_id="again", at=message.at + 9_000, expires_at=message.expires_at + 9_000)
    )
    elsewhere = offer_of(replace(message, suggestion_id="elsewhere", conversation_id="chat-2"))

    here, there = decide(redis_url, again, elsewhere)
    assert here.shown is None
    assert there.shown is not None


def test_dismissed_again_and_again_a_kind_is_silent_in_that_situation_for_a_while(
    floor: Floor, redis_url: str, asked: Pages
) -> None:
    silent = wire.silenced("demo", KIND, SITUATION)
    silenced = []
    for number in range(SILENT_AFTER):
        message = shown(floor, redis_url, number, conversation_id=f"chat-{number}")
        answer(asked, message.suggestion_id, {"answer": "not_now"})
        silenced.append(bool(floor.redis.exists(silent)))

    assert silenced == [False] * (SILENT_AFTER - 1) + [True]
    assert 0 < floor.redis.ttl(silent) <= SILENT_S
    new = replace(suggestion(number=99), kind=KIND, conversation_id="chat-99")
    here, elsewhere = decide(
        redis_url,
        offer_of(new),
        offer_of(replace(new, suggestion_id="call", conversation_id="call-1"), situation="call-easy-calm"),
    )
    assert here.shown is None
    assert elsewhere.shown is not None


def test_one_use_in_between_and_wrong_counting_twice(floor: Floor, redis_url: str, asked: Pages) -> None:
    silent = wire.silenced("demo", KIND, SITUATION)

    def say(number: int, said: str) -> bool:
        message = shown(floor, redis_url, number, conversation_id=f"chat-{number}")
        assert answer(asked, message.suggestion_id, {"answer": said}) == 204
        return bool(floor.redis.exists(silent))

    dismissed = [say(n, "not_now") for n in range(SILENT_AFTER - 1)]
    used = say(50, "used")
    wrong = [say(60 + n, "wrong") for n in range(SILENT_AFTER // 2)]

    assert not any((*dismissed, used, *wrong[:-1]))
    assert wrong[-1]


def test_no_agent_is_stored_with_an_answer(floor: Floor, redis_url: str, asked: Pages) -> None:
    message = shown(floor, redis_url, agent_id="agent-petra")
    before = keys(floor)

    assert answer(asked, message.suggestion_id, {"answer": "wrong"}, agent_id="agent-petra") == 204

    # What is kept to show it (to whom it was) says that it was answered and not what; the rest names nobody.
    assert floor.redis.hget(wire.shown_suggestion(message.suggestion_id), "state") == b"answered"
    assert b"wrong" not in hash_of(floor, wire.shown_suggestion(message.suggestion_id)).values()
    for key in (wire.learned("demo"), wire.advice("demo", message.conversation_id)):
        kept = b" ".join((*hash_of(floor, key), *hash_of(floor, key).values()))
        assert b"petra" not in kept
    assert b"petra" not in b"".join(keys(floor) - before)
    gone = told(floor.redis)[-1]
    assert isinstance(gone, wire.WithdrawnMessage)
    assert gone.because == "answered"
    assert "wrong" not in wire.encode(gone).decode()


def keys(floor: Floor) -> set[bytes]:
    return set(cast(list[bytes], floor.redis.keys()))


def test_answers_are_counted_by_kind_and_by_nothing_of_a_person(floor: Floor, redis_url: str, asked: Pages) -> None:
    message = shown(floor, redis_url)
    answer(asked, message.suggestion_id, {"answer": "used"})
    answer(asked, message.suggestion_id, {"answer": "used"})

    page = asked.get("/metrics").text
    lines = [line for line in page.splitlines() if line.startswith("klankbord_suggestion_answers_total{")]
    counted = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}

    assert counted[f'klankbord_suggestion_answers_total{{answer="used",kind="{KIND}"}}'] >= 1
    assert all(line.count("=") == 2 for line in counted)
    assert "agent-01" not in page


def test_while_redis_is_away_an_answer_is_not_taken_for_stored(tmp_path: Path) -> None:
    with ExitStack() as redis_there:
        url = redis_there.enter_context(embedded.redis_server(tmp_path))
        with serve(url, tmp_path) as pages:
            bearer = pages.bearer("/events/agent")
            redis_there.close()

            assert answered(pages, "any", {"answer": "used"}, bearer) == 503
