"""The decisions a caller can take when something is wrong: refuse one event, or refuse to start."""

from typing import Literal, TypeAlias

Reason: TypeAlias = Literal[
    "too_large",
    "invalid_json",
    "invalid_envelope",
    "invalid_schema",
    "absurd_time",
    "invalid_text",
    "unmapped",
    "wrong_key",
    "reserved_tenant",
    "unreadable_state",
    "failed",
]


class KlankbordError(Exception):
    """Whatever we raise on purpose; the command line prints it without a traceback."""


class InvalidEvent(KlankbordError):
    """One event cannot be read. The worker sends it to the dead-letter topic and goes on with the next.

    `reason` is one of a closed set, for counting; the message says what and where, and quotes no customer.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason


class InvalidConfiguration(KlankbordError):
    """A setting, the policy or the playbook is wrong. The process does not start; `mistakes` lists every one."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n- ".join(["the configuration has mistakes; nothing was started:", *mistakes]))
        self.mistakes = mistakes
