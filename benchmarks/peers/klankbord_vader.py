"""Our monitor with everybody's small work in the place of `observe()`: transport beside transport."""

from functools import cache

import faust

import agents.monitor
from benchmarks.peers.work import compound
from config.settings import read_settings
from klankbord.conversation import Conversation
from klankbord.events import Event, Role, Utterance
from klankbord.observation import Observation
from klankbord.policy import Policy
from streams.app import create_monitor


def observe(conversation: Conversation, event: Event, policy: Policy) -> Observation:
    """Count, and score what the customer says."""
    turns, valence = conversation.customer_turns, conversation.valence
    role = event.role if isinstance(event, Utterance) else None
    if isinstance(event, Utterance) and role is Role.CUSTOMER:
        turns += 1
        valence += (compound(event.text) - valence) / turns
    return Observation(
        event_id=event.event_id,
        conversation_id=event.conversation_id,
        tenant=event.tenant,
        type=str(event.__struct_config__.tag),
        at=event.at_s,
        conversation=Conversation(
            customer_turns=turns, agent_turns=conversation.agent_turns + (role is Role.AGENT), valence=valence
        ),
        role=role,
        valence=valence,
    )


@cache
def _monitor() -> faust.App:
    agents.monitor.observe = observe  # type: ignore[attr-defined]  # it is imported there
    return create_monitor(read_settings())


def __getattr__(name: str) -> faust.App:
    """`monitor` for `faust -A`, as `streams.app` has it."""
    if name != "monitor":
        raise AttributeError(name)
    return _monitor()
