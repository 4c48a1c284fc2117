"""What a detector is: a function that finds one kind of evidence in one event."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from klankbord.conversation import Conversation
from klankbord.events import Event, Language, Role
from klankbord.phrases import Phrases
from klankbord.policy import Policy

# What calls for a detector: a list with a phrase in the line, or a head that hears something.
Cue: TypeAlias = Phrases | str
# Where a detector may find something: in what somebody of this role says, or in another event of this kind.
Place: TypeAlias = Role | type[Event]


class Dimension(StrEnum):
    """What a signal is evidence of. Words make emotion; what happens in time makes effort.

    An intent or a need is neither: it moves no score of another dimension.
    """

    EMOTION = "emotion"
    EFFORT = "effort"
    INTENT = "intent"
    NEED = "need"


class Signal(Struct, frozen=True, omit_defaults=True):
    """One piece of evidence found in an event.

    `strength` lies in [0, 1]. `words` are the redacted words that caused it; `amount` is the fact that did:
    seconds for waits, holds, silences and talking over, contacts for a repeat contact, a share in [0, 1] for a
    likeness, and the share by which a customer speaks faster.
    """

    kind: str
    dimension: Dimension
    strength: float
    words: str = ""
    amount: float | None = None


class Finding(Struct, frozen=True):
    """What a detector gives back: how strong, and where in `Words.clean` or from which amount.

    A place instead of words: what is quoted is redacted in one spot, after every detector has run.
    """

    strength: float
    span: tuple[int, int] | None = None
    amount: float | None = None


class Words(Struct, frozen=True):
    """What one participant said: `clean` to quote from, `normal` (same length, lower case) to search in."""

    clean: str
    normal: str
    language: Language
    role: Role
    fingerprint: tuple[int, ...]


class CustomerWords(Struct, frozen=True):
    """What a customer said. Only these reach a detector of emotion, intent or need: types refuse any other role."""

    clean: str
    normal: str
    language: Language
    role: Literal[Role.CUSTOMER]


class Turn(Struct, frozen=True):
    """One event as an effort detector sees it; `conversation` is as it stood before the event."""

    conversation: Conversation
    event: Event
    words: Words | None
    customer: CustomerWords | None
    policy: Policy

    def said_by(self, *roles: Role) -> Words | None:
        """The words of this event if one of `roles` spoke them."""
        return self.words if self.words is not None and self.words.role in roles else None


@dataclass(frozen=True, slots=True)
class Detector:
    """A kind of signal with the function that finds it; made by `of_emotion`, `of_effort`, `of_intent`, `of_need`."""

    kind: str
    dimension: Dimension
    find: Callable[[Turn], Finding | None]
    # Lists of phrases and names of heads: in a customer's line `find` finds nothing where none of them is. With none
    # it has to be asked in each.
    cues: frozenset[Cue] = frozenset()
    # The same in the line of an agent or a bot.
    answer_cues: frozenset[Cue] = frozenset()
    # In whose finals it may find something, and in which other events; `timed`: only where a final has its times.
    where: frozenset[Place] = frozenset({Role.CUSTOMER})
    timed: bool = False
    # The head whose chance is its strength, and which `find` only adds the words to.
    head: str = ""


def of_emotion(
    kind: str, find: Callable[[CustomerWords], Finding | None], *, cues: Iterable[Cue] = (), head: str = ""
) -> Detector:
    """A detector of emotion: it is called for customers only and is given their words and nothing else."""
    return _of_words(kind, Dimension.EMOTION, find, cues, head)


def of_intent(kind: str, find: Callable[[CustomerWords], Finding | None], *, cues: Iterable[Cue] = ()) -> Detector:
    """A detector of what the customer means to do, by the customer's words alone."""
    return _of_words(kind, Dimension.INTENT, find, cues)


def of_need(kind: str, find: Callable[[CustomerWords], Finding | None], *, cues: Iterable[Cue] = ()) -> Detector:
    """A detector of what the customer needs of whoever helps, by the customer's words alone."""
    return _of_words(kind, Dimension.NEED, find, cues)


def of_effort(
    kind: str, find: Callable[[Turn], Finding | None], *, cues: Iterable[Cue] = (),
    answer_cues: Iterable[Cue] = (), where: Iterable[Place] | None = None, timed: bool = False,
) -> Detector:  # fmt: skip
    """A detector of effort: it may look at any event, since waits, holds and transfers are facts.

    Without `where` it is asked in every event; one with `cues`, in the lines of customers.
    """
    cues = frozenset(cues)
    if where is None:
        where = (Role.CUSTOMER,) if cues else (*Role, *get_args(Event))
    return Detector(kind, Dimension.EFFORT, find, cues, frozenset(answer_cues), frozenset(where), timed)


def _of_words(
    kind: str,
    dimension: Dimension,
    find: Callable[[CustomerWords], Finding | None],
    cues: Iterable[Cue],
    head: str = "",
) -> Detector:
    def find_in_turn(turn: Turn) -> Finding | None:
        return None if turn.customer is None else find(turn.customer)

    return Detector(kind, dimension, find_in_turn, frozenset(cues), head=head)


def customer_words(words: Words | None) -> CustomerWords | None:
    """The words if a customer spoke them; the one way to the type that emotion detectors take."""
    if words is None or words.role is not Role.CUSTOMER:
        return None
    return CustomerWords(words.clean, words.normal, words.language, Role.CUSTOMER)
