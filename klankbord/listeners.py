"""Who is asked about an event: most detectors have nothing to say in most lines."""

from collections.abc import Sequence
from typing import Final, NamedTuple, get_args

from klankbord.detectors import DETECTORS
from klankbord.events import Event, Role, Utterance
from klankbord.signals import Cue, Detector, Turn
from klankbord.tone import cues_in, cues_in_answer


class _Listeners(NamedTuple):
    """Who may be asked about a line, each with what calls for it there; `uncalled` are asked whatever it holds."""

    all: tuple[tuple[Detector, frozenset[Cue]], ...]
    uncalled: tuple[Detector, ...]
    cues: frozenset[Cue]


def _listeners(role: Role, *, timed: bool) -> _Listeners:
    of_role = [one for one in DETECTORS if role in one.where and (timed or not one.timed)]
    cues = [one.cues if role is Role.CUSTOMER else one.answer_cues for one in of_role]
    pairs = tuple(zip(of_role, cues, strict=True))
    return _Listeners(pairs, tuple(one for one, called in pairs if not called), frozenset[Cue]().union(*cues))


# Who is asked at an event, and of a line by who said it and whether its times are known.
_BY_EVENT: Final = {
    kind: tuple(one for one in DETECTORS if kind in one.where) for kind in get_args(Event) if kind is not Utterance
}
_BY_ROLE: Final = {(role, timed): _listeners(role, timed=timed) for role in Role for timed in (False, True)}


def asked(turn: Turn) -> Sequence[Detector]:
    """The detectors that may find something."""
    event = turn.event
    if not isinstance(event, Utterance):
        return _BY_EVENT[type(event)]
    if not event.is_final:
        return ()
    listeners, words = _BY_ROLE[event.role, event.start_ms is not None], turn.words
    if words is None or not listeners.cues:
        return listeners.uncalled
    cues = cues_in_answer(words) if turn.customer is None else cues_in(turn.customer)
    if listeners.cues.isdisjoint(cues):
        return listeners.uncalled
    return [one for one, called in listeners.all if not called or not called.isdisjoint(cues)]
