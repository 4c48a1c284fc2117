"""Personal data out of text: e-mail and home addresses, phones, IBANs, payment cards, BSNs, dictated numbers."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from stdnum import iban, luhn
from stdnum.nl import bsn


class Found(NamedTuple):
    """Personal data at `text[start:end]`; `kind` is what stands in its place."""

    start: int
    end: int
    kind: str


class _Kind(NamedTuple):
    name: str
    # Matches the first character and looks ahead over the longest piece in group 1, so that pieces may overlap.
    candidates: re.Pattern[str]
    fewest_digits: int = 0
    # Decides where the piece ends as well: the longest that passes.
    is_valid: Callable[[str], bool] | None = None
    # One of these must stand within reach, where the number by itself proves too little.
    context: tuple[str, ...] = ()


# A line with more candidates than this is no conversation; what follows goes whole, unchecked.
_MOST_CHECKED: Final = 200
_CONTEXT_REACH_CHARS: Final = 40
_WORTH_A_LOOK: Final = re.compile(r"[0-9@]")
# Text is hostile: a candidate starts where no number is under way, and what repeats is bounded or possessive.
_EMAIL: Final = re.compile(r'(?<![^\s<>()\[\]{},;:"@])[^\s<>()\[\]{},;:"@]++@[\w-]++(?:\.[\w-]++)++')
_PIECE_END: Final = re.compile(r"[0-9](?![0-9])|(?<=[0-9])[A-Za-z](?![A-Za-z0-9])")

_GAP: Final = r"[\s()./‐‑–-]{0,4}"
_PHONE: Final = re.compile(
    r"[0+3](?<![0-9].)(?<![0-9][.,-].)(?=("
    rf"(?:(?<=\+)|(?<=0)0){_GAP}[1-9](?:{_GAP}[0-9]){{7,14}}"  # +31 6 12345678, 0044 20 7946 0958
    # 06-12345678, 02 123 45 67, 020 7946 0958; but 09-03-2024 14:00 is a date.
    rf"|(?<=0)[1-9](?!(?:[-/.][0-9]{{1,2}})?[-/.](?:19|20)[0-9]{{2}}(?![0-9]))(?:{_GAP}[0-9]){{7,9}}"
    rf"|(?<=0)(?:800|90[069]){_GAP}[0-9]{{4}}"  # 0800-1234
    rf"|(?<=3)1{_GAP}6(?:{_GAP}[0-9]){{8}}"  # 31612345678, as messaging channels write it
    r")(?![0-9]))"
)
# NL91 ABNA ... and nl91abna...; with a space after the country only in capitals, or "is 06 ..." would be tried.
_IBAN: Final = re.compile(r"[A-Za-z](?=((?:[A-Za-z]|(?<=[A-Z])[A-Z][\s.-])[0-9]{2}(?:[\s.-]?[A-Za-z0-9]){11,30}))")
# Cards start with 2 to 6; article numbers (EAN) mostly with 8.
_CARD: Final = re.compile(r"[2-6](?<![0-9].)(?=((?:[\s./‐‑–-]?[0-9]){12,18})(?![0-9]))")
_BSN: Final = re.compile(r"[0-9](?<![0-9].)(?=((?:[\s./‐‑–-]?[0-9]){7,8})(?![0-9]))")
# "4 4 1 9 0 2": whoever dictates digits one by one gives a number that belongs to them.
_DICTATED: Final = re.compile(r"[0-9](?![0-9])(?<![0-9].)(?<![0-9][ ,-].)(?=((?:[ ,-]{1,2}[0-9](?![0-9])){5,31}))")
# In lower case "1500 en 12" is no address.
_SHORT_WORDS: Final = (
    "al|am|an|as|at|be|by|cm|de|do|en|er|gb|go|he|ik|if|in|is|it|je|kg|km|ma|mb|me|mm|my|na|no|nu|of|om|on|op|or|"
    "pm|so|te|to|up|us|uw|we|ze|zo"
)
_POSTCODE: Final = rf"[0-9]{{3}}(?:\s?[A-Z]{{2}}|[a-z]{{2}}|\s(?!(?:{_SHORT_WORDS})\b)[a-z]{{2}})(?![A-Za-z])"
_ADDRESS: Final = re.compile(
    r"[1-9](?<![0-9A-Za-z].)(?=("
    rf"{_POSTCODE}[\s,/-]{{1,3}}(?:(?:huisnummer|huisnr|nummer|number|nr|no)[\s.]{{0,2}})?"
    r"[0-9]{1,5}(?:-?[A-Za-z0-9]{1,4})?(?![A-Za-z0-9]|[:.,][0-9])"
    rf"|[0-9]{{0,3}}[A-Za-z]?,\s{{0,2}}[1-9]{_POSTCODE}"  # Dorpsstraat 12, 1234 AB
    r"))"
)


def _digits(piece: str) -> str:
    return "".join(c for c in piece if "0" <= c <= "9")


_KINDS: Final = (
    _Kind("iban", _IBAN, 8, lambda piece: bool(iban.is_valid(piece, check_country=False))),
    _Kind("card", _CARD, 13, lambda piece: bool(luhn.is_valid(_digits(piece)))),
    _Kind(
        "bsn",
        _BSN,
        8,
        # An order number passes the check one time in eleven.
        lambda piece: bool(bsn.is_valid(_digits(piece))),
        context=(
            "bsn",
            "burgerservice",
            "burger service",
            "sofinummer",
            "sofi-nummer",
            "sofi nummer",
            "citizen service",
            "citizen's service",
        ),
    ),
    _Kind("phone", _PHONE),
    _Kind("address", _ADDRESS),
    _Kind("number", _DICTATED),
)


@lru_cache(maxsize=2)  # every quote of a line asks for the same line
def find(text: str) -> tuple[Found, ...]:
    """Every piece of personal data in `text`, in order, not overlapping."""
    if _WORTH_A_LOOK.search(text) is None:
        return ()
    found = [piece for kind in _KINDS for piece in _of_kind(kind, text)]
    if "@" in text:
        found += [Found(*match.span(), "email") for match in _EMAIL.finditer(text)]
    return tuple(_merged(sorted(found)))


def redact(text: str) -> str:
    """`text` with each piece of personal data replaced by its kind in brackets, as `[phone]`."""
    return excerpt(text, 0, len(text))


def excerpt(text: str, start: int, end: int) -> str:
    """`text[start:end]` redacted: a piece that the cut would split is replaced whole."""
    found = find(text)
    if not found:
        return text[start:end]
    parts, at = [], start
    for piece in found:
        if start < piece.end and piece.start < end:
            parts += [text[at : piece.start], f"[{piece.kind}]"]
            at = piece.end
    return "".join([*parts, text[at:end]])


def _of_kind(kind: _Kind, text: str) -> Iterator[Found]:
    if kind.context and not _mentions(kind.context, text):
        return
    checked = 0
    for match in kind.candidates.finditer(text):
        start, longest = match.start(), match.end(1)
        near = text[max(0, start - _CONTEXT_REACH_CHARS) : longest + _CONTEXT_REACH_CHARS]
        if kind.context and not _mentions(kind.context, near):
            continue
        for end in _ends(text, start, longest) if kind.is_valid else (longest,):
            if len(_digits(text[start:end])) < kind.fewest_digits:
                break
            checked += 1
            if checked > _MOST_CHECKED:
                yield Found(start, len(text), kind.name)
                return
            if kind.is_valid is None or kind.is_valid(text[start:end]):
                yield Found(start, end, kind.name)
                break


def _mentions(words: tuple[str, ...], text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in words)


def _ends(text: str, start: int, longest: int) -> list[int]:
    """Where the piece may end, the longest first: another number or a word may follow it without a break."""
    return [match.end() for match in _PIECE_END.finditer(text, start, longest)][::-1]


def _merged(pieces: list[Found]) -> list[Found]:
    """Overlapping pieces as one, named after the longest: neither may leak because the other was found."""
    merged: list[Found] = []
    for piece in pieces:
        if merged and piece.start < merged[-1].end:
            last = merged.pop()
            longest = max(last, piece, key=lambda found: found.end - found.start)
            piece = Found(last.start, max(last.end, piece.end), longest.kind)
        merged.append(piece)
    return merged
