"""What a rule's condition may say: a part of CEL in which nothing can be slow, and nothing can fail once it was read.

Every sentence of it is CEL and means what CEL says; `read` checks names and kinds first, which CEL itself does not.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Final, Literal, NamedTuple, NoReturn, TypeAlias

Kind: TypeAlias = Literal["number", "text", "truth"]
_Kind: TypeAlias = Literal["number", "text", "truth", "unknown"]

# Three lines of an editor; what is longer is two rules.
MAX_CHARS: Final = 400
MAX_DEPTH: Final = 12
# CEL refuses to compare what is no number. With values and numbers of at most this, divisors of at least a millionth
# and few factors, no sum of ours leaves the numbers.
LARGEST: Final = 1e9
SMALLEST_DIVISOR: Final = 1e-6
MAX_FACTORS: Final = 4
LONGEST_TREND_S: Final = 3600.0

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<number>(?:[0-9]{1,12}(?:\.[0-9]{1,12})?))(?![0-9A-Za-z_.])
  | (?P<name>[A-Za-z_][A-Za-z0-9_]{0,63})(?![A-Za-z0-9_])
  | (?P<text>"[^"'\\\x00-\x1f\x7f]{0,80}"|'[^"'\\\x00-\x1f\x7f]{0,80}')
  | (?P<sign>&&|\|\||==|!=|<=|>=|[<>!+*/().,\[\]-])
  )""",
    re.VERBOSE,
)
_TRENDS: Final = ("rise", "fall")
_WORDS: Final = ("true", "false", "in")
# What grows in silence: a rule is asked of it at an event, so an event has to come.
WOKEN: Final = ("waited_s", "held_s")
# What must be more than a number of seconds is asked so much later: at the number itself it does not hold yet.
_BEYOND_S: Final = 1.0


class Vocabulary(NamedTuple):
    """What may be named: the kind of each name, the closed sets that texts come from, what has a remembered course."""

    names: Mapping[str, Kind]
    values: Mapping[str, frozenset[str]]
    courses: frozenset[str]


class Trend(NamedTuple):
    """By how much `name` rose from its lowest, or fell from its highest, in the last `within_s` seconds."""

    way: Literal["rise", "fall"]
    name: str
    within_s: float


class Condition(NamedTuple):
    """A condition that was read: `source` is CEL over `v0`, `v1`, … which stand for `variables` in their order."""

    source: str
    variables: tuple["str | Trend", ...]
    numbers: frozenset[str]
    # What `name` is compared with, of names that somebody has to be woken for.
    compared: tuple[tuple[str, float], ...] = ()


class Unreadable(Exception):
    """A condition is no condition; `mistakes` says why, every one."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


def read(
    text: str, numbers: Mapping[str, float], vocabulary: Vocabulary, variables: dict["str | Trend", str] | None = None
) -> Condition:
    """The condition in `text`, with a rule's own `numbers` filled in, or `Unreadable`.

    `variables` is shared by conditions that are to be compiled into one program.
    """
    if len(text) > MAX_CHARS:
        raise Unreadable([f"is longer than {MAX_CHARS} characters: make it two rules"])
    reader = _Reader(text, numbers, vocabulary, {} if variables is None else variables)
    return reader.whole()


def nearest(name: str, known: Iterable[str]) -> str:
    """What may have been meant, as the end of a sentence; nothing where nothing is near."""
    found = get_close_matches(name, sorted(known), n=1, cutoff=0.55)
    return f"; did you mean '{found[0]}'?" if found else ""


class _Part(NamedTuple):
    kind: _Kind
    source: str
    # Where the part is no more than a name or a number, which.
    name: str = ""
    value: float | None = None
    text: str | None = None


class _Reader:
    """Reads by descent, one method for each level of CEL's precedence, and writes every number as a double."""

    def __init__(
        self, text: str, numbers: Mapping[str, float], vocabulary: Vocabulary, variables: dict[str | Trend, str]
    ) -> None:
        self._numbers = numbers
        self._vocabulary = vocabulary
        self._variables = variables
        self._used: dict[str | Trend, None] = {}
        self._used_numbers: set[str] = set()
        self._compared_with: list[tuple[str, float]] = []
        self._mistakes: list[str] = []
        self._depth = 0
        self._factors = 0
        self._tokens = _tokens(text)
        self._at = 0

    def whole(self) -> Condition:
        part = self._either()
        if self._at < len(self._tokens):
            self._refuse(f"'{self._tokens[self._at][1]}' is not expected there")
        if part.kind not in ("truth", "unknown"):
            self._mistakes.append(f"is a {part.kind}, not a condition; compare it with something")
        if self._mistakes:
            raise Unreadable(list(dict.fromkeys(self._mistakes)))
        return Condition(part.source, tuple(self._used), frozenset(self._used_numbers), tuple(self._compared_with))

    def _either(self) -> _Part:
        return self._joined("||", self._both)

    def _both(self) -> _Part:
        return self._joined("&&", self._relation)

    def _joined(self, sign: str, below: Callable[[], _Part]) -> _Part:
        parts = [below()]
        while self._take(sign):
            parts.append(below())
        if len(parts) == 1:
            return parts[0]
        for part in parts:
            self._must_be("truth", part, f"'{sign}' joins conditions")
        return _Part("truth", f" {sign} ".join(part.source for part in parts))

    def _relation(self) -> _Part:
        left = self._sum()
        if self._take("in"):
            return self._one_of(left)
        sign = self._take("==", "!=", "<=", ">=", "<", ">")
        if not sign:
            return left
        right = self._sum()
        self._compared(left, sign, right)
        return _Part("truth", f"{left.source} {sign} {right.source}")

    def _compared(self, left: _Part, sign: str, right: _Part) -> None:
        if sign not in ("==", "!="):
            for part, other in ((left, right), (right, left)):
                self._must_be("number", part, f"'{sign}' compares numbers")
                if part.name in WOKEN and other.value is not None:
                    beyond = (part is left and sign == ">") or (part is right and sign == "<")
                    self._compared_with.append((part.name, other.value + _BEYOND_S * beyond))
            return
        if "unknown" not in (left.kind, right.kind) and left.kind != right.kind:
            self._mistakes.append(f"'{sign}' compares a {left.kind} with a {right.kind}")
        for one, other in ((left, right), (right, left)):
            if other.text is not None:
                self._possible(one.name, other.text)

    def _one_of(self, left: _Part) -> _Part:
        self._expect("[")
        items = [self._sum()]
        while self._take(","):
            items.append(self._sum())
        self._expect("]")
        for item in items:
            if "unknown" not in (item.kind, left.kind) and (item.kind != left.kind or item.kind == "truth"):
                self._mistakes.append(f"'in' looks for a {left.kind} among a {item.kind}")
            if item.text is not None:
                self._possible(left.name, item.text)
        return _Part("truth", f"{left.source} in [{', '.join(item.source for item in items)}]")

    def _possible(self, name: str, text: str) -> None:
        known = self._vocabulary.values.get(name)
        if known is not None and text not in known:
            self._mistakes.append(f"{name} is never '{text}'{nearest(text, known)}")

    def _sum(self) -> _Part:
        part = self._product()
        while sign := self._take("+", "-"):
            part = self._calculated(part, sign, self._product())
        return part

    def _product(self) -> _Part:
        part = self._signed()
        while sign := self._take("*", "/"):
            self._factors += 1
            if self._factors > MAX_FACTORS:
                self._refuse(f"multiplies and divides more than {MAX_FACTORS} times")
            right = self._signed()
            if sign == "/" and (right.value is None or abs(right.value) < SMALLEST_DIVISOR):
                self._mistakes.append(f"'/' divides by a number that is written out, {SMALLEST_DIVISOR:g} or more")
            part = self._calculated(part, sign, right)
        return part

    def _calculated(self, left: _Part, sign: str, right: _Part) -> _Part:
        for part in (left, right):
            self._must_be("number", part, f"'{sign}' calculates with numbers")
        return _Part("number", f"{left.source} {sign} {right.source}")

    def _signed(self) -> _Part:
        sign = self._take("!", "-")
        if not sign:
            return self._primary()
        self._deeper()
        part = self._signed()
        self._depth -= 1
        if sign == "!":
            self._must_be("truth", part, "'!' turns a condition round")
            return _Part("truth", f"!{part.source}")
        self._must_be("number", part, "'-' calculates with numbers")
        return _Part("number", f"(-{part.source})", value=None if part.value is None else -part.value)

    def _primary(self) -> _Part:
        kind, token = self._next()
        if kind == "number":
            return self._number(float(token))
        if kind == "text":
            return _Part("text", f'"{token[1:-1]}"', text=token[1:-1])
        if token in ("true", "false"):
            return _Part("truth", token)
        if kind == "name" and token not in _WORDS:
            return self._named(token)
        if token != "(":
            self._refuse(f"'{token}' is not expected there")
        self._deeper()
        part = self._either()
        self._depth -= 1
        self._expect(")")
        return part._replace(source=f"({part.source})")

    def _named(self, name: str) -> _Part:
        while self._take("."):
            name += f".{self._next()[1]}"
        if self._peek() == "(":
            return self._trend(name)
        if name in self._numbers:
            self._used_numbers.add(name)
            return self._number(self._numbers[name])
        kind = self._vocabulary.names.get(name)
        if kind is None:
            known = {*self._vocabulary.names, *self._numbers}
            self._mistakes.append(f"'{name}' is not known{nearest(name, known)}")
            return _Part("unknown", "true", name)
        return _Part(kind, self._variable(name), name)

    def _trend(self, way: str) -> _Part:
        if way not in _TRENDS:
            self._refuse(f"'{way}()' is not known; the only calls are rise(name, seconds) and fall(name, seconds)")
        self._expect("(")
        name = self._next()[1]
        self._expect(",")
        within = self._signed()
        self._expect(")")
        courses = self._vocabulary.courses
        if name not in courses:
            self._mistakes.append(f"{way}() knows the course of {' and '.join(sorted(courses))}, not of '{name}'")
        if within.value is None or not 1.0 <= within.value <= LONGEST_TREND_S:
            self._mistakes.append(f"{way}() looks back 1 to {LONGEST_TREND_S:g} seconds, written out")
            return _Part("number", "0.0")
        return _Part("number", self._variable(Trend("rise" if way == "rise" else "fall", name, within.value)))

    def _number(self, value: float) -> _Part:
        if not abs(value) <= LARGEST:
            self._mistakes.append(f"{value:g} is larger than {LARGEST:g}")
            return _Part("number", "0.0", value=0.0)
        return _Part("number", repr(value) if value >= 0 else f"({value!r})", value=value)

    def _variable(self, name: str | Trend) -> str:
        self._used[name] = None
        return self._variables.setdefault(name, f"v{len(self._variables)}")

    def _must_be(self, kind: Kind, part: _Part, why: str) -> None:
        if part.kind not in (kind, "unknown"):
            what = f"'{part.name}'" if part.name else "there"
            self._mistakes.append(f"{why}, and {what} is a {part.kind}")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse(f"is nested more than {MAX_DEPTH} deep")

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, *signs: str) -> str:
        kind, token = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        if kind == "text" or token not in signs:
            return ""
        self._at += 1
        return token

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            self._refuse("ends too soon")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            self._refuse(f"'{sign}' is expected {f'before {self._peek()!r}' if self._peek() else 'at the end'}")

    def _refuse(self, mistake: str) -> NoReturn:
        raise Unreadable([*self._mistakes, mistake])


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at, end = list[tuple[str, str]](), 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at, end)
        if match is None or match.lastgroup is None:
            rest = text[at:end].lstrip()
            raise Unreadable([f"cannot be read from character {end - len(rest) + 1}: '{rest[:12]}'"])
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found
