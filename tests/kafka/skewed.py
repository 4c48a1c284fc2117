"""The workers on a machine whose clock is wrong.

`faust -A tests.kafka.skewed:monitor`: the clock of the whole process is ahead by the seconds, or behind by the
negative ones, that the file `FAULTS_CLOCK` holds, whenever they change. What measures durations is no clock of this
kind and stays right.
"""

import os
import time
from functools import partialmethod
from pathlib import Path
from typing import Final

import faust
from aiokafka.record import default_records

from streams import app

# The compiled half of aiokafka, which gives records their time, would ask the kernel, and see the right one.
ENVIRONMENT: Final = {"AIOKAFKA_NO_EXTENSIONS": "1"}

_real: Final = time.time


def _skewed() -> float:
    return _real() + float(Path(os.environ["FAULTS_CLOCK"]).read_text() or 0)


def __getattr__(name: str) -> faust.App:
    if name not in ("monitor", "publisher"):
        raise AttributeError(name)
    builder = default_records.DefaultRecordBatchBuilder
    for where, what, ours in (
        (time, "time", _skewed),
        (builder, "append", partialmethod(builder.append, time_time=_skewed)),  # it keeps the clock it was born with
    ):
        setattr(where, what, ours)
    return getattr(app, name)  # type: ignore[no-any-return]
