"""What Faust runs with in each worker, as `klankbord config show` prints it."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

import faust
from faust.types.settings.params import Param

from config.settings import Settings
from streams.app import READS, bare

HIDDEN: Final = "**********"
SETTINGS: Final[Mapping[str, Param[object, object]]] = faust.Settings.SETTINGS
# Made up anew at every start.
RANDOM: Final = frozenset({"reply_to"})
SECRETS: Final = frozenset({"broker_credentials"})


def effective(settings: Settings) -> dict[str, str]:
    """Every setting of Faust's as `faust.NAME`, or as `faust.monitor.NAME` and so on where the workers differ.

    Reads no file that the settings name, so that it answers where their secrets and certificates are not.
    """
    found = {name: _of(name, settings) for name in READS}
    shown = {}
    for setting in next(iter(found.values())):
        values = {name: of_worker[setting] for name, of_worker in found.items()}
        if len({*values.values()}) == 1:
            shown[f"faust.{setting}"] = next(iter(values.values()))
        else:
            shown |= {f"faust.{name}.{setting}": value for name, value in values.items()}
    return shown


def in_force(conf: faust.Settings) -> dict[str, str]:
    """What `conf` says, without what Faust has given up, what is random, and secrets."""
    kept = (name for name, one in SETTINGS.items() if one.version_deprecated is None and name not in RANDOM | SECRETS)
    return {"id": conf.id} | {name: _text(getattr(conf, name)) for name in kept}


def _of(name: str, settings: Settings) -> dict[str, str]:
    credentials = HIDDEN if settings.broker_security != "PLAINTEXT" else _text(None)
    return in_force(bare(name, settings, None).conf) | {"broker_credentials": credentials}


def _text(value: object) -> str:
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, Enum):
        return str(value.value)
    return ",".join(map(_text, value)) if isinstance(value, list) else str(value)
