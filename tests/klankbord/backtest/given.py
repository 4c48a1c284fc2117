"""What the tests of the backtest start from."""

from datetime import timedelta

from msgspec.structs import replace

from klankbord.events import Ended, Event, Role, Started
from klankbord.policy import Policy
from klankbord.policy_file import read_policy
from tests.klankbord.given import START, utterance

FURIOUS = "this is ridiculous, worst service I have ever had, I am absolutely furious"
CALM = "where can I find the opening hours"

# Two rules of the tests' own; `bold` alerts on nearly every angry word, `shy` on none.
RULE = """
[rules.angry_customer]
when = "anger >= raise_at"
until = "anger < release_at"
raise_at = {raise_at}
release_at = 0.1
severity = "{severity}"
nl = "Klant is boos"
en = "Customer is angry"
"""


def toml(raise_at: float, *, severity: str = "warning", more: str = "") -> str:
    """A policy file with one rule."""
    return more + RULE.format(raise_at=raise_at, severity=severity)


def policy(raise_at: float, *, severity: str = "warning", more: str = "") -> Policy:
    """The policy of that file."""
    return read_policy(toml(raise_at, severity=severity, more=more), source="test.toml")


def contact(name: str, text: str = FURIOUS, *, hour: int = 0, team: str = "south", end: bool = True) -> list[Event]:
    """A conversation in which the customer says one thing, `hour` hours after the start."""
    at = START + timedelta(hours=hour)
    common = {"schema": 1, "tenant": "demo", "conversation_id": name, "channel": "chat", "team": team}
    started = Started(event_id=f"{name}-1", at=at, **common)  # type: ignore[arg-type]  # the channel is a word here
    said = replace(
        utterance(text, Role.CUSTOMER, after_s=hour * 3600 + 5), event_id=f"{name}-2", conversation_id=name, team=team
    )
    ended = Ended(event_id=f"{name}-3", at=at + timedelta(seconds=9), **common)  # type: ignore[arg-type]
    return [started, said, *([ended] if end else [])]
