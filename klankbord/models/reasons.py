"""What the words of one line say of why a customer makes contact: one chance for each reason, together with none 1."""

from functools import cache
from typing import Final

import numpy as np

from klankbord.events import Language
from klankbord.models import heads as models
from klankbord.models.heads import Model, Reading

NONE: Final = "none"


def model(language: Language) -> Model:
    """The model of one language."""
    return models.model(language, "reasons")


@cache
def known() -> tuple[str, ...]:
    """Every reason that the models can tell, in the order of the alphabet."""
    return tuple(name for name in model("en").names if name != NONE)


def chances(reading: Reading, *, at_least: float) -> dict[str, float]:
    """The reasons with a chance of `at_least`; what is left is the other reasons' and none's."""
    odds = np.exp(reading.logits - np.maximum.reduce(reading.logits))
    share = odds / np.add.reduce(odds)
    names = reading.model.names
    found = [(names[at], float(share[at])) for at in (share >= at_least).nonzero()[0].tolist()]
    return {name: chance for name, chance in found if name != NONE}
