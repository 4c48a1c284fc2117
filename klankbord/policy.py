"""Every threshold, weight, half-life and cool-down, with its unit and its reason."""

import hashlib
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct, field

from klankbord.errors import InvalidConfiguration
from klankbord.events import Channel, Language, Seconds
from klankbord.taxonomy import Taxonomy

Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[float, Meta(gt=0)]
RuleName = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[a-z0-9_]+\Z")]

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


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """When to alert a supervisor: `measure` reaches `raise_at`; over when it falls below `release_at`."""

    measure: str
    raise_at: float
    release_at: float
    severity: Severity
    nl: str
    en: str
    # A first angry word is not yet a pattern; an agent deserves a turn to answer it.
    min_customer_turns: Annotated[int, Meta(ge=1)] = 1
    cooldown_s: Annotated[float, Meta(ge=0)] = 300.0

    @property
    def version(self) -> str:
        """Eight hex digits of the rule's content: another threshold is another rule to whoever counts alerts."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:8]


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

# Priors for the effort drivers, from studies of what makes customers leave (repeat contact, transfer,
# repeating oneself, channel switching, generic answers) and from service dialogues whose goal was not met.
# Waiting weighs 0.25 a minute past the channel's normal and is full at six minutes.
DRIVERS: Final[dict[str, Driver]] = {
    "repeat_contact": Driver(0.6, 2),
    "transfer": Driver(0.6, 2),
    "dead_end": Driver(0.6, 4),
    "asks_for_human": Driver(0.6, 2),
    "repetition": Driver(0.5, 3),
    "reasked_question": Driver(0.5, 3),
    "correction": Driver(0.5, 4),
    "long_wait": Driver(1.5, 1),
    "hold": Driver(1.5, 1),
    "channel_hop": Driver(0.15, 2),
}

NORMAL_WAIT_S: Final[dict[Channel, float]] = {
    Channel.CHAT: 90.0,
    Channel.VOICE: 15.0,
    Channel.WHATSAPP: 300.0,
    Channel.SMS: 300.0,
    Channel.EMAIL: 86_400.0,
}

# Feelings release at 0.2: an order number or "any news?" is no calm, and at 0.3 two such lines closed the alert.
RULES: Final[dict[str, Rule]] = {
    "angry_customer": Rule("anger", 0.55, 0.2, "critical", "Klant is boos", "Customer is angry"),
    "frustrated_customer": Rule(
        "frustration", 0.6, 0.2, "warning", "Klant raakt gefrustreerd", "Customer is getting frustrated", 2
    ),
    "high_effort": Rule(
        "effort", 3.2, 2.4, "warning", "Klant moet veel moeite doen", "Customer has to work hard", 2
    ),
    "worried_customer": Rule("anxiety", 0.6, 0.2, "info", "Klant maakt zich zorgen", "Customer is worried"),
    "asks_for_human": Rule(
        "asks_for_human", 0.8, 0.3, "warning", "Klant vraagt om een mens of leidinggevende",
        "Customer asks for a human or a supervisor",
    ),
    "long_wait": Rule("long_wait", 0.5, 0.2, "warning", "Klant wacht te lang", "Customer has waited too long"),
}  # fmt: skip


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
    emotion_weights: dict[str, dict[str, Share]] = field(default_factory=lambda: EMOTION_WEIGHTS)
    # Weaker evidence of emotion counts in the scores of its turn, but nobody is shown it and nothing remembers it:
    # one line in ten of any customer sounds a little annoyed.
    evidence_from: Share = 0.3

    # A driver keeps this share at each turn of either side: half-life about 2.4 turns.
    effort_fade: Share = 0.75
    # score = 1 + 6 (1 - exp(-load / scale)): the load at which two thirds of the way from 1 to 7 is gone.
    effort_scale: Positive = 2.5
    # Effort is remembered: this share is the present, the rest the hardest moment so far.
    effort_now: Share = 0.6
    # A dead end weighs half once the customer confirms or thanks.
    dead_end_released: Share = 0.5
    drivers: dict[str, Driver] = field(default_factory=lambda: DRIVERS)
    # A detector that is new and not yet weighed counts like the middle of the others.
    other_driver: Driver = Driver(0.5, 3)

    # Seconds a customer waits for an answer before it is effort: what the channel has made normal.
    normal_wait_s: dict[Channel, Positive] = field(default_factory=lambda: NORMAL_WAIT_S)
    # A hold shorter than this is ordinary.
    normal_hold_s: Positive = 45.0
    # Past the normal, a wait or hold of so many seconds counts in full.
    full_wait_s: Positive = 360.0
    # While nobody answers, the wait is counted again each so many seconds: often enough to act, seldom enough to read.
    wait_step_s: Positive = 60.0

    # Share of content words two lines must share to be the same request, and the fewest such words.
    repetition_likeness: Share = 0.6
    reasked_likeness: Share = 0.6
    repetition_min_words: Annotated[int, Meta(ge=1)] = 3

    # More alerts than these nobody reads, and each takes its place in the 4 KB of a conversation.
    rules: Annotated[dict[RuleName, Rule], Meta(max_length=12)] = field(default_factory=lambda: RULES)

    # A suggestion helps while the turn it answers is fresh.
    suggestion_expires_s: Seconds = 120.0
    # The same kind again only after this long, and at most so often in a conversation: prompts tire.
    suggestion_cooldown_s: Seconds = 180.0
    suggestion_most: Annotated[int, Meta(ge=1)] = 2

    # The contact reasons of the installation: read from a file of their own (config/reasons.toml), never from this one.
    reasons: Taxonomy = Taxonomy()


def mistakes_in(policy: Policy, *, measures: frozenset[str]) -> list[str]:
    """What the types cannot refuse: rules over unknown measures, and releases above their raise."""
    found = []
    for name, rule in policy.rules.items():
        if rule.measure not in measures:
            found.append(
                f"rules.{name}.measure: '{rule.measure}' is not measured; one of {', '.join(sorted(measures))}"
            )
        if rule.release_at > rule.raise_at:
            found.append(
                f"rules.{name}.release_at: {rule.release_at} lies above raise_at {rule.raise_at}: it would flap"
            )
    for channel in Channel:
        if channel not in policy.normal_wait_s:
            found.append(f"normal_wait_s.{channel}: is missing; name every channel")
    for signal, weights in policy.emotion_weights.items():
        for emotion in weights.keys() - set(EMOTIONS):
            found.append(f"emotion_weights.{signal}: '{emotion}' is no emotion; one of {', '.join(EMOTIONS)}")
    if not policy.languages:
        found.append("languages: name at least one")
    if policy.reasons.reasons or policy.reasons.groups:
        found.append("reasons: stand in a file of their own, reasons.toml")
    return found


def read_policy(text: str, *, source: str) -> Policy:
    """A policy from TOML, or `InvalidConfiguration` naming `source` and the field."""
    try:
        policy = msgspec.toml.decode(text, type=Policy)
    except msgspec.DecodeError as error:  # ValidationError is one of them
        raise InvalidConfiguration([f"{source}: {error}"]) from None
    found = mistakes_in(policy, measures=measures_of(policy))
    if found:
        raise InvalidConfiguration([f"{source}: {mistake}" for mistake in found])
    return policy


def driver(policy: Policy, kind: str) -> Driver:
    """How much one kind of effort signal weighs."""
    return policy.drivers.get(kind, policy.other_driver)


def measures_of(policy: Policy) -> frozenset[str]:
    """What a rule may watch: the emotions (0..1), `effort` (1..7), `escalation` (0..1), each effort driver."""
    return frozenset({"effort", "escalation", *EMOTIONS, *policy.drivers})
