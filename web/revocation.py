"""Who may no longer see anything: the revoked list of Redis as it was last read."""

import time
from collections.abc import Set
from typing import Final

from streams.wire import revoked_subject, revoked_token
from web.tokens import Session

READ_EVERY_S: Final = 1.0
# Older than this, the list says nothing about who comes now; who is in already sees nothing new either.
STANDS_S: Final = 5.0


def names_of(session: Session) -> frozenset[bytes]:
    """The entries of the list that would end this session."""
    names = {revoked_subject(session.subject.tenant, session.subject.name).encode()}
    if session.token_id:
        names.add(revoked_token(session.token_id).encode())
    return frozenset(names)


class Revoked:
    """The list, and since when it is known."""

    def __init__(self) -> None:
        self._members: Set[bytes] = frozenset()
        self._read_s = float("-inf")

    def read(self, members: Set[bytes]) -> None:
        """The list as it is now."""
        self._members = members
        self._read_s = time.monotonic()

    def forget(self) -> None:
        """Redis is away: from now on nobody can be let in."""
        self._read_s = float("-inf")

    @property
    def due(self) -> bool:
        """Whether it is time to read it again."""
        return time.monotonic() - self._read_s >= READ_EVERY_S

    @property
    def known(self) -> bool:
        """Whether it says who may come in."""
        return time.monotonic() - self._read_s < STANDS_S

    def ends(self, names: Set[bytes]) -> bool:
        """Whether one of these is on the list."""
        return not names.isdisjoint(self._members)
