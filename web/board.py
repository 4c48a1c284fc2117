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


class _SuggestionHead(Struct):
    agent_id: str
    because: str = ""


# Only what decides where a message goes is read of it; the rest travels as it was written.
_row: Final[msgspec.json.Decoder[_RowHead]] = msgspec.json.Decoder(_RowHead)
_alert: Final[msgspec.json.Decoder[_AlertHead]] = msgspec.json.Decoder(_AlertHead)
_suggestion: Final[msgspec.json.Decoder[_SuggestionHead]] = msgspec.json.Decoder(_SuggestionHead)


class Board:
    """Rows and alerts by their key; a page that opens starts from these without asking Redis."""

    def __init__(self, rows: dict[bytes, bytes], alerts: dict[bytes, bytes]) -> None:
        self._rows = rows
        self._alerts = alerts

    def row(self, raw: bytes) -> None:
        """Keep the newest of an open conversation; forget an ended one."""
        head = _row.decode(raw)
        key = conversation_key(head.tenant, head.conversation_id)
        if head.state == "open":
            self._rows[key] = raw
        else:
            self._rows.pop(key, None)

    def alert(self, raw: bytes) -> None:
        """Keep an alert from its opening to its clearing."""
        alert = _alert.decode(raw).alert
        key = alert.alert_id.encode()
        if alert.state == "opened":
            self._alerts[key] = raw
        else:
            self._alerts.pop(key, None)

    def snapshot(self) -> bytes:
        """Everything that is open, as one JSON object."""
        return b'{"rows":[%s],"alerts":[%s]}' % (b",".join(self._rows.values()), b",".join(self._alerts.values()))


def agent_of(raw: bytes) -> str:
    """The agent that a suggestion is for."""
    return _suggestion.decode(raw).agent_id


def event_of(raw: bytes) -> Literal["suggestion", "withdrawn"]:
    """What an entry of the suggestions is called: what is taken back says why."""
    return "withdrawn" if _suggestion.decode(raw).because else "suggestion"
