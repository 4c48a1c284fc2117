"""The kinds of suggestion, one a file, the most urgent first: an agent is shown one at a time."""

from typing import Final

from klankbord.advice import Suggester

SUGGESTIONS: Final[tuple[Suggester, ...]] = ()
