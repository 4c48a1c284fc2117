"""What an alert weighs, whose budget it asks, and which cause it shares."""

import itertools
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from config.budget import Budget, Weights, read_budget
from config.settings import HERE, load_budget, load_playbook
from klankbord.conversation import Evidence
from klankbord.errors import InvalidConfiguration
from streams.budget import CRITICAL, Claim, claim, rank, rank_of
from streams.views import Views
from streams.wire import HOUR_S, AlertMessage, Record
from tests.streams.given import POLICY, records

BUDGET: Final = Budget(teams={"demo/south": 3})
VIEWS: Final = Views(POLICY, load_playbook(HERE / "playbook"), BUDGET)
RECORDS: Final = records()
ANYTHING: Final = st.floats(-1e9, 1e9)


def first(severity: str) -> tuple[AlertMessage, Record]:
    """The first alert of this severity and the record that opened it."""
    return next(
        (message, record)
        for record in RECORDS
        for message in VIEWS.alerts(record, {})
        if message.alert.severity == severity
    )


def asked(message: AlertMessage, record: Record) -> Claim:
    return claim(message, record, POLICY, BUDGET)


def saying(message: AlertMessage, words: str, *, amount: float | None = None) -> AlertMessage:
    cause = Evidence("frustration", 1.0, 0.0, words=words, amount=amount)
    return replace(message, alert=replace(message.alert, cause=cause))


def without_reason(record: Record) -> Record:
    seen = record.observation
    return replace(record, observation=replace(seen, conversation=replace(seen.conversation, reason="")))


def with_reason(record: Record, reason: str) -> Record:
    seen = record.observation
    return replace(record, observation=replace(seen, conversation=replace(seen.conversation, reason=reason)))


@given(risk=ANYTHING, value=st.none() | ANYTHING, waited_s=ANYTHING)
def test_every_factor_is_bounded(risk: float, value: float | None, waited_s: float) -> None:
    weight = rank(Weights(), severity="warning", risk=risk, value=value, waited_s=waited_s)

    assert 0.6 <= weight <= 12.0


@pytest.mark.parametrize("severity", ["info", "warning", "critical"])
def test_more_of_anything_never_weighs_less(severity: str) -> None:
    steps = [
        rank(Weights(), severity=severity, risk=risk, value=value, waited_s=waited_s)
        for risk, value, waited_s in itertools.chain(
            ((step / 10, None, 0) for step in range(11)),
            ((1.0, step * 1000, 0) for step in range(1, 12)),
            ((1.0, 11_000, step * 60) for step in range(1, 12)),
        )
    ]

    assert steps == sorted(steps)
    assert steps[0] < steps[-1]


def test_what_is_worth_much_and_waits_long_outweighs_one_that_is_only_at_risk() -> None:
    waits = rank(Weights(), severity="warning", risk=0.5, value=10_000, waited_s=600)
    risks = rank(Weights(), severity="warning", risk=1.0, value=None, waited_s=0)

    assert (waits, risks) == (7.2, 3.0)


def test_an_alert_asks_its_own_teams_budget_in_the_hour_of_its_event() -> None:
    message, record = first("warning")

    wanted = asked(message, record)

    assert (wanted.of, wanted.ceiling) == ("demo/south", 3)
    assert wanted.hour == record.observation.at // HOUR_S
    assert wanted.rank == message.rank > 0


def test_a_critical_alert_weighs_more_than_anything() -> None:
    assert asked(*first("critical")).rank == CRITICAL


def test_the_same_contact_reason_is_the_same_cause_whatever_was_said() -> None:
    message, record = first("warning")
    record = with_reason(record, "returns.refund")

    one, other = (asked(saying(message, words), record) for words in ("this is ridiculous", "so annoying"))

    assert one.cause == other.cause != ""
    assert one.cause != asked(message, with_reason(record, "returns.other")).cause


def test_without_a_reason_the_same_words_are_the_same_cause() -> None:
    message, record = first("warning")
    record = without_reason(record)

    one, other, another = (
        asked(saying(message, words), record).cause
        for words in ("payment page fails, order 4411", "Payment page fails! order 9", "parcel is broken")
    )

    assert one == other != another


def test_the_same_fact_is_the_same_cause_and_words_that_are_hidden_are_none() -> None:
    message, record = first("warning")
    record = without_reason(record)

    facts = [asked(saying(message, "", amount=amount), record).cause for amount in (90.0, 120.0)]

    assert facts[0] == facts[1] != ""
    assert asked(saying(message, ""), record).cause == ""


def test_another_team_or_another_rule_is_another_cause() -> None:
    message, record = first("warning")
    record = with_reason(record, "returns.refund")
    others = (
        replace(message, team="north"),
        replace(message, tenant="other"),
        replace(message, alert=replace(message.alert, rule="another")),
    )

    assert len({asked(one, record).cause for one in (message, *others)}) == 4


def test_a_threat_is_never_folded() -> None:
    message, record = first("critical")
    threat = replace(message, alert=replace(message.alert, rule="threat"))

    assert asked(threat, with_reason(record, "returns.refund")).cause == ""


def test_the_shipped_file_says_what_the_code_says() -> None:
    assert load_budget(HERE / "budget.toml") == Budget()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("per_hour = -1", "per_hour", id="less than nothing"),
        pytest.param("per_huor = 3", "per_huor", id="a typo"),
        pytest.param("[weights]\nwarning = 'much'", "weights.warning", id="no number"),
        pytest.param("per_hour = ", "Invalid value", id="no TOML"),
    ],
)
def test_a_wrong_budget_is_refused_with_the_file_and_the_place(text: str, says: str) -> None:
    with pytest.raises(InvalidConfiguration, match=f"mine.toml: .*{says}"):
        read_budget(text, source="mine.toml")


def test_what_the_customer_is_worth_comes_from_the_conversation() -> None:
    _, record = first("warning")
    seen = record.observation
    worth = replace(seen, conversation=replace(seen.conversation, lifetime_value=10_000.0))

    plain, valued = (rank_of(replace(record, observation=one), "warning", Weights()) for one in (seen, worth))

    assert valued == pytest.approx(2 * plain, abs=0.2)  # both are rounded to a tenth
    assert valued > plain
