"""The floor as it was last read: open conversations and open alerts, as the bytes that Redis holds."""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from streams.wire import conversation_key


class _RowHead(Struct):
    tenant: str
    conversation_id: str
    state: Literal["open", "ended"]


class _AlertState(Struct):
    alert_id: str
    state: Literal["opened", "cleared"]


class _AlertHead(Struct):
    alert: _AlertState
    shown: bool = True


class _LifeHead(Struct):
    alert_id: str
    state: str


class _SuggestionHead(Struct):
    agent_id: str


# Only what decides where a message goes is read of it; the rest travels as it was written.
_row: Final[msgspec.json.Decoder[_RowHead]] = msgspec.json.Decoder(_RowHead)
_alert: Final[msgspec.json.Decoder[_AlertHead]] = msgspec.json.Decoder(_AlertHead)
_life: Final[msgspec.json.Decoder[_LifeHead]] = msgspec.json.Decoder(_LifeHead)
_suggestion: Final[msgspec.json.Decoder[_SuggestionHead]] = msgspec.json.Decoder(_SuggestionHead)


class Board:
    """Rows and alerts by their key; a page that opens starts from these without asking Redis."""

    def __init__(
        self,
        rows: dict[bytes, bytes],
        alerts: dict[bytes, bytes],
        held: dict[bytes, bytes] | None = None,
        lives: dict[bytes, bytes] | None = None,
    ) -> None:
        self._rows = rows
        self._alerts = alerts
        self._held = held or {}
        # Of eight days of lives, a page needs those of what is open.
        self._lives = {key: raw for key, raw in (lives or {}).items() if key in self._alerts or key in self._held}

    def row(self, raw: bytes) -> None:
        """Keep the newest of an open conversation; forget an ended one."""
        head = _row.decode(raw)
        key = conversation_key(head.tenant, head.conversation_id)
        if head.state == "open":
            self._rows[key] = raw
        else:
            self._rows.pop(key, None)

    def alert(self, raw: bytes) -> bool:
        """Keep an alert from its opening to its clearing, shown or not; whether it is shown."""
        head = _alert.decode(raw)
        key = head.alert.alert_id.encode()
        self._alerts.pop(key, None)
        self._held.pop(key, None)
        if head.alert.state == "cleared":
            self._lives.pop(key, None)
        elif head.shown:
            self._alerts[key] = raw
        else:
            self._held[key] = raw
        return head.shown

    def life(self, raw: bytes) -> None:
        """Keep what supervisors made of an open alert."""
        head = _life.decode(raw)
        key = head.alert_id.encode()
        if head.state == "cleared":
            self._lives.pop(key, None)
        else:
            self._lives[key] = raw

    def snapshot(self) -> bytes:
        """Everything that is open, as one JSON object."""
        parts = (self._rows, self._alerts, self._lives, self._held)
        return b'{"rows":[%s],"alerts":[%s],"lives":[%s],"suppressed":[%s]}' % tuple(
            b",".join(part.values()) for part in parts
        )


def is_shown(raw: bytes) -> bool:
    """Whether the budget shows this alert."""
    return _alert.decode(raw).shown


def agent_of(raw: bytes) -> str:
    """The agent that a suggestion is for."""
    return _suggestion.decode(raw).agent_id
