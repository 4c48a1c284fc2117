"""How our scores agree with our own labels: what nothing is fitted to, by language and channel."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from klankbord.adaptation import DISSATISFIED_FROM, auc
from klankbord.conversation import Conversation
from klankbord.events import Channel, Utterance
from klankbord.labels import Label
from klankbord.language import odds
from klankbord.observation import Observation, observe
from klankbord.phrases import clean, normal
from klankbord.policy import EMOTIONS, Policy
from klankbord.replay import replay
from tests.gold import Gold, Line, Split, read_gold, read_lines, read_second
from training.judges import line_event
from training.linear import spearman

BINS: Final = 10
# A turn before or after the one that people marked is soon enough for an alert.
SOON_TURNS: Final = 1
# Pairs whose labels are alike must score alike, whatever the spelling.
ALIKE_WITHIN: Final = 0.25


@dataclass
class Turns:
    """The labelled turns of some conversations: what was scored, and what people said."""

    dissatisfaction: list[float] = field(default_factory=list)
    dissatisfied: list[float] = field(default_factory=list)
    effort: list[float] = field(default_factory=list)
    efforts: list[float] = field(default_factory=list)
    emotions: dict[str, tuple[list[float], list[float]]] = field(
        default_factory=lambda: {emotion: ([], []) for emotion in EMOTIONS}
    )

    def add(self, gold: Gold, seen: Sequence[Observation]) -> None:
        """Every labelled turn of one conversation."""
        for one in seen:
            label = gold.labels.get(one.utterance_id)
            if label is not None:
                self.dissatisfaction.append(one.dissatisfaction)
                self.dissatisfied.append(float(label.dissatisfied >= DISSATISFIED_FROM))
                self.effort.append(one.conversation.effort)
                self.efforts.append(float(label.effort))
                for emotion, (scores, truths) in self.emotions.items():
                    scores.append(one.emotions.get(emotion, 0.0))
                    truths.append(float(emotion in label.emotions))

    @property
    def dissatisfied_auc(self) -> float | None:
        return auc(self.dissatisfaction, self.dissatisfied)

    @property
    def effort_rho(self) -> float:
        return spearman(self.effort, self.efforts)

    @property
    def confusion(self) -> tuple[int, int, int, int]:
        """Rightly dissatisfied, wrongly, missed, rightly not: at a chance of one half."""
        judged = zip(self.dissatisfaction, self.dissatisfied, strict=True)
        said = [(score >= 0.5, truth > 0.5) for score, truth in judged]
        return (
            sum(s and t for s, t in said), sum(s and not t for s, t in said),
            sum(t and not s for s, t in said), sum(not s and not t for s, t in said),
        )  # fmt: skip


@dataclass
class Alerts:
    """When the first alert came, against when people would have wanted it."""

    hard: int = 0
    soon: int = 0
    early: int = 0
    late: int = 0
    missed: int = 0
    calm: int = 0
    false: int = 0

    def add(self, gold: Gold, seen: Sequence[Observation]) -> None:
        """One conversation."""
        first, wanted = _first_alert(gold, seen), _marked(gold.labels.values())
        if wanted is None:
            self.calm += gold.kind == "calm"
            self.false += gold.kind == "calm" and first is not None
            return
        self.hard += 1
        self.missed += first is None
        if first is not None:
            self.soon += abs(first - wanted) <= SOON_TURNS
            self.early += first < wanted - SOON_TURNS
            self.late += first > wanted + SOON_TURNS


def _first_alert(gold: Gold, seen: Sequence[Observation]) -> int | None:
    turns, turn = list(gold.labels), 0
    for one in seen:
        if one.utterance_id in gold.labels:
            turn = turns.index(one.utterance_id)
        if any(alert.state == "opened" for alert in one.alerts):
            return turn
    return None


@dataclass
class Family:
    """Pairs of lines of one kind of difference."""

    pairs: int = 0
    right: int = 0


@dataclass(frozen=True)
class Twice:
    """How far two agree who labelled the same turns without seeing each other's labels."""

    turns: int
    # The second's level of dissatisfaction against the first's yes or no, and the agreement of both beyond chance.
    dissatisfied_auc: float | None
    kappa: float
    effort_rho: float
    hard: int
    alerts_within: int  # of the hard ones; a turn apart counts
    alerts_else: int  # where the first has none


def twice(language: str) -> Twice:
    """The dev half in one language, as labelled first and second."""
    second = read_second()
    found = [gold for gold in read_gold() if gold.split == "dev" and gold.language == language]
    pairs = [pair for gold in found for pair in zip(gold.labels.values(), second[gold.name], strict=True)]
    ours = [float(one.dissatisfied >= DISSATISFIED_FROM) for one, _ in pairs]
    theirs = [float(other.dissatisfied >= DISSATISFIED_FROM) for _, other in pairs]
    alike = sum(a == b for a, b in zip(ours, theirs, strict=True)) / len(pairs)
    share, other_share = sum(ours) / len(pairs), sum(theirs) / len(pairs)
    by_chance = share * other_share + (1.0 - share) * (1.0 - other_share)
    places = [(_marked(gold.labels.values()), _marked(second[gold.name])) for gold in found]
    return Twice(
        turns=len(pairs),
        dissatisfied_auc=auc([float(other.dissatisfied) for _, other in pairs], ours),
        kappa=(alike - by_chance) / (1.0 - by_chance),
        effort_rho=spearman([float(other.effort) for _, other in pairs], [float(one.effort) for one, _ in pairs]),
        hard=sum(one is not None for one, _ in places),
        alerts_within=sum(a is not None and b is not None and abs(a - b) <= SOON_TURNS for a, b in places),
        alerts_else=sum(a is None and b is not None for a, b in places),
    )


def _marked(labels: Iterable[Label]) -> int | None:
    return next((turn for turn, label in enumerate(labels) if label.alert), None)


@dataclass
class Conversations:
    """What the conversations of one split say: turns by language and channel, alerts by language."""

    turns: dict[tuple[str, str], Turns] = field(default_factory=dict)
    alerts: dict[str, Alerts] = field(default_factory=dict)


@dataclass
class Measured:
    """Everything that our own labels say: of the dev half, and of the conversations that were written later."""

    dev: Conversations
    later: Conversations
    families: dict[tuple[str, str], Family] = field(default_factory=dict)
    languages: dict[str, tuple[int, int]] = field(default_factory=dict)


def conversations(split: Split, policy: Policy) -> Conversations:
    """Replay every conversation of a split."""
    found = Conversations()
    for gold in read_gold():
        if gold.split == split:
            seen = list(replay(gold.transcript.events, policy))
            channel = gold.transcript.events[0].channel
            way = "voice" if channel is Channel.VOICE else "text"
            for group in ((gold.language, "all"), (gold.language, way)):
                found.turns.setdefault(group, Turns()).add(gold, seen)
            found.alerts.setdefault(gold.language, Alerts()).add(gold, seen)
    return found


def measured(policy: Policy | None = None) -> Measured:
    """Replay the conversations, and score every line of the dev half."""
    policy = policy or Policy()
    found = Measured(conversations("dev", policy), conversations("later", policy))
    lines = [line for line in read_lines() if line.split == "dev"]
    for pair in _pairs(lines):
        family = found.families.setdefault((pair[0].language, pair[0].family), Family())
        for left, right in pairwise(pair):
            family.pairs += 1
            family.right += _is_right(left, right, policy)
    for language in ("nl", "en"):
        found.languages[language] = _told(language, policy)
    return found


def _pairs(lines: Iterable[Line]) -> list[list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.pair, []).append(line)
    return list(found.values())


def _is_right(left: Line, right: Line, policy: Policy) -> bool:
    """Two lines with other labels must score in that order; with the same label, alike."""
    one, other = (_scored(line, policy) for line in (left, right))
    gap = left.dissatisfied - right.dissatisfied
    return abs(one - other) <= ALIKE_WITHIN if not gap else (one - other) * gap > 0


def _scored(line: Line, policy: Policy) -> float:
    return observe(Conversation(), line_event(line.text, line.language), policy).dissatisfaction


def _told(language: str, policy: Policy) -> tuple[int, int]:
    """How many customer lines of three words or more are known for their language by themselves, of how many."""
    texts = [
        event.text
        for gold in read_gold()
        if gold.split == "dev" and gold.language == language
        for event in gold.transcript.events
        if isinstance(event, Utterance) and len(event.text.split()) >= 3
    ]
    right = sum((odds(normal(clean(text)), policy.languages) > 0) == (language == "nl") for text in texts)
    return right, len(texts)


def reliability(scores: Sequence[float], truths: Sequence[float]) -> list[tuple[float, float, int]]:
    """Mean chance, share that held and how many, for each tenth of the chances that has any."""
    found = []
    for step in range(BINS):
        at = [i for i, score in enumerate(scores) if min(BINS - 1, int(score * BINS)) == step]
        if at:
            found.append((sum(scores[i] for i in at) / len(at), sum(truths[i] for i in at) / len(at), len(at)))
    return found
