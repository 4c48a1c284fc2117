"""What conversations come in as, one form a file: each reader gives canonical events."""

from collections.abc import Callable
from typing import Final

from klankbord.channels.cloudevents import unwrapped
from klankbord.channels.mapping import read_maps
from klankbord.channels.transcript import read_transcript

CHANNELS: Final[tuple[Callable[..., object], ...]] = (read_transcript, unwrapped, read_maps)
