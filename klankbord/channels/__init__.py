"""What conversations come in as, one form a file: each reader gives canonical events."""

from collections.abc import Callable
from typing import Final

from klankbord.channels.transcript import Transcript, read_transcript

CHANNELS: Final[tuple[Callable[..., Transcript], ...]] = (read_transcript,)
