"""What an operator may write in the policy, and how mistakes in it are told."""

from pathlib import Path
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace

from klankbord.conversation import NEEDS
from klankbord.errors import InvalidConfiguration
from klankbord.events import Channel
from klankbord.policy import SEVERITIES, THREAT, Policy, Rule, measures_of, read_policy, rules_in_force

SHIPPED: Final = Path(__file__).parents[2] / "config" / "policy.toml"
RULE: Final = Rule("anger", 0.6, 0.2, "critical", "Klant is boos", "Customer is angry")

UNHELPFUL_RULES: Final = """
[rules.moody]
measure = "mood"
raise_at = 0.5
release_at = 0.2
severity = "info"
nl = "Klant is humeurig"
en = "Customer is moody"

[rules.flapping]
measure = "anger"
raise_at = 0.2
release_at = 0.5
severity = "info"
nl = "Klant is boos"
en = "Customer is angry"

[normal_wait_s]
chat = 60
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(InvalidConfiguration) as error:
        read_policy(text, source="our-policy.toml")
    assert all(mistake in str(error.value) for mistake in error.value.mistakes)
    return error.value.mistakes


def as_toml(name: str, rule: Rule) -> str:
    # A JSON string or number is a TOML one too.
    fields = (
        f"{field} = {msgspec.json.encode(value).decode()}" for field, value in msgspec.structs.asdict(rule).items()
    )
    return "\n".join([f"[rules.{name}]", *fields])


def test_the_shipped_policy_is_the_defaults() -> None:
    assert read_policy(SHIPPED.read_text(encoding="utf-8"), source="policy.toml") == Policy()


def test_an_empty_policy_is_the_defaults() -> None:
    assert read_policy("", source="policy.toml") == Policy()


def test_one_number_overrides_and_the_others_stay() -> None:
    assert read_policy("effort_fade = 0.5", source="policy.toml") == replace(Policy(), effort_fade=0.5)


def test_every_mistake_is_told_with_the_name_of_the_file() -> None:
    found = mistakes(UNHELPFUL_RULES)

    assert len(found) == 6
    assert all(mistake.startswith("our-policy.toml: ") for mistake in found)
    assert "rules.moody.measure: 'mood' is not measured; one of " in found[0]
    assert "rules.flapping.release_at: 0.5 lies above raise_at 0.2" in found[1]
    assert [mistake.split(": ")[1] for mistake in found[2:]] == [
        f"normal_wait_s.{channel}" for channel in Channel if channel is not Channel.CHAT
    ]


def test_a_misspelt_emotion_is_refused() -> None:
    found = mistakes("[emotion_weights.anger]\nangre = 0.9")

    assert found == [
        "our-policy.toml: emotion_weights.anger: 'angre' is no emotion; one of frustration, anger, anxiety, confusion, "
        "disappointment, sadness, relief, joy, gratitude"
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("sensitivity = 3", "unknown field `sensitivity`", id="unknown field"),
        pytest.param("[drivers.transfer]\nweight=1\ncap=1\ncolour=1", "unknown field `colour`", id="and in a table"),
        pytest.param("effort_fade = 'much'", "$.effort_fade", id="wrong type"),
        pytest.param("effort_fade = 1.5", "$.effort_fade", id="share above one"),
        pytest.param("effort_fade = nan", "$.effort_fade", id="no number"),
        pytest.param("effort_scale = 0", "$.effort_scale", id="zero where it divides"),
        pytest.param("suggestion_most = 0", "$.suggestion_most", id="fewer than one"),
        pytest.param("languages = ['fr']", "$.languages", id="language we cannot score"),
        pytest.param("languages = []", "languages: name at least one", id="no language"),
        pytest.param("[normal_wait_s]\nfax = 3", "$.normal_wait_s", id="unknown channel"),
        pytest.param("[rules.Boos]\n", "$.rules", id="rule name with a capital"),
        pytest.param("[rules.angry]\nmeasure = 'anger'", "$.rules", id="rule without its numbers"),
        pytest.param("effort_fade 0.5", "line 1", id="no TOML"),
    ],
)
def test_a_mistake_says_what_and_where(text: str, told: str) -> None:
    assert told in "\n".join(mistakes(text))


def test_a_policy_has_twelve_rules_at_most() -> None:
    rule = "measure='anger'\nraise_at=0.6\nrelease_at=0.2\nseverity='info'\nnl='boos'\nen='angry'\n"

    def with_rules(count: int) -> str:
        return "".join(f"[rules.rule_{n}]\n{rule}" for n in range(count))

    assert len(read_policy(with_rules(12), source="policy.toml").rules) == 12
    assert "$.rules" in mistakes(with_rules(13))[0]


def test_a_rule_has_another_version_as_soon_as_anything_in_it_changes() -> None:
    changed = [
        replace(RULE, raise_at=0.61),
        replace(RULE, release_at=0.19),
        replace(RULE, severity="info"),
        replace(RULE, cooldown_s=10.0),
        replace(RULE, min_customer_turns=2),
        replace(RULE, nl="Klant is kwaad"),
    ]

    assert len({RULE.version, *(rule.version for rule in changed)}) == 7
    assert replace(RULE).version == RULE.version


@pytest.mark.parametrize(
    "weaker",
    [
        pytest.param({"raise_at": 0.9}, id="later"),
        pytest.param({"release_at": 0.2}, id="over sooner"),
        pytest.param({"severity": "info"}, id="softer"),
        pytest.param({"min_customer_turns": 3}, id="after some turns"),
        pytest.param({"cooldown_s": 60.0}, id="after a while"),
        pytest.param({"measure": "anger"}, id="of something else"),
    ],
)
def test_a_policy_may_not_weaken_the_rule_for_threats(weaker: dict[str, object]) -> None:
    own = replace(THREAT, **weaker)
    text = as_toml("threat", own)

    assert mistakes(text) == ["our-policy.toml: rules.threat: only 'nl' and 'en' may differ; a threat always alerts"]
    assert rules_in_force(Policy(rules={"threat": own})) == {"threat": THREAT}


def test_a_policy_may_word_the_rule_for_threats_anew() -> None:
    own = replace(THREAT, nl="Bel de veiligheidscoördinator", en="Call the safety officer")
    text = as_toml("threat", own)

    assert rules_in_force(read_policy(text, source="policy.toml")) == {"threat": own}


def test_a_policy_without_the_rule_for_threats_has_it_all_the_same() -> None:
    assert rules_in_force(Policy(rules={"angry": RULE})) == {"angry": RULE, "threat": THREAT}


def test_no_need_but_a_threat_can_be_ranked_or_alerted() -> None:
    assert {"churn", "threat"} <= measures_of(Policy())
    assert measures_of(Policy()).isdisjoint(NEEDS)


def test_emotions_effort_escalation_and_drivers_are_measured() -> None:
    assert {"anger", "sadness", "effort", "escalation", "transfer", "long_wait"} <= measures_of(Policy())


def test_our_rules_use_what_is_measured_and_name_a_severity() -> None:
    for rule in Policy().rules.values():
        assert rule.measure in measures_of(Policy())
        assert rule.severity in SEVERITIES
