"""The fields of our events, as far as a map has to know them."""

from collections.abc import Mapping
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from msgspec.structs import FieldInfo, fields

from klankbord.events import Event

KINDS: Final = {str(kind.__struct_config__.tag): kind for kind in get_args(Event)}
# Fields of all events together: what one kind does not have it ignores.
FIELDS: Final[Mapping[str, FieldInfo]] = {
    field.encode_name: field for kind in KINDS.values() for field in fields(kind) if field.encode_name != "schema"
}


def _plain(kind: Any) -> Any:
    """The type without what it may hold and without None."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return next(_plain(one) for one in get_args(kind) if one is not type(None))
    return kind


NUMBERS: Final = frozenset(name for name, field in FIELDS.items() if _plain(field.type) in (int, float))
TRUTHS: Final = frozenset(name for name, field in FIELDS.items() if _plain(field.type) is bool)
# What is written in a unit, and in which if the map does not say.
TIMES: Final[Mapping[str, str]] = {
    name: "iso" if _plain(field.type) is datetime else "ms"
    for name, field in FIELDS.items()
    if _plain(field.type) is datetime or name.endswith("_ms")
}
TEXTS: Final = frozenset({"type", *FIELDS}) - NUMBERS - TRUTHS - TIMES.keys()


def needed(kind: str) -> frozenset[str]:
    """What an event of this kind cannot do without, beside its type and schema."""
    return frozenset(field.encode_name for field in fields(KINDS[kind]) if field.required) - {"schema"}
