"""The account of a replay, and the numbers that are read from it."""

import gzip
import math
from pathlib import Path

import pytest
from kafka import errors

from klankbord.errors import KlankbordError
from klankbord.events import encode
from klankbord.replay import shifted
from streams.demo import quantile
from streams.player import APART_S, Account, Line, bundled, is_refusal, read_lines, rounds, span
from tests.streams.given import conversation

INF = float("inf")
EVENTS = conversation()


def key(number: int) -> tuple[str, str]:
    return "demo", f"event-{number}"


def origin(offset: int) -> tuple[str, int, int]:
    return "chat.messages", 0, offset


def account(sent: int, *, observed: dict[int, int], buried: dict[int, int] | None = None) -> Account:
    """`sent` records with keys and offsets 1 to `sent`; how often each was observed, and buried by its offset."""
    numbers = range(1, sent + 1)
    return Account(
        sent=sent,
        expected={key(number) for number in numbers},
        origins={origin(number): key(number) for number in numbers},
        observed={key(number): times for number, times in observed.items()},
        buried={origin(offset): times for offset, times in (buried or {}).items()},
    )


@pytest.mark.parametrize(
    ("kept", "lost", "duplicates"),
    [
        pytest.param(account(0, observed={}), 0, 0, id="nothing was sent"),
        pytest.param(account(3, observed={1: 1, 2: 1, 3: 1}), 0, 0, id="all came"),
        pytest.param(account(3, observed={1: 1}), 2, 0, id="two are missing"),
        pytest.param(account(2, observed={1: 3, 2: 1}), 0, 2, id="one came three times"),
        pytest.param(account(2, observed={1: 2}), 1, 1, id="a repeated one hides no missing one"),
        pytest.param(account(2, observed={1: 1}, buried={2: 1}), 0, 0, id="one was buried"),
        pytest.param(account(1, observed={}, buried={1: 2}), 0, 1, id="one was buried twice"),
        pytest.param(account(2, observed={1: 1}, buried={9: 1}), 1, 0, id="what others sent hides no missing one"),
    ],
)
def test_what_is_lost_and_what_came_twice(kept: Account, lost: int, duplicates: int) -> None:
    assert (kept.lost, kept.duplicates) == (lost, duplicates)


def test_nothing_is_waited_for_that_was_not_sent_or_may_not_have_been() -> None:
    kept = account(4, observed={1: 1})
    kept.refused.add(key(2))
    kept.unknown.add(key(3))

    assert (kept.outstanding, kept.lost) == (1, 3)


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (errors.MessageSizeTooLargeError, True),
        (errors.TopicAuthorizationFailedError, True),
        (errors.KafkaTimeoutError, False),
        (errors.NotEnoughReplicasAfterAppendError, False),
        (errors.KafkaConnectionError, False),
    ],
)
def test_only_what_the_broker_refuses_for_good_is_known_not_to_be_there(
    error: type[errors.KafkaError], refusal: bool
) -> None:
    assert is_refusal(error()) is refusal


def test_an_account_counts_repeated_ones_but_answers_each_once() -> None:
    kept = account(4, observed={1: 2, 2: 1}, buried={3: 3})

    assert (kept.observations, kept.dead_letters, kept.answered) == (3, 3, 3)


# 10 values: 4 up to 0.1, 4 more up to 0.2, 1 more up to 0.4, 1 beyond.
BUCKETS = {0.1: 4.0, 0.2: 8.0, 0.4: 9.0, INF: 10.0}


@pytest.mark.parametrize(
    ("share", "value"),
    [
        pytest.param(0.2, 0.05, id="in the first bucket, from nought"),
        pytest.param(0.4, 0.1, id="at the end of a bucket"),
        pytest.param(0.5, 0.125, id="a quarter into the second"),
        pytest.param(0.85, 0.3, id="half into the third"),
        pytest.param(0.99, 0.4, id="beyond the last, its lower end"),
    ],
)
def test_a_quantile_is_interpolated_within_its_bucket(share: float, value: float) -> None:
    assert quantile(BUCKETS, share) == pytest.approx(value)


def test_an_empty_bucket_before_the_first_value_is_passed() -> None:
    assert quantile({0.1: 0.0, 0.2: 10.0, INF: 10.0}, 0.5) == pytest.approx(0.15)


@pytest.mark.parametrize("buckets", [pytest.param({}, id="none"), pytest.param({0.1: 0.0, INF: 0.0}, id="empty")])
def test_nothing_observed_has_no_quantile(buckets: dict[float, float]) -> None:
    assert math.isnan(quantile(buckets, 0.5))


def ids(lines: tuple[Line, ...]) -> tuple[set[str], set[str]]:
    events = [line.event for line in lines if line.event is not None]
    return {event.event_id for event in events}, {event.conversation_id for event in events}


def test_the_rounds_of_bundled_conversations_share_no_id() -> None:
    endless = rounds()
    first, second, third = (ids(next(endless)) for _ in range(3))

    for one, other in ((first, second), (second, third), (first, third)):
        assert not one[0] & other[0]
        assert not one[1] & other[1]


def test_an_event_of_the_bundled_conversations_has_its_id_alone() -> None:
    lines = bundled()

    assert len(ids(lines)[0]) == len(lines)


def test_the_bundled_conversations_come_in_the_order_of_time_the_hot_ones_first() -> None:
    events = [line.event for line in bundled() if line.event is not None]

    assert [event.at for event in events] == sorted(event.at for event in events)
    assert events[0].conversation_id.startswith("hot-")
    assert (events[-1].at - events[0].at).total_seconds() > APART_S


def test_lines_are_read_as_they_are_and_what_cannot_be_read_is_kept(tmp_path: Path) -> None:
    good, bad, empty = encode(EVENTS[0]), b'{"schema": 1, \xff\x00', b"  "
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\r\n".join([good, empty, bad, good]))

    assert read_lines(path) == (Line(good, EVENTS[0]), Line(bad, None), Line(good, EVENTS[0]))


def test_a_compressed_file_reads_like_a_plain_one(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(gzip.compress(encode(EVENTS[0]) + b"\n" + encode(EVENTS[1])))

    assert [line.event for line in read_lines(path)] == [EVENTS[0], EVENTS[1]]


@pytest.mark.parametrize(
    "content",
    [pytest.param(None, id="missing"), pytest.param(gzip.compress(b"{}" * 50)[:-9], id="cut off")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "events.jsonl.gz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(KlankbordError, match=r"events\.jsonl\.gz: cannot be read"):
        read_lines(path)


def test_the_span_of_a_recording_leaves_out_what_cannot_be_read() -> None:
    early, late = EVENTS[0], shifted(EVENTS[0], 90.0)

    assert span((Line(b"", late), Line(b"x", None), Line(b"", early))) == (early.at_s, early.at_s + 90.0)
