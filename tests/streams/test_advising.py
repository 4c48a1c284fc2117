"""Which suggestion is shown, on a real server: one at a time, by what was answered, and gone when it is over."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace
from redis import Redis

from klankbord.advice import SAFETY, SITUATIONS, Suggestion, suggestion_id
from klankbord.conversation import Conversation, Evidence, Need
from klankbord.events import Role
from klankbord.observation import Observation
from klankbord.policy import Policy
from klankbord.signals import Dimension, Signal
from klankbord.suggestions import SUGGESTIONS
from streams import advising, wire
from streams.advising import Decision, Offer, explored, offer, prior
from streams.sinks import Batch
from streams.sinks.redis import RedisSink
from streams.wire import SuggestionMessage, WithdrawnMessage
from tests.streams.given import MINUTE_MS, WORDED, record, told

POLICY: Final = Policy()
SITUATION: Final = "chat-easy-calm"
KINDS: Final = tuple(suggester.kind for suggester in SUGGESTIONS)


@dataclass
class Floor:
    """One conversation and what is decided in it."""

    sink: RedisSink
    client: Redis

    async def decide(self, *made: Offer) -> list[Decision]:
        return list((await self.sink.publish(Batch(offers=made))).decisions)

    async def one(self, made: Offer) -> Decision:
        (decision,) = await self.decide(made)
        return decision

    async def shown(self, made: Offer) -> str:
        decision = await self.one(made)
        return decision.shown.kind if decision.shown else ""

    def learn(self, kind: str, *, used: int = 0, not_now: int = 0, wrong: int = 0, situation: str = SITUATION) -> None:
        for answer, number in (("used", used), ("not_now", not_now), ("wrong", wrong)):
            self.client.hset(wire.learned("demo"), f"{kind}|{situation}|{answer}", number)


@pytest.fixture
def client(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
        yield redis


@pytest.fixture
async def floor(client: Redis, redis_url: str) -> AsyncIterator[Floor]:
    sink = RedisSink(redis_url)
    yield Floor(sink, client)
    await sink.close()


def observed(
    *kinds: str,
    at: float = 1_000.0,
    number: int = 1,
    agent_id: str | None = "agent-1",
    conversation_id: str = "c-1",
    tenant: str = "demo",
    signal: str = "repetition",
    now: Conversation | None = None,
) -> Observation:
    """An observation in which these kinds apply."""
    urgencies = {suggester.kind: suggester.urgency for suggester in SUGGESTIONS}
    made = tuple(
        Suggestion(
            suggestion_id=f"{tenant}-{conversation_id}-{kind}-{number}",
            kind=kind,
            agent_id=agent_id or "",
            at=at,
            expires_at=at + POLICY.suggestion_expires_s,
            reason=Evidence(signal, 0.9, at),
            situation=SITUATION,
            urgency=urgencies[kind],
        )
        for kind in kinds
    )
    conversation = now or Conversation(agent_turns=number)
    return Observation(
        event_id=f"event-{number}",
        conversation_id=conversation_id,
        tenant=tenant,
        type="utterance",
        at=at,
        role=Role.CUSTOMER,
        conversation=replace(conversation, agent_id=agent_id),
        suggestions=made,
    )


def offered(seen: Observation, *, left_ms: int = 2 * MINUTE_MS, explore: int = -1) -> Offer:
    messages = WORDED.suggestions(record(seen))
    made = offer(seen, messages, {message.suggestion_id: left_ms for message in messages}, POLICY)
    return replace(made, explore=explore)


def moment(*kinds: str, at: float = 1_000.0, number: int = 1, explore: int = -1) -> Offer:
    return offered(observed(*kinds, at=at, number=number), explore=explore)


# One at a time


async def test_without_answers_the_first_in_the_list_is_shown(floor: Floor) -> None:
    assert await floor.shown(moment("acknowledge_feeling", "reassure", "plain_words")) == "acknowledge_feeling"


async def test_what_is_shown_stands_for_the_agent_and_is_told_on_the_stream(floor: Floor) -> None:
    decision = await floor.one(moment("reassure"))

    key = wire.current_suggestion("demo", "agent-1")
    standing = floor.client.get(key)
    assert standing is not None
    assert msgspec.json.decode(standing, type=SuggestionMessage) == decision.shown
    assert MINUTE_MS < floor.client.pttl(key) <= 2 * MINUTE_MS
    assert told(floor.client) == (decision.shown,)


async def test_another_waits_until_the_first_is_over(floor: Floor) -> None:
    await floor.one(moment("reassure"))

    assert await floor.shown(moment("plain_words", at=1_119.0, number=2)) == ""
    assert await floor.shown(moment("plain_words", at=1_120.0, number=3)) == "plain_words"


async def test_the_more_urgent_takes_the_place_of_what_stands_and_says_so(floor: Floor) -> None:
    first = await floor.one(moment("reassure"))

    decision = await floor.one(moment("stay_with_customer", at=1_010.0, number=2))

    assert decision.shown is not None
    assert decision.shown.urgency == SAFETY
    assert decision.withdrawn is not None
    assert first.shown is not None
    assert (decision.withdrawn.suggestion_id, decision.withdrawn.because) == (first.shown.suggestion_id, "replaced")
    assert told(floor.client) == (first.shown, decision.withdrawn, decision.shown)


async def test_a_less_urgent_one_of_another_conversation_does_not_hide_danger(floor: Floor) -> None:
    await floor.one(moment("stay_with_customer"))
    other = observed("reassure", at=1_005.0, conversation_id="c-2")

    assert await floor.shown(offered(other)) == ""
    assert await floor.shown(offered(observed("reassure", conversation_id="c-3", agent_id="agent-2"))) == "reassure"


async def test_the_same_kind_rests_and_comes_twice_at_most(floor: Floor) -> None:
    times = [0.0, 130.0, 180.0, 310.0, 360.0, 999.0]

    shown = [await floor.shown(moment("reassure", at=1_000.0 + at, number=n)) for n, at in enumerate(times)]

    assert shown == ["reassure", "", "reassure", "", "", ""]


async def test_what_comes_too_late_is_decided_and_not_shown(floor: Floor) -> None:
    assert await floor.shown(offered(observed("reassure"), left_ms=0)) == ""
    assert told(floor.client) == ()
    assert floor.client.hgetall(wire.COUNTS) == {b"offers": b"1"}


async def test_what_is_delivered_again_is_decided_once(floor: Floor) -> None:
    first, later = moment("reassure"), moment("plain_words", at=1_200.0, number=2)
    before = await floor.decide(first, later)

    again = await floor.decide(first, later, first)

    assert [decision.shown is not None for decision in before] == [True, True]
    assert again == [Decision()] * 3
    assert len(told(floor.client)) == 2


# What was learned


async def test_what_was_used_more_goes_first_in_that_situation_and_tenant_alone(floor: Floor) -> None:
    floor.learn("reassure", used=20)
    floor.learn("acknowledge_feeling", not_now=5)
    here = observed("acknowledge_feeling", "reassure")
    elsewhere = replace(
        observed("acknowledge_feeling", "reassure", conversation_id="c-2", agent_id="agent-2"),
        suggestions=tuple(
            replace(made, situation="call-hard-upset", suggestion_id=made.suggestion_id + "-call", agent_id="agent-2")
            for made in here.suggestions
        ),
    )
    other_tenant = observed("acknowledge_feeling", "reassure", tenant="other", conversation_id="c-3")

    assert await floor.shown(offered(here)) == "reassure"
    assert await floor.shown(offered(elsewhere)) == "acknowledge_feeling"
    assert await floor.shown(offered(other_tenant)) == "acknowledge_feeling"


async def test_a_few_answers_weigh_no_more_than_the_prior(floor: Floor) -> None:
    floor.learn("plain_words", used=1)

    assert await floor.shown(moment("acknowledge_feeling", "plain_words")) == "acknowledge_feeling"


async def test_wrong_counts_more_than_not_now(floor: Floor) -> None:
    # The two stand one place apart: alone, five times "not now" would leave a tie that the order breaks.
    floor.learn("explain_next_step", used=5, wrong=5)
    floor.learn("reassure", used=5, not_now=5)

    assert await floor.shown(moment("explain_next_step", "reassure")) == "reassure"


async def test_safety_is_no_matter_of_answers(floor: Floor) -> None:
    floor.learn("stay_with_customer", wrong=500)
    floor.client.set(wire.silenced("demo", "stay_with_customer", SITUATION), 1)

    assert await floor.shown(moment("stay_with_customer")) == "stay_with_customer"


async def test_what_is_silenced_is_passed_over_in_that_situation(floor: Floor) -> None:
    floor.client.set(wire.silenced("demo", "acknowledge_feeling", SITUATION), 1)

    assert await floor.shown(moment("acknowledge_feeling", "reassure")) == "reassure"


async def test_a_chosen_few_try_another_than_the_best(floor: Floor) -> None:
    assert await floor.shown(moment("acknowledge_feeling", "reassure", "plain_words", explore=0)) == "reassure"
    assert await floor.shown(moment("acknowledge_feeling", at=5_000.0, number=2, explore=7)) == "acknowledge_feeling"


def test_which_few_is_decided_by_the_id_and_their_share_is_fixed() -> None:
    hashes = [suggestion_id("demo", "c", "", str(n)) for n in range(20_000)]

    assert 0.045 < sum(explored(one) >= 0 for one in hashes) / len(hashes) < 0.055


def test_the_prior_falls_with_the_place_in_the_list() -> None:
    priors = [prior(kind) for kind in KINDS]

    assert priors == sorted(priors, reverse=True)
    assert priors[0] == advising.PRIOR_FIRST
    assert priors[-1] == pytest.approx(advising.PRIOR_LAST)


# When it is over


async def withdrawn(floor: Floor, later: Observation) -> str:
    decision = await floor.one(offered(later))
    return decision.withdrawn.because if decision.withdrawn else ""


def after(role: Role | None = Role.AGENT, *, type_: str = "utterance", **changes: object) -> Observation:
    conversation = replace(Conversation(agent_turns=2, agent_id="agent-1"), **changes)
    return replace(observed(number=2, at=1_010.0), type=type_, role=role, conversation=conversation)


@pytest.mark.parametrize(
    ("later", "because"),
    [
        pytest.param(after(None, type_="ended", ended_at=1_010.0), "ended", id="the end"),
        pytest.param(after(None, type_="transferred", agent_id=None), "transferred", id="a transfer"),
        pytest.param(after(None, type_="joined", agent_id="agent-2"), "transferred", id="another agent"),
        pytest.param(after(None, type_="objected", objected=True), "objected", id="an objection"),
        pytest.param(
            replace(after(Role.CUSTOMER), emotions={"gratitude": 0.6}), "confirmed", id="the customer gave thanks"
        ),
        pytest.param(replace(after(Role.CUSTOMER), emotions={"gratitude": 0.4}), "", id="faint thanks"),
        pytest.param(after(Role.AGENT), "", id="an answer"),
    ],
)
async def test_a_suggestion_is_taken_back_at(floor: Floor, later: Observation, because: str) -> None:
    first = await floor.one(moment("stop_asking_again"))

    assert await withdrawn(floor, later) == because
    assert floor.client.exists(wire.current_suggestion("demo", "agent-1")) == (not because)
    if because:
        message = told(floor.client)[-1]
        assert isinstance(message, WithdrawnMessage)
        assert first.shown is not None
        assert (message.suggestion_id, message.agent_id) == (first.shown.suggestion_id, "agent-1")


SCORED: Final = (Signal("positive_words", Dimension.EMOTION, 0.5),)


def turned(**changes: Any) -> Observation:
    """The customer speaks of something else."""
    return replace(after(Role.CUSTOMER, **changes), signals=SCORED)


@pytest.mark.parametrize(
    ("kind", "signal", "later", "because"),
    [
        pytest.param("explain_the_wait", "long_wait", after(), "over", id="the wait was answered"),
        pytest.param("explain_the_wait", "long_wait", after(waiting_since=900.0), "", id="a partial answers nothing"),
        pytest.param("take_over_from_bot", "dead_end", after(), "over", id="a person took over"),
        pytest.param("take_over_from_bot", "dead_end", after(Role.BOT, bot_helps=True), "", id="the bot goes on"),
        pytest.param("ask_if_solved", "unsure", after(asked_at=1_010.0), "over", id="it was asked"),
        pytest.param("reassure", "anxiety", turned(), "over", id="the worry is gone"),
        pytest.param("reassure", "anxiety", turned(emotions={"anxiety": 0.5}), "", id="the worry stays"),
        pytest.param("money_help", "debt", turned(), "over", id="the need was let go"),
        pytest.param("money_help", "debt", turned(needs={"debt": Need(0.9, 1_000.0, 1)}), "", id="the need is there"),
        pytest.param("stop_asking_again", "repetition", turned(), "over", id="the topic moved on after an answer"),
        pytest.param("stop_asking_again", "repetition", turned(agent_turns=1), "", id="nobody has answered yet"),
        pytest.param(
            "stop_asking_again",
            "repetition",
            replace(after(Role.CUSTOMER), signals=(Signal("repetition", Dimension.EFFORT, 0.3),)),
            "",
            id="it is said again",
        ),
        pytest.param("take_over_from_bot", "dead_end", turned(bot_helps=True), "", id="nobody took over yet"),
        pytest.param("warn_of_repeat", "repeat_contact", turned(), "", id="what is a fact stays one"),
    ],
)
async def test_a_suggestion_goes_with_what_called_for_it(
    floor: Floor, kind: str, signal: str, later: Observation, because: str
) -> None:
    await floor.one(offered(observed(kind, signal=signal)))

    assert await withdrawn(floor, later) == because


async def test_thanks_do_not_end_danger(floor: Floor) -> None:
    await floor.one(offered(observed("stay_with_customer", signal="threat_to_self")))

    assert await withdrawn(floor, replace(after(Role.CUSTOMER), emotions={"relief": 0.9})) == ""


async def test_what_has_expired_is_not_taken_back_again(floor: Floor) -> None:
    await floor.one(moment("reassure"))

    ended = replace(after(None, type_="ended", ended_at=2_000.0), at=2_000.0)

    assert await withdrawn(floor, ended) == ""


async def test_state_of_a_conversation_leaves_an_hour_after_its_end(floor: Floor) -> None:
    await floor.one(moment("reassure"))
    assert floor.client.ttl(wire.advice("demo", "c-1")) > 24 * 3600

    await floor.one(offered(after(None, type_="ended", ended_at=1_010.0)))

    assert 0 < floor.client.ttl(wire.advice("demo", "c-1")) <= advising.KEPT_AFTER_END_S


# Used, and not acted on


@pytest.mark.parametrize(
    ("turns", "signal", "counted"),
    [
        pytest.param(1, "repetition", "", id="before the agent spoke"),
        pytest.param(2, "repetition", "stop_asking_again", id="after a turn"),
        pytest.param(4, "repetition", "stop_asking_again", id="after three turns"),
        pytest.param(5, "repetition", "", id="later it is another matter"),
        pytest.param(2, "reasked_question", "", id="for another reason"),
    ],
)
async def test_used_and_called_for_again_is_not_acted_on(floor: Floor, turns: int, signal: str, counted: str) -> None:
    await floor.one(moment("stop_asking_again"))
    accepted = {"kind": "stop_asking_again", "signal": "repetition", "agent_turns": 1}
    floor.client.hset(wire.advice("demo", "c-1"), "accepted", msgspec.json.encode(accepted))
    again = observed("stop_asking_again", signal=signal, at=1_020.0, number=9, now=Conversation(agent_turns=turns))

    assert (await floor.one(offered(again))).not_acted == counted
    assert (await floor.one(offered(replace(again, event_id="event-10")))).not_acted == ""


# Of nobody


async def test_no_person_is_in_what_is_learned_or_remembered_of_the_conversation(floor: Floor) -> None:
    await floor.one(offered(observed("reassure", agent_id="agent-petra")))
    await floor.one(offered(replace(after(None, type_="ended", ended_at=1_010.0), event_id="over")))

    kept = floor.client.hgetall(wire.advice("demo", "c-1"))

    assert kept.keys() == {b"shown:reassure", b"at:reassure"}
    assert all(len(parts.split("-")) == 3 for parts in SITUATIONS)
