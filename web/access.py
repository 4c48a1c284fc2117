"""Who may do what: one question, asked by every address and by every stream."""

from typing import Final, Literal, TypeAlias

from msgspec import Struct

Role: TypeAlias = Literal["agent", "supervisor", "privacy_officer", "engineer"]
Action: TypeAlias = Literal[
    "watch_floor",  # rows and alerts of a team, with redacted words
    "open_conversation",  # one conversation's redacted words and scores over time
    "act_on_alert",  # acknowledge, assign, snooze, mark
    "watch_suggestions",  # the suggestions for one agent
    "answer_suggestion",  # use, not now, wrong
    "read_audit",
]

EVERY_TEAM: Final = "*"  # as a supervisor's team: all of them, and conversations that have none


class Subject(Struct, frozen=True):
    """Who asks. `teams` are the teams a supervisor looks after; `agent_id` is who an agent is in events."""

    name: str
    role: Role
    tenant: str
    teams: tuple[str, ...] = ()
    agent_id: str = ""


class Object(Struct, frozen=True):
    """What is asked about: something of a tenant, of a team of it, of an agent of it."""

    tenant: str
    team: str | None = None
    agent_id: str | None = None


# A supervisor may act on whole teams, an agent on what is the agent's own; what is not listed is refused.
_OF_A_TEAM: Final[frozenset[Action]] = frozenset({"watch_floor", "open_conversation", "act_on_alert"})
_OF_AN_AGENT: Final[frozenset[Action]] = frozenset({"open_conversation", "watch_suggestions", "answer_suggestion"})


def authorise(subject: Subject, action: Action, about: Object) -> bool:
    """Whether `subject` may do `action` to `about`; deny unless a line here allows it."""
    if subject.tenant != about.tenant:
        return False
    if subject.role == "supervisor":
        return action in _OF_A_TEAM and _looks_after(subject, about.team)
    if subject.role == "agent":
        return action in _OF_AN_AGENT and bool(subject.agent_id) and about.agent_id == subject.agent_id
    return subject.role == "privacy_officer" and action == "read_audit"


def _looks_after(subject: Subject, team: str | None) -> bool:
    return EVERY_TEAM in subject.teams or (team is not None and team in subject.teams)
