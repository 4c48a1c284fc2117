"""Personal data out of text: e-mail addresses, phone numbers, IBANs, payment cards, BSNs."""

from typing import NamedTuple


class Found(NamedTuple):
    """Personal data at `text[start:end]`; `kind` is what stands in its place."""

    start: int
    end: int
    kind: str


def find(text: str) -> tuple[Found, ...]:
    """Every piece of personal data in `text`, in order, not overlapping."""
    return ()


def redact(text: str) -> str:
    """`text` with each piece of personal data replaced by its kind in brackets, as `[phone]`."""
    return excerpt(text, 0, len(text))


def excerpt(text: str, start: int, end: int) -> str:
    """`text[start:end]` redacted: a piece that the cut would split is replaced whole."""
    parts, at = [], start
    for found in find(text):
        if found.end <= start or found.start >= end:
            continue
        parts += [text[at : max(at, found.start)], f"[{found.kind}]"]
        at = found.end
    parts.append(text[min(at, end) : end])
    return "".join(parts)
