"""A monitor of a bad deploy: `faust -A tests.kafka.broken:monitor` fails at every event, for a defect of its own."""

import faust

from agents import monitor as scoring
from klankbord.conversation import Conversation
from klankbord.events import Event
from klankbord.observation import Observation
from klankbord.policy import Policy
from streams import app


def _observe(conversation: Conversation, event: Event, policy: Policy) -> Observation:
    raise ZeroDivisionError


def __getattr__(name: str) -> faust.App:
    if name not in ("monitor", "publisher"):
        raise AttributeError(name)
    setattr(scoring, "observe", _observe)  # noqa: B010  # mypy calls it a name that is not exported
    return getattr(app, name)  # type: ignore[no-any-return]
