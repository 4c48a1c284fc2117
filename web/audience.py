"""The supervisors who may see exactly the same: what is told to one is told to all of them, and made once."""

from collections import Counter
from typing import Final

from web.access import Object, Subject, authorise
from web.viewer import Viewer

MOST_SCOPES: Final = 4096  # a tenant has tens of teams; names that somebody invents must not fill the memory


class Audience:
    """Viewers with the same rights, and what those rights say of each team."""

    def __init__(self, subject: Subject) -> None:
        self.viewers: set[Viewer] = set()
        self._subject = subject
        self._sees: dict[tuple[str, str | None], bool] = {}
        self._picture: tuple[int, bytes] = (-1, b"")

    def sees(self, tenant: str, team: str | None) -> bool:
        """Whether they may see what happens in this team; asked once a team."""
        known = self._sees.get((tenant, team))
        if known is None:
            if len(self._sees) >= MOST_SCOPES:
                self._sees.clear()
            known = self._sees[tenant, team] = authorise(self._subject, "watch_floor", Object(tenant, team))
        return known

    def picture(self, version: int) -> bytes | None:
        """The snapshot that was made for them of this version of the board."""
        return self._picture[1] if self._picture[0] == version else None

    def keep(self, version: int, picture: bytes) -> bytes:
        """Keep a snapshot for whoever of them comes next."""
        self._picture = (version, picture)
        return picture


class Audiences:
    """Everybody who watches, by what they may see: a message finds its viewers without asking each of them."""

    def __init__(self) -> None:
        self._floors: dict[tuple[str, str, frozenset[str]], Audience] = {}
        self._agents: dict[tuple[str, str], set[Viewer]] = {}
        self._streams: Counter[tuple[str, str]] = Counter()
        self.viewers: set[Viewer] = set()

    def join(self, viewer: Viewer) -> None:
        """From now on this viewer hears what is theirs."""
        self.viewers.add(viewer)
        subject = viewer.subject
        self._streams[subject.tenant, subject.name] += 1
        if viewer.page == "agent":
            self._agents.setdefault((subject.tenant, subject.agent_id), set()).add(viewer)
        else:
            self._floors.setdefault(_rights(subject), Audience(subject)).viewers.add(viewer)

    def leave(self, viewer: Viewer) -> None:
        """The viewer is gone."""
        self.viewers.discard(viewer)
        subject = viewer.subject
        self._streams[subject.tenant, subject.name] -= 1
        if not self._streams[subject.tenant, subject.name]:
            del self._streams[subject.tenant, subject.name]
        if viewer.page == "agent":
            of_agent = self._agents.get((subject.tenant, subject.agent_id), set())
            of_agent.discard(viewer)
            if not of_agent:
                self._agents.pop((subject.tenant, subject.agent_id), None)
            return
        audience = self._floors.get(_rights(subject))
        if audience is not None:
            audience.viewers.discard(viewer)
            if not audience.viewers:
                del self._floors[_rights(subject)]

    def streams_of(self, subject: Subject) -> int:
        """How many streams one subject has open."""
        return self._streams[subject.tenant, subject.name]

    def of(self, viewer: Viewer) -> Audience:
        """The audience that a supervisor's viewer belongs to, or would."""
        return self._floors.get(_rights(viewer.subject)) or Audience(viewer.subject)

    def floors(self) -> tuple[Audience, ...]:
        """Every audience of supervisors."""
        return tuple(self._floors.values())

    def of_agent(self, tenant: str, agent_id: str) -> tuple[Viewer, ...]:
        """The open panels of one agent."""
        return tuple(self._agents.get((tenant, agent_id), ()))

    def agents(self) -> tuple[tuple[str, str], ...]:
        """Every agent with an open panel, as tenant and id."""
        return tuple(self._agents)


def _rights(subject: Subject) -> tuple[str, str, frozenset[str]]:
    return subject.tenant, subject.role, frozenset(subject.teams)
