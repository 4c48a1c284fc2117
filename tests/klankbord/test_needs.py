"""A need is helped with and let go; a threat stands until the end; neither is a feeling or an effort."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace

from klankbord import scoring
from klankbord.conversation import KEEP_NEEDS, MAX_BYTES, NEEDS, THREATS, Conversation, Need
from klankbord.events import SCHEMA, Channel, Ended, Event, Objected, Role
from klankbord.needs import remembered
from klankbord.observation import Observation, observe
from klankbord.policy import Policy, threshold
from klankbord.signals import Dimension, Signal
from klankbord.tone import NEED_FROM, hears
from tests.klankbord.given import START, START_S, customer, utterance

POLICY: Final = Policy()
WIDOW: Final = "mijn man is vorige week overleden"
DESPAIR: Final = "ik zie het niet meer zitten"
OFF: Final = "dan stap ik over naar een ander"
ANGRY: Final = threshold("anger", 0.6, 0.2, "critical", "Klant is boos", "Customer is angry")


def said(text: str, number: int = 1, *, after_s: float | None = None, role: Role = Role.CUSTOMER) -> Event:
    at = 20.0 * number if after_s is None else after_s
    return replace(utterance(text, role, after_s=at, number=number), language="nl", agent_id="agent-1")


def over(kind: type[Ended] | type[Objected], number: int) -> Event:
    return kind(
        schema=SCHEMA,
        event_id=f"event-{number}",
        tenant="demo",
        conversation_id="conversation-1",
        channel=Channel.CHAT,
        at=START + timedelta(seconds=20.0 * number),
    )


def observed(*events: Event, policy: Policy = POLICY) -> list[Observation]:
    now, seen = Conversation(), []
    for event in events:
        seen.append(observe(now, event, policy))
        now = seen[-1].conversation
    return seen


def alerts(seen: Iterable[Observation]) -> list[tuple[str, str]]:
    return [(alert.rule, alert.state) for one in seen for alert in one.alerts]


def need(kind: str, sure: float = 0.9) -> Signal:
    return Signal(kind, Dimension.NEED, sure)


# What is kept


def test_a_need_is_kept_without_its_words() -> None:
    (seen,) = observed(said(WIDOW))

    assert seen.conversation.needs == {"bereavement": Need(0.9, START_S + 20, 1)}
    assert [signal.words for signal in seen.signals if signal.kind == "bereavement"] == [""]
    assert "bereavement" not in {evidence.signal for evidence in seen.conversation.evidence}


def test_a_suggestion_for_a_need_quotes_nothing() -> None:
    (suggestion,) = observed(said(WIDOW))[-1].suggestions

    assert suggestion.kind == "take_time"
    assert suggestion.reason is not None
    assert suggestion.reason.words == ""


def test_a_threat_is_shown_with_its_sentence() -> None:
    (seen,) = observed(said(DESPAIR))
    (alert,) = seen.alerts

    assert alert.cause is not None
    assert alert.cause.signal == "threat_to_self"
    assert "niet meer zitten" in alert.cause.words
    assert [suggestion.kind for suggestion in seen.suggestions] == ["stay_with_customer"]


@pytest.mark.parametrize("role", [Role.AGENT, Role.BOT, Role.SYSTEM])
def test_nobody_but_the_customer_has_needs(role: Role) -> None:
    seen = observed(said(f"{WIDOW}. {DESPAIR}. {OFF}", role=role))[-1]

    assert seen.conversation.needs == {}
    assert seen.conversation.churn == 0.0
    assert seen.alerts == ()


def test_the_newest_needs_stay_and_every_threat() -> None:
    now = Conversation()
    for at, kind in enumerate((*THREATS, *(kind for kind in NEEDS if kind not in THREATS))):
        now = replace(now, needs=remembered(now, [need(kind)], POLICY, at=float(at)))

    assert len(now.needs) == KEEP_NEEDS
    assert set(THREATS) <= now.needs.keys()
    assert {"low_literacy", "language_barrier"} <= now.needs.keys()


def test_a_need_is_as_sure_as_its_surest_sign() -> None:
    now = Conversation(needs={"debt": Need(0.9, 1.0, 0)})

    assert remembered(now, [need("debt", 0.6)], POLICY, at=5.0) == {"debt": Need(0.9, 5.0, 0)}


def test_what_nobody_listed_is_half_sure() -> None:
    heard = hears(customer("mijn klantnummer is 18422"), "illness", at_least=0.0)

    assert heard is not None
    assert heard.strength == 0.5
    assert hears(customer("mijn klantnummer is 18422"), "illness", at_least=NEED_FROM) is None


# How long


def test_a_need_is_let_go_after_some_turns_without_it() -> None:
    lines = [said(WIDOW), *(said("mijn klantnummer is 18422", n) for n in range(2, POLICY.need_turns + 2))]
    seen = observed(*lines)

    assert "bereavement" in seen[-2].conversation.needs
    assert seen[-1].conversation.needs == {}


def test_a_need_is_let_go_after_some_time_without_it() -> None:
    late = said("bent u daar nog?", 2, after_s=20 + POLICY.need_s, role=Role.AGENT)

    assert observed(said(WIDOW), late)[-1].conversation.needs == {}


def test_a_need_that_is_heard_again_stays() -> None:
    lines = [said(WIDOW if n % 5 == 1 else "mijn klantnummer is 18422", n) for n in range(1, 15)]

    assert "bereavement" in observed(*lines)[-1].conversation.needs


def test_a_threat_stays_until_the_end_whatever_is_said_after_it() -> None:
    thanks = [said("heel erg bedankt, wat een opluchting", n, after_s=n * 3_600.0) for n in range(2, 30)]
    seen = observed(said(DESPAIR), *thanks)

    assert [state for rule, state in alerts(seen) if rule == "threat"] == ["opened"]
    assert seen[-1].conversation.threat == 0.6


@pytest.mark.parametrize("kind", [Ended, Objected])
def test_after_the_end_or_an_objection_nothing_of_a_need_is_left(kind: type[Ended] | type[Objected]) -> None:
    *_, before, after = observed(said(WIDOW), said(f"{DESPAIR} en {OFF}", 2), over(kind, 3))

    assert before.conversation.needs.keys() >= {"threat_to_self", "bereavement"}
    assert after.conversation.needs == {}
    assert ("threat", "cleared") in alerts([after])
    written = msgspec.json.encode(after)
    for word in (b"zitten", b"bereavement", b"threat_to_self"):
        assert word not in written


# Threats always alert


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(Policy(rules={}), id="no rules"),
        pytest.param(Policy(rules={"angry": ANGRY}), id="left out"),
        pytest.param(Policy(rules={"threat": replace(ANGRY, min_customer_turns=9)}), id="turned into another"),
        pytest.param(Policy(evidence_from=1.0), id="evidence of nothing"),
        pytest.param(Policy(need_turns=1, need_s=0.001), id="needs of a moment"),
        pytest.param(Policy(suggestion_cooldown_s=9_999.0), id="few suggestions"),
    ],
)
@pytest.mark.parametrize("line", [DESPAIR, "ik weet jullie te vinden", "I don't want to be here anymore"])
def test_a_threat_alerts_in_the_first_turn_under_every_policy(policy: Policy, line: str) -> None:
    seen = observed(said(line), said("ok", 2), said("dank u wel", 3), policy=policy)

    assert [(alert.rule, alert.severity) for alert in seen[0].alerts if alert.rule == "threat"] == [
        ("threat", "critical")
    ]
    assert ("threat", "cleared") not in alerts(seen)


def test_one_conversation_raises_one_alert_for_its_threats() -> None:
    seen = observed(said(DESPAIR), said("ik wil dood", 2), said("ik weet jullie te vinden", 3))

    assert alerts(seen).count(("threat", "opened")) == 1


# Leaving


def test_who_says_to_leave_alerts_and_who_asks_to_cancel_does_not() -> None:
    assert ("wants_to_leave", "opened") in alerts(observed(said(OFF)))
    plain = observed(said("ik wil mijn abonnement opzeggen"), said("ja, abonnement opzeggen graag", 2))

    assert alerts(plain) == []
    assert plain[-1].conversation.churn == 0.5


def test_anger_alone_is_no_wish_to_leave() -> None:
    assert observed(said("dit is belachelijk, ik ben woedend op jullie"))[-1].conversation.churn == 0.0


def test_a_wish_to_leave_fades_with_the_customers_turns() -> None:
    seen = observed(said(OFF), *(said("mijn klantnummer is 18422", n) for n in range(2, 8)))

    assert [one.conversation.churn for one in seen[:3]] == [0.9, 0.72, 0.576]
    assert alerts(seen) == [("wants_to_leave", "opened"), ("wants_to_leave", "cleared")]


# Never a feeling, never an effort


@pytest.mark.parametrize("kind", [*NEEDS, "leaving"])
def test_an_intent_or_a_need_moves_no_other_score(kind: str) -> None:
    dimension = Dimension.INTENT if kind == "leaving" else Dimension.NEED
    other = [Signal("anger", Dimension.EMOTION, 0.7), Signal("transfer", Dimension.EFFORT, 0.8)]
    signals = [*other, Signal(kind, dimension, 1.0)]

    assert scoring.felt(signals, POLICY) == scoring.felt(other, POLICY)
    assert scoring.faded_drivers({}, signals, POLICY, turn=True) == scoring.faded_drivers({}, other, POLICY, turn=True)


def test_needs_alone_raise_nothing() -> None:
    seen = observed(said("ik ben dyslectisch"), said("ik zit in de schulden", 2), said(WIDOW, 3))

    assert not {rule for rule, _ in alerts(seen)} & {"threat", "wants_to_leave", "angry_customer", "high_effort"}
    assert len(seen[-1].conversation.needs) == 3


def test_the_state_stays_small_with_every_need_in_it() -> None:
    lines = ("ik ben ziek en kan het niet betalen", "ik spreek niet goed nederlands", WIDOW, DESPAIR, OFF) * 8
    for seen in observed(*(said(line, n) for n, line in enumerate(lines, 1))):
        assert len(msgspec.json.encode(seen.conversation)) <= MAX_BYTES
