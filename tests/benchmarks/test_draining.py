"""What makes a figure void, what is compared with what, and that all peers do the same work."""

from collections import Counter
from pathlib import Path

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from benchmarks.compared import orders, ratios, report
from benchmarks.contestants import AIOKAFKA, BYTEWAX, NAIVE, NAMES, OURS, QUIX, contestant, monitor
from benchmarks.draining import Drained, Kind, Spread, backlog, observed_id, scored_id, wrong
from benchmarks.pages import Usage
from benchmarks.peers.klankbord_vader import observe
from benchmarks.peers.work import Conversation, fold, said, told
from benchmarks.pipeline import report as pipeline_report
from klankbord import conversation as ours
from klankbord.events import Role, Utterance
from klankbord.policy import Policy


@pytest.mark.parametrize(
    ("answered", "mistakes"),
    [
        pytest.param(["a", "b", "c"], [], id="all"),
        pytest.param(["c", "a", "b", "our own"], [], id="and one of its own"),
        pytest.param(["a", "c"], ["1 unanswered"], id="one is lost"),
        pytest.param(["a", "b", "b", "c"], ["1 answered twice"], id="one is doubled"),
        pytest.param(["a", "a", "c"], ["1 unanswered", "1 answered twice"], id="as many, and not the same"),
        pytest.param([], ["3 unanswered"], id="nothing"),
    ],
)
def test_as_many_answers_as_events_each_to_one_of_them(answered: list[str], mistakes: list[str]) -> None:
    assert wrong(["a", "b", "c"], Counter(answered)) == mistakes


def test_the_backlog_holds_other_conversations_than_what_it_warms_up_with() -> None:
    work = backlog(700)

    events = [line.event for line in (*work.warm, *work.lines) if line.event is not None]
    assert len(work.lines) == 700
    assert len({event.event_id for event in events}) == len(events)
    warm, rest = ({line.event.conversation_id for line in lines if line.event} for lines in work)
    assert not warm & rest


def test_what_is_said_is_scored_and_counted() -> None:
    event = {"event_id": "1", "role": "customer", "text": "this is great, thanks!"}
    vader = SentimentIntensityAnalyzer().polarity_scores

    once = fold(None, said(event))
    twice = fold(once, "this is terrible")

    assert once == Conversation(events=1, customer_turns=1, valence=vader(str(event["text"]))["compound"])
    assert twice["valence"] == pytest.approx((once["valence"] + vader("this is terrible")["compound"]) / 2)
    assert fold(twice, said({"role": "agent", "text": "terrible"})) == {**twice, "events": 3}
    assert told("1", "c", once) == {"event_id": "1", "conversation_id": "c", **once}


def test_our_small_step_is_the_same_work() -> None:
    theirs: dict[str, Conversation] = {}
    now: dict[str, ours.Conversation] = {}

    for line in backlog(600).lines:
        event = line.event
        assert event is not None
        key = event.conversation_id
        words = event.text if isinstance(event, Utterance) and event.role is Role.CUSTOMER else ""
        theirs[key] = fold(theirs.get(key), words)
        now[key] = observe(now.get(key, ours.Conversation()), event, Policy()).conversation

    assert {key: (one.customer_turns, one.valence) for key, one in now.items()} == {
        key: (one["customer_turns"], one["valence"]) for key, one in theirs.items()
    }
    assert any(one.valence for one in now.values())


def test_a_record_says_which_event_it_is_about() -> None:
    assert scored_id(b'{"event_id":"e1","valence":0.5}') == "e1"
    assert observed_id(b'{"observation":{"event_id":"e2","alerts":[]},"fence":{}}') == "e2"


def test_everybody_has_a_command_and_only_bytewax_is_in_no_group(tmp_path: Path) -> None:
    made = [contestant(name, "127.0.0.1:9", tmp_path / name) for name in NAMES]

    assert [one.name for one in made] == list(NAMES)
    assert [one.name for one in made if not one.processes[0].group] == [BYTEWAX]
    assert made[NAMES.index(OURS)].processes[0].command == monitor("b:1", "kafka", tmp_path).processes[0].command


def test_every_other_round_goes_the_other_way_round() -> None:
    assert list(orders(("a", "b", "c"), 3)) == [("a", "b", "c"), ("c", "b", "a"), ("a", "b", "c")]


def test_a_ratio_is_of_one_round_and_a_void_run_has_none() -> None:
    def run(name: str, cpu_s: float, void: str = "") -> Drained:
        return Drained(name, 1000, 2.0, 2.5, {"peer": Usage(cpu_s, 50.0)}, void)

    rounds = [
        [run(NAIVE, 0.4), run(QUIX, 0.1)],
        [run(QUIX, 0.4), run(NAIVE, 0.8)],
        [run(NAIVE, 0.4), run(QUIX, 9.9, "2 unanswered")],
    ]

    assert ratios(rounds, QUIX, NAIVE) == [pytest.approx(0.25), pytest.approx(0.5)]
    lines = list(report(rounds, (NAIVE, QUIX)))
    assert any(line.startswith(QUIX) and "0.38 (0.25-0.50)" in line for line in lines)
    assert any("void: 2 unanswered" in line for line in lines)
    assert not any(line.startswith(AIOKAFKA) for line in lines)


def test_a_spread_is_the_median_and_what_lies_around_it() -> None:
    assert Spread.of([3.0, 1.0, 8.0]) == (3.0, 1.0, 8.0)
    assert str(Spread.of([3000.0, 1000.0])) == "2,000 (1,000-3,000)"


def test_a_pipeline_that_is_void_has_no_figure() -> None:
    used = {"monitor": Usage(0.7, 200.0), "publisher": Usage(0.3, 100.0)}
    odd = {"monitor": Usage(9.0, 1.0), "publisher": Usage(9.0, 1.0)}
    good = Drained("pipeline", 1000, 2.0, 4.0, used)
    runs: list[tuple[Kind, Drained]] = [
        ("kafka", good),
        (
            "kafka",
            good._replace(used=odd, void="Redis is behind"),
        ),
        ("embedded", good._replace(void="not all is answered")),
    ]

    lines = list(pipeline_report(runs))

    assert [line.split()[:3] for line in lines if " (" in line and "events/s" not in line] == [
        ["kafka:", "monitor", "700"],
        ["kafka:", "publisher", "300"],
    ]
    assert "kafka: 500 (500-500) events/s observed, 250 (250-250) events/s published and committed" in lines
    assert [line for line in lines if "void" in line] == [
        "kafka: void: Redis is behind",
        "embedded: void: not all is answered",
    ]
