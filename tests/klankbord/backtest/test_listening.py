"""One scoring serves all policies that differ in their rules alone, and gives what each would have given by itself."""

from collections import Counter
from datetime import timedelta

from msgspec.structs import replace

from klankbord.backtest.listening import Listener, Raised, listeners
from klankbord.channels.transcript import recordings
from klankbord.events import Event, Waited, encode
from klankbord.policy import Policy, Rule
from klankbord.replay import replay
from tests.gold import read_gold
from tests.klankbord.backtest.given import contact, policy
from tests.klankbord.given import START

PATIENT = """
[rules.twice_sad]
when = "mood >= 0.4"
until = "mood < 0.3"
for_turns = 2
severity = "info"
nl = "Twee keer"
en = "Twice"
"""


def alert_ids(events: list[Event], by: Policy) -> Counter[str]:
    return Counter(a.alert_id for seen in replay(events, by) for a in seen.alerts if a.state == "opened")


def test_the_shared_scoring_raises_what_each_policy_raises_alone() -> None:
    shipped, bold, shy = Policy(), policy(0.2), policy(0.99, more=PATIENT)
    events = [event for gold in read_gold()[:60] for event in gold.transcript.events]
    events += [event for recording in recordings() for event in recording.events]

    (listener,) = listeners([shipped, bold, shy], make_waits=False)
    heard: list[Counter[str]] = [Counter(), Counter(), Counter()]
    for event in events:
        for raised in listener.hear(event):
            assert isinstance(raised, Raised)
            heard[raised.policy][raised.alert.alert_id] += 1

    assert heard == [alert_ids(events, one) for one in (shipped, bold, shy)]
    assert heard[0] != heard[1] != heard[2] != heard[0]


def test_another_weight_is_another_scoring() -> None:
    assert len(listeners([Policy(), policy(0.5), Policy(emotion_fade=0.1)], make_waits=False)) == 2


def test_a_silence_becomes_waits_that_count_once_also_where_they_were_recorded() -> None:
    made = silence(Listener([(0, Policy())], make_waits=True))
    assert made.waits_made == 6

    recorded = Listener([(0, Policy())], make_waits=False)
    waited = Waited(
        schema=1, event_id="w", tenant="demo", conversation_id="c", channel=contact("c")[0].channel,
        at=START + timedelta(seconds=155), wait_s=150.0,
    )  # fmt: skip
    assert silence(recorded, waited).waits_made == 0
    assert encode(waited)


def test_nothing_is_waited_for_without_being_asked_to() -> None:
    assert silence(Listener([(0, Policy())], make_waits=False)).waits_made == 0


def silence(listener: Listener, *more: Event) -> Listener:
    """A customer asks, and nobody answers for an hour."""
    for event in (*contact("c", end=False), *more):
        list(listener.hear(event))
    list(listener.wait(("demo", "c"), until=START.timestamp() + 3600))
    return listener


def test_a_rule_about_waiting_opens_at_its_deadline() -> None:
    listener = Listener([(0, Policy())], make_waits=True)
    for event in contact("c", end=False):
        list(listener.hear(event))

    alerts = [r.alert for r in listener.wait(("demo", "c"), until=START.timestamp() + 3600) if isinstance(r, Raised)]

    assert [(alert.at - START.timestamp() - 5) % 60 for alert in alerts if alert.rule == "long_wait"] == [30.0]


def test_each_policy_of_a_sweep_over_a_wait_is_asked_at_its_own() -> None:
    def waiting(limit_s: int) -> Policy:
        rule = Rule(when="waited_s >= limit_s", severity="info", nl="x", en="x", numbers={"limit_s": limit_s})
        return Policy(rules={"waits": rule})

    opened = dict[int, float]()
    for listener in listeners([waiting(n) for n in (40, 100, 700)], make_waits=True):
        for event in contact("c", end=False):
            list(listener.hear(event))
        for raised in listener.wait(("demo", "c"), until=START.timestamp() + 3600):
            assert isinstance(raised, Raised)
            opened[raised.policy] = raised.alert.at - START.timestamp() - 5

    assert opened == {0: 40.0, 1: 100.0, 2: 700.0}


def test_the_wording_of_a_rule_changes_no_scoring() -> None:
    base = policy(0.5)
    reworded = replace(base, rules={n: replace(rule, nl="anders") for n, rule in base.rules.items()})
    assert len(listeners([base, reworded], make_waits=False)) == 1
