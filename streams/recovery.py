"""What is newer, when a conversation's records are read back: the one that knows more of the input, not the last."""

from typing import Final

import msgspec


class _Fence(msgspec.Struct):
    fence: dict[str, int]


_fences: Final = msgspec.json.Decoder(_Fence)


def is_older(value: bytes, than: bytes) -> bool:
    """Whether the record `value` had seen less of the input than the record `than`, and nothing that it had not."""
    fence, other = _fences.decode(value).fence, _fences.decode(than).fence
    return fence != other and all(offset <= other.get(topic, -1) for topic, offset in fence.items())
