"""A number of a policy by its path: what can be tried, and what is refused with the nearest name."""

import msgspec
import pytest

from klankbord.backtest.sweep import MOST_STEPS, Sweep, read_sweep, varied
from klankbord.errors import InvalidConfiguration
from klankbord.policy import Policy
from klankbord.policy_file import read_policy
from tests.klankbord.backtest.given import toml


def one(text: str, path: str, value: float) -> Policy:
    (found,) = varied(text, Sweep(path, (value,)), source="new.toml")
    return found


def test_both_ends_are_tried_and_no_step_drifts() -> None:
    assert read_sweep("rules.a.raise_at=0.5:0.8:0.05").values == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("rules.a.raise_at", "reads PATH=FROM:TO:STEP"),
        ("rules.a.raise_at=0.5", "reads PATH=FROM:TO:STEP"),
        ("rules.a.raise_at=0.5:0.8", "reads PATH=FROM:TO:STEP"),
        ("rules.a.raise_at=low:high:0.1", "reads PATH=FROM:TO:STEP"),
        ("rules.a.raise_at=0:inf:1", "reads PATH=FROM:TO:STEP"),
        ("rules.a.raise_at=0.5:0.8:0", "the step is above 0"),
        ("rules.a.raise_at=0.8:0.5:0.1", "FROM is not above TO"),
        ("rules.a.raise_at=0:1:0.01", f"more than {MOST_STEPS} steps"),
        ("rules.a.raise_at=0:1e999999:1e-999999", "more than"),
    ],
)
def test_what_is_no_range_is_refused(written: str, says: str) -> None:
    with pytest.raises(InvalidConfiguration, match=says):
        read_sweep(written)


def test_as_many_steps_as_there_may_be() -> None:
    assert len(read_sweep(f"emotion_fade=1:{MOST_STEPS}:1").values) == MOST_STEPS


def test_a_number_of_the_file_and_nothing_else_changes() -> None:
    assert one(toml(0.5), "rules.angry_customer.raise_at", 0.7) == read_policy(toml(0.7), source="x")


@pytest.mark.parametrize(
    "path",
    ["rules.angry_customer.raise_at", "drivers.hold.weight", "emotion_fade", "normal_wait_s.chat"],
)
def test_a_number_that_only_the_built_in_policy_has_can_be_tried(path: str) -> None:
    built_in = msgspec.json.encode(Policy())
    found = one("", path, 0.75)

    assert msgspec.json.encode(found) != built_in
    assert b"0.75" in msgspec.json.encode(found)
    assert found.rules.keys() == Policy().rules.keys()


def test_a_whole_number_stays_one() -> None:
    assert one(toml(0.5), "rules.angry_customer.min_customer_turns", 3).rules["angry_customer"].min_customer_turns == 3


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("ruls.angry_customer.raise_at", "the policy has no 'ruls'; did you mean 'rules'"),
        ("rules.angry_custmer.raise_at", "rules has no 'angry_custmer'; did you mean 'angry_customer'"),
        ("rules.angry_customer.rais_at", "rules.angry_customer has no 'rais_at'; did you mean 'raise_at'"),
        ("rules.angry_customer.raise_at.more", "is a number and holds no 'more'"),
        ("rules.angry_customer.nl", "only a number can be swept"),
        ("rules.angry_customer", "below it are"),
        ("", "the policy has no ''"),
    ],
)
def test_a_path_that_leads_nowhere_names_the_nearest(path: str, says: str) -> None:
    with pytest.raises(InvalidConfiguration) as refused:
        one(toml(0.5), path, 0.7)

    assert says in str(refused.value)


def test_a_value_that_makes_no_policy_is_named() -> None:
    with pytest.raises(InvalidConfiguration, match=r"new\.toml with rules\.angry_customer\.raise_at=0\.05: .*flap"):
        one(toml(0.5), "rules.angry_customer.raise_at", 0.05)


@pytest.mark.parametrize("words", ['he said \\"no\\"', "é 😀 \\u2028", "back\\\\slash", "tab\\t"])
def test_the_words_of_a_rule_come_through_unchanged(words: str) -> None:
    text = toml(0.5).replace("Customer is angry", words)

    assert one(text, "rules.angry_customer.raise_at", 0.5) == read_policy(text, source="x")
