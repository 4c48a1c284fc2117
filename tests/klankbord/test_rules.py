"""What rules may ask about, each name for itself, and that no rule which was read can hurt an event."""

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from klankbord.conditions import Trend, Unreadable
from klankbord.conversation import Conversation, Need, Point
from klankbord.errors import InvalidConfiguration
from klankbord.events import Channel, Event, Role
from klankbord.observation import observe
from klankbord.policy import Policy, Rule
from klankbord.policy_file import read_policy
from klankbord.replay import replay
from klankbord.rules import Moment, PhraseBook, PhraseList, changed
from tests.klankbord.given import context, utterance, waited

LISTS: Final = {
    "refund": PhraseList(role=Role.AGENT, nl=("geld terug", "terugbetaling"), en=("refund",)),
    "money": PhraseList(role=Role.AGENT, nl=("geld",)),
    "asks": PhraseList(role=Role.CUSTOMER, nl=("Ik wil m’n geld terug",)),
}
COURSE: Final = (Point(0, 0.0, 1.0), Point(100, 0.4, 2.0), Point(200, -0.2, 4.5), Point(290, -0.6, 4.0))


def rule(when: str, *, for_turns: int = 1, **numbers: float) -> Rule:
    """A rule with nothing but its condition."""
    return Rule(when=when, severity="info", nl="x", en="x", for_turns=for_turns, numbers=numbers)


def holds(when: str, conversation: Conversation, *, at: float = 0.0, **signals: float) -> bool:
    """Whether the condition holds of the conversation."""
    policy = Policy(rules={"one": rule(when)}, phrases=LISTS)
    return policy.program.answers(Moment(conversation, at, signals), any_open=False).when[0]


def opened(policy: Policy, *events: Event) -> list[tuple[str, str]]:
    """Which event opened which rule."""
    return [(o.event_id, a.rule) for o in replay(events, policy) for a in o.alerts if a.state == "opened"]


@pytest.mark.parametrize(
    ("when", "conversation"),
    [
        pytest.param("effort > 4", Conversation(effort=4.5), id="effort"),
        pytest.param("valence < 0 && mood > 0.5", Conversation(valence=-0.1, mood=0.6), id="valence and mood"),
        pytest.param("worst_mood >= 0.9", Conversation(worst_mood=0.9), id="worst mood"),
        pytest.param("sadness > 0.3", Conversation(emotions={"sadness": 0.4}), id="an emotion"),
        pytest.param("transfer >= 2", Conversation(drivers={"transfer": 2.0}), id="a driver"),
        pytest.param("threat > 0.5", Conversation(needs={"threat_to_others": Need(0.6, 0.0, 1)}), id="a threat"),
        pytest.param("churn + escalation > 1", Conversation(churn=0.6, escalation=0.6), id="a sum"),
        pytest.param("customer_turns == 3 && agent_turns < 1", Conversation(customer_turns=3), id="turns"),
        pytest.param("waited_s >= 90", Conversation(waiting_since=10.0), id="a wait"),
        pytest.param("held_s == 40", Conversation(held_since=60.0), id="a hold"),
        pytest.param("duration_s == 100", Conversation(started_at=0.0), id="duration"),
        pytest.param("waited_s == 0 && held_s == 0", Conversation(), id="no wait"),
        pytest.param("recent_contacts >= 2", Conversation(recent_contacts=2), id="contacts"),
        pytest.param("open_complaint", Conversation(open_complaint=True), id="complaint"),
        pytest.param("lifetime_value > 1000", Conversation(lifetime_value=1e300), id="value"),
        pytest.param("channel == 'voice'", Conversation(channel=Channel.VOICE), id="channel"),
        pytest.param("language == 'nl'", Conversation(language="nl"), id="language"),
        pytest.param("queue == '' && team in ['south']", Conversation(team="south"), id="queue and team"),
        pytest.param("reason == 'billing.refund'", Conversation(reason="billing.refund"), id="reason"),
        pytest.param("signals.repetition > 0.5", Conversation(), id="a signal of the event"),
        pytest.param("said.refund == 2", Conversation(customer_turns=3, said={"refund": 1}), id="said"),
        pytest.param("said.refund == never", Conversation(customer_turns=3), id="never said"),
        pytest.param("rise(effort, 300) >= 2", Conversation(started_at=-200.0, timeline=COURSE), id="a rise"),
    ],
)
def test_every_name_can_be_asked(when: str, conversation: Conversation) -> None:
    assert holds(when, conversation, at=100.0, repetition=0.8)


def test_a_name_that_is_not_there_is_nought_and_never_an_error() -> None:
    for name, word in Policy(phrases=LISTS).words.items():
        value = word.of(Moment(Conversation(), 0.0, {}))
        assert type(value) is {"number": float, "text": str, "truth": bool}[word.kind], name


@pytest.mark.parametrize(
    ("trend", "moved"),
    [
        pytest.param(Trend("rise", "effort", 300), 3.0, id="since the start"),
        pytest.param(Trend("rise", "effort", 150), 2.0, id="from where the window began"),
        pytest.param(Trend("rise", "effort", 50), 0.0, id="it fell since"),
        pytest.param(Trend("fall", "effort", 50), 0.5, id="a fall"),
        pytest.param(Trend("fall", "valence", 3600), 1.0, id="from the highest"),
    ],
)
def test_a_trend_is_from_the_lowest_or_highest_in_its_time(trend: Trend, moved: float) -> None:
    now = Conversation(started_at=0.0, timeline=COURSE)

    assert changed(trend, Moment(now, 300.0, {})) == moved
    assert changed(trend, Moment(Conversation(), 300.0, {})) == 0.0


@pytest.mark.parametrize(
    ("text", "role", "found"),
    [
        pytest.param("u krijgt uw geld terug", Role.AGENT, {"refund", "money"}, id="a phrase in a phrase"),
        pytest.param("ik geef geldterug", Role.AGENT, set[str](), id="no whole words"),
        pytest.param("geldig", Role.AGENT, set[str](), id="part of a word"),
        pytest.param("ik wil mn geld terug", Role.CUSTOMER, {"asks"}, id="without apostrophe"),
        pytest.param("ik wil m'n geld terug", Role.CUSTOMER, {"asks"}, id="with it"),
        pytest.param("ik wil m'n geld terug", Role.AGENT, {"refund", "money"}, id="who says it counts"),
        pytest.param("geld terug", Role.BOT, set[str](), id="a bot is no agent"),
        pytest.param("i will refund you", Role.AGENT, set[str](), id="in its own language"),
    ],
)
def test_phrase_lists_are_found_in_whole_words_of_their_own_side(text: str, role: Role, found: set[str]) -> None:
    assert PhraseBook(LISTS).said(text, role, "nl").keys() == found


def test_what_was_not_said_within_three_turns_is_noticed_once() -> None:
    not_offered = rule("said.asks >= 3 && said.refund > said.asks && said.asks != never")
    policy = Policy(rules={"not_offered": not_offered}, phrases=LISTS)
    asked = utterance("Ik wil m'n geld terug", number=1)
    talk = [utterance(f"Zin nummer {n}", Role.AGENT if n % 2 else Role.CUSTOMER, number=n) for n in range(2, 7)]
    offered = utterance("U krijgt uw geld terug", Role.AGENT, number=3)

    assert opened(policy, *talk) == []
    assert opened(policy, asked, *talk) == [("event-4", "not_offered")]
    assert opened(policy, asked, talk[0], offered, *talk[2:]) == []


def test_a_rule_may_ask_how_long_a_customer_waits() -> None:
    policy = Policy(rules={"waits": rule("waited_s >= limit_s && channel == 'chat'", limit_s=90.0)})

    assert opened(policy, utterance("Hallo, waar is mijn pakket?", number=7), waited(89.0)) == []
    assert opened(policy, utterance("Hallo, waar is mijn pakket?", number=7), waited(90.0)) == [("event-1", "waits")]


def test_what_other_systems_know_is_remembered_until_they_say_otherwise() -> None:
    first = replace(context(), event_id="a", recent_contacts=3, open_complaint=True, lifetime_value=1200.555)
    second = replace(context(), event_id="b", recent_contacts=4)

    *_, seen = replay([first, second], Policy())

    now = seen.conversation
    assert (now.recent_contacts, now.open_complaint, now.lifetime_value) == (4, True, 1200.56)


def test_the_programs_of_a_policy_are_compiled_once() -> None:
    policy = Policy()

    assert policy.program is policy.program


def test_a_policy_in_code_with_a_rule_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(Unreadable, match="when: 'angr' is not known"):
        observe(Conversation(), utterance("hallo"), Policy(rules={"one": rule("angr > 1")}))


NAMES: Final = st.sampled_from(sorted(Policy(phrases=LISTS).words))
CONDITIONS: Final = st.one_of(
    st.text(max_size=30),
    st.tuples(NAMES, st.sampled_from([">", "<=", "==", "in", "&&", "+"]), st.one_of(NAMES, st.just("0.5"))).map(
        " ".join
    ),
    st.tuples(st.sampled_from(["rise", "fall"]), st.sampled_from(["effort", "valence"]), st.integers(-5, 9999)).map(
        lambda t: f"{t[0]}({t[1]}, {t[2]}) > 0"
    ),
)
TALK: Final[tuple[Event, ...]] = (
    replace(context(), event_id="known", recent_contacts=1_000_000, lifetime_value=1e308),
    utterance("Ik wil m'n geld terug, dit is belachelijk, ik ben woedend!", number=11),
    utterance("Dat kan ik niet doen.", Role.AGENT, number=12, after_s=3e8),
    utterance("Ik heb het al drie keer gevraagd. Ik doe mezelf iets aan", number=13, after_s=-5.0),
    waited(9e8),
)


@settings(deadline=None, max_examples=60)
@given(CONDITIONS, st.one_of(st.just(""), CONDITIONS), st.floats(allow_nan=True), st.integers(1, 3))
def test_no_rule_that_was_read_can_hurt_an_event(when: str, until: str, number: float, for_turns: int) -> None:
    text = "\n".join(
        [
            "[phrases.asks]", 'role = "customer"', 'nl = ["geld terug"]', "[phrases.refund]", 'role = "agent"',
            'nl = ["kan"]', "[phrases.money]", 'role = "agent"', 'nl = ["geld"]', "[rules.one]",
            f"when = {_toml(when)}", f"until = {_toml(until)}", f"own = {number!r}", f"for_turns = {for_turns}",
            'severity = "info"', 'nl = "x"', 'en = "x"',
        ]
    )  # fmt: skip
    try:
        policy = read_policy(text.replace("own = ", "# own = ") if "own" not in when else text, source="x.toml")
    except InvalidConfiguration:
        return

    assert len(list(replay(TALK, policy))) == len(TALK)


def _toml(text: str) -> str:
    return '"' + "".join(f"\\U{ord(c):08x}" for c in text if not 0xD800 <= ord(c) < 0xE000) + '"'


@given(st.floats(0, 7), st.sampled_from([0.0, 0.3, 0.35, 4.0, 5.0]), st.sampled_from([">=", "<"]))
def test_a_plain_threshold_means_what_cel_makes_of_it(effort: float, at: float, sign: str) -> None:
    now = Conversation(effort=effort)

    assert holds(f"effort {sign} {at}", now) == holds(f"(effort {sign} {at}) && true", now)


def test_plain_thresholds_keep_their_places_among_other_conditions() -> None:
    rules = {"a": rule("effort >= 2.0"), "b": rule("effort > 2.0 && churn < 0.5"), "c": rule("effort < 2.0")}
    program = Policy(rules=rules).program
    answers = program.answers(Moment(Conversation(effort=2.0), 0.0, {}), any_open=True)

    assert list(answers.when)[:3] == [True, False, False]
    assert list(answers.until)[:3] == [False, True, True]
