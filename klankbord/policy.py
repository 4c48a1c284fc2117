"""Every threshold, weight, half-life and cool-down, with its unit and its reason."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from enum import EnumMeta
from functools import cached_property
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin

import msgspec
from msgspec import Meta, Struct, field

from klankbord.conditions import LARGEST, WOKEN, Unreadable, nearest
from klankbord.conversation import KEEP_EPISODES
from klankbord.errors import InvalidConfiguration
from klankbord.events import Channel, Language, Role, Seconds
from klankbord.models.judges import SHIPPED, Judges
from klankbord.rules import MOST_WAITS, Asked, PhraseBook, PhraseList, Program, Word, asked, vocabulary, waits_of, words
from klankbord.taxonomy import Taxonomy
from klankbord.toml import read_toml

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


_NO_REASONS: Final = Taxonomy()


class Mistake(NamedTuple):
    """What is wrong with `key` of the table `table`; "" is the top of the file."""

    table: str
    key: str
    says: str

    @property
    def where(self) -> str:
        """The table and the key as one path."""
        return ".".join(part for part in (self.table, self.key) if part)


def mistakes_in(policy: Policy) -> Iterator[Mistake]:
    """What the types cannot refuse."""
    yield from _mistakes_in_rules(policy)
    for channel in Channel:
        if channel not in policy.normal_wait_s:
            yield Mistake("normal_wait_s", channel, "is missing; name every channel")
        if channel not in policy.idle_after_s:
            yield Mistake("idle_after_s", channel, "is missing; name every channel")
    for signal, weights in policy.emotion_weights.items():
        for emotion in weights.keys() - set(EMOTIONS):
            says = f"'{emotion}' is no emotion; one of {', '.join(EMOTIONS)}"
            yield Mistake(f"emotion_weights.{signal}", "", says)
    for name, phrases in policy.phrases.items():
        yield from _mistakes_in_phrases(f"phrases.{name}", phrases)
    if policy.unsure_from > policy.unsure_to:
        yield Mistake("", "unsure_from", f"{policy.unsure_from} lies above unsure_to {policy.unsure_to}")
    if not policy.languages:
        yield Mistake("", "languages", "name at least one")


def _mistakes_in_phrases(table: str, phrases: PhraseList) -> Iterator[Mistake]:
    if not phrases.nl and not phrases.en:
        yield Mistake(table, "", "holds no phrase")
    for language, listed in (("nl", phrases.nl), ("en", phrases.en)):
        for phrase in listed:
            if not any(letter.isalnum() for letter in phrase):
                yield Mistake(table, language, f"'{phrase}' has no word in it that anybody could say")


def _mistakes_in_rules(policy: Policy) -> Iterator[Mistake]:
    for name, rule in policy.rules.items():
        yield from _mistakes_in_rule(f"rules.{name}", rule, policy)
    if _unworded(policy.rules.get("threat", THREAT)) != _unworded(THREAT):
        yield Mistake("rules.threat", "", "only 'nl' and 'en' may differ; a threat always alerts")
    rules = [rule for name, rule in policy.rules.items() if name != "threat"]
    if sum(rule.severity == "critical" for rule in rules) > MOST_CRITICAL:
        yield Mistake("rules", "", f"at most {MOST_CRITICAL} may be critical besides 'threat'")
    if sum(rule.for_turns > 1 for rule in rules) > MOST_PATIENT:
        yield Mistake("rules", "", f"at most {MOST_PATIENT} may have for_turns above 1")
    read = [found for rule in rules if (found := _asked(rule, policy)) is not None]
    for name in WOKEN:
        waits = {wait for rule in read for wait in waits_of(rule, name)}
        if len(waits) > MOST_WAITS:
            listed = ", ".join(f"{wait:g}" for wait in sorted(waits))
            yield Mistake("rules", "", f"compare {name} with at most {MOST_WAITS} different numbers, not {listed}")


def _asked(rule: Rule, policy: Policy) -> Asked | None:
    try:
        return asked(rule, vocabulary(policy.words), {})
    except Unreadable:
        return None


def _mistakes_in_rule(table: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    for language, title in (("nl", rule.nl), ("en", rule.en)):
        if not title.strip():
            yield Mistake(table, language, "is empty; a supervisor reads it")
    if rule.until.strip() and rule.until.split() == rule.when.split():
        yield Mistake(table, "until", "is the same as 'when': the alert would clear at the next event")
    for name, number in rule.numbers.items():
        if name in policy.words:
            yield Mistake(table, name, "is a name of our own; call your number something else")
        if not abs(number) <= LARGEST:
            yield Mistake(table, name, f"{number:g} is no number that can be compared")
    try:
        read = asked(rule, vocabulary(policy.words, policy.reasons.counted), {})
    except Unreadable as error:
        for mistake in error.mistakes:
            field, _, says = mistake.partition(": ")
            yield Mistake(table, field, says)
        return
    known = {field for field in Rule.__struct_fields__ if field != "numbers"}
    for name in rule.numbers.keys() - read.when.numbers - read.until.numbers:
        yield Mistake(table, name, f"neither condition uses it{nearest(name, known)}")
    raise_at, release_at = rule.numbers.get("raise_at"), rule.numbers.get("release_at")
    if raise_at is not None and release_at is not None and _is_upward(rule) and release_at > raise_at:
        yield Mistake(table, "release_at", f"{release_at} lies above raise_at {raise_at}: it would flap")


def _is_upward(rule: Rule) -> bool:
    return rule.when.endswith(">= raise_at") and rule.until.endswith("< release_at")


def read_policy(text: str, *, source: str, reasons: Taxonomy = _NO_REASONS) -> Policy:
    """A policy from TOML, or `InvalidConfiguration` with every mistake: file, line, where in the policy, what.

    `reasons` become the policy's; where there are any, a rule may compare `reason` with these only.
    """
    tables = read_toml(text, source=source)
    found = list[Mistake]()
    fields = _fields(tables, found)
    try:
        policy = msgspec.structs.replace(msgspec.convert(fields, Policy), reasons=reasons)
    except msgspec.ValidationError as error:
        found.append(_complaint(str(error), "", Policy))
        raise InvalidConfiguration(_located(found, text, source)) from None
    told = {mistake.where for mistake in found}
    found += [mistake for mistake in mistakes_in(policy) if mistake.where not in told]
    if not found:
        try:
            policy.program.tried()
        except (TypeError, ValueError, RuntimeError, LookupError, ArithmeticError) as error:
            # We read conditions more strictly than CEL does, so this is a mistake of ours; better here than live.
            raise InvalidConfiguration([f"{source}: rules: CEL refuses them: {error}"]) from None
        return policy
    raise InvalidConfiguration(_located(found, text, source))


def _fields(tables: Mapping[str, Any], found: list[Mistake]) -> dict[str, Any]:
    """The fields of a policy that can be read, each by itself, so that one mistake does not hide another."""
    types = {field.name: field.type for field in msgspec.structs.fields(Policy) if field.name != "reasons"}
    fields = dict[str, Any]()
    for name, value in tables.items():
        if name == "reasons":
            found.append(Mistake("", name, "stand in a file of their own, reasons.toml"))
        elif name not in types:
            found.append(Mistake("", name, f"is not known{nearest(name, types)}"))
        elif (of := _entries(types[name])) is not None and isinstance(value, dict):
            fields[name] = _read_entries(name, value, of, found)
        else:
            _read(value, types[name], Mistake("", name, ""), fields, found)
    return fields


def _entries(type_: Any) -> tuple[Any, Any] | None:
    """The types of the keys and of the values, where a field is a table of tables or numbers."""
    plain = get_args(type_)[0] if get_origin(type_) is Annotated else type_
    return get_args(plain) if get_origin(plain) is dict else None


def _read_entries(table: str, entries: Mapping[str, Any], of: tuple[Any, Any], found: list[Mistake]) -> dict[str, Any]:
    read = dict[str, Any]()
    for name, value in entries.items():
        try:
            msgspec.convert(name, of[0])
        except msgspec.ValidationError as error:
            found.append(Mistake(table, name, _said(str(error), of[0], name)))
            continue
        if of[1] is Rule:
            if not isinstance(value, dict):
                found.append(Mistake(table, name, "is no table"))
                continue
            if "measure" in value:
                found.append(Mistake(f"{table}.{name}", "measure", _AS_CONDITION))
                continue
            value = _with_numbers(value)
        _read(value, of[1], Mistake(table, name, ""), read, found)
        if of[1] is PhraseList and name not in read:
            read[name] = PhraseList(role=Role.CUSTOMER, nl=(name,))  # who asks for it makes no second mistake
    return read


def _read(value: object, type_: Any, place: Mistake, into: dict[str, Any], found: list[Mistake]) -> None:
    try:
        into[place.key] = msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        complaint = _complaint(str(error), place.where, type_)
        found.append(complaint if complaint.key else Mistake(place.table, place.key, complaint.says))


_AS_CONDITION: Final = 'is written as conditions now: when = "anger >= raise_at" and until = "anger < release_at"'
_PATH: Final = re.compile(r" - at `(?:key` in `)?\$(?:\.([A-Za-z_]+))?[^`]*`\Z")
_FIELD: Final = re.compile(r"Object (contains unknown|missing required) field `([^`]+)`\Z")


def _complaint(message: str, table: str, type_: Any) -> Mistake:
    """What msgspec complains of, in words for whoever wrote the file."""
    path = _PATH.search(message)
    key = path[1] or "" if path is not None else ""
    says = message[: path.start(0)] if path is not None else message
    names = {field.name: field.type for field in msgspec.structs.fields(type_)} if _is_struct(type_) else {}
    if field := _FIELD.match(says):
        where = f"{table}.{key}" if key else table
        known = f" is not known{nearest(field[2], names)}" if field[1].startswith("contains") else " is missing"
        return Mistake(where, field[2], known.strip())
    return Mistake(table, key, _said(says, names.get(key, type_)))


def _is_struct(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, Struct)


_NO_NAME: Final = "is no name: a-z, 0-9 and _, at most 32 characters; of phrases at most 16, from a letter on"


def _said(message: str, type_: Any, value: str | None = None) -> str:
    """The complaint, with what it may be where that is a closed set."""
    enum = re.match(r"Invalid enum value '([^']*)'", message)
    if enum is None:
        says = _PATH.sub("", message)
        return says if value is None else _NO_NAME
    choices = _choices(type_)
    return f"'{enum[1]}' is none of {', '.join(choices)}{nearest(enum[1], choices)}"


def _choices(type_: Any) -> list[str]:
    """What a closed set holds, or a list of it."""
    if isinstance(type_, EnumMeta):
        members: Mapping[str, Any] = type_.__members__
        return [str(member.value) for member in members.values()]
    inner: tuple[Any, ...] = get_args(type_)
    if get_origin(type_) is Literal:
        return [str(one) for one in inner]
    return _choices(inner[0]) if inner else []


def _with_numbers(table: Mapping[str, Any]) -> dict[str, Any]:
    """The table of a rule with every further number of it among `numbers`."""
    own = {
        name: _as_float(value)
        for name, value in table.items()
        if name not in Rule.__struct_fields__ and isinstance(value, int | float) and not isinstance(value, bool)
    }
    return {**{name: value for name, value in table.items() if name not in own}, **({"numbers": own} if own else {})}


def _as_float(value: float) -> float:
    # A whole number with hundreds of digits is none that can be compared, and is refused with the others.
    return float(value) if abs(value) <= LARGEST else float("inf")


def _located(found: list[Mistake], text: str, source: str) -> list[str]:
    lines = _lines(text)
    located = []
    for mistake in dict.fromkeys(found):
        places = ((mistake.table, mistake.key), (mistake.where, ""), (mistake.table, ""))
        line = next((lines[place] for place in places if place in lines), None)
        located.append(f"{source}{f', line {line}' if line else ''}: {mistake.where}: {mistake.says}")
    return located


_HEADER: Final = re.compile(r"""\s*\[\s*([A-Za-z0-9_."' -]+?)\s*\]""")
_ENTRY: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


def _lines(text: str) -> dict[tuple[str, str], int]:
    """On which line each table and key stands, as far as they are written plainly."""
    lines, table = dict[tuple[str, str], int](), ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header[1].replace('"', "").replace("'", "")
            lines.setdefault((table, ""), number)
            lines.setdefault((table.split(".")[0], ""), number)
        elif entry := _ENTRY.match(line):
            lines.setdefault((table, entry[1]), number)
    return lines


def driver(policy: Policy, kind: str) -> Driver:
    """How much one kind of effort signal weighs."""
    return policy.drivers.get(kind, policy.other_driver)


def rules_in_force(policy: Policy) -> dict[str, Rule]:
    """The rules that alert under `policy`, by name."""
    return policy.in_force


def _unworded(rule: Rule) -> Rule:
    return msgspec.structs.replace(rule, nl="", en="")
