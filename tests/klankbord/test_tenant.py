"""What a tenant brings is read whole or refused by line, and what it takes home is a policy that means the same."""

import gzip
from pathlib import Path

import pytest

from klankbord.errors import InvalidEvent
from klankbord.events import encode
from klankbord.policy import Policy
from klankbord.policy_file import read_policy
from klankbord.tenant import Mark, adapted_policy, read_marked, read_marks
from tests.klankbord.given import utterance

MARK = b'{"type":"mark","tenant":"demo","conversation_id":"conversation-1","event_id":"event-2","right":false}'
EVENTS = (encode(utterance("where is my parcel")), encode(utterance("this is a disgrace", after_s=9, number=2)))


def written(folder: Path, *lines: bytes, name: str = "marked.jsonl") -> Path:
    path = folder / name
    data = b"\n".join(lines) + b"\n"
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["marked.jsonl", "marked.jsonl.gz"])
def test_a_conversation_is_read_with_its_marks_wherever_they_stand(name: str, tmp_path: Path) -> None:
    (talk,) = read_marked(written(tmp_path, MARK, *EVENTS, name=name))

    assert [event.event_id for event in talk.events] == ["event-1", "event-2"]
    assert talk.marks == {"event-2": False}


def test_a_conversation_without_a_mark_teaches_nothing(tmp_path: Path) -> None:
    assert list(read_marked(written(tmp_path, *EVENTS))) == []


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        pytest.param(MARK.replace(b"false", b'"no"'), "line 3: a mark that does not fit", id="no yes or no"),
        pytest.param(MARK.replace(b"right", b"type_"), "line 3: a mark that does not fit", id="an unknown field"),
        pytest.param(MARK.replace(b"mark", b"marc"), "line 3: does not fit the schema", id="neither mark nor event"),
        pytest.param(b"{", "line 3: not valid JSON", id="no JSON"),
        pytest.param(b"[1]", "line 3: does not fit the schema", id="a list"),
        pytest.param(MARK.replace(b"event-2", b"event-9"), "names event 'event-9', which is not there", id="no event"),
    ],
)
def test_a_line_that_is_wrong_is_named(line: bytes, mistake: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidEvent, match=mistake):
        list(read_marked(written(tmp_path, *EVENTS, line)))


def test_the_policy_that_is_written_holds_the_judges_and_nothing_else() -> None:
    judges = Policy().judges

    assert read_policy(adapted_policy(judges, 30), source="ours.toml") == Policy(judges=judges)


def test_marks_from_elsewhere_find_their_conversation_and_leave_others_alone(tmp_path: Path) -> None:
    marks = [Mark("demo", "conversation-1", "event-2", False), Mark("demo", "elsewhere", "event-2", True)]

    (talk,) = read_marked(written(tmp_path, *EVENTS), marks)

    assert talk.marks == {"event-2": False}


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_alerts_at_one_event_one_that_was_right_is_enough(order: int, tmp_path: Path) -> None:
    marks = [
        Mark("demo", "conversation-1", "event-2", False, "worried_customer"),
        Mark("demo", "conversation-1", "event-2", True, "angry_customer"),
    ][::order]

    (talk,) = read_marked(written(tmp_path, *EVENTS), marks)

    assert talk.marks == {"event-2": True}


def test_a_file_of_marks_holds_no_events(tmp_path: Path) -> None:
    assert read_marks(written(tmp_path, MARK)) == (Mark("demo", "conversation-1", "event-2", False),)
    with pytest.raises(InvalidEvent, match="holds marks only"):
        read_marks(written(tmp_path, MARK, EVENTS[0]))
