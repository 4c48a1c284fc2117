"""What a supervisor sees of the bundled conversations: nothing of the calm ones, something of every hard one."""

import pytest

from klankbord.alerting import Alert
from klankbord.channels.transcript import Transcript, recordings
from klankbord.policy import Policy
from klankbord.replay import replay

RECORDINGS = recordings()


def opened(transcript: Transcript) -> list[Alert]:
    observations = replay(transcript.events, Policy())
    return [alert for observation in observations for alert in observation.alerts if alert.state == "opened"]


def those(kind: str) -> list[Transcript]:
    return [transcript for transcript in RECORDINGS if transcript.comment.startswith(f"{kind}:")]


def test_every_recording_says_how_hard_it_is() -> None:
    assert len(those("calm")) + len(those("mild")) + len(those("hard")) == len(RECORDINGS)


@pytest.mark.parametrize("transcript", those("calm"), ids=lambda transcript: transcript.name)
def test_a_calm_conversation_raises_nothing(transcript: Transcript) -> None:
    assert opened(transcript) == []


@pytest.mark.parametrize("transcript", those("mild"), ids=lambda transcript: transcript.name)
def test_a_mild_conversation_raises_nothing_critical(transcript: Transcript) -> None:
    assert [alert for alert in opened(transcript) if alert.severity == "critical"] == []


@pytest.mark.parametrize("transcript", those("hard"), ids=lambda transcript: transcript.name)
def test_a_hard_conversation_raises_an_alert(transcript: Transcript) -> None:
    assert [alert for alert in opened(transcript) if alert.severity != "info"] != []


@pytest.mark.parametrize("transcript", those("hard"), ids=lambda transcript: transcript.name)
def test_the_agent_of_a_hard_conversation_is_helped(transcript: Transcript) -> None:
    suggested = {s.kind for observation in replay(transcript.events, Policy()) for s in observation.suggestions}

    assert len(suggested) >= 2


def test_after_an_objection_nothing_is_found() -> None:
    (transcript,) = [transcript for transcript in RECORDINGS if transcript.name == "direct-debit-date-en"]

    observations = list(replay(transcript.events, Policy()))

    objected = next(at for at, observation in enumerate(observations) if observation.type == "objected")
    assert all(not observation.signals for observation in observations[objected:])
