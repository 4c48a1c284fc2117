"""An alert opens once per episode, holds until it is over, and stays quiet for a while after."""

from typing import Final

import pytest
from msgspec.structs import replace

from klankbord.alerting import Heard, alert_id, changes, follow
from klankbord.conversation import KEEP_EPISODES, Conversation, Episode, Evidence, Need
from klankbord.policy import THREAT, Policy, Rule, Severity, threshold

ANGRY: Final = threshold("anger", 0.6, 0.2, "critical", "Klant is boos", "Customer is angry", 2, cooldown_s=300)
POLICY: Final = Policy(rules={"angry": ANGRY})


def anger(value: float, *, episodes: dict[str, Episode] | None = None, turns: int = 5) -> Conversation:
    return Conversation(emotions={"anger": value}, customer_turns=turns, episodes=episodes or {})


def over_time(*values: tuple[float, float], policy: Policy = POLICY) -> dict[str, Episode]:
    """The episodes after anger was `value` at each `at`."""
    episodes: dict[str, Episode] = {}
    for at, value in values:
        episodes = follow(anger(value, episodes=episodes), policy, at=at, over=False).episodes
    return episodes


def story(*values: tuple[float, float]) -> list[tuple[float, str, int]]:
    """What opened and cleared, when, in which episode."""
    found = list[tuple[float, str, int]]()
    before = dict[str, Episode]()
    for at, value in values:
        after = follow(anger(value, episodes=before), POLICY, at=at, over=False).episodes
        found += [(alert.at, alert.state, alert.episode) for alert in changes("t", "c", before, after)]
        before = after
    return found


def test_an_alert_opens_at_its_threshold_and_not_below() -> None:
    assert story((0, 0.59)) == []
    assert story((0, 0.6)) == [(0, "opened", 1)]


def test_an_alert_opens_once_per_episode() -> None:
    assert story((0, 0.6), (10, 0.9), (20, 0.6), (30, 1.0)) == [(0, "opened", 1)]


def test_an_alert_holds_until_below_its_release() -> None:
    assert story((0, 0.6), (10, 0.2), (20, 0.6)) == [(0, "opened", 1)]
    assert story((0, 0.6), (10, 0.19)) == [(0, "opened", 1), (10, "cleared", 1)]


def test_the_cool_down_counts_from_the_clearing() -> None:
    assert story((0, 0.9), (1000, 0.0), (1299, 0.9)) == [(0, "opened", 1), (1000, "cleared", 1)]
    assert story((0, 0.9), (1000, 0.0), (1300, 0.9))[-1] == (1300, "opened", 2)


def test_an_alert_waits_for_enough_customer_turns() -> None:
    assert follow(anger(1.0, turns=1), POLICY, at=0, over=False).episodes == {}
    assert follow(anger(1.0, turns=2), POLICY, at=0, over=False).episodes.keys() == {"angry"}


def test_the_end_closes_all_and_opens_none() -> None:
    opened = over_time((0, 0.9))
    closed = follow(anger(0.9, episodes=opened), POLICY, at=50, over=True).episodes

    assert closed["angry"].cleared_at == 50
    assert follow(anger(0.9), POLICY, at=50, over=True).episodes == {}


def test_a_rule_taken_out_of_the_policy_closes_its_alert_and_keeps_the_others() -> None:
    opened = over_time((0, 0.9))
    episodes = follow(anger(0.9, episodes=opened), Policy(rules={"other": ANGRY}), at=50, over=False).episodes

    assert episodes["angry"].cleared_at == 50
    assert episodes["other"].cleared_at is None


def test_an_alert_of_a_rule_that_changed_clears_and_opens_anew_at_the_next_event() -> None:
    opened = over_time((0, 0.9))
    stricter = Policy(rules={"angry": replace(ANGRY, numbers={"raise_at": 0.5, "release_at": 0.2})})

    cleared = follow(anger(0.9, episodes=opened), stricter, at=50, over=False).episodes
    assert cleared["angry"] == replace(opened["angry"], cleared_at=50)
    # Its cool-down was that of the rule it no longer is.
    anew = follow(anger(0.9, episodes=cleared), stricter, at=51, over=False).episodes["angry"]
    assert (anew.number, anew.opened_at, anew.rule_version) == (2, 51, stricter.rules["angry"].version)


def test_an_alert_of_a_rule_that_did_not_change_stays_when_others_do() -> None:
    opened = over_time((0, 0.9))
    more = Policy(rules={"angry": ANGRY, "other": threshold("joy", 0.5, 0.4, "info", "Blij", "Glad")})

    assert follow(anger(0.9, episodes=opened), more, at=50, over=False).episodes == opened


def test_a_threat_stays_open_when_it_is_worded_anew() -> None:
    in_danger = Conversation(needs={"threat_to_self": Need(0.9, 0.0, 1)}, customer_turns=1)
    opened = follow(in_danger, POLICY, at=0, over=False)
    reworded = Policy(rules={"threat": replace(THREAT, nl="Bel de veiligheidscoördinator")})

    assert follow(opened, reworded, at=50, over=False).episodes == opened.episodes


def test_an_alert_carries_the_strongest_proof_of_its_measure() -> None:
    proof = (Evidence("anger", 0.7, 1.0, "woedend"), Evidence("negative_words", 1.0, 2.0, "slecht"))
    now = replace(anger(0.9), evidence=proof)

    assert follow(now, POLICY, at=3, over=False).episodes["angry"].cause == proof[0]


def test_an_alert_id_is_the_same_wherever_it_is_computed() -> None:
    # Pinned: another id for the same episode would raise every open alert again after an upgrade.
    assert alert_id("demo", "conversation-1", "angry_customer", "85a1d125", 1) == "2dde4217f91b4d9662e6ba25"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(("other", "c", "r", "v", 1), id="tenant"),
        pytest.param(("t", "other", "r", "v", 1), id="conversation"),
        pytest.param(("t", "c", "other", "v", 1), id="rule"),
        pytest.param(("t", "c", "r", "other", 1), id="rule version"),
        pytest.param(("t", "c", "r", "v", 2), id="episode"),
        pytest.param(("tc", "", "r", "v", 1), id="no gliding from one to the next"),
    ],
)
def test_an_alert_id_depends_on(other: tuple[str, str, str, str, int]) -> None:
    assert alert_id(*other) != alert_id("t", "c", "r", "v", 1)


def test_an_alert_id_depends_on_nothing_else() -> None:
    early = changes("t", "c", {}, over_time((0, 0.9)))
    late = changes("t", "c", {}, over_time((9_000, 0.7)))

    assert [alert.alert_id for alert in early] == [alert.alert_id for alert in late]
    assert early[0].alert_id == alert_id("t", "c", "angry", ANGRY.version, 1)


def test_from_nothing_all_that_ever_happened_is_given() -> None:
    episodes = over_time((0, 0.9), (10, 0.0))

    assert [(alert.state, alert.at) for alert in changes("t", "c", {}, episodes)] == [("opened", 0), ("cleared", 10)]


def test_a_reader_who_missed_an_episode_is_given_the_next_whole() -> None:
    first = over_time((0, 0.9), (10, 0.0))
    second = over_time((0, 0.9), (10, 0.0), (400, 0.9), (410, 0.0))
    missed = changes("t", "c", first, second)

    assert [(alert.state, alert.episode) for alert in missed] == [("opened", 2), ("cleared", 2)]


def test_an_episode_that_lost_its_proof_is_no_news() -> None:
    cause = Evidence("anger", 0.7, 1.0, "woedend")
    before = {name: replace(episode, cause=cause) for name, episode in over_time((0, 0.9), (10, 0.0)).items()}
    after = {name: replace(episode, cause=None) for name, episode in before.items()}

    assert changes("t", "c", before, after) == ()


def test_nothing_changed_is_no_alert() -> None:
    episodes = over_time((0, 0.9), (10, 0.0))

    assert changes("t", "c", episodes, episodes) == ()


def test_a_clock_that_runs_backwards_does_not_shorten_a_cool_down() -> None:
    assert story((0, 0.9), (1000, 0.0), (500, 0.9)) == [(0, "opened", 1), (1000, "cleared", 1)]


def test_what_a_rule_over_everything_shows_is_the_fact_or_feeling_that_stands_out() -> None:
    stuck = threshold("escalation", 0.3, 0.1, "warning", "Loopt vast", "Stuck")
    weak, strong = Evidence("sounds_sad", 0.4, 0.0), Evidence("repeat_contact", 0.9, 0.0)
    now = Conversation(escalation=0.5, customer_turns=2, evidence=(weak, strong), drivers={"repeat_contact": 0.9})

    assert follow(now, Policy(rules={"stuck": stuck}), at=0, over=False).episodes["stuck"].cause == strong


def test_a_rule_may_wait_for_customer_turns_in_a_row() -> None:
    patient = Policy(rules={"angry": replace(ANGRY, min_customer_turns=1, for_turns=2)})
    by_customer, by_agent = Heard(customer_turn=True), Heard()

    first = follow(anger(0.9), patient, at=0, over=False, heard=by_customer)
    answered = follow(first, patient, at=1, over=False, heard=by_agent)
    second = follow(answered, patient, at=2, over=False, heard=by_customer)
    assert [*first.episodes, *answered.episodes] == []
    assert second.episodes.keys() == {"angry"}

    calmed = follow(replace(first, emotions={"anger": 0.1}), patient, at=1, over=False, heard=by_customer)
    again = follow(replace(calmed, emotions={"anger": 0.9}), patient, at=2, over=False, heard=by_customer)
    assert calmed.streaks == {}
    assert again.episodes == {}


def crowd(count: int, severity: Severity = "info") -> dict[str, Rule]:
    """Rules that all hold at anger 0.9, each with its own name."""
    return {f"rule_{n}": threshold("anger", 0.6, 0.2, severity, "Boos", "Angry") for n in range(count)}


def test_a_conversation_remembers_so_many_alerts_and_no_more() -> None:
    policy = Policy(rules=crowd(40))

    assert len(follow(anger(0.9), policy, at=0, over=False).episodes) == KEEP_EPISODES


def test_a_critical_alert_and_a_threat_always_find_a_place() -> None:
    full = follow(anger(0.9), Policy(rules=crowd(40)), at=0, over=False)
    policy = Policy(rules={**crowd(40), "worst": threshold("joy", 0.5, 0.2, "critical", "Let op", "Look")})
    worse = replace(full, emotions={"anger": 0.9, "joy": 0.9}, needs={"threat_to_self": Need(0.9, 0.0, 1)})

    now = follow(worse, policy, at=1, over=False)

    assert {"worst", "threat"} <= now.episodes.keys()
    told = {(alert.rule, alert.state) for alert in changes("t", "c", full.episodes, now.episodes)}
    assert told == {("worst", "opened"), ("threat", "opened"), ("rule_0", "cleared")}


def test_alerts_that_gave_their_places_are_told_in_the_order_in_which_they_opened() -> None:
    full = follow(anger(0.9), Policy(rules=crowd(KEEP_EPISODES)), at=0, over=False).episodes

    told = changes("t", "c", full, {})

    assert [alert.rule for alert in told] == [f"rule_{n}" for n in range(KEEP_EPISODES)]


def test_a_forgotten_alert_never_comes_back_under_the_same_id() -> None:
    rules = {**crowd(KEEP_EPISODES), "late": threshold("joy", 0.5, 0.2, "info", "Blij", "Glad")}
    policy = Policy(rules={name: replace(rule, cooldown_s=0.0) for name, rule in rules.items()})
    now, ids = anger(0.9), list[str]()

    for at, emotions in enumerate([{"anger": 0.9}, {}, {"joy": 0.9}, {}, {"anger": 0.9}, {}, {"anger": 0.9}]):
        before, now = now, follow(replace(now, emotions=emotions), policy, at=float(at), over=False)
        ids += [a.alert_id for a in changes("t", "c", before.episodes, now.episodes) if a.state == "opened"]

    assert len(ids) > 2 * KEEP_EPISODES
    assert len(set(ids)) == len(ids)


def test_a_clock_that_goes_back_clears_no_alert_before_it_opened() -> None:
    assert story((100, 0.9), (40, 0.0)) == [(100, "opened", 1), (100, "cleared", 1)]
