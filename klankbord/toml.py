"""TOML that somebody wrote by hand, whatever is in it."""

import tomllib
from typing import Any

from klankbord.errors import InvalidConfiguration


def read_toml(text: str, *, source: str) -> dict[str, Any]:
    """The tables in `text`, or `InvalidConfiguration` with `source` and what cannot be read."""
    try:
        return tomllib.loads(text)
    except ValueError as error:  # also of a number with thousands of digits
        raise InvalidConfiguration([f"{source}: {error}"]) from None
    except RecursionError:
        raise InvalidConfiguration([f"{source}: brackets stand in brackets too deep to be read"]) from None
