"""The contact reasons of an installation: their names, what could be done about each, and a tenant's own phrases."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from klankbord.errors import InvalidConfiguration
from klankbord.events import Language
from klankbord.phrases import Phrases, clean, normal
from klankbord.toml import read_toml

Label: TypeAlias = Literal["yes", "partly", "no"]
Question: TypeAlias = Literal["preventable", "self_service", "automatable"]
QUESTIONS: Final[tuple[Question, ...]] = ("preventable", "self_service", "automatable")
# Ids stand in the 4 KB of a conversation and, their first level, in a metric's label.
MAX_ID_CHARS: Final = 32
_ID: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
UNKNOWN: Final = "unknown"  # the name of no reason, where one has to be shown


class Said(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing in Dutch and English."""

    nl: str
    en: str


class Heard(Struct, frozen=True, forbid_unknown_fields=True):
    """Phrases that decide for a reason wherever a customer says one of them."""

    nl: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


class Reason(Struct, frozen=True, forbid_unknown_fields=True):
    """One reason: could the contact have been prevented, self-served, automated, and on what that rests.

    What is judged the same as another is counted there: `same_as`.
    """

    nl: str
    en: str
    preventable: Label
    self_service: Label
    automatable: Label
    why: Said
    phrases: Heard = Heard()
    same_as: str = ""


class Taxonomy(Struct, frozen=True, dict=True):
    """Groups, and the reasons in them by their whole id ("delivery.late"). Empty: every reason goes by its plain id."""

    groups: dict[str, Said] = {}
    reasons: dict[str, Reason] = {}

    def place(self, reason: str) -> str:
        """The id under which a reason counts; empty for one that was removed."""
        if not self.reasons:
            return reason
        known = self.reasons.get(reason)
        return "" if known is None else known.same_as or reason

    @property
    def counted(self) -> frozenset[str]:
        """The ids that a conversation's reason may have; empty where there are no reasons of our own."""
        return frozenset(id_ for id_, reason in self.reasons.items() if not reason.same_as)

    def name(self, reason: str) -> Said:
        """What a person reads."""
        known = self.reasons.get(reason)
        return Said(reason, reason) if known is None else Said(known.nl, known.en)

    def spoken(self, normal: str, language: Language) -> tuple[str, tuple[int, int]] | None:
        """The reason whose phrase stands first in a line, and where."""
        if not self._ids:
            return None
        match = next(self._phrases.matches(normal, language), None)
        if match is None:
            return None
        return self.place(self._ids[language][match.phrase]), (match.start, match.end)

    @cached_property
    def _ids(self) -> dict[Language, dict[str, str]]:
        """The reason that each phrase decides for; empty when there is no phrase at all."""
        ids: dict[Language, dict[str, str]] = {"nl": {}, "en": {}}
        for reason, known in self.reasons.items():
            ids["nl"] |= {spelling: reason for spelling in _spellings(known.phrases.nl)}
            ids["en"] |= {spelling: reason for spelling in _spellings(known.phrases.en)}
        return ids if any(ids.values()) else {}

    @cached_property
    def _phrases(self) -> Phrases:
        return Phrases(nl=dict.fromkeys(self._ids["nl"], 1.0), en=dict.fromkeys(self._ids["en"], 1.0))


def read_taxonomy(text: str, *, source: str, known: Iterable[str]) -> Taxonomy:
    """A taxonomy from TOML, or `InvalidConfiguration` naming `source`, the field and the id that was perhaps meant.

    `known` are the reasons that the models can tell; any other needs phrases to be told by.
    """
    tables = read_toml(text, source=source)
    mistakes: list[str] = []
    groups: dict[str, Said] = {}
    reasons: dict[str, Reason] = {}
    for group, table in tables.items():
        if not isinstance(table, dict):
            mistakes.append(f"{source}: {group}: is no table; a group reads [{group}]")
            continue
        for name, entry in table.items():
            if isinstance(entry, dict):
                _read(entry, Reason, f"{group}.{name}", reasons, mistakes)
        _read({k: v for k, v in table.items() if not isinstance(v, dict)}, Said, group, groups, mistakes)
    mistakes += _mistakes(reasons, frozenset(known))
    if mistakes:
        raise InvalidConfiguration([m if m.startswith(source) else f"{source}: {m}" for m in mistakes])
    return Taxonomy(groups, reasons)


def _read(entry: dict[str, Any], kind: Any, where: str, into: dict[str, Any], mistakes: list[str]) -> None:
    try:
        into[where] = msgspec.convert(entry, type=kind)
    except msgspec.ValidationError as error:
        mistakes.append(f"[{where}]: {error}")


def _mistakes(reasons: dict[str, Reason], known: frozenset[str]) -> Iterator[str]:
    told: dict[tuple[str, str], str] = {}
    for id_, reason in reasons.items():
        if not _ID.fullmatch(id_) or len(id_) > MAX_ID_CHARS:
            yield f"[{id_}]: an id is two words of a-z, 0-9 and _, {MAX_ID_CHARS} characters at most"
        own = reason.phrases.nl or reason.phrases.en
        if id_ not in known and not own and not reason.same_as:
            yield f"[{id_}]: no model knows it and it has no phrases to be told by{_meant(id_, known)}"
        if reason.same_as and reason.same_as not in reasons:
            yield f"[{id_}] same_as: there is no '{reason.same_as}'{_meant(reason.same_as, reasons)}"
        elif reason.same_as and reasons[reason.same_as].same_as:
            yield f"[{id_}] same_as: '{reason.same_as}' is itself the same as '{reasons[reason.same_as].same_as}'"
        for language, phrases in (("nl", reason.phrases.nl), ("en", reason.phrases.en)):
            for phrase in phrases:
                if not phrase.strip():
                    yield f"[{id_}] phrases.{language}: a phrase is empty"
                elif (other := told.setdefault((language, _typed(phrase)), id_)) != id_:
                    yield f"[{id_}] phrases.{language}: '{phrase}' already decides for '{other}'"


def _meant(id_: str, known: Iterable[str]) -> str:
    close = get_close_matches(id_, sorted(known), n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else ""


def _typed(phrase: str) -> str:
    return normal(clean(phrase))


def _spellings(phrases: Iterable[str]) -> Iterator[str]:
    """Each phrase as it is searched: in lower case, with and without apostrophes and accents."""
    listed = Phrases(nl={_typed(phrase): 1.0 for phrase in phrases}, en={})
    yield from listed.nl
