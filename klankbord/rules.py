"""What alert rules may name, and the rules of one policy compiled so that one event asks all of them at once."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Final, NamedTuple, Protocol, TypeAlias

import cel
from ahocorasick_rs import AhoCorasick
from msgspec import Struct

from klankbord.conditions import LARGEST, Condition, Kind, Trend, Unreadable, Vocabulary, read
from klankbord.conversation import NEEDS, Conversation, Point
from klankbord.events import Channel, Language, Role, Seconds
from klankbord.phrases import Phrases, clean, normal

Value: TypeAlias = float | str | bool

# So many turns ago is never: what was not said in this conversation was said longer ago than any conversation lasts.
NEVER: Final = 1e6
# An event is made for so many different waits that rules ask for, none of them shorter than it takes to type.
MOST_WAITS: Final = 8
SHORTEST_WAIT_S: Final = 5.0
_COURSES: Final[dict[str, Callable[[Point], float]]] = {
    "effort": lambda point: point.effort,
    "valence": lambda point: point.valence,
}
_LANGUAGES: Final[tuple[Language, ...]] = ("nl", "en")


class Moment(NamedTuple):
    """What rules judge: the conversation after an event at `at`, and the strength of each signal in the event."""

    conversation: Conversation
    at: Seconds
    signals: Mapping[str, float]


class Word(NamedTuple):
    """One name that a condition may use: what it stands for, and where it comes from."""

    kind: Kind
    says: str
    of: Callable[[Moment], Value]


def _since(began: Seconds | None, moment: Moment) -> float:
    return 0.0 if began is None else max(0.0, moment.at - began)


# Every name that stands for itself; emotions, effort drivers, signals and phrase lists come to these by their own.
WORDS: Final[dict[str, Word]] = {
    "effort": Word("number", "how hard the customer works, 1 to 7, higher = harder", lambda m: m.conversation.effort),
    "escalation": Word("number", "the chance that a supervisor is needed, 0 to 1", lambda m: m.conversation.escalation),
    "churn": Word("number", "how likely the customer means to leave, 0 to 1", lambda m: m.conversation.churn),
    "threat": Word("number", "how sure a danger to customer or others is, 0 to 1", lambda m: m.conversation.threat),
    "valence": Word("number", "negative to positive of late, -1 to 1", lambda m: m.conversation.valence),
    "mood": Word("number", "how dissatisfied the customer sounds of late, 0 to 1", lambda m: m.conversation.mood),
    "worst_mood": Word("number", "the highest `mood` so far", lambda m: m.conversation.worst_mood),
    "customer_turns": Word("number", "turns of the customer so far", lambda m: float(m.conversation.customer_turns)),
    "agent_turns": Word("number", "turns of the agent or the bot so far", lambda m: float(m.conversation.agent_turns)),
    "waited_s": Word(
        "number",
        "seconds that the customer has waited for an answer; 0 once it is there",
        lambda m: _since(m.conversation.waiting_since, m),
    ),
    "held_s": Word("number", "seconds on hold, now", lambda m: _since(m.conversation.held_since, m)),
    "duration_s": Word("number", "seconds since the start", lambda m: _since(m.conversation.started_at, m)),
    "recent_contacts": Word(
        "number", "earlier contacts, 0 where unknown", lambda m: float(m.conversation.recent_contacts)
    ),
    "lifetime_value": Word(
        "number", "what the contact is worth, 0 where unknown", lambda m: m.conversation.lifetime_value
    ),
    "never": Word("number", "the turns ago of what was not said", lambda _: NEVER),
    "open_complaint": Word("truth", "whether a complaint is open", lambda m: m.conversation.open_complaint),
    "channel": Word("text", f"one of {', '.join(Channel)}", lambda m: m.conversation.channel.value),
    "language": Word("text", 'nl, en, or "" while unknown', lambda m: m.conversation.language or ""),
    "queue": Word("text", 'the queue, "" where there is none', lambda m: m.conversation.queue or ""),
    "team": Word("text", 'the team, "" where there is none', lambda m: m.conversation.team or ""),
    "reason": Word("text", 'the contact reason\'s id, "" while unknown', lambda m: m.conversation.reason),
}
_VALUES: Final = {"channel": frozenset(Channel), "language": frozenset({*_LANGUAGES, ""})}


def words(
    emotions: Iterable[str], drivers: Iterable[str], signals: Iterable[str], said: Iterable[str]
) -> dict[str, Word]:
    """Every name of one policy. No need but a threat is among them: a need is there to help with, not to sort by."""
    return {
        **{f"signals.{kind}": _signal(kind) for kind in signals if kind not in NEEDS},
        **{f"said.{name}": _said(name) for name in said},
        **{kind: Word("number", "memory of this effort driver", partial(_remembered, kind)) for kind in drivers},
        **{emotion: Word("number", "0 to 1", partial(_felt, emotion)) for emotion in emotions},
        **WORDS,
    }


def vocabulary(names: Mapping[str, Word], reasons: frozenset[str] = frozenset()) -> Vocabulary:
    """What conditions are checked against; `reasons` are all there are, and any is possible where none are named."""
    values = {**_VALUES, "reason": reasons | {""}} if reasons else _VALUES
    return Vocabulary({name: word.kind for name, word in names.items()}, values, frozenset(_COURSES))


def _felt(emotion: str, moment: Moment) -> Value:
    return moment.conversation.emotions.get(emotion, 0.0)


def _remembered(kind: str, moment: Moment) -> Value:
    return moment.conversation.drivers.get(kind, 0.0)


def _signal(kind: str) -> Word:
    return Word("number", "strength in this event, 0 to 1", lambda moment: moment.signals.get(kind, 0.0))


def _said(name: str) -> Word:
    def ago(moment: Moment) -> Value:
        turn = moment.conversation.said.get(name)
        return NEVER if turn is None else float(turns(moment.conversation) - turn)

    return Word("number", "turns of either side since it was said; 0 = in this one", ago)


def turns(conversation: Conversation) -> int:
    """Turns of either side so far."""
    return conversation.customer_turns + conversation.agent_turns


def changed(trend: Trend, moment: Moment) -> float:
    """By how much the trend's score rose or fell, as far back as the timeline remembers."""
    course, points = _COURSES[trend.name], moment.conversation.timeline
    if not points:
        return 0.0
    now = points[-1]
    began = moment.conversation.started_at
    since = (0.0 if began is None else moment.at - began) - trend.within_s
    # The last point before the window counts: that is how the window began.
    first = next((n for n in range(len(points) - 1, 0, -1) if points[n].after_s < since), 0)
    values = [course(point) for point in points[first:]]
    moved = course(now) - min(values) if trend.way == "rise" else max(values) - course(now)
    return round(moved, 4)


class Stated(Protocol):
    """A rule as far as it is to be compiled."""

    @property
    def when(self) -> str: ...
    @property
    def until(self) -> str: ...
    @property
    def numbers(self) -> Mapping[str, float]: ...


class Asked(NamedTuple):
    """One rule, read: what its `when` watches, and its `until`, which is the opposite of `when` where none is given."""

    when: Condition
    until: Condition

    @property
    def watched(self) -> tuple[str, ...]:
        """The names in `when`, in their order; a trend is one of its score."""
        return tuple(dict.fromkeys(v.name if isinstance(v, Trend) else v for v in self.when.variables))


class Answers(NamedTuple):
    """What every rule says of a moment, in the order of the rules; `values` are those of the variables."""

    when: Sequence[bool]
    until: Sequence[bool]
    values: Mapping[str, Value]


def asked(rule: Stated, known: Vocabulary, variables: dict[str | Trend, str]) -> Asked:
    """One rule, read; `Unreadable` has the mistakes of both conditions, each with its name before it."""
    mistakes, read_so_far = list[str](), list[Condition]()
    for field, text in (("when", rule.when), ("until", rule.until)):
        if field == "until" and not text.strip():
            read_so_far += [when._replace(source=f"!({when.source})") for when in read_so_far]
            continue
        try:
            read_so_far.append(read(text, rule.numbers, known, variables))
        except Unreadable as error:
            mistakes += [f"{field}: {mistake}" for mistake in error.mistakes]
    if mistakes:
        raise Unreadable(mistakes)
    return Asked(*read_so_far)


def waits_of(rule: Asked, name: str) -> frozenset[Seconds]:
    """How many seconds of `waited_s` or `held_s` a rule is to be asked at."""
    return frozenset(wait for of, wait in rule.when.compared if of == name and wait >= SHORTEST_WAIT_S)


# What most rules are, as `conditions` writes it: one variable beside one number.
_PLAIN: Final = re.compile(r"(v\d+) (>=|<) (\d+\.\d+)")


class _Conditions:
    """Conditions asked in one CEL program; such as compare one variable with one number are compared here.

    Both give the same answer, and where all are plain CEL is not called at all. The tests compare the two.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        plain = [_PLAIN.fullmatch(source) for source in sources]
        self._plain: Final = [(found[1], found[2] == "<", float(found[3])) for found in plain if found is not None]
        others = [source for source, found in zip(sources, plain, strict=True) if found is None]
        self._others: Final = cel.compile(f"[{', '.join(others)}]") if others else None
        self._other_places: Final = [place for place, found in enumerate(plain) if found is None]

    def hold(self, values: Mapping[str, Value]) -> Sequence[bool]:
        """Which of the conditions hold, in their order."""
        hold = [(float(values[name]) < number) is below for name, below, number in self._plain]
        if self._others is not None:
            others = self._others.execute(cel.Context(dict(values)))
            for place, holds in zip(self._other_places, others, strict=True):
                hold.insert(place, holds)
        return hold


class Program:
    """The rules of one policy as two CEL programs over the names that they use, asked once an event."""

    def __init__(self, rules: Mapping[str, Stated], names: Mapping[str, Word]) -> None:
        known, variables = vocabulary(names), dict[str | Trend, str]()
        self.asked: Final = {name: asked(rule, known, variables) for name, rule in rules.items()}
        self.variables: Final = variables
        self._of: Final = [(variable, _getter(name, names)) for name, variable in variables.items()]
        self._numbers: Final = {
            name: next((variables[v] for v in rule.when.variables if isinstance(v, Trend) or _is_number(v, names)), "")
            for name, rule in self.asked.items()
        }
        self._when: Final = _Conditions([rule.when.source for rule in self.asked.values()])
        self._until: Final = _Conditions([rule.until.source for rule in self.asked.values()])

    @cached_property
    def waits(self) -> tuple[Seconds, ...]:
        """The waits that rules ask for, the shortest first, so that an event can be there when one is reached."""
        return self._asked_for("waited_s")

    @cached_property
    def holds(self) -> tuple[Seconds, ...]:
        """As `waits`, of a customer on hold."""
        return self._asked_for("held_s")

    def _asked_for(self, name: str) -> tuple[Seconds, ...]:
        return tuple(sorted({wait for rule in self.asked.values() for wait in waits_of(rule, name)})[:MOST_WAITS])

    def answers(self, moment: Moment, *, any_open: bool) -> Answers:
        """What each rule says of `moment`; what would clear it is asked only where something is open."""
        values = {variable: value(moment) for variable, value in self._of}
        return Answers(self._when.hold(values), self._until.hold(values) if any_open else (), values)

    def value(self, rule: str, answers: Answers) -> float:
        """The first number that the rule watches; 0 where it watches none."""
        return float(answers.values.get(self._numbers[rule], 0.0))

    def tried(self) -> None:
        """Ask everything once, of a conversation in which nothing happened: what CEL still refuses, it refuses now."""
        self.answers(Moment(Conversation(), 0.0, {}), any_open=True)


def _is_number(name: str, names: Mapping[str, Word]) -> bool:
    return names[name].kind == "number"


def _getter(name: str | Trend, names: Mapping[str, Word]) -> Callable[[Moment], Value]:
    if isinstance(name, Trend):
        return partial(changed, name)
    word = names[name]
    if name in _UNBOUNDED:
        return lambda moment: min(LARGEST, float(word.of(moment)))
    return word.of


# What a source may send, or a clock may make, of any size.
_UNBOUNDED: Final = ("waited_s", "held_s", "duration_s", "lifetime_value", "recent_contacts")


class PhraseList(Struct, frozen=True, forbid_unknown_fields=True):
    """Phrases of one side in either language; that one of them was said is a fact, and scores nobody."""

    role: Role
    nl: tuple[str, ...] = ()
    en: tuple[str, ...] = ()

    def of(self, language: Language) -> tuple[str, ...]:
        """The phrases in one language."""
        return self.nl if language == "nl" else self.en


class PhraseBook:
    """All phrase lists of a policy: one pass over a line finds the lists that it has a phrase of."""

    def __init__(self, lists: Mapping[str, PhraseList]) -> None:
        self._books: Final = {
            (role, language): _Book(
                {name: phrases.of(language) for name, phrases in lists.items() if phrases.role is role}
            )
            for role in {phrases.role for phrases in lists.values()}
            for language in _LANGUAGES
        }

    def said(self, text: str, role: Role, language: Language) -> dict[str, tuple[int, int]]:
        """The lists that `text` (as `normal` gives it) has a phrase of, each with the place of the first."""
        book = self._books.get((role, language))
        return {} if book is None else book.said(text)


class _Book:
    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        names = dict[str, list[str]]()
        for name, phrases in lists.items():
            # Chats leave apostrophes and accents out.
            for phrase in Phrases(nl={normal(clean(said)): 1.0 for said in phrases}, en={}).nl:
                names.setdefault(phrase, []).append(name)
        self._names: Final = list(names.values())
        self._automaton: Final = AhoCorasick(list(names)) if names else None

    def said(self, text: str) -> dict[str, tuple[int, int]]:
        found = dict[str, tuple[int, int]]()
        if self._automaton is None:
            return found
        for number, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            if _whole(text, start, end):
                for name in self._names[number]:
                    found.setdefault(name, (start, end))
        return found


def _whole(text: str, start: int, end: int) -> bool:
    return not (start and text[start - 1].isalnum() and text[start].isalnum()) and not (
        end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    )
