"""Dead letters are read, sent again once and purged, wherever a run breaks off."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from kafka import KafkaProducer
from typer.testing import CliRunner, Result

from klankbord.cli import FAILED, REFUSED
from klankbord.errors import InvalidEvent, KlankbordError, Reason
from klankbord.events import Event, encode
from streams import embedded, topics, wire
from streams.deadletters import CLIPPED_BYTES, DeadLetter, Incoming, dead_letter
from streams.letterbox import Letter, Letterbox, Wanted, counts, letterbox
from streams.letters_cli import letters_app
from tests.agents.test_monitor import Monitor
from tests.klankbord.given import utterance

GAPS: Final = ("read", "announced", "sent", "marked")
ALL: Final = Wanted()
SECRET: Final = "kanariegeel"
SAID: Final = utterance(f"where is it {SECRET}")


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[str]:
    with embedded.broker(tmp_path) as bootstrap_servers:
        topics.create(bootstrap_servers, topics.plan(partitions=2, replication_factor=1))
        yield bootstrap_servers


@pytest.fixture
def box(installation: str) -> Iterator[Letterbox]:
    with letterbox(installation) as box:
        yield box


def arrives(servers: str, *said: Event | bytes | None, key: bytes | None = None) -> list[Incoming]:
    """Records of chat.messages, as a worker gets them."""
    producer = KafkaProducer(bootstrap_servers=servers)
    records = []
    for one in said:
        record_key, value = (wire.input_key(one), encode(one)) if isinstance(one, Event) else (key, one)
        sent = producer.send(wire.CHAT_MESSAGES, key=record_key, value=value, partition=1).get(timeout=10)
        records.append(Incoming(wire.CHAT_MESSAGES, 1, sent.offset, sent.timestamp, record_key, value))
    producer.close()
    return records


def buried(
    servers: str, *incoming: Incoming, reason: Reason = "failed", keep_bytes: int = 10**6, says: str = "says why"
) -> list[DeadLetter]:
    """Dead letters, as a worker writes them."""
    letters = [dead_letter(one, InvalidEvent(reason, says), keep_bytes=keep_bytes) for one in incoming]
    producer = KafkaProducer(bootstrap_servers=servers)
    for letter in letters:
        producer.send(wire.DEAD_LETTERS, key=letter.key, value=letter.value, headers=list(letter.headers.items()))
    producer.close()
    return letters


def lying(servers: str, topic: str = wire.CHAT_MESSAGES) -> list[Any]:
    with letterbox(servers) as other:
        return list(other._records(topic))


def sent_again(servers: str) -> list[bytes]:
    found = (dict(record.headers).get(wire.REDRIVES) for record in lying(servers))
    return [marker for marker in found if marker is not None]


class BrokeOff(Exception):
    """The process was killed here."""


def breaking_off_at(gap: str) -> Any:
    def look(here: str) -> None:
        if here == gap:
            raise BrokeOff(here)

    return look


def test_a_letter_is_read_with_its_origin_and_without_what_it_holds(installation: str, box: Letterbox) -> None:
    (record,) = arrives(installation, SAID)
    buried(installation, record, reason="wrong_key")

    (letter,) = box.letters()

    assert (letter.origin, letter.reason, letter.error) == (record.origin, "wrong_key", "says why")
    assert (letter.length, letter.state, letter.value) == (len(encode(SAID)), "waiting", None)
    (revealed,) = box.letters(reveal=True)
    assert (revealed.key, revealed.value) == (record.key, record.value)


def test_a_letter_that_a_crash_wrote_twice_counts_once(installation: str, box: Letterbox) -> None:
    records = arrives(installation, b"{", b"{")
    buried(installation, *records, reason="invalid_json")
    buried(installation, records[0], reason="invalid_json")

    assert counts(box.letters()) == {"invalid_json": 2}
    assert [letter.copies for letter in box.letters()] == [2, 1]


def test_what_is_redriven_is_sent_with_its_key_to_where_it_came_from(installation: str, box: Letterbox) -> None:
    (record,) = arrives(installation, SAID)
    buried(installation, record)

    done = box.redrive(ALL, by="ann")

    *_, again = lying(installation)
    assert done.sent == (record.origin,)
    assert (again.topic, again.partition, again.key, again.value) == (record.topic, 1, record.key, record.value)
    assert dict(again.headers).get(wire.REDRIVES) == record.origin.encode()
    (letter,) = box.letters()
    assert (letter.state, letter.headers["by"], letter.value) == ("redriven", b"ann", None)


def test_what_was_redriven_is_not_sent_again(installation: str, box: Letterbox) -> None:
    buried(installation, *arrives(installation, SAID))

    first, second = box.redrive(ALL, by="ann"), box.redrive(ALL, by="ben")

    assert (len(first.sent), second.sent) == (1, ())
    assert len(sent_again(installation)) == 1


def test_a_worker_that_buries_a_redriven_letter_again_does_not_reopen_it(installation: str, box: Letterbox) -> None:
    records = arrives(installation, SAID)
    buried(installation, *records)
    box.redrive(ALL, by="ann")
    buried(installation, *records)

    assert box.redrive(ALL, by="ann").sent == ()


@pytest.mark.parametrize("gap", GAPS)
def test_a_run_that_breaks_off_anywhere_is_finished_by_the_next_and_nothing_is_sent_twice(
    gap: str, installation: str, box: Letterbox
) -> None:
    records = arrives(installation, SAID, b"{", None, key=b"k")
    buried(installation, *records)

    with pytest.raises(BrokeOff):
        box.redrive(ALL, by="ann", gap=breaking_off_at(gap))
    arrives(installation, *(utterance("meanwhile", number=n) for n in range(5)))
    done = box.redrive(ALL, by="ann")

    origins = [record.origin for record in records]
    assert {"sent": done.found, "marked": ()}.get(gap, done.sent) == (() if gap == "marked" else tuple(origins))
    assert sent_again(installation) == [origin.encode() for origin in origins]
    assert {letter.state for letter in box.letters()} == {"redriven"}
    values = [r.value for r in lying(installation) if dict(r.headers).get(wire.REDRIVES) is not None]
    assert values == [record.value for record in records]


async def test_two_that_redrive_at_once_send_twice_at_most_and_it_is_observed_once(
    installation: str, box: Letterbox
) -> None:
    buried(installation, *arrives(installation, SAID))

    def another(gap: str) -> None:
        if gap == "announced":
            with letterbox(installation) as other:
                other.redrive(ALL, by="ben")

    box.redrive(ALL, by="ann", gap=another)

    assert len(sent_again(installation)) == 2
    monitor = Monitor()
    await monitor.take(
        *(Incoming(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value) for r in lying(installation)[1:])
    )
    assert (monitor.counted("observations"), monitor.counted("duplicates", kind="event_id")) == (1, 1)
    assert monitor.record(b"demo/conversation-1").observation.conversation.customer_turns == 1


def test_a_letter_of_which_only_the_beginning_was_kept_is_sent_whole_from_where_it_came(
    installation: str, box: Letterbox
) -> None:
    long = utterance("long " * 1000)
    records = arrives(installation, utterance("before", number=9), long)
    buried(installation, records[1], keep_bytes=CLIPPED_BYTES)

    assert box.redrive(ALL, by="ann").sent == (records[1].origin,)
    assert lying(installation)[-1].value == encode(long)


def test_a_letter_whose_whole_is_nowhere_is_not_sent(installation: str, box: Letterbox) -> None:
    (record,) = arrives(installation, b"another record now lies there")
    elsewhere = Incoming(record.topic, record.partition, record.offset, 0, b"k", b"x" * 5000)
    buried(installation, elsewhere, keep_bytes=CLIPPED_BYTES)

    done = box.redrive(ALL, by="ann")

    assert (done.sent, done.gone) == ((), (record.origin,))
    assert sent_again(installation) == []


def test_a_letter_is_chosen_by_reason_origin_topic_and_time(installation: str, box: Letterbox) -> None:
    records = arrives(installation, b"{", SAID)
    buried(installation, records[0], reason="invalid_json")
    buried(installation, records[1])
    first, second = box.letters()

    def chosen(**wanted: Any) -> list[Letter]:
        return box.letters(Wanted(**wanted))

    assert chosen(reasons=frozenset({"failed"})) == [second]
    assert chosen(origins=frozenset({first.origin})) == [first]
    assert chosen(topics=frozenset({wire.CALL_TRANSCRIPTS})) == []
    assert chosen(since_ms=second.at_ms, until_ms=second.at_ms + 1)[-1] == second
    assert chosen(until_ms=first.at_ms) == []


def test_what_is_purged_is_gone_and_may_come_again(installation: str, box: Letterbox) -> None:
    records = arrives(installation, b"{", SAID)
    buried(installation, *records)

    assert box.purge(Wanted(origins=frozenset({records[0].origin}))) == (records[0].origin,)

    assert [letter.origin for letter in box.letters()] == [records[1].origin]
    *_, last = lying(installation, wire.DEAD_LETTERS)
    assert (last.key, last.value) == (records[0].origin.encode(), None)
    buried(installation, records[0])
    assert len(box.letters()) == 2


def test_a_letter_of_the_first_version_is_read_and_redriven(installation: str, box: Letterbox) -> None:
    (record,) = arrives(installation, SAID)
    letter = dead_letter(record, InvalidEvent("failed", "says why"))
    old = [(name, value) for name, value in letter.headers.items() if name not in ("version", "key")]
    producer = KafkaProducer(bootstrap_servers=installation)
    producer.send(wire.DEAD_LETTERS, key=record.key, value=record.value, headers=old)
    producer.close()

    assert box.redrive(ALL, by="ann").sent == (record.origin,)

    again = lying(installation)[-1]
    assert (again.key, again.value) == (record.key, record.value)
    assert box.redrive(ALL, by="ann").sent == ()


def test_a_letter_of_a_version_to_come_is_not_guessed_at(installation: str, box: Letterbox) -> None:
    (letter,) = buried(installation, *arrives(installation, b"{"))
    producer = KafkaProducer(bootstrap_servers=installation)
    headers = {**letter.headers, "version": b"3"}
    producer.send(wire.DEAD_LETTERS, key=letter.key, value=letter.value, headers=list(headers.items()))
    producer.close()

    with pytest.raises(KlankbordError, match="a later Klankbord wrote it"):
        box.letters()


class Operator:
    """Types commands, with these settings and no others."""

    def __init__(self, servers: str) -> None:
        self._environment = {"KLANKBORD_BROKER": servers, "KLANKBORD_REDIS_URL": "redis://127.0.0.1:1/0"}

    def types(self, *command: str) -> Result:
        return CliRunner().invoke(letters_app, list(command), env={**self._environment, "COLUMNS": "160"})


@pytest.fixture
def operator(installation: str) -> Operator:
    return Operator(installation)


def test_the_commands_show_no_word_of_a_customer_unless_asked_and_write_down_who_asked(
    installation: str, operator: Operator
) -> None:
    (record,) = arrives(installation, SAID)
    buried(installation, record)

    listed, listed_json = operator.types("list"), operator.types("list", "--json")
    shown = operator.types("show", record.origin)
    revealed = operator.types("show", record.origin, "--reveal", "--json")

    quiet = (listed, listed_json, shown)
    assert [(one.exit_code, SECRET in one.output) for one in quiet] == [(0, False)] * 3
    assert json.loads(listed_json.stdout)["counts"] == {"failed": 1}
    assert json.loads(revealed.stdout)["value"] == encode(SAID).decode()
    (audit,) = revealed.stderr.splitlines()
    assert json.loads(audit)["event"] == "dead letter revealed"
    assert json.loads(audit)["by"]
    assert json.loads(audit)["origin"] == record.origin
    assert SECRET not in audit


def test_what_a_source_wrote_does_not_command_the_terminal(installation: str, operator: Operator) -> None:
    (record,) = arrives(installation, b"\x1b]0;owned\x07\x1b[2J", key=b"\x1b[31m")
    buried(installation, record, reason="invalid_json")

    shown = operator.types("show", record.origin, "--reveal")

    assert "\x1b" not in shown.stdout
    assert "\\x1b]0;owned" in shown.stdout


def test_a_command_that_chooses_nothing_or_what_is_not_there_is_refused(operator: Operator) -> None:
    assert operator.types("redrive").exit_code == REFUSED
    assert operator.types("purge", "--yes").exit_code == REFUSED
    assert isinstance(operator.types("show", "chat.messages/0/7").exception, KlankbordError)


def test_a_purge_counts_first_and_does_it_with_yes(installation: str, operator: Operator) -> None:
    buried(installation, *arrives(installation, b"{"), reason="invalid_json")

    counted = operator.types("purge", "--reason", "invalid_json")
    done = operator.types("purge", "--reason", "invalid_json", "--yes", "--json")

    assert (counted.exit_code, counted.stdout) == (REFUSED, "would purge: 1; add --yes\n")
    assert (done.exit_code, json.loads(done.stdout)["purged"]) == (0, ["chat.messages/1/0"])
    assert operator.types("list").stdout == "no dead letters\n"


def test_a_dry_run_sends_nothing_and_a_redrive_says_what_it_could_not_send(
    installation: str, operator: Operator
) -> None:
    (record,) = arrives(installation, b"another record now lies there")
    buried(installation, Incoming(record.topic, 1, record.offset, 0, b"k", b"x" * 5000), keep_bytes=CLIPPED_BYTES)

    dry = operator.types("redrive", "--all", "--dry-run")
    wet = operator.types("redrive", "--all", "--json")

    assert (dry.exit_code, dry.stdout) == (0, "would send: 1\n")
    assert (wet.exit_code, json.loads(wet.stdout)["gone"]) == (FAILED, [record.origin])
    assert sent_again(installation) == []
