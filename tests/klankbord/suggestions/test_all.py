"""What holds for every suggestion, and for the playbook that words them."""

import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from msgspec.structs import replace

import klankbord.suggestions
from klankbord.advice import SAFETY, SITUATIONS, Moment, situation
from klankbord.conversation import Conversation, Evidence
from klankbord.detectors import DETECTORS
from klankbord.events import Channel
from klankbord.policy import EMOTIONS
from klankbord.signals import Signal
from klankbord.suggestions import SUGGESTIONS

MODULES_OF_SAFETY = ["stay_with_customer", "safety_first"]
SENTENCE = re.compile(r"[.!?](?=\s|\Z)")
MODULES = sorted(path.stem for path in Path(klankbord.suggestions.__file__).parent.glob("[!_]*.py"))
PLAYBOOK = Path(__file__).parents[3] / "config" / "playbook"


def test_each_kind_is_one_file_and_each_file_is_in_the_tuple() -> None:
    assert sorted(suggester.kind for suggester in SUGGESTIONS) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_file_holds_the_suggestion_of_its_name(module: str) -> None:
    assert getattr(import_module(f"klankbord.suggestions.{module}"), module).kind == module


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_suggestion_has_its_words_and_its_reason(language: str) -> None:
    playbook = tomllib.loads((PLAYBOOK / f"{language}.toml").read_text(encoding="utf-8"))

    assert list(playbook) == [suggester.kind for suggester in SUGGESTIONS]
    for wording in playbook.values():
        assert wording.keys() == {"text", "why"}
        assert 1 <= len(SENTENCE.findall(wording["text"])) <= 2
        assert len(SENTENCE.findall(wording["why"])) == 1


def test_safety_comes_first_and_only_the_more_urgent_stand_before_the_less_urgent() -> None:
    assert [suggester.kind for suggester in SUGGESTIONS if suggester.urgency == SAFETY] == MODULES_OF_SAFETY
    assert [suggester.urgency for suggester in SUGGESTIONS] == sorted(
        (suggester.urgency for suggester in SUGGESTIONS), reverse=True
    )


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("effort", [1.0, 4.0, 7.0])
@pytest.mark.parametrize("feeling", ["", *EMOTIONS])
def test_a_situation_is_one_of_a_few_and_names_nobody(channel: Channel, effort: float, feeling: str) -> None:
    now = Conversation(
        channel=channel, effort=effort, emotions={feeling: 0.9} if feeling else {}, agent_id="a", queue="q", team="t"
    )

    assert situation(now) in SITUATIONS
    assert situation(now) == situation(replace(now, agent_id="another", queue=None, team=None, needs={}))


def test_situations_tell_a_hard_angry_call_from_an_easy_calm_chat() -> None:
    assert situation(Conversation()) == "chat-easy-calm"
    assert situation(Conversation(channel=Channel.VOICE, effort=4.0, emotions={"anger": 0.5})) == "call-hard-upset"
    assert situation(Conversation(channel=Channel.EMAIL, emotions={"anxiety": 0.6})) == "mail-easy-worried"
    assert len(SITUATIONS) == len(set(SITUATIONS)) == 18


def test_without_its_signals_a_suggestion_is_not_called_for() -> None:
    told = [evidence(detector.kind) for detector in DETECTORS]
    conversation = Conversation(customer_turns=5, agent_turns=5, evidence=tuple(told[-6:]))
    for suggester in SUGGESTIONS:
        others = {d.kind: Signal(d.kind, d.dimension, 1.0) for d in DETECTORS if d.kind not in suggester.of}
        asked = [Moment(replace(conversation, bot_helps=bot), others, arrived=True) for bot in (False, True)]
        if suggester.of:
            assert [suggester.why(moment) for moment in asked] == [None, None], suggester.kind


def test_each_signal_that_a_suggestion_names_can_call_for_it() -> None:
    by_kind = {detector.kind: detector for detector in DETECTORS}
    for suggester in SUGGESTIONS:
        for kind in suggester.of:
            alone = {kind: Signal(kind, by_kind[kind].dimension, 1.0)}
            assert suggester.why(Moment(Conversation(), alone)) is not None, (suggester.kind, kind)


def evidence(kind: str) -> Evidence:
    return Evidence(kind, 1.0, 1.0)
