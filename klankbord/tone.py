"""What the trained heads make of the whole of the words, beside the phrases that we list."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from klankbord.events import Language
from klankbord.models.features import spans
from klankbord.models.heads import Reading, answering, reading
from klankbord.models.hints import HINTED, may_mean
from klankbord.phrases import Near, Phrases, lists_in, lists_in_answer
from klankbord.polarity import Polarity, polarity
from klankbord.signals import Cue, CustomerWords, Detector, Finding, Words, of_emotion
from klankbord.spelled import spells_out

# Below this nobody is shown the evidence, so its words need not be looked for.
WORDS_FROM: Final = 0.2
# A fact counts or it does not: what is more likely told than not.
TOLD_FROM: Final = 0.5
# Where a head of an intent or a need is listened to: chances are small, for so is the share of customers in need, and
# phrases come first.
NEED_FROM: Final = 0.3
# A threat opens an alert, and one turn in five hundred at 0.3 was a window over a door.
DANGER_FROM: Final = 0.7
HALF_SURE: Final = 0.5
# Words near each other are no phrase that a person reviewed, yet enough to look.
VEILED: Final = 0.6
# VADER's own border of what is neutral.
NEUTRAL_BELOW: Final = 0.05
# From this much feeling on, by the head or by VADER, valence counts in full; an order number is neither good nor bad.
_FELT_FROM: Final = 0.15
# The head of an emotion that each kind of signal tells of.
EMOTION_HEADS: Final = {
    "sounds_angry": "anger",
    "sounds_frustrated": "frustration",
    "sounds_disappointed": "disappointment",
    "sounds_anxious": "anxiety",
    "sounds_confused": "confusion",
    "sounds_sad": "sadness",
    "sounds_relieved": "relief",
    "sounds_happy": "joy",
    "sounds_grateful": "gratitude",
}
GOOD: Final = frozenset({"joy", "gratitude", "relief"})
_DOUBTED_FROM: Final = 0.05
_MOST_WORDS: Final = 6


def cues_in(words: CustomerWords) -> set[Cue]:
    """What in a line calls for a detector; none listens to a head below `NEED_FROM` but those that always answer."""
    chances = reading(words.normal, words.language).chances
    cues: set[Cue] = {head for head, chance in chances.items() if chance >= NEED_FROM}
    cues |= lists_in(words.normal)
    return cues


def cues_in_answer(words: Words) -> set[Cue]:
    """What in an answer calls for a detector; its heads are named where they may be likely, before they are read."""
    cues: set[Cue] = {*lists_in_answer(words.normal)}
    if may_mean(words.normal, words.language):
        cues.update(HINTED)
    return cues


def sounds(kind: str, head: str) -> Detector:
    """A detector of emotion that asks one head; it always answers, mostly with little."""

    def find(words: CustomerWords) -> Finding:
        read = reading(words.normal, words.language)
        chance = 0.0 if spells_out(words.normal) else believed(words, head, read.chances[head])
        return Finding(chance, strongest(read, head) if chance >= WORDS_FROM else None)

    return of_emotion(kind, find, head=head)


def believed(words: CustomerWords, head: str, chance: float) -> float:
    """The chance of a head of emotion as far as the rest of the words bear it out."""
    if chance < _DOUBTED_FROM or head not in GOOD:
        return chance
    # Joy is heard in "what a ... service" whatever stands between; the whole of the words must not be bad.
    return chance * min(1.0, 2.0 * (1.0 - negative(words.clean, words.normal, words.language)[0]))


def hears(words: CustomerWords, head: str, *, at_least: float) -> Finding | None:
    """An intent or a need that nobody listed a phrase for: half sure, so that somebody looks."""
    read = reading(words.normal, words.language)
    return Finding(HALF_SURE, strongest(read, head)) if read.chances[head] >= at_least else None


def veiled(words: CustomerWords, phrases: Phrases, near: Near) -> Finding | None:
    """A danger: a phrase in any language, or words that stand near each other in it."""
    # What ends the line may be the danger ("I can't go on"; "I can't go on the website" is none), so a line ends.
    found = phrases.best_in_any(words.normal + ".")
    if found is not None:
        return Finding(found.strength, (found.start, min(found.end, len(words.normal))))
    match = near.search(words.normal)
    return None if match is None else Finding(VEILED, match.span())


def tells(words: Words, head: str, phrases: Phrases, *, opening: bool = False) -> Finding | None:
    """What a customer tells of: the phrase that says so, or the head where it is surer.

    In an `opening` turn only phrases count, for what needs something before it: nothing can be repeated or corrected.
    """
    if opening:
        found = phrases.best(words.normal, words.language)
        return None if found is None else Finding(found.strength, (found.start, found.end))
    return _phrase_or_head(words, phrases, head, reading(words.normal, words.language))


def means(words: Words, head: str, phrases: Phrases) -> Finding | None:
    """What an answer means for the customer: the phrase that says so, or the head where it is surer."""
    told = head not in HINTED or may_mean(words.normal, words.language)
    return _phrase_or_head(words, phrases, head, answering(words.normal, words.language) if told else None)


def _phrase_or_head(words: Words, phrases: Phrases, head: str, read: Reading | None) -> Finding | None:
    found = phrases.best(words.normal, words.language)
    if found is not None and not found.strength:
        return None  # listed to say that it looks alike and means something else
    if read is not None:
        chance = read.chances[head]
        if chance >= TOLD_FROM and (found is None or chance > found.strength):
            return Finding(chance, strongest(read, head))
    return None if found is None else Finding(found.strength, (found.start, found.end))


@lru_cache(maxsize=8)  # two kinds of evidence may rest on one head
def strongest(read: Reading, head: str, *, against: bool = False) -> tuple[int, int] | None:
    """The run of at most six words that speaks most for a head, or `against` it."""
    moved = read.model.moved(read, head)
    run = strongest_run([-value for value in moved] if against else moved)
    if run is None:
        return None
    places = spans(read.normal)
    return places[run[0]][0], places[run[1]][1]


def strongest_run(moved: Sequence[float]) -> tuple[int, int] | None:
    """The first and the last of at most six neighbours with the largest sum above 0."""
    best, found = 0.0, None
    for first, value in enumerate(moved):
        if value < 0.0:  # the same run without it is stronger
            continue
        total = 0.0
        for last, more in enumerate(moved[first : first + _MOST_WORDS], first):
            total += more
            if total > best:
                best, found = total, (first, last)
    return found


def valence(words: CustomerWords) -> float:
    """How positive the words are, -1..1: the head and VADER together, nearer 0 the less feeling there is in them."""
    return heard_valence(words.clean, words.normal, words.language)[0]


def valence_span(words: CustomerWords, *, positive: bool) -> tuple[int, int] | None:
    """The words that made it positive or negative: VADER's strongest where it has one, else the head's."""
    _, read = heard_valence(words.clean, words.normal, words.language)
    word = next((word for word, value in read.words if (value > 0) == positive), "")
    start = words.normal.find(word) if word else -1
    if start >= 0:
        return start, start + len(word)
    return strongest(reading(words.normal, words.language), "valence", against=positive)


@lru_cache(maxsize=2)  # what is positive and what is negative ask for the same line, and for its words
def heard_valence(clean: str, normal: str, language: Language) -> tuple[float, Polarity]:
    """How positive a line is, -1..1, and what VADER read."""
    bad, read = negative(clean, normal, language)
    if spells_out(normal) or not (read.compound or any(map(str.isalpha, normal))):
        return 0.0, read
    felt = max(reading(normal, language).chances["feeling"], abs(read.compound))
    return (1.0 - 2.0 * bad) * min(1.0, felt / _FELT_FROM), read


@lru_cache(maxsize=2)
def negative(clean: str, normal: str, language: Language) -> tuple[float, Polarity]:
    """The chance that words with a feeling in them are negative, and what VADER read."""
    read = polarity(clean, language)
    heard = reading(normal, language)
    log_odds = heard.model.with_lexicon(heard.chances["valence"], read.compound)
    return 1.0 / (1.0 + math.exp(-log_odds)), read
