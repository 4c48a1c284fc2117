"""The labelled conversations and lines are whole, balanced and fit to be measured against."""

import re
from collections import Counter, defaultdict
from itertools import chain, combinations
from typing import Final

import pytest

from klankbord.events import Utterance
from klankbord.labels import labelled
from klankbord.policy import EMOTIONS
from tests.gold import FOLDER, FOLDERS, KINDS, SPLITS, Gold, read_gold, read_lines, read_second

_GOLD: Final = read_gold()
_LINES: Final = read_lines()
_EACH: Final = [pytest.param(gold, id=f"{gold.split}-{gold.name}") for gold in _GOLD]

FAMILIES: Final = frozenset(
    (
        "negation",
        "sarcasm",
        "politeness",
        "asr",
        "typos",
        "booster",
        "understatement",
        "mixed-language",
        "neutral-hard-words",
    )
)
# Well-known test values: anything else that looks like a phone, card, account or citizen number is refused.
TEST_VALUES: Final = frozenset(("4111111111111111", "0417164300", "0612345678", "07700900123", "111222333"))
# Seven digits or more, with single spaces, dots or hyphens between them.
_LONG_NUMBER: Final = re.compile(r"\d(?:[ .-]?\d){6,}")
_ADDRESS: Final = re.compile(r"\S+@\S+")

HEADER: Final = "title: A title\nchannel: chat\nagent: agent-01\ncustomer: customer-1\n---\n"
LABEL: Final = "= dissatisfied=1 effort=2 emotions=frustration:1\n"


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


@pytest.mark.parametrize("gold", _EACH)
def test_every_customer_turn_has_one_label(gold: Gold) -> None:
    assert [turn.utterance_id for turn in gold.customer_turns] == list(gold.labels)


@pytest.mark.parametrize("gold", _EACH)
def test_a_conversation_has_between_three_and_fourteen_customer_turns(gold: Gold) -> None:
    assert 3 <= len(gold.customer_turns) <= 14


@pytest.mark.parametrize("gold", _EACH)
def test_a_conversation_declares_the_language_of_its_name(gold: Gold) -> None:
    assert {event.language for event in gold.transcript.events} == {gold.language}


@pytest.mark.parametrize("gold", _EACH)
def test_a_comment_says_how_hard_the_story_is(gold: Gold) -> None:
    assert gold.kind in KINDS


@pytest.mark.parametrize("gold", _EACH)
def test_at_most_one_turn_alerts_and_none_in_a_calm_conversation(gold: Gold) -> None:
    alerts = sum(label.alert for label in gold.labels.values())
    assert alerts <= (0 if gold.kind == "calm" else 1)


@pytest.mark.parametrize("gold", _EACH)
def test_a_calm_conversation_is_easy_and_has_no_dissatisfied_turn(gold: Gold) -> None:
    if gold.kind == "calm":
        assert max(label.dissatisfied for label in gold.labels.values()) <= 1
        assert max(label.effort for label in gold.labels.values()) <= 2


@pytest.mark.parametrize("gold", _EACH)
def test_spoken_customers_use_neither_capitals_nor_full_stops(gold: Gold) -> None:
    if gold.transcript.events[0].channel == "voice":
        spoken = " ".join(turn.text for turn in gold.customer_turns)
        assert not re.findall(r"[.,;!?]", spoken)
        assert not re.findall(r"\b[A-Z][a-z]+", spoken)


@pytest.mark.parametrize("gold", _EACH)
def test_a_turn_has_three_emotions_at_most(gold: Gold) -> None:
    assert max(len(label.emotions) for label in gold.labels.values()) <= 3


def test_every_hard_conversation_alerts_somewhere() -> None:
    assert [gold.name for gold in _GOLD if gold.kind == "hard" and gold.alert_id is None] == []


def test_there_are_sixty_dutch_and_forty_english_conversations_at_least_half_of_them_train() -> None:
    counts = Counter((gold.language, gold.split) for gold in _GOLD)
    assert counts["nl", "train"] + counts["nl", "dev"] >= 60
    assert counts["en", "train"] + counts["en", "dev"] >= 40
    # More may be written to learn from; what is measured on stays.
    assert counts["nl", "dev"] >= 30
    assert counts["en", "dev"] >= 20
    assert counts["nl", "later"] >= 60
    assert counts["en", "later"] >= 50
    for language in ("nl", "en"):
        assert counts[language, "train"] >= counts[language, "dev"]


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_third_is_calm_and_a_third_or_more_is_hard(split: str, language: str) -> None:
    kinds = Counter(gold.kind for gold in _GOLD if (gold.split, gold.language) == (split, language))
    assert 0.3 <= kinds["calm"] / kinds.total() <= 0.45
    assert kinds["hard"] / kinds.total() >= 0.33


def test_every_level_of_dissatisfaction_and_effort_and_every_emotion_is_used_in_every_split() -> None:
    for split in SPLITS:
        labels = [label for gold in _GOLD if gold.split == split for label in gold.labels.values()]
        assert {label.dissatisfied for label in labels} == {0, 1, 2, 3}
        assert {label.effort for label in labels} == {1, 2, 3, 4, 5, 6, 7}
        assert set(chain.from_iterable(label.emotions for label in labels)) == set(EMOTIONS)


def test_names_are_unique_over_all_splits() -> None:
    assert [name for name, times in Counter(gold.name for gold in _GOLD).items() if times > 1] == []


def test_no_two_conversations_share_a_customer_line_of_more_than_four_words() -> None:
    told_by = defaultdict(set)
    for gold in _GOLD:
        for turn in gold.customer_turns:
            if len(_plain(turn.text).split()) > 4:
                told_by[_plain(turn.text)].add(gold.name)
    assert {text: names for text, names in told_by.items() if len(names) > 1} == {}


def test_no_customer_text_appears_in_two_splits() -> None:
    said: defaultdict[str, set[str]] = defaultdict(set)
    for gold in _GOLD:
        said[gold.split] |= {_plain(turn.text) for turn in gold.customer_turns}
    for line in _LINES:
        said[line.split].add(_plain(line.text))
    for one, other in combinations(SPLITS, 2):
        assert said[one] & said[other] - {""} == set()


def test_there_are_five_hundred_lines_and_six_in_ten_are_dutch() -> None:
    assert len(_LINES) >= 500
    assert 0.58 <= sum(line.language == "nl" for line in _LINES) / len(_LINES) <= 0.63


def test_no_line_is_written_down_twice() -> None:
    assert [text for text, times in Counter(line.text for line in _LINES).items() if times > 1] == []


def test_lines_are_balanced_over_train_and_dev() -> None:
    for language in ("nl", "en"):
        splits = Counter(line.split for line in _LINES if line.language == language)
        assert abs(splits["train"] - splits["dev"]) <= 0.1 * splits.total()


def test_every_family_has_lines_in_both_languages_and_splits() -> None:
    assert {(line.family, line.language, line.split) for line in _LINES} == {
        (family, language, split) for family in FAMILIES for language in ("nl", "en") for split in ("train", "dev")
    }


def test_a_pair_holds_two_or_three_lines_of_one_family_language_and_split() -> None:
    pairs = defaultdict(list)
    for line in _LINES:
        pairs[line.pair].append(line)
    for pair, lines in pairs.items():
        assert len({(line.family, line.language, line.split) for line in lines}) == 1, pair
        assert len(lines) in (2, 3), pair


@pytest.mark.parametrize("family", ["asr", "typos"])
def test_how_a_line_is_written_does_not_change_its_label(family: str) -> None:
    labels = defaultdict(set)
    for line in _LINES:
        if line.family == family:
            labels[line.pair].add((line.dissatisfied, tuple(sorted(line.emotions.items()))))
    assert [pair for pair, given in labels.items() if len(given) > 1] == []


def test_nothing_but_test_values_looks_like_personal_data() -> None:
    told = [event.text for gold in _GOLD for event in gold.transcript.events if isinstance(event, Utterance)]
    for text in (*told, *(line.text for line in _LINES)):
        for number in _LONG_NUMBER.findall(text):
            assert re.sub(r"\D", "", number) in TEST_VALUES, text
        for address in _ADDRESS.findall(text):
            assert address.endswith("@example.com"), text


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("00:01 customer: hello\n", "has no label"),
        ("00:01 customer: hello\n00:02 agent: hi\n", "line 7: a label is due"),
        ("00:01 agent: hi\n" + LABEL, "no customer turn is above"),
        ("00:01 customer: hello\n" + LABEL + LABEL, "no customer turn is above"),
        ("00:01 customer: hello\n= dissatisfied=4 effort=2 emotions=none\n", "reads '= dissatisfied"),
        ("00:01 customer: hello\n= dissatisfied=1 effort=8 emotions=none\n", "reads '= dissatisfied"),
        ("00:01 customer: hello\n= dissatisfied=1 effort=2 emotions=none alert=no\n", "reads '= dissatisfied"),
        ("00:01 customer: hello\n= dissatisfied=1 effort=2 emotions=boredom:1\n", "'boredom:1' is no emotion"),
        ("00:01 customer: hello\n= dissatisfied=1 effort=2 emotions=joy:1,joy:2\n", "joy stands there twice"),
    ],
)
def test_a_label_that_is_missing_loose_or_wrong_is_refused(body: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        labelled(HEADER + body, name="a-story")


def test_labels_are_found_by_the_utterance_they_follow() -> None:
    body = "00:01 * started\n00:02 customer: hello\n" + LABEL + "00:03 agent: hi\n00:04 customer: bye\n" + LABEL
    transcript, labels = labelled(HEADER + body, name="a-story")
    assert list(labels) == ["2", "4"]
    assert len(transcript.events) == 4


def test_every_dev_conversation_was_labelled_twice() -> None:
    second = read_second()
    dev = {gold.name: gold for gold in _GOLD if gold.split == "dev"}

    assert second.keys() == dev.keys()
    assert {name: len(labels) for name, labels in second.items()} == {n: len(g.labels) for n, g in dev.items()}
    assert all(sum(label.alert for label in labels) <= 1 for labels in second.values())


def test_files_lie_in_their_split_and_nowhere_else() -> None:
    assert {path.parent for path in FOLDER.rglob("*.txt")} == {FOLDERS["train"], FOLDERS["dev"]}
    assert {path.parent for path in FOLDERS["later"].rglob("*.txt")} == {FOLDERS["later"]}
