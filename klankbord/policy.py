"""Every threshold, weight, half-life and cool-down, with its unit and its reason."""

import hashlib
from functools import cached_property
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct, field

from klankbord.conversation import KEEP_EPISODES
from klankbord.events import Channel, Language, Seconds
from klankbord.models.judges import SHIPPED, Judges
from klankbord.rules import PhraseBook, PhraseList, Program, Word, words
from klankbord.taxonomy import Taxonomy

Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[float, Meta(gt=0)]
RuleName = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[a-z0-9_]+\Z")]
PhraseName = Annotated[str, Meta(min_length=1, max_length=16, pattern=r"^[a-z][a-z0-9_]*\Z")]

Severity = Literal["info", "warning", "critical"]
SEVERITIES: Final[tuple[Severity, ...]] = ("info", "warning", "critical")


# What the customer's words may show, each 0..1; valence stands beside them.
EMOTIONS: Final = (
    "frustration",
    "anger",
    "anxiety",
    "confusion",
    "disappointment",
    "sadness",
    "relief",
    "joy",
    "gratitude",
)


class Driver(Struct, frozen=True, forbid_unknown_fields=True):
    """How much one kind of effort signal weighs, and at how much of it the memory is full."""

    weight: Annotated[float, Meta(ge=0)]
    cap: Positive


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When to alert a supervisor: `when` opens an alert and `until` clears it, in CEL (docs/policy.md)."""

    when: Annotated[str, Meta(min_length=1)]
    # Without it an alert is over as soon as `when` no longer holds.
    until: str = ""
    severity: Severity
    nl: str
    en: str
    # Customer turns in a row at which `when` holds before anybody is alerted.
    for_turns: Annotated[int, Meta(ge=1, le=20)] = 1
    # A first angry word is not yet a pattern; an agent deserves a turn to answer it.
    min_customer_turns: Annotated[int, Meta(ge=1)] = 1
    cooldown_s: Annotated[float, Meta(ge=0)] = 300.0
    # The rule's own numbers, by the names that its conditions know them by; in a file they stand in the rule's table.
    numbers: dict[str, float] = {}

    @property
    def version(self) -> str:
        """Eight hex digits of the rule's content: another threshold is another rule to whoever counts alerts."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:8]


def threshold(
    measure: str, raise_at: float, release_at: float, severity: Severity, nl: str, en: str,
    min_customer_turns: int = 1, *, cooldown_s: float = 300.0,
) -> Rule:  # fmt: skip
    """The plainest rule: `measure` reaches `raise_at`, and it is over when it falls below `release_at`."""
    return Rule(
        when=f"{measure} >= raise_at",
        until=f"{measure} < release_at",
        severity=severity,
        nl=nl,
        en=en,
        min_customer_turns=min_customer_turns,
        cooldown_s=cooldown_s,
        numbers={"raise_at": float(raise_at), "release_at": float(release_at)},
    )


# From signal to emotion: how far a signal at full strength moves each emotion in that turn.
# Hand-set: a cue names its own emotion; valence words alone say something is wrong, not what. What the heads hear
# ("sounds_...") is a calibrated chance and counts as it is; two of them judge no emotion but have scores of their own.
EMOTION_WEIGHTS: Final[dict[str, dict[str, float]]] = {
    "anger": {"anger": 0.9, "frustration": 0.5},
    "frustration": {"frustration": 0.9, "disappointment": 0.2},
    "anxiety": {"anxiety": 0.9},
    "confusion": {"confusion": 0.9},
    "disappointment": {"disappointment": 0.9, "frustration": 0.3},
    "gratitude": {"gratitude": 0.9, "joy": 0.2},
    "relief": {"relief": 0.9, "joy": 0.4},
    "abuse": {"anger": 0.9},
    "sounds_angry": {"anger": 1.0},
    "sounds_frustrated": {"frustration": 1.0},
    "sounds_disappointed": {"disappointment": 1.0},
    "sounds_anxious": {"anxiety": 1.0},
    "sounds_confused": {"confusion": 1.0},
    "sounds_sad": {"sadness": 1.0},
    "sounds_relieved": {"relief": 1.0},
    "sounds_happy": {"joy": 1.0},
    "sounds_grateful": {"gratitude": 1.0},
    "sounds_dissatisfied": {},
    "sounds_abusive": {"anger": 0.3},
    "negative_words": {"frustration": 0.2, "disappointment": 0.2},
    "positive_words": {"joy": 0.2},
}

# Priors for the effort drivers and at how much of each the memory is full, from studies of what makes customers
# leave (repeat contact, transfer, repeating oneself, channel switching, generic answers) and from service dialogues
# whose goal was not met.
# Waiting weighs 0.25 a minute past the channel's normal and is full at six minutes.
PRIORS: Final[dict[str, Driver]] = {
    "repeat_contact": Driver(0.6, 2),
    "transfer": Driver(0.6, 2),
    "dead_end": Driver(0.6, 4),
    "turned_away": Driver(0.3, 4),
    "asks_for_human": Driver(0.6, 2),
    "repetition": Driver(0.5, 3),
    "reasked_question": Driver(0.5, 3),
    "correction": Driver(0.5, 4),
    "long_wait": Driver(1.5, 1),
    "hold": Driver(1.5, 1),
    "channel_hop": Driver(0.15, 2),
    "gives_up": Driver(0.6, 2),
    "still_unsolved": Driver(0.5, 3),
    "not_following": Driver(0.4, 4),
    "told_wait": Driver(0.5, 2),
    "told_trouble": Driver(0.3, 3),
    "sent_around": Driver(0.6, 2),
    # How a call goes is weak evidence of work: half a repetition at most, and an interruption as much as the shortest
    # talk-over. A second of silence weighs as a second of waiting: it is the same whichever of the two it counts as.
    "interruption": Driver(0.12, 3),
    "talk_over": Driver(0.25, 3),
    "dead_air": Driver(0.25, 2),
    "pace": Driver(0.1, 2),
}
# The weights that `make train` fitted where there was something to fit on; none is below 0.
DRIVERS: Final[dict[str, Driver]] = {
    kind: Driver(SHIPPED.effort.get(kind, prior.weight), prior.cap) for kind, prior in PRIORS.items()
}

NORMAL_WAIT_S: Final[dict[Channel, float]] = {
    Channel.CHAT: 90.0,
    Channel.VOICE: 15.0,
    Channel.WHATSAPP: 300.0,
    Channel.SMS: 300.0,
    Channel.EMAIL: 86_400.0,
}

# Longer than a customer who still means to answer is away. A call or chat that lost its `ended` is over after an hour
# without words, and four leave room for a long hold; WhatsApp lets a business answer freely for 24 hours.
IDLE_AFTER_S: Final[dict[Channel, float]] = {
    Channel.CHAT: 4 * 3600.0,
    Channel.VOICE: 4 * 3600.0,
    Channel.WHATSAPP: 26 * 3600.0,
    Channel.SMS: 26 * 3600.0,
    Channel.EMAIL: 7 * 24 * 3600.0,
}

# Safety is no matter of taste: this rule opens at the first sign, holds until the conversation ends, and is in force
# under every policy, which may word it anew and nothing else. The weakest phrase that is listed counts 0.6.
THREAT_FROM: Final = 0.3
THREAT: Final = threshold(
    "threat", THREAT_FROM, 0.0, "critical", "Veiligheid van klant of anderen: kijk nu mee",
    "Safety of the customer or others: look now", cooldown_s=0.0,
)  # fmt: skip

# Feelings alert alone only where there is no doubt about them: whether a supervisor is needed is judged by all that
# happened, and 0.3 is where our own conversations to learn from are best told apart (decision 11). What was asked or
# waited for fades slowly, so those alerts are over when little of it has faded: some three turns after the last.
RULES: Final[dict[str, Rule]] = {
    "needs_supervisor": threshold(
        "escalation", 0.3, 0.15, "warning", "Gesprek loopt vast", "Conversation is getting stuck", 2
    ),
    "angry_customer": threshold("anger", 0.9, 0.3, "critical", "Klant is boos", "Customer is angry"),
    "frustrated_customer": threshold(
        "frustration", 0.9, 0.3, "warning", "Klant raakt gefrustreerd", "Customer is getting frustrated", 2
    ),
    "high_effort": threshold(
        "effort", 5.0, 4.0, "warning", "Klant moet veel moeite doen", "Customer has to work hard", 2
    ),
    "worried_customer": threshold(
        "anxiety", 0.95, 0.3, "info", "Klant maakt zich zorgen", "Customer is worried", 2
    ),
    "asks_for_human": threshold(
        "asks_for_human", 0.8, 0.7, "warning", "Klant wil een mens of zoekt het hogerop",
        "Customer wants a person or takes it higher",
    ),
    "long_wait": threshold("long_wait", 0.5, 0.45, "warning", "Klant wacht te lang", "Customer has waited too long"),
    # A plain wish to cancel counts 0.5 and stays below; "then I'm off to your competitor" does not.
    "wants_to_leave": threshold("churn", 0.6, 0.3, "warning", "Klant wil vertrekken", "Customer wants to leave"),
    "threat": THREAT,
}  # fmt: skip


# An alert that is critical always finds its place among the episodes that a conversation remembers.
MOST_CRITICAL: Final = KEEP_EPISODES
# Each that waits for some turns, and each list of phrases, has a place of its own in the 4 KB of a conversation.
MOST_PATIENT: Final = 8
MOST_PHRASE_LISTS: Final = 8


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """All numbers of one installation. `config/policy.toml` overrides; the reason stands here beside the number."""

    # The languages that are scored; a conversation in another one is counted, not scored.
    languages: tuple[Language, ...] = ("nl", "en")
    # Log-odds at which the language of a conversation is settled: one clear line, or several weak ones.
    language_settled_at: Positive = 2.0

    # An emotion keeps this share at each further customer turn: half-life about 1.4 turns, so that a
    # customer who was helped is no longer shown as angry three turns later.
    emotion_fade: Share = 0.6
    # After thanks or relief the bad feelings keep only this share more.
    relief_fade: Share = 0.5
    # The newest turn's share in the conversation's valence.
    valence_newest: Share = 0.5
    # The newest turn's share in how dissatisfied the customer has sounded of late.
    mood_newest: Share = 0.5
    emotion_weights: dict[str, dict[str, Share]] = field(default_factory=lambda: EMOTION_WEIGHTS)
    # Weaker evidence of emotion counts in the scores of its turn, but nobody is shown it and nothing remembers it:
    # one line in ten of any customer sounds a little annoyed.
    evidence_from: Share = 0.3

    # An intention outlasts a feeling: half-life about 3 customer turns. Said again, it is no more likely than before.
    churn_fade: Share = 0.8
    # A need is let go after this much without it, whichever is first: long enough for the answer and what follows it,
    # too short to become a mark on a customer. Threats stay until the end. By e-mail an hour passes before any answer,
    # so there it is the seconds that end it.
    need_turns: Annotated[int, Meta(ge=1)] = 8
    need_s: Annotated[float, Meta(gt=0)] = 3600.0

    # A driver keeps this share at each turn of either side: half-life about 13 turns, for people do not forget work
    # while the conversation lasts (decision 11).
    effort_fade: Share = 0.95
    # score = 1 + 6 (1 - exp(-load / scale)): the load at which two thirds of the way from 1 to 7 is gone.
    effort_scale: Positive = 2.5
    # Effort is remembered: this share is the present, the rest the hardest moment so far.
    effort_now: Share = 0.4
    # A dead end weighs half once the customer confirms or thanks.
    dead_end_released: Share = 0.5
    # "Thanks anyway", said to the refusal itself, is mostly courtesy: the dead end keeps this share.
    dead_end_thanked: Share = 0.85
    drivers: dict[str, Driver] = field(default_factory=lambda: DRIVERS)
    # "Not sure" is an answer: between these chances a turn is as likely content as not, and `unsure` says so.
    unsure_from: Share = 0.35
    unsure_to: Share = 0.65
    # The second stage: how words and context together become dissatisfaction and escalation. `klankbord adapt` fits
    # them to a tenant.
    judges: Judges = SHIPPED.judges
    # A detector that is new and not yet weighed counts like the middle of the others.
    other_driver: Driver = Driver(0.5, 3)

    # Seconds a customer waits for an answer before it is effort: what the channel has made normal.
    normal_wait_s: dict[Channel, Positive] = field(default_factory=lambda: NORMAL_WAIT_S)
    # Seconds without any event after which a conversation that nobody ended counts as ended, until somebody speaks.
    idle_after_s: dict[Channel, Positive] = field(default_factory=lambda: IDLE_AFTER_S)
    # A hold shorter than this is ordinary.
    normal_hold_s: Positive = 45.0
    # Past the normal, a wait or hold of so many seconds counts in full.
    full_wait_s: Positive = 360.0
    # While nobody answers, the wait is counted again each so many seconds: often enough to act, seldom enough to read.
    wait_step_s: Positive = 60.0

    # Seconds of silence in a call that are ordinary: contact centres speak of dead air from 5 to 10 on.
    normal_silence_s: Positive = 8.0
    # Past the normal, a silence of so many seconds counts in full; with its weight that is what a wait weighs.
    full_silence_s: Positive = 60.0
    # Who stops within this many seconds of being spoken over gave way and was interrupted; who does not is talked over.
    talk_over_from_s: Positive = 2.0
    # So many seconds of talking over count in full: some ten words of each side that the other did not hear.
    full_talk_over_s: Positive = 4.0
    # Shorter overlaps are how turns change: most take some tenths of a second, and so do errors in a segment's times.
    interruption_from_s: Positive = 0.8
    # Share by which a customer must speak faster than before in this call: turns of one speaker differ by less.
    pace_faster_from: Share = 0.3
    # So many words of the customer, about 20 seconds, say how fast this customer speaks.
    pace_known_words: Annotated[int, Meta(ge=1)] = 50

    # Share of content words two lines must share to be the same request, and the fewest such words.
    repetition_likeness: Share = 0.6
    reasked_likeness: Share = 0.6
    repetition_min_words: Annotated[int, Meta(ge=1)] = 3

    # What alerts a supervisor. All of them are asked at every event; more than these would be heard in its time.
    rules: Annotated[dict[RuleName, Rule], Meta(max_length=500)] = field(default_factory=lambda: RULES)
    # What rules may ask about as `said.<name>`.
    phrases: Annotated[dict[PhraseName, PhraseList], Meta(max_length=MOST_PHRASE_LISTS)] = {}

    # A suggestion helps while the turn it answers is fresh.
    suggestion_expires_s: Seconds = 120.0
    # The same kind again only after this long, and at most so often in a conversation: prompts tire.
    suggestion_cooldown_s: Seconds = 180.0
    suggestion_most: Annotated[int, Meta(ge=1)] = 2
    # Who was asked whether it is solved is not asked again so soon.
    ask_again_s: Annotated[float, Meta(ge=0)] = 600.0

    # The contact reasons of the installation: read from a file of their own (config/reasons.toml), never from this one.
    reasons: Taxonomy = Taxonomy()

    @cached_property
    def in_force(self) -> dict[str, Rule]:
        """The rules that alert: the policy's, and always the one for threats, whatever the policy makes of it."""
        own = self.rules.get("threat", THREAT)
        return {**self.rules, "threat": msgspec.structs.replace(THREAT, nl=own.nl, en=own.en)}

    @cached_property
    def versions(self) -> dict[str, str]:
        """The version of each rule in force."""
        return {name: rule.version for name, rule in self.in_force.items()}

    @cached_property
    def patient(self) -> tuple[tuple[int, str, int], ...]:
        """The place, the version and the turns of each rule in force that waits for some."""
        rules = enumerate(self.in_force.items())
        return tuple(
            (place, self.versions[name], rule.for_turns) for place, (name, rule) in rules if rule.for_turns > 1
        )

    @cached_property
    def program(self) -> Program:
        """The rules in force, compiled; `Unreadable` where one is none."""
        return Program(self.in_force, self.words)

    @cached_property
    def book(self) -> PhraseBook:
        """The phrase lists, ready to search."""
        return PhraseBook(self.phrases)

    @cached_property
    def words(self) -> dict[str, Word]:
        """Every name that a condition may use."""
        signals = (*self.emotion_weights, *self.drivers, "leaving")
        return words(EMOTIONS, self.drivers, signals, self.phrases)


def driver(policy: Policy, kind: str) -> Driver:
    """How much one kind of effort signal weighs."""
    return policy.drivers.get(kind, policy.other_driver)


def rules_in_force(policy: Policy) -> dict[str, Rule]:
    """The rules that alert under `policy`, by name."""
    return policy.in_force
