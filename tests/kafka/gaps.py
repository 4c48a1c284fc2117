"""The named gaps between two effects of a worker, at which `tests.kafka.gapped` can end it."""

from typing import Final

AROUND_THE_COMMIT: Final = ("before commit", "after commit")
MONITOR: Final = ("before observe", "after observe", "before hand-over", "after hand-over", *AROUND_THE_COMMIT)
PUBLISHER: Final = ("before Redis", "after Redis", *AROUND_THE_COMMIT)
