"""What is newer, when a conversation's records are read back: the one that knows more of the input, not the last."""

from collections.abc import Iterable
from typing import Any, Final

import faust
import msgspec
from faust.types import EventT


class _Fence(msgspec.Struct):
    fence: dict[str, int]


_fences: Final = msgspec.json.Decoder(_Fence)


def is_older(value: bytes, than: bytes) -> bool:
    """Whether the record `value` had seen less of the input than the record `than`, and nothing that it had not."""
    fence, other = _fences.decode(value).fence, _fences.decode(than).fence
    return fence != other and all(offset <= other.get(topic, -1) for topic, offset in fence.items())


class Table(faust.Table[Any, Any]):
    """Faust's table, whose recovery takes the last record, whoever wrote it.

    A worker that was frozen, lost its partitions and wakes up still writes what it had in hand. Kafka does not know
    that it is a zombie: its record lies after newer ones, and recovery would go back to it, past events that are
    committed.
    """

    def apply_changelog_batch(self, batch: Iterable[EventT[Any]]) -> None:
        """Apply what is newer than what is known."""
        newest: dict[Any, bytes | None] = {}
        kept = []
        for event in batch:
            key, value = event.message.key, event.message.value
            known = newest[key] if key in newest else self.data.get(self._to_key(key))
            if value is not None and known is not None and is_older(value, known):
                continue
            newest[key] = value
            kept.append(event)
        super().apply_changelog_batch(kept)
