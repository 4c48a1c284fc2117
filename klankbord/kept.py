"""What is worked out for a word once, and kept: service chats use a few thousand of them."""

from collections.abc import Callable
from typing import Final, TypeVar

WORDS_KEPT: Final = 8_192

Value = TypeVar("Value")


class Kept(dict[str, Value]):
    """`kept[word]` is worked out at first use; a full one starts again, so that nobody's words make it grow.

    A dictionary, and no `lru_cache`: that writes to three places of memory to find one.
    """

    def __init__(self, work: Callable[[str], Value]) -> None:
        super().__init__()
        self._work: Final = work

    def __missing__(self, word: str) -> Value:
        if len(self) >= WORDS_KEPT:
            self.clear()
        value = self[word] = self._work(word)
        return value
