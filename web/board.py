"""The floor as it was last read: open conversations and open alerts, as the bytes that Redis holds."""

import logging
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from streams.wire import conversation_key
from web.access import Object

Raw: TypeAlias = Mapping[bytes, bytes]
Sees: TypeAlias = Callable[[str, str | None], bool]

_versions: Final = count()
_log: Final = logging.getLogger(__name__)


class _RowHead(Struct):
    tenant: str
    conversation_id: str
    state: Literal["open", "ended"]
    team: str | None = None


class _AlertState(Struct):
    alert_id: str
    state: Literal["opened", "cleared"]


class _AlertHead(Struct):
    alert: _AlertState
    tenant: str
    team: str | None = None
    shown: bool = True


class _LifeHead(Struct):
    alert_id: str
    state: str
    tenant: str
    team: str | None = None


class _SuggestionHead(Struct):
    tenant: str
    agent_id: str
    because: str = ""


# Only what decides who is told, and where it is kept, is read of it; the rest travels as it was written.
_row: Final[msgspec.json.Decoder[_RowHead]] = msgspec.json.Decoder(_RowHead)
_alert: Final[msgspec.json.Decoder[_AlertHead]] = msgspec.json.Decoder(_AlertHead)
_life: Final[msgspec.json.Decoder[_LifeHead]] = msgspec.json.Decoder(_LifeHead)
_suggestion: Final[msgspec.json.Decoder[_SuggestionHead]] = msgspec.json.Decoder(_SuggestionHead)


class Kept(Struct, frozen=True):
    """What is on the board, and whose it is."""

    scope: Object
    raw: bytes


class Board:
    """Rows and alerts by their key; a page that opens starts from these without asking Redis."""

    def __init__(self, rows: Raw, alerts: Raw, held: Raw | None = None, lives: Raw | None = None) -> None:
        self._rows = dict(_kept(rows, _row_kept))
        self._alerts = dict(_kept(alerts, _alert_kept))
        self._held = dict(_kept(held or {}, _alert_kept))
        # Of eight days of lives, a page needs those of what is open.
        standing = {key: raw for key, raw in (lives or {}).items() if key in self._alerts or key in self._held}
        self._lives = dict(_kept(standing, _life_kept))
        self.version = next(_versions)  # what was made of one version is right until the next

    def row(self, raw: bytes) -> tuple[Object, Kept | None]:
        """Keep the newest of an open conversation, forget an ended one; gives whose it is, and what stood here."""
        head = _row.decode(raw)
        key = conversation_key(head.tenant, head.conversation_id)
        before = self._rows.get(key)
        scope = Object(head.tenant, head.team)
        if head.state == "open":
            self._rows[key] = Kept(scope, raw)
        else:
            self._rows.pop(key, None)
        self.version = next(_versions)
        return scope, before

    def alert(self, raw: bytes) -> tuple[Object, Kept | None]:
        """Keep an alert from its opening to its clearing, shown or not; gives whose it is, and what stood here."""
        head = _alert.decode(raw)
        key = head.alert.alert_id.encode()
        before = self._alerts.pop(key, None) or self._held.pop(key, None)
        scope = Object(head.tenant, head.team)
        if head.alert.state == "cleared":
            self._lives.pop(key, None)
        elif head.shown:
            self._alerts[key] = Kept(scope, raw)
        else:
            self._held[key] = Kept(scope, raw)
        self.version = next(_versions)
        return scope, before

    def life(self, raw: bytes) -> Object:
        """Keep what supervisors made of an open alert; gives whose it is."""
        head = _life.decode(raw)
        key, scope = head.alert_id.encode(), Object(head.tenant, head.team)
        if head.state == "cleared":
            self._lives.pop(key, None)
        else:
            self._lives[key] = Kept(scope, raw)
        self.version = next(_versions)
        return scope

    def snapshot(self, sees: Sees) -> bytes:
        """Everything that is open and that those who ask may see, as one JSON object."""
        parts = (self._rows, self._alerts, self._lives, self._held)
        return b'{"rows":[%s],"alerts":[%s],"lives":[%s],"suppressed":[%s]}' % tuple(
            b",".join(_seen(part, sees)) for part in parts
        )


def is_shown(raw: bytes) -> bool:
    """Whether the budget shows this alert."""
    return _alert.decode(raw).shown


def agent_of(raw: bytes) -> tuple[str, str]:
    """The agent that a suggestion is for: tenant and id."""
    head = _suggestion.decode(raw)
    return head.tenant, head.agent_id


def event_of(raw: bytes) -> Literal["suggestion", "withdrawn"]:
    """What an entry of the suggestions is called: what is taken back says why."""
    return "withdrawn" if _suggestion.decode(raw).because else "suggestion"


def scope_of_alert(raw: bytes) -> Object:
    """Whose an alert is."""
    head = _alert.decode(raw)
    return Object(head.tenant, head.team)


def gone(raw: bytes) -> bytes:
    """A row for those it was taken from: as they knew it, and over."""
    row: dict[str, Any] = msgspec.json.decode(raw)
    return msgspec.json.encode({**row, "state": "ended", "alerts": []})


def _seen(kept: Mapping[bytes, Kept], sees: Sees) -> Iterator[bytes]:
    return (one.raw for one in kept.values() if sees(one.scope.tenant, one.scope.team))


def _kept(found: Raw, keep: Callable[[bytes], Kept]) -> Iterator[tuple[bytes, Kept]]:
    for key, raw in found.items():
        try:
            yield key, keep(raw)
        except msgspec.DecodeError:
            _log.warning("unreadable entry of the board skipped")


def _row_kept(raw: bytes) -> Kept:
    head = _row.decode(raw)
    return Kept(Object(head.tenant, head.team), raw)


def _alert_kept(raw: bytes) -> Kept:
    return Kept(scope_of_alert(raw), raw)


def _life_kept(raw: bytes) -> Kept:
    head = _life.decode(raw)
    return Kept(Object(head.tenant, head.team), raw)
