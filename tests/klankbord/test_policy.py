"""What an operator may write in the policy, and how mistakes in it are told."""

from pathlib import Path
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace

from klankbord.conversation import NEEDS
from klankbord.errors import InvalidConfiguration
from klankbord.events import Channel
from klankbord.policy import (
    MOST_CRITICAL,
    MOST_PATIENT,
    SEVERITIES,
    THREAT,
    Policy,
    Rule,
    rules_in_force,
    threshold,
)
from klankbord.policy_file import read_policy
from klankbord.rules import MOST_WAITS
from klankbord.taxonomy import Reason, Said, Taxonomy

SHIPPED: Final = Path(__file__).parents[2] / "config" / "policy.toml"
RULE: Final = threshold("anger", 0.6, 0.2, "critical", "Klant is boos", "Customer is angry")

UNHELPFUL_RULES: Final = """
[rules.moody]
when = "moood >= raise_at"
until = "moood < release_at"
raise_at = 0.5
release_at = 0.2
severity = "info"
nl = "Klant is humeurig"
en = "Customer is moody"

[rules.flapping]
when = "anger >= raise_at"
until = "anger < release_at"
raise_at = 0.2
release_at = 0.5
severity = "info"
nl = "Klant is boos"
en = "Customer is angry"

[rules.misspelt]
when = "channel == 'caht' && anger >= raise_at &&"
severity = "info"
raise_at = 0.2
min_custmer_turns = 2
nl = "Klant is boos"
en = "Customer is angry"

[rules.severe]
when = "anger > 0.5"
severity = "sever"
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
    fields = {**msgspec.structs.asdict(rule), **rule.numbers}
    del fields["numbers"]
    return "\n".join(
        [f"[rules.{name}]", *(f"{field} = {msgspec.json.encode(value).decode()}" for field, value in fields.items())]
    )


def test_the_shipped_policy_is_the_defaults() -> None:
    assert read_policy(SHIPPED.read_text(encoding="utf-8"), source="policy.toml") == Policy()


def test_an_empty_policy_is_the_defaults() -> None:
    assert read_policy("", source="policy.toml") == Policy()


def test_one_number_overrides_and_the_others_stay() -> None:
    assert read_policy("effort_fade = 0.5", source="policy.toml") == replace(Policy(), effort_fade=0.5)


def test_every_mistake_is_told_with_file_and_line_and_the_nearest_name() -> None:
    found = mistakes(UNHELPFUL_RULES)

    assert found[:6] == [
        "our-policy.toml, line 30: rules.severe.severity: 'sever' is none of info, warning, critical",
        "our-policy.toml, line 3: rules.moody.when: 'moood' is not known; did you mean 'mood'?",
        "our-policy.toml, line 4: rules.moody.until: 'moood' is not known; did you mean 'mood'?",
        "our-policy.toml, line 15: rules.flapping.release_at: 0.5 lies above raise_at 0.2: it would flap",
        "our-policy.toml, line 21: rules.misspelt.when: channel is never 'caht'; did you mean 'chat'?",
        "our-policy.toml, line 21: rules.misspelt.when: ends too soon",
    ]
    assert [mistake.split(": ")[1] for mistake in found[6:]] == [
        f"normal_wait_s.{channel}" for channel in Channel if channel is not Channel.CHAT
    ]


def test_a_misspelt_field_of_a_rule_is_a_number_that_nothing_uses() -> None:
    text = as_toml("angry", RULE) + "\ncooldown = 60\n"

    assert mistakes(text) == [
        "our-policy.toml, line 12: rules.angry.cooldown: neither condition uses it; did you mean 'cooldown_s'?"
    ]


def test_a_rule_of_the_old_kind_is_refused_with_what_to_write() -> None:
    assert mistakes("[rules.angry]\nmeasure = 'anger'\n") == [
        'our-policy.toml, line 2: rules.angry.measure: is written as conditions now: when = "anger >= raise_at" and '
        'until = "anger < release_at"'
    ]


def test_a_number_may_not_take_a_name_of_ours() -> None:
    text = as_toml("angry", replace(RULE, when="anger >= effort", numbers={"effort": 0.5, "release_at": 0.2}))

    assert mistakes(text) == [
        "our-policy.toml, line 10: rules.angry.effort: is a name of our own; call your number something else"
    ]


def test_a_misspelt_emotion_is_refused() -> None:
    found = mistakes("[emotion_weights.anger]\nangre = 0.9")

    assert found == [
        "our-policy.toml, line 1: emotion_weights.anger: 'angre' is no emotion; one of frustration, anger, anxiety, "
        "confusion, disappointment, sadness, relief, joy, gratitude"
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("sensitivity = 3", "line 1: sensitivity: is not known", id="unknown field"),
        pytest.param(
            "[drivers.transfer]\nweight=1\ncap=1\ncolour=1",
            "line 4: drivers.transfer.colour: is not known",
            id="and in a table",
        ),
        pytest.param("effort_fade = 'much'", "line 1: effort_fade: Expected `float`, got `str`", id="wrong type"),
        pytest.param("effort_fade = 1.5", "line 1: effort_fade: Expected `float` <= 1.0", id="share above one"),
        pytest.param("effort_fade = nan", "line 1: effort_fade: ", id="no number"),
        pytest.param("effort_scale = 0", "line 1: effort_scale: ", id="zero where it divides"),
        pytest.param("suggestion_most = 0", "line 1: suggestion_most: ", id="fewer than one"),
        pytest.param("languages = ['fr']", "line 1: languages: 'fr' is none of", id="language we cannot score"),
        pytest.param("languages = []", "languages: name at least one", id="no language"),
        pytest.param(
            "[normal_wait_s]\nchta = 3",
            "line 2: normal_wait_s.chta: 'chta' is none of chat, whatsapp, email, sms, voice; did you mean 'chat'?",
            id="unknown channel",
        ),
        pytest.param(
            "[rules.Boos]\nwhen='true'\nseverity='info'\nnl='x'\nen='x'",
            "line 1: rules.Boos: is no name",
            id="rule name with a capital",
        ),
        pytest.param(
            "[rules.angry]\nwhen = 'anger > 1'", "line 1: rules.angry.severity: is missing", id="rule without its texts"
        ),
        pytest.param("[rules]\nangry = 3", "line 2: rules.angry: is no table", id="rule that is a number"),
        pytest.param("effort_fade 0.5", "line 1", id="no TOML"),
        pytest.param(
            "[rule.angry]\nwhen='true'", "line 1: rule: is not known; did you mean 'rules'?", id="no such table"
        ),
        pytest.param("[drivers]\ntransfer = 4", "line 2: drivers.transfer: Expected `object`", id="number for a table"),
        pytest.param("[emotion_weights.anger]\nanger = 2", "line 1: emotion_weights.anger: ", id="deep in a table"),
        pytest.param(
            "[reasons.x]", "reasons: stand in a file of their own, reasons.toml", id="reasons among the rules"
        ),
    ],
)
def test_a_mistake_says_what_and_where(text: str, told: str) -> None:
    assert told in "\n".join(mistakes(text))


def rules(count: int, rule: Rule) -> str:
    return "\n".join(as_toml(f"rule_{n}", rule) for n in range(count))


def test_a_policy_has_as_many_rules_as_can_be_asked_in_time() -> None:
    warning = replace(RULE, severity="warning")

    assert len(read_policy(rules(500, warning), source="policy.toml").rules) == 500
    assert mistakes(rules(501, warning)) == ["our-policy.toml, line 1: rules: Expected `object` of length <= 500"]


def test_a_policy_has_as_many_critical_and_patient_rules_as_a_conversation_can_remember() -> None:
    assert len(read_policy(rules(MOST_CRITICAL, RULE), source="policy.toml").rules) == MOST_CRITICAL
    assert mistakes(rules(MOST_CRITICAL + 1, RULE)) == [
        f"our-policy.toml, line 1: rules: at most {MOST_CRITICAL} may be critical besides 'threat'"
    ]
    patient = replace(RULE, severity="info", for_turns=2)
    assert mistakes(rules(MOST_PATIENT + 1, patient)) == [
        f"our-policy.toml, line 1: rules: at most {MOST_PATIENT} may have for_turns above 1"
    ]


def test_a_rule_has_another_version_as_soon_as_anything_in_it_changes() -> None:
    changed = [
        replace(RULE, numbers={"raise_at": 0.61, "release_at": 0.2}),
        replace(RULE, when="anger > raise_at"),
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
        pytest.param({"numbers": {"raise_at": 0.9, "release_at": 0.0}}, id="later"),
        pytest.param({"numbers": {"raise_at": 0.3, "release_at": 0.2}}, id="over sooner"),
        pytest.param({"severity": "info"}, id="softer"),
        pytest.param({"min_customer_turns": 3}, id="after some turns"),
        pytest.param({"cooldown_s": 60.0}, id="after a while"),
        pytest.param({"when": "anger >= raise_at"}, id="of something else"),
        pytest.param({"for_turns": 2}, id="after some turns in a row"),
    ],
)
def test_a_policy_may_not_weaken_the_rule_for_threats(weaker: dict[str, object]) -> None:
    own = replace(THREAT, **weaker)
    text = as_toml("threat", own)

    assert mistakes(text) == [
        "our-policy.toml, line 1: rules.threat: only 'nl' and 'en' may differ; a threat always alerts"
    ]
    assert rules_in_force(Policy(rules={"threat": own})) == {"threat": THREAT}


def test_a_policy_may_word_the_rule_for_threats_anew() -> None:
    own = replace(THREAT, nl="Bel de veiligheidscoördinator", en="Call the safety officer")
    text = as_toml("threat", own)

    assert rules_in_force(read_policy(text, source="policy.toml")) == {"threat": own}


def test_a_policy_without_the_rule_for_threats_has_it_all_the_same() -> None:
    assert rules_in_force(Policy(rules={"angry": RULE})) == {"angry": RULE, "threat": THREAT}


def test_no_need_but_a_threat_can_be_ranked_or_alerted() -> None:
    names = {name.rpartition(".")[2] for name in Policy().words}

    assert {"churn", "threat", "signals.leaving"} <= Policy().words.keys()
    assert names.isdisjoint(NEEDS)


def test_emotions_effort_escalation_and_drivers_can_be_asked() -> None:
    assert {"anger", "sadness", "effort", "escalation", "transfer", "long_wait"} <= Policy().words.keys()


def test_our_rules_name_a_severity() -> None:
    assert {rule.severity for rule in Policy().rules.values()} <= set(SEVERITIES)


def test_a_phrase_list_has_a_phrase() -> None:
    assert mistakes('[phrases.refund]\nrole = "agent"\nnl = []\n') == [
        "our-policy.toml, line 1: phrases.refund: holds no phrase"
    ]


def test_one_mistake_hides_no_other_whatever_its_kind() -> None:
    text = """
effort_fade = 2
[phrases.asks]
rol = "customer"
nl = ["geld terug"]
[phrases.offers]
role = "agnet"
[rules.one]
when = "said.asks == 0 && efort > 3"
severity = "warning"
nl = "x"
en = "x"
cooldown_s = "long"
[rules.two]
when = "said.asks == 0 && efort > 3"
severity = "warnin"
nl = "x"
en = "x"
[rules.three]
when = "said.asks == 0 && efort > 3"
severity = "warning"
nl = "x"
en = "x"
"""
    assert mistakes(text) == [
        "our-policy.toml, line 2: effort_fade: Expected `float` <= 1.0",
        "our-policy.toml, line 4: phrases.asks.rol: is not known; did you mean 'role'?",
        "our-policy.toml, line 7: phrases.offers.role: 'agnet' is none of customer, agent, bot, system; "
        "did you mean 'agent'?",
        "our-policy.toml, line 13: rules.one.cooldown_s: Expected `float`, got `str`",
        "our-policy.toml, line 16: rules.two.severity: 'warnin' is none of info, warning, critical; "
        "did you mean 'warning'?",
        "our-policy.toml, line 20: rules.three.when: 'efort' is not known; did you mean 'effort'?",
    ]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_rule_says_something_in_both_languages(language: str) -> None:
    assert mistakes(as_toml("angry", replace(RULE, **{language: " "}))) == [
        f"our-policy.toml, line {5 if language == 'nl' else 6}: rules.angry.{language}: is empty; a supervisor reads it"
    ]


def test_a_rule_does_not_clear_by_what_opens_it() -> None:
    assert mistakes("[rules.x]\nwhen = 'anger >  1'\nuntil='anger > 1'\nseverity='info'\nnl='x'\nen='x'") == [
        "our-policy.toml, line 3: rules.x.until: is the same as 'when': the alert would clear at the next event"
    ]


def test_a_phrase_has_a_word_in_it() -> None:
    assert mistakes("[phrases.x]\nrole = 'customer'\nnl = ['geld terug', '!!']\nen = [' ']") == [
        "our-policy.toml, line 3: phrases.x.nl: '!!' has no word in it that anybody could say",
        "our-policy.toml, line 4: phrases.x.en: ' ' has no word in it that anybody could say",
    ]


REASONS: Final = Taxonomy(
    reasons={
        "delivery.late": Reason("Te laat", "Late", "yes", "yes", "yes", Said("x", "x")),
        "delivery.slow": Reason("Traag", "Slow", "yes", "yes", "yes", Said("x", "x"), same_as="delivery.late"),
    }
)


@pytest.mark.parametrize("reason", ["delivery.lat", "delivery.slow"])
def test_a_rule_names_no_reason_that_a_conversation_never_has(reason: str) -> None:
    text = as_toml("late", replace(RULE, when=f"reason == '{reason}'", until="", numbers={}))

    with pytest.raises(InvalidConfiguration) as error:
        read_policy(text, source="x.toml", reasons=REASONS)

    assert error.value.mistakes == [
        f"x.toml, line 2: rules.late.when: reason is never '{reason}'; did you mean 'delivery.late'?"
    ]


def test_a_rule_may_name_a_reason_that_is_there_or_none_yet() -> None:
    rule = replace(RULE, when="reason in ['delivery.late', '']", until="", numbers={})

    assert read_policy(as_toml("late", rule), source="x.toml", reasons=REASONS).reasons is REASONS


def test_rules_ask_for_as_many_different_waits_as_are_looked_at() -> None:
    def waits(count: int) -> str:
        limits = [replace(RULE, when=f"waited_s >= {60 + n}", until="", numbers={}) for n in range(count)]
        return "\n".join(as_toml(f"waits_{n}", rule) for n, rule in enumerate(limits))

    assert read_policy(waits(MOST_WAITS), source="x.toml").program.waits == tuple(60.0 + n for n in range(MOST_WAITS))
    assert mistakes(waits(MOST_WAITS + 1)) == [
        "our-policy.toml, line 1: rules: compare waited_s with at most 8 different numbers, not "
        "60, 61, 62, 63, 64, 65, 66, 67, 68"
    ]
