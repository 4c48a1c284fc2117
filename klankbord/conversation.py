"""What is remembered of one conversation: facts, counts and scores, no transcript; 4 KB at most as JSON."""

import hashlib
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain, islice
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from klankbord.events import Channel, Language, Seconds
from klankbord.kept import Kept
from klankbord.memory import Lane, shortened

VERSION: Final = 1
MAX_BYTES: Final = 4096

# These keep an ordinary conversation well under MAX_BYTES; `bounded` sees to the others.
KEEP_POINTS: Final = 16
KEEP_FINGERPRINTS: Final = 3
KEEP_EVIDENCE: Final = 6
MAX_QUOTE_BYTES: Final = 72
KEEP_NEEDS: Final = 4
# Episodes that are open or were cleared last, besides that of a threat.
KEEP_EPISODES: Final = 10
_FINGERPRINT_WORDS: Final = 12

# What a customer may need of whoever helps, as a need and never as a diagnosis; the first two are about safety.
THREATS: Final = ("threat_to_self", "threat_to_others")
NEEDS: Final = (
    *THREATS, "bereavement", "illness", "cannot_pay", "debt", "low_literacy", "language_barrier",
)  # fmt: skip

_WORD: Final = re.compile(r"\w+")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])")
# Function words say nothing about *what* was asked; without them two requests compare by their content.
_EMPTY_WORDS: Final = frozenset(
    """de het een en of maar dus want ik je jij u we wij hij zij ze mij me mijn jouw uw ons onze dat die dit deze er is
    ben bent zijn was heb hebt heeft had kan kunt kun wil wilt wel ook nog al nu dan als om te van voor met op in aan
    bij naar uit over door tot wat hoe graag even the a an and or but so i you we he she it they me my your our that
    this these there is am are was were have has had can could would will do does did to of for with on in at by
    from about please just what how if be""".split()
)


class Evidence(Struct, frozen=True, omit_defaults=True):
    """The latest signal of one kind, as a person may read it: redacted words or an amount."""

    signal: str
    strength: float
    at: Seconds
    words: str = ""
    amount: float | None = None
    utterance_id: str = ""


class Episode(Struct, frozen=True, array_like=True):
    """One excursion of one alert rule: it opens once and clears once."""

    number: int
    rule_version: str
    severity: str
    opened_at: Seconds
    value: float
    cause: Evidence | None = None
    cleared_at: Seconds | None = None


class Point(Struct, frozen=True, array_like=True):
    """One step of the small pictures: seconds since the start, valence (-1..1), effort (1..7, higher = harder)."""

    after_s: int
    valence: float
    effort: float


class Segment(Struct, frozen=True, array_like=True):
    """A stretch of speech, in milliseconds since the start of the call."""

    start_ms: int
    end_ms: int


class Need(Struct, frozen=True, array_like=True):
    """How sure it is that the customer needs this (0..1), and when it was last heard; never the words."""

    sure: float
    at: Seconds
    customer_turn: int


class Conversation(Struct, frozen=True, omit_defaults=True):
    """The state of one conversation, and the only thing a worker keeps of it."""

    version: int = VERSION
    # The events that were applied, by side: what a source sends twice counts once.
    memory: dict[str, Lane] = {}

    channel: Channel = Channel.CHAT
    queue: str | None = None
    team: str | None = None
    agent_id: str | None = None
    language: Language | None = None
    language_odds: float = 0.0

    started_at: Seconds | None = None
    last_at: Seconds | None = None
    ended_at: Seconds | None = None
    ended_idle: bool = False  # for want of any event, and not because somebody ended it
    notice_given: bool = False
    objected: bool = False

    customer_turns: int = 0
    agent_turns: int = 0
    # Since when the customer waits for an answer, and how many seconds of that wait already count as effort.
    waiting_since: Seconds | None = None
    wait_counted_s: float = 0.0
    held_since: Seconds | None = None
    # Whether the last answer was a dead end: thanks for it confirm nothing.
    refused: bool = False
    # How likely the last answer solved what was asked, or refused it or sent elsewhere, 0..1.
    solved: float = 0.0
    denied: float = 0.0
    resumed_at: Seconds | None = None
    # Voice, where segments carry their times: until when anybody was heard, the latest segment of the customer and of
    # whoever helps, and the customer's words with the time they took.
    heard_until_ms: int | None = None
    customer_spoke: Segment | None = None
    helper_spoke: Segment | None = None
    paced_words: int = 0
    paced_ms: int = 0
    # Why the customer makes contact, "" while unknown: the votes of the turns that were read, the words that told most.
    reason: str = ""
    reason_votes: dict[str, float] = {}
    reason_words: str = ""
    reason_turns: int = 0
    customer_said: tuple[tuple[int, ...], ...] = ()
    agent_asked: tuple[tuple[int, ...], ...] = ()

    valence: float = 0.0
    # How dissatisfied the customer has sounded, 0..1: of late, and at worst.
    mood: float = 0.0
    worst_mood: float = 0.0
    emotions: dict[str, float] = {}
    drivers: dict[str, float] = {}
    hardest: dict[str, float] = {}
    effort: float = 1.0
    escalation: float = 0.0
    # How likely the customer means to leave, 0..1.
    churn: float = 0.0
    needs: dict[str, Need] = {}
    evidence: tuple[Evidence, ...] = ()
    timeline: tuple[Point, ...] = ()

    # What other systems know of the contact; its worth is in the tenant's own currency, and 0 where it is not known.
    recent_contacts: int = 0
    open_complaint: bool = False
    lifetime_value: float = 0.0

    episodes: dict[str, Episode] = {}
    # The highest number of an episode that was forgotten: no number is given twice.
    forgotten: int = 0
    # At which turn of either side each phrase list was heard last; by rule version, the customer turns in a row at
    # which a rule that waits for some has held.
    said: dict[str, int] = {}
    streaks: dict[str, int] = {}
    # Whether a bot gave the last answer, and when the customer was last asked if it was solved.
    bot_helps: bool = False
    asked_at: Seconds | None = None

    @property
    def open_alerts(self) -> int:
        """How many alert episodes are open."""
        return sum(episode.cleared_at is None for episode in self.episodes.values())

    @property
    def threat(self) -> float:
        """How sure a danger to the customer or to others is, 0..1."""
        needs = self.needs
        return max((needs[kind].sure for kind in THREATS if kind in needs), default=0.0) if needs else 0.0


def _numbered(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=2).digest(), "big")


def _worth_comparing(written: str) -> tuple[tuple[str, int], ...]:
    return tuple((word, _numbered(word)) for word in _WORD.findall(written) if word not in _EMPTY_WORDS)


_content_words: Final = Kept(_worth_comparing).__getitem__


@lru_cache(maxsize=4)  # a question is remembered and compared with earlier ones
def fingerprint(normal: str) -> tuple[int, ...]:
    """Numbers that stand for the content words of a line: likeness can be judged, the words cannot be read back."""
    words = dict(chain.from_iterable(map(_content_words, normal.split())))
    return tuple(islice(words.values(), _FINGERPRINT_WORDS))


def question(normal: str) -> str:
    """The sentences that ask: an apology before them must not hide that the same question comes again."""
    return "".join(part for part in _SENTENCE_END.split(normal) if part.endswith("?")) if "?" in normal else ""


def likeness(said: tuple[int, ...], earlier: Iterable[tuple[int, ...]]) -> float:
    """The largest share in [0, 1] of shared content words (Dice) between a line and earlier ones."""
    now = set(said)
    if not now:
        return 0.0
    return max([2 * len(now.intersection(other)) / (len(now) + len(other)) for other in earlier if other], default=0.0)


def unheard(conversation: Conversation) -> Conversation:
    """The conversation with no segment of speech remembered."""
    return replace(conversation, heard_until_ms=None, customer_spoke=None, helper_spoke=None)


def clip(text: str, limit: int = MAX_QUOTE_BYTES) -> str:
    """`text` cut to `limit` bytes of UTF-8, with an ellipsis where something went."""
    if len(text) * 4 <= limit or len(text.encode()) <= limit:
        return text
    return text.encode()[: limit - 3].decode(errors="ignore").rstrip() + "…"


def bounded(conversation: Conversation) -> Conversation:
    """The conversation in at most `MAX_BYTES`: proof goes before scores, and what is counted never goes."""
    for poorer in _POORER:
        if len(_encoder.encode(conversation)) <= MAX_BYTES:
            return conversation
        conversation = poorer(conversation)
    return conversation


def _without_oldest_cleared(conversation: Conversation, *, keep: int) -> Conversation:
    """The conversation without the episodes that were cleared long ago, whose numbers stay taken."""
    cleared = sorted(
        (name for name, episode in conversation.episodes.items() if episode.cleared_at is not None),
        key=lambda name: conversation.episodes[name].cleared_at or 0.0,
    )
    gone = set(cleared[: max(0, len(cleared) - keep)])
    return replace(
        conversation,
        episodes={name: episode for name, episode in conversation.episodes.items() if name not in gone},
        forgotten=max([conversation.forgotten, *(conversation.episodes[name].number for name in gone)]),
    )


def _without_causes(conversation: Conversation, *, cleared_only: bool) -> Conversation:
    episodes = {
        name: episode if cleared_only and episode.cleared_at is None else replace(episode, cause=None)
        for name, episode in conversation.episodes.items()
    }
    return replace(conversation, episodes=episodes)


_encoder: Final = msgspec.json.Encoder()
# Proof of what is over goes first; that of open alerts only where ids and quotes are as long as they may be.
_POORER: Final[tuple[Callable[[Conversation], Conversation], ...]] = (
    lambda conversation: _without_causes(conversation, cleared_only=True),
    lambda conversation: replace(
        conversation, evidence=conversation.evidence[-3:], timeline=conversation.timeline[-KEEP_POINTS // 2 :]
    ),
    lambda conversation: _without_causes(conversation, cleared_only=False),
    lambda conversation: replace(conversation, evidence=(), reason_words=""),
    lambda conversation: replace(
        conversation,
        timeline=(),
        customer_said=(),
        agent_asked=(),
        reason_votes=dict(list(conversation.reason_votes.items())[:1]),
    ),
    lambda conversation: replace(unheard(conversation), paced_words=0, paced_ms=0),
    # Only where every name is as long as it may be: then more of what is late is taken for a repeat.
    lambda conversation: replace(
        conversation,
        memory=shortened(conversation.memory, keep=9),
        queue=conversation.queue and clip(conversation.queue),
        team=conversation.team and clip(conversation.team),
    ),
    lambda conversation: _without_oldest_cleared(conversation, keep=3),
    # What made the hardest moment hard goes; how hard it was stays.
    lambda conversation: replace(conversation, hardest={"earlier": round(sum(conversation.hardest.values()), 4)}),
)
