"""The second stage: what weighs how much, fitted on whole conversations that people judged."""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from msgspec.structs import replace
from scipy.optimize import minimize

from klankbord import context
from klankbord.adaptation import (
    CALMING,
    DISSATISFIED_FROM,
    SHAPE,
    Talk,
    corrections,
    judged,
    of_dissatisfaction,
    of_escalation,
)
from klankbord.channels.transcript import START
from klankbord.conversation import Conversation
from klankbord.events import Channel, Ended, Event, Language, Role, Started, Utterance
from klankbord.fitting import Example, fitted
from klankbord.labels import labelled
from klankbord.models.judges import FORMAT, Judge, Judges, Shipped
from klankbord.observation import heard
from klankbord.policy import PRIORS, Driver, Policy
from klankbord.replay import replay
from training.corpora import GOLD, read
from training.linear import auc
from training.own_lines import read_own

KINDS: Final = tuple(sorted(PRIORS))
# Beside the squared distance to the effort that people named: whether a service goal was met, and the prior.
_GOAL_SHARE: Final = 2.0
_PRIOR_SHARE: Final = 0.01
# How dear a step from the first guess is. What the conversation so far adds to the words of a turn differs from one
# contact centre to another, so it stays nearer to the words.
_TURN_STRENGTH: Final = 8.0
_RISK_STRENGTH: Final = 1.0
# A line by itself is worth less than a turn in its conversation, and the end of a conversation more than a turn.
_LINE_SHARE: Final = 0.3
_ANNOYED_SHARE: Final = 0.25
# Where the first guess stands: what the words say, whether they are good or bad, and what has gone on. How much good
# and bad count was chosen on lines of other people's conversations (decision 10), which no weight reads.
_TURN: Final = {
    "words": 3.0,
    "mood": 1.0,
    "negative": 3.0,
    "positive": -3.0,
    "frustration": 2.0,
    "solved": -1.0,
    "turned away": 0.5,
}
_RISK: Final = {"mood": 2.0, "effort": 2.0}


def gold() -> list[Talk]:
    """Our own conversations to learn from."""
    found = []
    for path in sorted(GOLD.glob("*.txt")):
        transcript, labels = labelled(path.read_text(encoding="utf-8"), name=path.stem)
        found.append(Talk(transcript.events, labels))
    return found


def service(data: Path, split: str) -> list[dict[str, Any]]:
    """Conversations of STAR with what customer and agent said afterwards of goal and mood."""
    return read(data, "star/star", split)


def as_events(row: dict[str, Any]) -> Iterator[Event]:
    """One of them as events; times are those of the source."""
    name, said_s = f"star-{row['dialogue']}", [turn["t"] or 0 for turn in row["turns"]]
    common = {"schema": 1, "tenant": "star", "conversation_id": name, "channel": Channel.CHAT, "language": "en"}
    yield Started(event_id=f"{name}-s", at=START, **common)  # type: ignore[arg-type]
    for number, (turn, second) in enumerate(zip(row["turns"], said_s, strict=True)):
        yield Utterance(
            event_id=f"{name}-{number}", at=START + timedelta(seconds=second), utterance_id=str(number),
            role=Role(turn["role"]), text=turn["text"], **common,  # type: ignore[arg-type]
        )  # fmt: skip
    yield Ended(event_id=f"{name}-e", at=START + timedelta(seconds=max(said_s, default=0) + 5), **common)  # type: ignore[arg-type]


def memories(events: Sequence[Event], policy: Policy) -> np.ndarray:
    """Events x drivers: what is remembered of each after every event; no weight is in it."""
    seen = [observation.conversation.drivers for observation in replay(events, policy)]
    return np.array([[drivers.get(kind, 0.0) for kind in KINDS] for drivers in seen])


def effort(memory: np.ndarray, weights: np.ndarray, policy: Policy) -> np.ndarray:
    """The effort after every event, 1..7, as `scoring` has it."""
    now = 6.0 * (1.0 - np.exp(-(memory @ weights) / policy.effort_scale))
    return np.asarray(1.0 + policy.effort_now * now + (1.0 - policy.effort_now) * np.maximum.accumulate(now))


def fit_effort(told: list[Talk], goals: list[dict[str, Any]], policy: Policy) -> dict[str, float]:
    """Weights of the drivers, none below 0, near the priors: they keep what nothing in the data speaks of."""
    seen = [memories(one.events, policy) for one in told]
    places = [
        [at for at, event in enumerate(one.events) if isinstance(event, Utterance) and event.utterance_id in one.labels]
        for one in told
    ]
    named = np.concatenate([[float(label.effort) for label in one.labels.values()] for one in told])
    ends = [memories(tuple(as_events(row)), policy) for row in goals]
    unmet = np.array([float(not row["goal_met"]) for row in goals])
    prior = np.array([PRIORS[kind].weight for kind in KINDS])

    def loss(point: np.ndarray) -> float:
        weights, start, slope = point[:-2], point[-2], point[-1]
        gap = np.concatenate([effort(s, weights, policy)[p] for s, p in zip(seen, places, strict=True)]) - named
        logit = start + slope * np.array([effort(end, weights, policy)[-1] for end in ends])
        goal = np.mean(np.logaddexp(0.0, logit) - unmet * logit)
        far = np.sum(((weights - prior) / np.maximum(prior, 0.2)) ** 2)
        return float(np.mean(gap**2) + _GOAL_SHARE * goal + _PRIOR_SHARE * far)

    bounds = [(0.0, 6.0)] * len(KINDS) + [(-20.0, 20.0), (0.0, 10.0)]
    found: Any = minimize(
        loss, np.array([*prior, -3.0, 1.0]), method="L-BFGS-B", bounds=bounds, options={"maxiter": 60}
    )
    return {kind: round(float(weight), 2) for kind, weight in zip(KINDS, found.x, strict=False)}


def line_event(text: str, language: Language) -> Utterance:
    """A line as the opening of a conversation."""
    return Utterance(
        schema=1, event_id="line", tenant="klankbord", conversation_id="line", channel=Channel.CHAT, at=START,
        language=language, utterance_id="line", role=Role.CUSTOMER, text=text,
    )  # fmt: skip


def _lines(policy: Policy) -> Iterator[Example]:
    """Our own lines that no head has seen."""
    for line in read_own():
        if line.is_dev:
            _, _, words, found = heard(Conversation(), line_event(line.text, line.language), policy)
            numbers = context.of_turn(Conversation(), words, found, policy)
            if numbers:
                yield Example(numbers, float(line.dissatisfied >= DISSATISFIED_FROM), _LINE_SHARE)


def _ends(rows: list[dict[str, Any]], policy: Policy) -> Iterator[Example]:
    for row in rows:
        if row.get("customer_annoyed") is not None:
            *_, last = replay(as_events(row), policy)
            numbers = context.of_conversation(last.conversation, policy)
            yield Example(numbers, float(row["customer_annoyed"]), _ANNOYED_SHARE)


def _blank(examples: list[Example], first: dict[str, float], bias: float) -> Judge:
    names = sorted({name for example in examples for name in example.numbers})
    return Judge(bias, {name: first.get(name, 0.0) for name in names})


def fit(data: Path) -> Shipped:
    """Effort first, then the two judges, which look at it."""
    told, policy = gold(), Policy()
    policy = replace(policy, judges=replace(policy.judges, heads={}))
    rows = service(data, "train")
    weights = fit_effort(told, [row for row in rows if row.get("goal_met") is not None], policy)
    drivers = {kind: Driver(weights[kind], PRIORS[kind].cap) for kind in PRIORS}
    policy = replace(policy, drivers=drivers)
    heads = corrections([turn for one in told for turn in judged(one, policy)], {})
    policy = replace(policy, judges=replace(policy.judges, heads=heads))
    turns = [turn for one in told for turn in judged(one, policy)]
    of_turns = [*of_dissatisfaction(turns), *_lines(policy)]
    of_talks = [*of_escalation(turns), *_ends(rows, policy)]
    judges = Judges(
        heads=heads,
        dissatisfaction=fitted(
            of_turns, _blank(of_turns, _TURN, -2.5), strength=_TURN_STRENGTH, lowers=CALMING, free=SHAPE
        ),
        escalation=fitted(of_talks, _blank(of_talks, _RISK, -3.5), strength=_RISK_STRENGTH, lowers=CALMING, free=SHAPE),
    )
    figures = {
        "dissatisfaction AUC, train": _auc(judges.dissatisfaction, of_turns),
        "escalation AUC, train": _auc(judges.escalation, of_talks),
        "conversations": float(len(told)),
        "turns": float(len(turns)),
    }
    read_from = {"klankbord": "Apache-2.0 (conversations and lines of our own)", "star": "MIT (goal met, annoyed)"}
    return Shipped(FORMAT, "make train", read_from, figures, judges, weights)


def _auc(judge: Judge, examples: list[Example]) -> float:
    scores = np.array([judge.chance(example.numbers) for example in examples])
    return round(auc(scores, np.array([example.truth for example in examples])), 4)


def write(path: Path, shipped: Shipped) -> None:
    """The file, for people to read: one number a line."""
    path.write_text(json.dumps(msgspec.to_builtins(shipped), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[2]) / "judges.json", fit(Path(sys.argv[1])))
