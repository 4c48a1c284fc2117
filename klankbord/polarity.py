"""How positive or negative words are, by VADER: its own lexicon for English, ours for Dutch."""

import re
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec, module_from_spec
from itertools import accumulate, pairwise
from types import ModuleType
from typing import Any, Final

from ahocorasick_rs import AhoCorasick
from vaderSentiment import vaderSentiment as english_vader

from klankbord.digits import to_hundredths
from klankbord.events import Language
from klankbord.kept import Kept

# VADER's time grows with the square of the number of words: 400 are 15 ms at worst, 2,000 characters of prose a few.
MAX_CHARS: Final = 2_000
MAX_WORDS: Final = 400
MAX_WORDS_SHOWN: Final = 5

VERY: Final = frozenset(
    """absoluut behoorlijk bijzonder bizar bloed buitengewoon compleet dermate diep dood door_en_door dubbel echt
    enorm erg extra extreem gans geweldig gruwelijk gigantisch hartstikke heel helemaal hele héél hyper intens kei
    knetter loei mega ongekend ongelofelijk ongelooflijk onwijs ontiegelijk ontzettend op_en_top oprecht razend reuze
    steeds_maar super supper totaal uiterst uitermate ultra uitzonderlijk verdomd verschrikkelijk volkomen volledig
    volstrekt voortdurend vreselijk waanzinnig werkelijk wreed zeer ziek zo zwaar""".split()
)
SOMEWHAT: Final = frozenset(
    """aardig bijna een_beetje een_tikje een_tikkeltje enigermate enigszins gedeeltelijk ietwat iets lichtelijk
    min_of_meer nogal redelijk soort_van tamelijk vrij wat""".split()
)
NEGATORS: Final = frozenset(
    """niet nie nit geen gene nooit nimmer nergens niks niets noch niemand zonder nauwelijks amper weinig evenmin
    geenszins allesbehalve allerminst verre_van""".split()
)
CLAUSE_OPENERS: Final = frozenset(
    "but en want omdat doordat dat die of als waarom hoe wat waar wie terwijl dus toen hoewel tenzij".split()
)
# Before these `maar` opens a clause, as "but" does; elsewhere it is a particle ("het lukt maar niet", "zeg maar").
AFTER_BUT: Final = frozenset(
    "ik jij je u hij zij ze wij we jullie het dit dat deze die de een er nu toch wel ook helaas mijn onze".split()
)
# A negation reaches this many words back or ahead within its clause: "het werkt bij mij nog steeds niet".
NEGATION_REACH_WORDS: Final = 5
VADER_REACH_WORDS: Final = 3

# Marks that VADER takes for letters: a word under a negation, and a word that only strengthens the next.
NEGATED: Final = "¬"
AS_BOOSTER: Final = "²"

_TELLING: Final = NEGATORS | VERY | SOMEWHAT | {"maar", "echter", "veel_te"}
_CLAUSE_ENDS: Final = ",.;:!?"
_SPELLING: Final = str.maketrans(
    dict(zip("’‘`´“”„–—…", "''''\"\"\"--.", strict=True)) | dict(zip("áíóúÁÍÓÚ", "aiouAIOU", strict=True))
)
_MISSING_SPACE: Final = re.compile(r"[.,!?;:](?<=[^\W\d_]{2}.)(?=[^\W\d_]{2})")
_STRETCH: Final = re.compile(r"([^\W\d_])\1{2,}")
# "superblij", "kutservice": Dutch writes the booster or the curse onto the word.
_DEGREES: Final = ("super", "mega", "kei", "bloed", "dood", "hyper", "ultra", "reuze", "loei")
_CURSES: Final = ("kut", "klote", "kanker", "tering", "tyfus", "klere", "pokke", "shit", "prut")
# One of these stands in every plain line that has a compound or a stretched word.
_UNUSUAL: Final = AhoCorasick([*_DEGREES, *_CURSES, *(3 * letter for letter in string.ascii_lowercase)])
_COMPOUND: Final = re.compile(rf"\b(?:({'|'.join(_DEGREES)})|({'|'.join(_CURSES)}))([^\W\d_]{{3,40}})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Polarity:
    """`compound` is VADER's normalised sum, -1 (negative) .. 1 (positive); `words` carried it, strongest first."""

    compound: float
    words: tuple[tuple[str, float], ...]


_NEUTRAL: Final = Polarity(0.0, ())
# A booster two or three words before is worth this share of one right before.
_FARTHER: Final = (1.0, 0.95, 0.9)


def polarity(text: str, language: Language) -> Polarity:
    """Read the first 2,000 characters of `text`; whoever says nothing of feeling scores 0."""
    return _dutch()(text) if language == "nl" else _english()(text)


@cache
def _english() -> Callable[[str], Polarity]:
    analyzer = english_vader.SentimentIntensityAnalyzer()
    descriptions: Mapping[str, str] = analyzer.emojis
    read = _Rules(english_vader, analyzer).read
    return lambda text: read(_bounded(text, descriptions))


@cache
def _dutch() -> Callable[[str], Polarity]:
    vader = _private_vader()
    analyzer = vader.SentimentIntensityAnalyzer()
    words = Lexicon.parse(files("klankbord.lexicons").joinpath("valence_nl.tsv").read_text(encoding="utf-8"))
    valence = {**dict(_symbols(analyzer.lexicon, analyzer.emojis)), **words.valence}
    lexicon = Lexicon(valence, words.negated, words.phrases)
    boosters = dict.fromkeys(VERY, vader.B_INCR) | dict.fromkeys(SOMEWHAT, vader.B_DECR)
    # A word with a value of its own is a booster only where `_prepared` says so: "verschrikkelijk goed".
    vars(vader).update(
        BOOSTER_DICT={w + AS_BOOSTER * (w in valence): scalar for w, scalar in boosters.items()},
        NEGATE=sorted(NEGATORS),
        SPECIAL_CASES={},
    )
    analyzer.lexicon = _vader_entries(lexicon, vader.N_SCALAR)
    analyzer.emojis = {}  # `_prepared` has set them apart, and the lexicon holds their values
    read = _Rules(vader, analyzer).read
    return lambda text: read(_prepared(_bounded(text, {}), lexicon))


def _private_vader() -> ModuleType:
    """VADER keeps its rules in module globals: a second copy takes ours and leaves English alone."""
    spec = find_spec("vaderSentiment.vaderSentiment")
    if spec is None or spec.loader is None:
        raise ImportError("vaderSentiment is not installed; Dutch polarity runs on its rules")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Rules:
    """VADER's rules, each asked only where one of its words stands: the same values in a third of the time."""

    def __init__(self, vader: ModuleType, analyzer: Any) -> None:
        self._vader: Final = vader
        self._analyzer: Final = analyzer
        self._lexicon: Final[Mapping[str, float]] = analyzer.lexicon
        self._emojis: Final[Mapping[str, str]] = analyzer.emojis
        self._boosters: Final[Mapping[str, float]] = vader.BOOSTER_DICT
        self._negators: Final = frozenset(vader.NEGATE) | {"never", "without"}
        phrases = (phrase.split() for phrase in (*vader.SPECIAL_CASES, *vader.BOOSTER_DICT) if " " in phrase)
        self._of_idioms: Final = frozenset(max(words, key=len) for words in phrases) | set(vader.SPECIAL_CASES)

    def read(self, text: str) -> Polarity:
        if self._emojis and not text.isascii():
            text = self._described(text)
        words = list(map(_AS_READ, text.split()))
        lowered = list(map(str.lower, words))
        if self._lexicon.keys().isdisjoint(lowered):
            return _NEUTRAL
        values = self._values(words, lowered)
        if not any(values):
            return _NEUTRAL
        carried = [(_as_said(word), to_hundredths(value)) for word, value in zip(words, values, strict=True) if value]
        carried.sort(key=lambda pair: -abs(pair[1]))
        return Polarity(self._compound(values, text.strip()), tuple(carried[:MAX_WORDS_SHOWN]))

    def _values(self, words: list[str], lowered: list[str]) -> list[float]:
        shouted = self._vader.allcap_differential(words)
        lexicon, boosters = self._lexicon, self._boosters
        values = [
            self._value(i, words, lowered, shouted=shouted)
            if word in lexicon and word not in boosters and lowered[i : i + 2] != ["kind", "of"]
            else 0.0
            for i, word in enumerate(lowered)
        ]
        if "but" in lowered:
            values = self._analyzer._but_check(lowered, values)
        return values

    def _value(self, i: int, words: list[str], lowered: list[str], *, shouted: bool) -> float:
        """VADER's `sentiment_valence` of one word of its lexicon."""
        lexicon, value = self._lexicon, self._lexicon[lowered[i]]
        before = lowered[max(0, i - 3) : i][::-1]
        if lowered[i] == "no" and i + 1 < len(lowered) and lowered[i + 1] in lexicon:
            value = 0.0
        if "no" in before[:2] or (before[2:] == ["no"] and before[0] in ("or", "nor")):
            value = lexicon[lowered[i]] * self._vader.N_SCALAR
        if shouted and words[i].isupper():
            value += self._vader.C_INCR if value > 0 else -self._vader.C_INCR
        for far, word in enumerate(before):
            if word in lexicon:
                continue
            if word in self._boosters:
                degree = self._vader.scalar_inc_dec(words[i - 1 - far], value, shouted)
                value += degree * _FARTHER[far] if far else degree
            if word in self._negators or "n't" in word or (far == 2 and before[0] in ("so", "this")):
                value = self._analyzer._negation_check(value, lowered, far, i)
            if far == 2 and not self._of_idioms.isdisjoint(lowered[i - 3 : i + 3]):
                value = self._analyzer._special_idioms_check(value, lowered, i)
        return float(self._analyzer._least_check(value, lowered, i)) if before[:1] == ["least"] else value

    def _compound(self, values: list[float], text: str) -> float:
        total = float(sum(values))
        emphasis = self._analyzer._punctuation_emphasis(text)
        total += emphasis if total > 0 else -emphasis if total < 0 else 0.0
        return float(round(self._vader.normalize(total), 4))

    def _described(self, text: str) -> str:
        """Each emoji as VADER's description of it."""
        if self._emojis.keys().isdisjoint(text):
            return text
        described, after_space = "", True
        for c in text:
            if c in self._emojis:
                described += ("" if after_space else " ") + self._emojis[c]
                after_space = False
            else:
                described += c
                after_space = c == " "
        return described


def _as_read(written: str) -> str:
    """A word as VADER reads it: without the marks around it, unless it is as short as an emoticon."""
    bare = written.strip(string.punctuation)
    return bare if len(bare) > 2 else written


def _bare(written: str) -> str:
    """A word in lower case without the marks around it; marks by themselves as they are."""
    return written.strip(string.punctuation).lower() or written.lower()


_AS_READ: Final = Kept(_as_read).__getitem__
_BARE: Final = Kept(_bare).__getitem__


def _as_said(word: str) -> str:
    said = word.lower().rstrip(NEGATED + AS_BOOSTER)
    if said[:2].isalpha():
        said = said.rstrip(_CLAUSE_ENDS)
    return said.replace("_", " ") if len(said) > len("o_o") else said


def _bounded(text: str, descriptions: Mapping[str, str]) -> str:
    text = text[:MAX_CHARS]
    if len(text) > 100 and not text.isascii():  # VADER reads an emoji as its description, five words long
        sizes = accumulate(len(descriptions.get(c, c)) for c in text)
        text = text[: sum(size <= MAX_CHARS for size in sizes)]
    if len(text) < 2 * MAX_WORDS:
        return text
    words = text.split(maxsplit=MAX_WORDS)
    return " ".join(words[:MAX_WORDS]) if len(words) > MAX_WORDS else text


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Values of words; of words that say something only under a negation; and phrases by their first two."""

    valence: Mapping[str, float]
    negated: Mapping[str, float]
    phrases: Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]

    @classmethod
    def parse(cls, lines: str) -> "Lexicon":
        entries = [line.split("\t") for line in lines.splitlines() if line and not line.startswith("#")]
        values = {entry: float(value) for entry, value in entries}
        plain = {e: v for e, v in values.items() if not e.startswith("niet+")}
        degrees = (w.replace("_", " ") for w in VERY | SOMEWHAT | NEGATORS | {"veel te"} if "_" in w or " " in w)
        by_start: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        # The longest phrase wins: "laat maar zitten" before "laat maar".
        for phrase in sorted((tuple(e.split()) for e in {*plain, *degrees} if " " in e), key=len, reverse=True):
            by_start.setdefault(phrase[:2], []).append(phrase)
        return cls(
            valence={e.replace(" ", "_"): v for e, v in plain.items()},
            negated={e.removeprefix("niet+"): v for e, v in values.items() if e.startswith("niet+")},
            phrases={start: tuple(found) for start, found in by_start.items()},
        )


def _symbols(lexicon: Mapping[str, float], emojis: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    """VADER's emoticons as they are, and its emoji with the values of their English descriptions."""
    for entry, value in lexicon.items():
        if sum(c.isalnum() for c in entry) <= 2 and not entry.isalnum() and " " not in entry:
            yield entry, value
    for emoji, description in emojis.items():
        value = sum(lexicon.get(word, 0.0) for word in re.split(r"[\s-]+", description))
        if value and not emoji.isascii():
            yield emoji, value


def _vader_entries(lexicon: Lexicon, n_scalar: float) -> dict[str, float]:
    under_negation = {w: v * n_scalar for w, v in lexicon.valence.items() if v > 0} | dict(lexicon.negated)
    # VADER leaves punctuation on words of two letters, taking them for emoticons.
    short = {w + end: v for w, v in lexicon.valence.items() if len(w) == 2 and w.isalpha() for end in _CLAUSE_ENDS}
    return short | dict(lexicon.valence) | {w + NEGATED: v for w, v in under_negation.items()}


def _prepared(text: str, lexicon: Lexicon) -> str:
    """Dutch for VADER's rules: phrases are one word, "maar" is "but", and a negation stands by what it denies."""
    tokens = _tokens(text, lexicon)
    words = list(map(_BARE, tokens))
    _join_phrases(tokens, words, lexicon)
    if _TELLING.isdisjoint(words):
        return " ".join(tokens)
    for i, word in enumerate(words):
        if word not in _TELLING:
            continue
        if word in NEGATORS:
            _attach_negation(i, tokens, words, lexicon)
        elif word in ("maar", "echter"):
            _read_but(i, tokens, words, lexicon)
        elif word != "veel_te":
            _read_booster(i, tokens, words, lexicon)
        elif lexicon.valence.get(_next(words, i), 0.0) > 0:
            _mark(i + 1, tokens, words, NEGATED)  # too much of a good thing: "veel te snel"
    return " ".join(tokens)


def _tokens(text: str, lexicon: Lexicon) -> list[str]:
    if not text.isascii():
        text = "".join(f" {c} " if c in lexicon.valence else c for c in text).translate(_SPELLING)
    text = _MISSING_SPACE.sub(r"\g<0> ", text)
    if text.isascii() and not _UNUSUAL.find_matches_as_indexes(text.lower()):
        return text.split()
    text = _COMPOUND.sub(lambda found: _parts(found, lexicon), text)
    tokens = text.split()
    if _STRETCH.search(text):
        tokens = [_unstretched(token, lexicon) for token in tokens]
    return tokens


def _parts(found: re.Match[str], lexicon: Lexicon) -> str:
    degree, curse, rest = found.groups()
    if found[0].lower() in lexicon.valence or (degree and rest.lower() not in lexicon.valence):
        return found[0]
    return f"{degree or curse} {rest}"


def _unstretched(token: str, lexicon: Lexicon) -> str:
    """ "heeeel" is "heel" and "suuuper" is "super": two letters where that is a word we know, else one."""
    twice = _STRETCH.sub(r"\1\1", token)
    word = twice.strip(string.punctuation).lower()
    known = word in lexicon.valence or word in lexicon.negated or word in VERY or word in NEGATORS
    return twice if known or not word else _STRETCH.sub(r"\1", token)


def _join_phrases(tokens: list[str], words: list[str], lexicon: Lexicon) -> None:
    if lexicon.phrases.keys().isdisjoint(pairwise(words)):
        return
    starts = [i for i, pair in enumerate(pairwise(words)) if pair in lexicon.phrases]
    joined, free = 0, 0
    for start in starts:
        i = start - joined
        if i < free:
            continue
        for phrase in lexicon.phrases.get(tuple(words[i : i + 2]), ()):
            end = i + len(phrase)
            if tuple(words[i:end]) == phrase and not any(_ends_clause(token) for token in tokens[i : end - 1]):
                tokens[i:end], words[i:end] = ["_".join(tokens[i:end])], ["_".join(phrase)]
                joined, free = joined + len(phrase) - 1, i + 1
                break


def _attach_negation(i: int, tokens: list[str], words: list[str], lexicon: Lexicon) -> None:
    """VADER looks for a negation before the word only; Dutch puts it after the verb: "dat helpt me niet"."""
    ahead, behind = _ahead(i, tokens, words), _behind(i, tokens, words)
    next_value = next((lexicon.valence[words[k]] for k in ahead[:VADER_REACH_WORDS] if words[k] in lexicon.valence), 0)
    denied = [k for k in ahead + behind if words[k] in lexicon.negated] if next_value >= 0 else []
    if not denied and not next_value:
        denied = [k for k in behind if lexicon.valence.get(words[k], 0.0) > 0][:1]
    for k in denied:
        _mark(k, tokens, words, NEGATED)
    # Its work is done, or its clause is over: it must not turn what follows ("het werkt niet, vervelend").
    if not next_value and (denied or not ahead):
        _mark(i, tokens, words, NEGATED)


def _ahead(i: int, tokens: Sequence[str], words: Sequence[str]) -> list[int]:
    found: list[int] = []
    for k in range(i + 1, min(len(words), i + 1 + NEGATION_REACH_WORDS)):
        if _ends_clause(tokens[k - 1]) or words[k] in CLAUSE_OPENERS or words[k] == "maar":
            break
        found.append(k)
    return found


def _behind(i: int, tokens: Sequence[str], words: Sequence[str]) -> list[int]:
    found: list[int] = []
    for k in range(i - 1, max(-1, i - 1 - NEGATION_REACH_WORDS), -1):
        if _ends_clause(tokens[k]) or words[k] in CLAUSE_OPENERS:
            break
        found.append(k)
    return found


def _read_but(i: int, tokens: list[str], words: list[str], lexicon: Lexicon) -> None:
    opens = not i or _ends_clause(tokens[i - 1]) or words[i - 1] in lexicon.valence or _next(words, i) in AFTER_BUT
    if opens or words[i] == "echter":
        tokens[i] = words[i] = "but"


def _read_booster(i: int, tokens: list[str], words: list[str], lexicon: Lexicon) -> None:
    if words[i] in lexicon.valence and _next(words, i) in lexicon.valence and not _ends_clause(tokens[i]):
        _mark(i, tokens, words, AS_BOOSTER)


def _mark(i: int, tokens: list[str], words: list[str], mark: str) -> None:
    core = tokens[i].strip(string.punctuation)
    tokens[i] = tokens[i].replace(core, core + mark, 1)
    words[i] += mark


def _next(words: Sequence[str], i: int) -> str:
    return words[i + 1] if i + 1 < len(words) else ""


def _ends_clause(token: str) -> bool:
    return token[-1] in _CLAUSE_ENDS
