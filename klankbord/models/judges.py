"""The second stage: logistic models over a few dozen named numbers, small enough to be read by a person."""

import math
from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

Weight = Annotated[float, Meta(ge=-20, le=20)]


class Judge(Struct, frozen=True, forbid_unknown_fields=True):
    """One logistic model: how far each number, times its weight, moves the log-odds."""

    bias: Weight
    weights: dict[str, Weight]

    def parts(self, numbers: Mapping[str, float]) -> dict[str, float]:
        """What each number adds to the log-odds; with the bias they add up to them. A missing number is 0."""
        return {name: weight * numbers[name] for name, weight in self.weights.items() if numbers.get(name)}

    def chance(self, numbers: Mapping[str, float]) -> float:
        """The chance that all parts together stand for, 0..1."""
        total, weights = self.bias, self.weights
        for name, value in numbers.items():  # of few that are told, and not of all that are weighed
            if name in weights:
                total += weights[name] * value
        return 1.0 / (1.0 + math.exp(-total))


class Correction(Struct, frozen=True, forbid_unknown_fields=True):
    """How the log-odds of one head are moved for a tenant: `slope` times them, plus `offset`."""

    slope: Annotated[float, Meta(gt=0, le=5)] = 1.0
    offset: Annotated[float, Meta(ge=-5, le=5)] = 0.0


class Judges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is fitted on whole conversations: of a turn, of a conversation, and small corrections of heads."""

    dissatisfaction: Judge
    escalation: Judge
    heads: dict[str, Correction] = {}


class Shipped(Struct, frozen=True):
    """The file that `make train` writes: where it comes from, the judges, and the weight of each effort driver."""

    format: int
    command: str
    data: dict[str, str]
    figures: dict[str, float]
    judges: Judges
    effort: dict[str, float]


FORMAT: Final = 1


def read(data: bytes) -> Shipped:
    """The content of a file of judges."""
    shipped = msgspec.json.decode(data, type=Shipped)
    if shipped.format != FORMAT:
        raise ValueError(f"judges are of format {shipped.format}, this reader knows {FORMAT}")
    return shipped


SHIPPED: Final = read(files("klankbord.models").joinpath("judges.json").read_bytes())
