"""What an observation looks like from outside: in words, in both languages, and decided by the state."""

import pytest
from msgspec.structs import replace

from config.settings import HERE, Entry, Source, Wording, load_playbook, load_policy
from klankbord.alerting import follow
from klankbord.conversation import Need
from klankbord.policy import SEVERITIES, THREAT
from klankbord.suggestions import SUGGESTIONS
from klankbord.taxonomy import Said
from streams import wire
from streams.views import Views
from streams.wire import Record
from tests.streams.given import RULES, record, records

POLICY = replace(load_policy(HERE / "policy.toml", HERE / "reasons.toml"), rules=RULES)
PLAYBOOK = load_playbook(HERE / "playbook")
VIEWS = Views(POLICY, PLAYBOOK)
RECORDS = records()


def changed(views: Views, after: Record, before: Record | None = None) -> list[tuple[str, str]]:
    published = {} if before is None else before.observation.conversation.episodes
    return [(message.alert.rule, message.alert.state) for message in views.alerts(after, published)]


def needing(need: Need, kind: str = "bereavement") -> Record:
    seen = RECORDS[0].observation
    return replace(RECORDS[0], observation=replace(seen, conversation=replace(seen.conversation, needs={kind: need})))


def in_danger() -> Record:
    record = needing(Need(1.0, 1.0, 1), "threat_to_self")
    now = replace(record.observation.conversation, customer_turns=1)
    now = follow(now, POLICY, at=1.0, over=False)
    return replace(record, observation=replace(record.observation, conversation=now))


def test_an_alert_opens_in_the_observation_that_raised_it() -> None:
    quiet, angry = RECORDS[0], RECORDS[1]

    assert changed(VIEWS, angry, quiet) == [("angry_customer", "opened")]


def test_nothing_is_said_again_of_an_alert_that_stays_open() -> None:
    assert changed(VIEWS, RECORDS[3], RECORDS[2]) == []


def test_a_reader_that_missed_records_still_gets_every_alert() -> None:
    later = RECORDS[6]

    assert later.observation.alerts == ()
    assert changed(VIEWS, later, RECORDS[0]) == [
        ("angry_customer", "opened"),
        ("frustrated_customer", "opened"),
        ("asks_for_human", "opened"),
    ]


def test_a_reader_that_knows_nothing_gets_all_that_the_state_knows() -> None:
    assert changed(VIEWS, RECORDS[-1]) == [
        ("angry_customer", "opened"),
        ("angry_customer", "cleared"),
        ("frustrated_customer", "opened"),
        ("frustrated_customer", "cleared"),
        ("asks_for_human", "opened"),
        ("asks_for_human", "cleared"),
    ]


def test_the_same_alert_has_the_same_id_whoever_computes_it() -> None:
    from_the_state = {message.alert.alert_id for message in VIEWS.alerts(RECORDS[-1], {})}
    from_the_observations = {alert.alert_id for one in RECORDS for alert in one.observation.alerts}

    assert from_the_state == from_the_observations


def test_an_alert_says_where_it_happens_and_since_when() -> None:
    (message,) = VIEWS.alerts(RECORDS[1], {})

    assert (message.tenant, message.conversation_id, message.channel) == ("demo", "conversation-1", "chat")
    assert (message.queue, message.team, message.agent_id) == ("billing", "south", "agent-12")
    assert message.language == "en"
    assert message.opened_at == RECORDS[1].observation.at


def test_an_alert_is_titled_in_both_languages() -> None:
    (message,) = VIEWS.alerts(RECORDS[1], {})

    assert message.title == {"nl": "Klant is boos", "en": "Customer is angry"}


def test_an_alert_of_a_rule_that_left_the_policy_keeps_its_name() -> None:
    views = Views(replace(POLICY, rules={}), PLAYBOOK)

    (message,) = views.alerts(RECORDS[1], {})

    assert message.title == {"nl": "angry_customer", "en": "angry_customer"}


def test_a_threat_is_titled_also_where_the_policy_leaves_its_rule_out() -> None:
    views = Views(replace(POLICY, rules={}), PLAYBOOK)

    (message,) = views.alerts(in_danger(), {})

    assert message.title == {"nl": THREAT.nl, "en": THREAT.en}


def test_danger_goes_before_every_other_row_and_a_need_before_none() -> None:
    row, calm = VIEWS.row(in_danger()), VIEWS.row(needing(Need(1.0, 1.0, 1)))

    assert (row.needs, row.risk) == (("threat_to_self",), 1.0)
    assert (calm.needs, calm.risk) == (("bereavement",), RECORDS[0].observation.conversation.escalation)


def test_a_row_says_how_likely_the_customer_leaves() -> None:
    seen = RECORDS[0].observation
    leaving = replace(RECORDS[0], observation=replace(seen, conversation=replace(seen.conversation, churn=0.7)))

    assert VIEWS.row(leaving).churn == 0.7


@pytest.mark.parametrize("rule", sorted(POLICY.rules))
def test_every_rule_has_a_title_in_both_languages(rule: str) -> None:
    assert POLICY.rules[rule].nl.strip()
    assert POLICY.rules[rule].en.strip()
    assert POLICY.rules[rule].nl != POLICY.rules[rule].en


def test_a_suggestion_is_worded_as_the_playbook_has_it() -> None:
    message = VIEWS.suggestions(RECORDS[1])[0]

    assert message.kind == "acknowledge_feeling"
    assert message.text == PLAYBOOK.text["acknowledge_feeling"]
    assert message.why == PLAYBOOK.why["acknowledge_feeling"]
    assert set(message.text) == set(message.why) == {"nl", "en"}
    assert message.source == "playbook: acknowledge_feeling"


def test_a_suggestion_is_for_one_agent_with_a_reason_and_an_end() -> None:
    message = VIEWS.suggestions(RECORDS[1])[0]
    suggestion = RECORDS[1].observation.suggestions[0]

    assert (message.agent_id, message.suggestion_id) == ("agent-12", suggestion.suggestion_id)
    assert (message.reason, message.at) == (suggestion.reason, RECORDS[1].observation.at)
    assert message.expires_at - message.at == POLICY.suggestion_expires_s


def test_an_article_of_the_playbook_travels_with_its_link() -> None:
    entry = Entry("Do it.", "So it is.", Source("Calling back", "https://kb.example.org/42"))
    wording = Wording({suggester.kind: {"nl": entry, "en": unsourced(entry)} for suggester in SUGGESTIONS})

    message = Views(POLICY, wording).suggestions(RECORDS[1])[0]

    assert message.articles == {"nl": wire.Source("Calling back", "https://kb.example.org/42")}


def unsourced(entry: Entry) -> Entry:
    """The same without an article."""
    return Entry(entry.text, entry.why)


def test_an_observation_without_advice_suggests_nothing() -> None:
    assert VIEWS.suggestions(RECORDS[0]) == ()


@pytest.mark.parametrize("kind", [suggester.kind for suggester in SUGGESTIONS])
def test_every_kind_of_suggestion_has_words_in_both_languages(kind: str) -> None:
    assert set(PLAYBOOK.text[kind]) == set(PLAYBOOK.why[kind]) == {"nl", "en"}
    assert PLAYBOOK.text[kind]["nl"] != PLAYBOOK.text[kind]["en"]


def test_the_risk_of_a_row_rises_with_trouble_and_falls_with_help() -> None:
    risks = [VIEWS.row(one).risk for one in RECORDS]

    assert risks[0] == 0.0
    assert risks[1] < risks[5] == max(risks) <= 1.0
    assert risks[-1] < risks[5]


@pytest.mark.parametrize("place", range(len(RECORDS)))
def test_the_parts_of_a_row_add_up_to_its_effort(place: int) -> None:
    row = VIEWS.row(RECORDS[place])

    assert sum(row.effort_parts.values()) == pytest.approx(row.effort - 1.0, abs=1e-3)
    assert 1.0 <= row.effort <= 7.0


def test_a_row_names_the_reason_of_the_contact_in_both_languages() -> None:
    seen = RECORDS[0].observation
    known = replace(RECORDS[0], observation=replace(seen, conversation=replace(seen.conversation, reason="bank.card")))

    assert VIEWS.row(known).reason == Said("Pas en pincode", "Card and PIN")
    assert VIEWS.row(RECORDS[0]).reason is None


def test_a_row_shows_open_alerts_the_worst_first() -> None:
    row = VIEWS.row(RECORDS[5])

    assert row.alerts[0].rule == "angry_customer"
    severities = [SEVERITIES.index(POLICY.rules[alert.rule].severity) for alert in row.alerts]
    assert severities == sorted(severities, reverse=True)
    assert row.alerts[0].title == {"nl": "Klant is boos", "en": "Customer is angry"}


def test_a_row_names_its_alerts_as_the_alerts_do() -> None:
    assert {alert.alert_id for alert in VIEWS.row(RECORDS[5]).alerts} == {
        message.alert.alert_id for message in VIEWS.alerts(RECORDS[5], {})
    }


def test_a_row_shows_no_alert_that_cleared() -> None:
    assert [alert.rule for alert in VIEWS.row(RECORDS[8]).alerts] == ["asks_for_human"]
    assert VIEWS.row(RECORDS[9]).alerts == ()


def test_a_row_is_open_until_the_conversation_ends() -> None:
    assert [VIEWS.row(one).state for one in RECORDS] == ["open"] * 9 + ["ended"]


def test_a_row_of_a_conversation_without_a_start_begins_with_what_came_first() -> None:
    observation = RECORDS[3].observation
    joined_late = replace(observation, conversation=replace(observation.conversation, started_at=None))

    assert VIEWS.row(record(joined_late)).started_at == observation.at
