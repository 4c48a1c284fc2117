"""The workers of `tests.kafka.gapped` without one of the things that keep a promise: `FAULTS_WITHOUT` names it."""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Final

import faust
from faust.types import TP

from streams import admission, transport
from tests.kafka import gapped

_without: Final = os.environ.get("FAULTS_WITHOUT", "")


Change = tuple[object, str, object]  # of what, which attribute, by what


def _all_that_was_handed_out() -> Change:
    """Commit events that are still being worked on."""
    smallest = transport.Consumer._new_offset

    def newest(self: transport.Consumer, tp: TP) -> int | None:
        smallest(self, tp)
        handed_out = self._handed_out.get(tp)
        return None if handed_out is None else handed_out + 1

    return transport.Consumer, "_new_offset", newest


def _before_it_is_written() -> Change:
    """Commit an event before Kafka has what follows from it."""

    async def flush(self: transport.Producer) -> None:
        """Wait for nothing."""

    return transport.Producer, "flush", flush


def _after_a_failed_send() -> Change:
    """Go on when Kafka refuses a record."""

    def ignore(self: transport.Producer, why: str) -> None:
        sys.stderr.write(f"went on: {why}\n")

    return transport.Producer, "_fail", ignore


def _alerts_every_time() -> Change:
    """Publish an alert without a look at whether it was published."""
    told = admission.SCRIPT.replace("'NX', 'EX', ARGV[5]", "'EX', ARGV[5]")
    assert told != admission.SCRIPT
    return admission, "SCRIPT", told


BLUNT: Final[Mapping[str, Callable[[], Change]]] = {
    "smallest offset": _all_that_was_handed_out,
    "flush": _before_it_is_written,
    "end after a failed send": _after_a_failed_send,
    "once": _alerts_every_time,
}

if _without:
    setattr(*BLUNT[_without]())


def __getattr__(name: str) -> faust.App:
    sys.stderr.write(f"without: {_without or 'nothing'}\n")
    return gapped.__getattr__(name)
