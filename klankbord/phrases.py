"""Find whole phrases in what somebody said, those of all lists in one pass."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from ahocorasick_rs import AhoCorasick, MatchKind
from msgspec import Struct

from klankbord.events import Language

_SPELLING: Final = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_LANGUAGES: Final[tuple[Language, ...]] = ("nl", "en")
Span: TypeAlias = tuple[int, int]

# "not angry" is no anger; the negator may stand up to this many words before the phrase.
_NEGATION_REACH_WORDS: Final = 3
_NEGATORS: Final = frozenset(
    """niet geen nooit nergens niks zonder not no never isn't wasn't don't doesn't didn't aren't won't can't
    without""".split()
)


def clean(text: str) -> str:
    """`text` on one line: runs of white space become one space, control characters go."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c.isspace() else " " for c in text)
    return " ".join(text.split())


def normal(cleaned: str) -> str:
    """`cleaned` in lower case and plain quotes, character for character, so that a span fits both."""
    lowered = cleaned.lower()
    if len(lowered) != len(cleaned):  # a few letters (İ) grow when lowered
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in cleaned)
    if lowered.isascii() and "`" not in lowered:
        return lowered
    return lowered.translate(_SPELLING)


class Match(Struct, frozen=True):
    """One phrase found at `normal[start:end]`, and the strength it stands for."""

    phrase: str
    start: int
    end: int
    strength: float


class Phrases:
    """Phrases with a strength in [0, 1] each, per language, in lower case with straight quotes."""

    def __init__(self, *, nl: Mapping[str, float], en: Mapping[str, float]) -> None:
        self.nl: Final = _as_typed(nl)
        self.en: Final = _as_typed(en)
        self._shelf = Shelf()
        self._shelf.add(self)

    @classmethod
    def listed(cls, *, nl: Mapping[str, float], en: Mapping[str, float]) -> "Phrases":
        """Phrases that are looked for in every line of customers: one pass finds all lists that are made so."""
        return cls(nl=nl, en=en)._on(_OF_CUSTOMERS)

    @classmethod
    def in_answers(cls, *, nl: Mapping[str, float], en: Mapping[str, float]) -> "Phrases":
        """The same for every line of agents and bots: their lists are a hundredth of all, and stay in the cache."""
        return cls(nl=nl, en=en)._on(_OF_ANSWERS)

    def _on(self, shelf: "Shelf") -> "Phrases":
        self._shelf = shelf
        shelf.add(self)
        return self

    def of(self, language: Language) -> dict[str, float]:
        """The phrases of one language with their strengths."""
        return self.nl if language == "nl" else self.en

    def matches(self, text: str, language: Language, *, negatable: bool = False) -> Iterator[Match]:
        """Every whole-word match in `text` (as `normal` gives it); `negatable` skips those under a negation."""
        return self._matches(text, self._shelf.found(text).get((self, language), ()), language, negatable=negatable)

    def best(self, text: str, language: Language, *, negatable: bool = False) -> Match | None:
        """The strongest match, the first of equals."""
        # Most lines hold none of most lists, and thirty lists look at every line.
        spans = self._shelf.found(text).get((self, language))
        if spans is None:
            return None
        matches = self._matches(text, spans, language, negatable=negatable)
        return max(matches, key=lambda m: m.strength, default=None)

    def _matches(self, text: str, spans: Sequence[Span], language: Language, *, negatable: bool) -> Iterator[Match]:
        listed = self.of(language)
        for start, end in _longest(spans):
            if not _whole(text, start, end):
                continue
            if negatable and _negated(text, start):
                continue
            phrase = text[start:end]
            yield Match(phrase, start, end, listed[phrase])

    def unstopped(self) -> "Phrases":
        """The phrases that end in a full stop, listed without it: the end of a line is one as well."""
        nl, en = ({phrase[:-1]: 0.0 for phrase in of if phrase.endswith(".")} for of in (self.nl, self.en))
        return Phrases.listed(nl=nl, en=en)

    def best_in_any(self, text: str) -> Match | None:
        """The strongest match in any language: in need, people change to the one that comes first."""
        if not self._shelf.found(text):
            return None
        found = [match for language in _LANGUAGES if (match := self.best(text, language)) is not None]
        return max(found, key=lambda match: match.strength, default=None)


class Shelf:
    """Lists that are searched together: the cost of a line is that of one automaton, however many lists there are."""

    def __init__(self) -> None:
        self._lists: list[Phrases] = []
        self._automaton: AhoCorasick | None = None
        self._owners: list[list[tuple[Phrases, Language]]] = []
        self.found: Final = lru_cache(maxsize=2)(self._found)  # every list asks for the same line

    def add(self, phrases: Phrases) -> None:
        self._lists.append(phrases)
        self._automaton = None
        self.found.cache_clear()

    def _found(self, text: str) -> dict[tuple[Phrases, Language], list[Span]]:
        """Where the phrases of each list stand, also those within others."""
        automaton = self._automaton or self._built()
        found: dict[tuple[Phrases, Language], list[Span]] = {}
        for phrase, start, end in automaton.find_matches_as_indexes(text, overlapping=True):
            for owner in self._owners[phrase]:
                found.setdefault(owner, []).append((start, end))
        return found

    def _built(self) -> AhoCorasick:
        owners: dict[str, list[tuple[Phrases, Language]]] = {}
        for phrases in self._lists:
            for language in _LANGUAGES:
                for phrase in phrases.of(language):
                    owners.setdefault(phrase, []).append((phrases, language))
        self._owners = list(owners.values())
        self._automaton = AhoCorasick(list(owners), matchkind=MatchKind.Standard)
        return self._automaton


_OF_CUSTOMERS: Final = Shelf()
_OF_ANSWERS: Final = Shelf()


def forget() -> None:
    """Let go of the lines that were searched last, for who measures what a new one costs."""
    _OF_CUSTOMERS.found.cache_clear()
    _OF_ANSWERS.found.cache_clear()


def lists_in(text: str) -> set[Phrases]:
    """The lists made by `Phrases.listed` that have a phrase in `text`, in whatever language."""
    return {phrases for phrases, _ in _OF_CUSTOMERS.found(text)}


def lists_in_answer(text: str) -> set[Phrases]:
    """The same of the lists made by `Phrases.in_answers`."""
    return {phrases for phrases, _ in _OF_ANSWERS.found(text)}


class Near:
    """What is said around other words, as patterns; one of `telling` stands in whatever they match.

    Patterns take ten times as long as looking for those words, and one line in thirty holds one of them.
    """

    def __init__(self, *patterns: str, telling: Iterable[str]) -> None:
        self.pattern: Final = re.compile("|".join(patterns))
        self.telling: Final = Phrases.listed(nl=dict.fromkeys(telling, 0.0), en={})

    def search(self, text: str) -> re.Match[str] | None:
        return self.pattern.search(text) if self.telling in lists_in(text) else None


def denied(phrases: Iterable[str], *negators: str) -> dict[str, float]:
    """The phrases with a negator right before each, at 0.0: "niet ziek".

    Unlike `negatable`, words in between end it: "ik kan niet werken want ik ben ziek" is no denial.
    """
    return {f"{negator} {phrase}": 0.0 for phrase in phrases for negator in negators}


def _as_typed(phrases: Mapping[str, float]) -> dict[str, float]:
    """The phrases, and each as chats and transcripts write it: without apostrophes ("dont") or accents ("een")."""
    bare = {unicodedata.normalize("NFD", phrase).replace("'", ""): strength for phrase, strength in phrases.items()}
    return {"".join(c for c in p if not unicodedata.combining(c)): s for p, s in bare.items()} | dict(phrases)


def _longest(spans: Sequence[Span]) -> Iterator[Span]:
    """Spans that do not overlap: the first, and the longest where several start ("niet blij" is not "blij")."""
    if len(spans) == 1:
        yield spans[0]
        return
    free = 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= free:
            yield start, end
            free = end


def _whole(text: str, start: int, end: int) -> bool:
    return not (start and text[start - 1].isalnum() and text[start].isalnum()) and not (
        end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    )


def _negated(text: str, start: int) -> bool:
    # Words that could fill the reach are at most 40 characters each; a longer look back would cost on 16,000.
    before = text[max(0, start - 40 * _NEGATION_REACH_WORDS) : start]
    clause = before.rsplit(",", 1)[-1].rsplit(".", 1)[-1]
    return any(word in _NEGATORS for word in clause.split()[-_NEGATION_REACH_WORDS:])
