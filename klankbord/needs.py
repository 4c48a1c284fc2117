"""What a customer means to do and what a customer needs: remembered for a short while, to help with."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from klankbord.conversation import KEEP_NEEDS, NEEDS, THREATS, Conversation, Need
from klankbord.digits import rounded
from klankbord.events import Seconds
from klankbord.policy import THREAT_FROM, Policy
from klankbord.signals import Dimension, Signal


def shown(signals: Iterable[Signal], dimension: Dimension) -> dict[str, float]:
    """What one turn shows of each kind of intent or need, 0..1."""
    found: dict[str, float] = {}
    for signal in signals:
        if signal.dimension is dimension:
            found[signal.kind] = signal.strength
    return found


def is_threat(kind: str) -> bool:
    """Whether a kind of signal is of danger: its words are shown, for nobody can judge it without the sentence."""
    return kind in THREATS


def alerts(signal: Signal) -> bool:
    """Whether a signal alerts by itself: a threat from `THREAT_FROM`, which no policy moves."""
    return is_threat(signal.kind) and signal.strength >= THREAT_FROM


def churned(before: float, signals: Iterable[Signal], policy: Policy) -> float:
    """How likely the customer means to leave after a customer turn, 0..1."""
    return rounded(max(before * policy.churn_fade, shown(signals, Dimension.INTENT).get("leaving", 0.0)))


def remembered(
    conversation: Conversation, signals: Iterable[Signal], policy: Policy, *, at: Seconds
) -> dict[str, Need]:
    """The needs after an event: the new with their time, the old until they are let go, the threats always."""
    shown_now = shown(signals, Dimension.NEED)
    if not shown_now and not conversation.needs:
        return {}
    turn = conversation.customer_turns
    needs = {
        kind: need
        for kind, need in conversation.needs.items()
        if kind in THREATS or (turn - need.customer_turn < policy.need_turns and at - need.at < policy.need_s)
    }
    for kind, sure in shown_now.items():
        earlier = needs.pop(kind, None)
        needs[kind] = Need(sure if earlier is None else max(sure, earlier.sure), at, turn)
    return _last(needs)


def over(conversation: Conversation) -> Conversation:
    """The conversation once it has ended: no need and no word of one is left in it."""
    return replace(
        conversation,
        needs={},
        evidence=tuple(evidence for evidence in conversation.evidence if evidence.signal not in NEEDS),
        episodes={
            name: replace(episode, cause=None) if episode.cause and episode.cause.signal in NEEDS else episode
            for name, episode in conversation.episodes.items()
        },
    )


def _last(needs: Mapping[str, Need]) -> dict[str, Need]:
    """The threats and the newest others, at most `KEEP_NEEDS`."""
    newest = sorted(needs, key=lambda kind: (kind in THREATS, needs[kind].at))[-KEEP_NEEDS:]
    return {kind: needs[kind] for kind in NEEDS if kind in newest}
