"""Find whole phrases in what somebody said, all of them in one pass."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ahocorasick_rs import AhoCorasick, MatchKind

from klankbord.events import Language

_SPELLING: Final = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_LANGUAGES: Final[tuple[Language, ...]] = ("nl", "en")

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
    return lowered.translate(_SPELLING)


@dataclass(frozen=True, slots=True)
class Match:
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

    @cached_property
    def _automata(self) -> dict[Language, AhoCorasick]:
        # The longest phrase wins where several start: "niet blij" must not be found as "blij".
        return {
            language: AhoCorasick(list(self.of(language)), matchkind=MatchKind.LeftmostLongest)
            for language in _LANGUAGES
        }

    def of(self, language: Language) -> dict[str, float]:
        """The phrases of one language with their strengths."""
        return self.nl if language == "nl" else self.en

    def matches(self, text: str, language: Language, *, negatable: bool = False) -> Iterator[Match]:
        """Every whole-word match in `text` (as `normal` gives it); `negatable` skips those under a negation."""
        listed = self.of(language)
        for _, start, end in self._automata[language].find_matches_as_indexes(text):
            if not _whole(text, start, end):
                continue
            if negatable and _negated(text, start):
                continue
            phrase = text[start:end]
            yield Match(phrase, start, end, listed[phrase])

    def best(self, text: str, language: Language, *, negatable: bool = False) -> Match | None:
        """The strongest match, the first of equals."""
        # Most lines hold none of most lists, and thirty lists look at every line.
        if not self._automata[language].find_matches_as_indexes(text):
            return None
        return max(self.matches(text, language, negatable=negatable), key=lambda m: m.strength, default=None)

    def best_in_any(self, text: str) -> Match | None:
        """The strongest match in any language: in need, people change to the one that comes first."""
        found = [match for language in _LANGUAGES if (match := self.best(text, language)) is not None]
        return max(found, key=lambda match: match.strength, default=None)


def denied(phrases: Iterable[str], *negators: str) -> dict[str, float]:
    """The phrases with a negator right before each, at 0.0: "niet ziek".

    Unlike `negatable`, words in between end it: "ik kan niet werken want ik ben ziek" is no denial.
    """
    return {f"{negator} {phrase}": 0.0 for phrase in phrases for negator in negators}


def _as_typed(phrases: Mapping[str, float]) -> dict[str, float]:
    """The phrases, and each as chats and transcripts write it: without apostrophes ("dont") or accents ("een")."""
    bare = {unicodedata.normalize("NFD", phrase).replace("'", ""): strength for phrase, strength in phrases.items()}
    return {"".join(c for c in p if not unicodedata.combining(c)): s for p, s in bare.items()} | dict(phrases)


def _whole(text: str, start: int, end: int) -> bool:
    return not (start and text[start - 1].isalnum() and text[start].isalnum()) and not (
        end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    )


def _negated(text: str, start: int) -> bool:
    # Words that could fill the reach are at most 40 characters each; a longer look back would cost on 16,000.
    before = text[max(0, start - 40 * _NEGATION_REACH_WORDS) : start]
    clause = before.rsplit(",", 1)[-1].rsplit(".", 1)[-1]
    return any(word in _NEGATORS for word in clause.split()[-_NEGATION_REACH_WORDS:])
