"""What is remembered of a conversation stays small, whatever is said in it."""

from datetime import timedelta
from typing import Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from klankbord.conversation import (
    KEEP_EPISODES,
    KEEP_EVENTS,
    KEEP_EVIDENCE,
    KEEP_FINGERPRINTS,
    KEEP_NEEDS,
    KEEP_POINTS,
    MAX_BYTES,
    MAX_QUOTE_BYTES,
    NEEDS,
    Conversation,
    Episode,
    Evidence,
    Need,
    Point,
    Segment,
    bounded,
    clip,
    fingerprint,
    likeness,
    question,
)
from klankbord.events import SCHEMA, Channel, Context, Event, Role, Transferred, Utterance
from klankbord.observation import observe
from klankbord.policy import EMOTIONS, MOST_PATIENT, MOST_PHRASE_LISTS, Policy
from klankbord.reasons import KEPT_VOTES, TURNS_READ
from klankbord.taxonomy import MAX_ID_CHARS
from tests.klankbord.given import START

# A busy machine is no failure.
UNHURRIED: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
POLICY: Final = Policy()
HOSTILE: Final = (
    "😡" * 40,
    "\x01\x02\x1b[31m\x7f" * 20,
    "z̷̨̛͎͚̈́a̸̧̛͓͐l̵̰̈́g̶̞̓o̵̙͌ " * 20,
    '"\\' * 60,
    "'\";--",
    "\u202e\u2066" * 20,
    "İ" * 40,
)
ANGRY: Final = (
    "dit is belachelijk, ik ben woedend, ik wil nu een leidinggevende spreken",
    "ik heb al drie keer gebeld en niemand helpt mij, wat een waardeloze klantenservice",
    "ik maak me zorgen en ik snap er niets van, zoals ik al zei staat alles in het formulier",
    "dank u wel, wat een opluchting",
    "mijn man is overleden, ik ben ziek en ik kan het niet betalen, ik zie het niet meer zitten, ik stap over",
    "ik weet je te vinden, ik ben dyslectisch, spreek niet goed nederlands en zit in de schulden",
)
UNHELPFUL: Final = (
    "Dat is helaas niet mogelijk, dat is ons beleid. Ik verbind u door.",
    "Wat is uw klantnummer en uw geboortedatum? Kijkt u op de website.",
)


def size(conversation: Conversation) -> int:
    return len(msgspec.json.encode(conversation))


def hostile_event(number: int, role: Role, text: str, after_s: float, kind: str) -> Event:
    at = START + timedelta(seconds=after_s, microseconds=123457)
    identity = f"{number}-".ljust(128, "x")
    if kind == "context":
        return Context(
            schema=SCHEMA, event_id=identity, tenant="t", conversation_id="c", channel=Channel.WHATSAPP, at=at,
            recent_contacts=999_999, previous_channel=Channel.VOICE,
        )  # fmt: skip
    if kind == "transferred":
        return Transferred(
            schema=SCHEMA, event_id=identity, tenant="t", conversation_id="c", channel=Channel.WHATSAPP, at=at,
            to_queue="\U0001f600" * 64, to_agent="é" * 64,
        )  # fmt: skip
    return Utterance(
        schema=SCHEMA, event_id=identity, tenant="t", conversation_id="c", channel=Channel.WHATSAPP, at=at,
        queue="\U0001f600" * 64, team="\u6f22" * 64, agent_id="é" * 64, language="nl",
        utterance_id=identity, role=role, text=text,
    )  # fmt: skip


said_lines = st.tuples(
    st.sampled_from([Role.CUSTOMER, Role.AGENT, Role.BOT]),
    st.builds(
        lambda before, line, after: f"{before} {line} {after}",
        st.sampled_from(("", *HOSTILE)),
        st.sampled_from(ANGRY + UNHELPFUL) | st.text(min_size=1, max_size=60),
        st.sampled_from(("", *HOSTILE)),
    ),
    st.sampled_from([0.5, 45.0, 400.0, 4000.0, -30.0]),
    st.sampled_from(["said", "said", "said", "said", "said", "context", "transferred"]),
)


@settings(UNHURRIED, max_examples=8)
@given(st.lists(said_lines, min_size=60, max_size=90))
def test_a_conversation_of_hundreds_of_hostile_events_stays_under_4_kilobytes(
    story: list[tuple[Role, str, float, str]],
) -> None:
    conversation, after_s = Conversation(), 0.0
    for number, (role, text, wait_s, kind) in enumerate(story * 3):
        after_s += wait_s
        observation = observe(conversation, hostile_event(number, role, text, after_s, kind), POLICY)
        conversation = observation.conversation

        assert size(conversation) <= MAX_BYTES


def fullest(*, name: str, rules: tuple[str, ...]) -> Conversation:
    """Every field at its longest."""
    at = 1_772_442_000.123456
    proof = Evidence("reasked_question", 0.1234, at, '"' * MAX_QUOTE_BYTES, 123_456_789.12, "u" * 128)
    cleared = Episode(10_000, "01234567", "critical", at, 0.1234, proof, at)
    drivers = dict.fromkeys(POLICY.drivers, 1.2345)
    lines = ((65_535,) * 12,) * KEEP_FINGERPRINTS
    return Conversation(
        seen=(2**48 - 1,) * KEEP_EVENTS,
        channel=Channel.WHATSAPP,
        queue=name,
        team=name,
        agent_id=name,
        language="nl",
        language_odds=-123.45,
        started_at=at,
        last_at=at,
        ended_at=at,
        notice_given=True,
        objected=True,
        customer_turns=100_000,
        agent_turns=100_000,
        waiting_since=at,
        wait_counted_s=3_155_760_000.123456,
        held_since=at,
        resumed_at=at,
        heard_until_ms=604_800_000,
        customer_spoke=Segment(604_700_000, 604_800_000),
        helper_spoke=Segment(604_700_000, 604_800_000),
        paced_words=1_000_000,
        paced_ms=604_800_000,
        reason="r" * MAX_ID_CHARS,
        reason_votes={f"{number}" * MAX_ID_CHARS: 12.345 for number in range(KEPT_VOTES)},
        reason_words='"' * MAX_QUOTE_BYTES,
        reason_turns=TURNS_READ,
        customer_said=lines,
        agent_asked=lines,
        valence=-0.1234,
        emotions=dict.fromkeys(EMOTIONS, 0.1234),
        drivers=drivers,
        hardest=drivers,
        effort=1.2345,
        escalation=0.1234,
        churn=0.1234,
        needs=dict.fromkeys(sorted(NEEDS, key=len)[-KEEP_NEEDS:], Need(0.1234, at, 100_000)),
        evidence=(proof,) * KEEP_EVIDENCE,
        timeline=(Point(-3_155_760_000, -0.12, 6.12),) * KEEP_POINTS,
        recent_contacts=1_000_000,
        open_complaint=True,
        lifetime_value=1_000_000_000_000.12,
        episodes=dict.fromkeys(rules, cleared),
        forgotten=100_000,
        said={f"{number:02d}".ljust(16, "p"): 100_000 for number in range(MOST_PHRASE_LISTS)},
        streaks={f"{number:02d}".ljust(8, "a"): 20 for number in range(MOST_PATIENT)},
        bot_helps=True,
        asked_at=at,
    )


@pytest.mark.parametrize("name", [pytest.param("q" * 64, id="latin"), pytest.param("\U0001f600" * 64, id="emoji")])
@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(tuple(POLICY.rules), id="our rules"),
        pytest.param((*(f"{n:02d}".ljust(32, "r") for n in range(KEEP_EPISODES)), "threat"), id="the most episodes"),
    ],
)
def test_the_fullest_conversation_fits(name: str, rules: tuple[str, ...]) -> None:
    full = fullest(name=name, rules=rules)
    still_open = {rule: replace(episode, cleared_at=None) for rule, episode in full.episodes.items()}

    assert size(bounded(full)) <= MAX_BYTES
    assert size(bounded(replace(full, episodes=still_open))) <= MAX_BYTES


def test_of_a_full_conversation_the_oldest_cleared_episodes_go_and_their_numbers_stay_taken() -> None:
    full = fullest(name="\U0001f600" * 64, rules=tuple(f"{n:02d}".ljust(32, "r") for n in range(2 * KEEP_EPISODES)))
    kept = bounded(replace(full, forgotten=0))

    assert 0 < len(kept.episodes) < len(full.episodes)
    assert kept.forgotten >= max(episode.number for episode in full.episodes.values())


def test_a_conversation_that_fits_is_left_alone() -> None:
    small = Conversation(evidence=(Evidence("anger", 0.9, 1.0, "dit is belachelijk"),))

    assert bounded(small) is small


def test_proof_goes_before_counts_and_that_of_closed_alerts_first() -> None:
    full = fullest(name="billing", rules=("angry_customer", "high_effort"))
    still_open = replace(full.episodes["high_effort"], cleared_at=None)
    kept = bounded(replace(full, episodes={**full.episodes, "high_effort": still_open}))

    assert kept.episodes["angry_customer"].cause is None
    assert kept.seen == full.seen
    assert kept.emotions == full.emotions
    assert kept.needs == full.needs
    assert kept.drivers == full.drivers
    assert (kept.bot_helps, kept.asked_at) == (full.bot_helps, full.asked_at)


def test_what_is_remembered_is_read_back_unchanged() -> None:
    full = fullest(name="Facturen", rules=("angry_customer",))

    assert msgspec.json.decode(msgspec.json.encode(full), type=Conversation) == full


def test_a_fingerprint_holds_content_words_once_and_no_word_itself() -> None:
    assert fingerprint("waar is mijn pakket") == fingerprint("het pakket waar mijn pakket is waar")[::-1]
    assert len(fingerprint("waar is mijn pakket")) == 2
    assert fingerprint("de het een the a") == ()
    assert all(0 <= number < 2**16 for number in fingerprint("pakket kwijt"))


def test_a_fingerprint_stops_at_twelve_words() -> None:
    assert len(fingerprint(" ".join(f"woord{n}" for n in range(500)))) == 12


@pytest.mark.parametrize(
    ("now", "earlier", "alike"),
    [
        pytest.param("pakket kwijt", ["pakket kwijt"], 1.0, id="the same"),
        pytest.param("pakket kwijt", ["factuur betaald"], 0.0, id="nothing shared"),
        pytest.param("pakket kwijt", ["factuur betaald", "pakket betaald"], 0.5, id="the nearest counts"),
        pytest.param("pakket kwijt", [], 0.0, id="nothing said before"),
        pytest.param("de het", ["de het"], 0.0, id="no content"),
    ],
)
def test_likeness_is_the_share_of_content_words(now: str, earlier: list[str], alike: float) -> None:
    assert likeness(fingerprint(now), map(fingerprint, earlier)) == alike


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        pytest.param("sorry voor het wachten. wat is uw naam?", " wat is uw naam?", id="after an apology"),
        pytest.param("wat is uw naam? dank u.", "wat is uw naam?", id="before a thanks"),
        pytest.param("ik kijk even.", "", id="no question"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_question_is_the_sentences_that_ask(line: str, asked: str) -> None:
    assert question(line) == asked


@UNHURRIED
@given(st.text(max_size=120), st.integers(min_value=3, max_value=100))
def test_clip_never_exceeds_its_limit_and_never_cuts_a_character(text: str, limit: int) -> None:
    clipped = clip(text, limit)

    assert len(clipped.encode()) <= limit
    assert clipped == text or (clipped.endswith("…") and text.startswith(clipped[:-1]))


def test_clip_leaves_what_fits() -> None:
    assert clip("é" * 36) == "é" * 36
    assert clip("é" * 37) == "é" * 34 + "…"
