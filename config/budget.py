"""The budget for noise: how many alerts a team is shown in an hour, and which of them go first."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from klankbord.errors import InvalidConfiguration
from klankbord.toml import read_toml

Ceiling = Annotated[int, Meta(ge=0, le=1000)]
Weight = Annotated[float, Meta(gt=0, le=1000)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """What an alert weighs: severity x risk x value x waiting, each of them bounded."""

    # A warning goes before three notices, a critical alert before all else.
    info: Weight = 1.0
    warning: Weight = 3.0
    critical: Weight = 10.0
    # A conversation that shows no risk yet keeps a fifth of its weight: the alert itself is evidence.
    risk_floor: Share = 0.2
    # At most twice the weight for who is worth much, and for who waits long: neither may outweigh a severity.
    value_full: Annotated[float, Meta(gt=0)] = 10_000.0
    wait_full_s: Annotated[float, Meta(gt=0)] = 600.0


class Folding(Struct, frozen=True, forbid_unknown_fields=True):
    """When alerts of one cause are shown as one."""

    within_s: Annotated[float, Meta(gt=0, le=86_400)] = 900.0
    # Two is chance, three is a pattern.
    from_alerts: Annotated[int, Meta(ge=2, le=1000)] = 3


class Budget(Struct, frozen=True, forbid_unknown_fields=True):
    """The ceiling of each team and hour of event time, the weights of the ranking, and folding."""

    # One every five minutes: more than that nobody follows up beside a floor of their own.
    per_hour: Ceiling = 12
    teams: dict[str, Ceiling] = {}
    weights: Weights = Weights()
    folding: Folding = Folding()

    def ceiling(self, tenant: str, team: str | None) -> int:
        """How many alerts this team is shown in an hour; the conversations without a team are a team of their own."""
        return self.teams.get(f"{tenant}/{team or ''}", self.per_hour)


def read_budget(text: str, *, source: str) -> Budget:
    """The budget in TOML, or `InvalidConfiguration` that names the mistake."""
    try:
        return msgspec.convert(read_toml(text, source=source), Budget)
    except msgspec.ValidationError as error:
        raise InvalidConfiguration([f"{source}: {error}"]) from None
