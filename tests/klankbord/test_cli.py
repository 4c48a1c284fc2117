"""The command line: what it prints, what it refuses and how it says so."""

import gzip
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from config.settings import PREFIX
from klankbord.cli import FAILED, REFUSED
from klankbord.events import encode
from klankbord.policy import EMOTIONS, Policy
from klankbord.policy_file import read_policy
from klankbord.tenant import Mark
from tests.klankbord.backtest.given import contact, toml

ROOT: Final = Path(__file__).parents[2]
RECORDING: Final = ROOT / "klankbord" / "recordings" / "hot-internet-down-again-nl.txt"
SCRIPTS: Final = Path(sys.executable).parent

GOLD_FOLDER: Final = Path(__file__).parents[1] / "conversations" / "gold"
SCORE_KEYS: Final = {
    "id",
    "language",
    "valence",
    "emotions",
    "dissatisfaction",
    "unsure",
    "abuse",
    "churn",
    "needs",
    "reason",
}
REPLAY_KEYS: Final = {
    *("event_id", "conversation_id", "valence", "emotions", "effort", "dissatisfaction", "unsure", "escalation"),
    *("churn", "needs", "reason", "alerts", "suggestions"),
}
STARTED: Final = {
    "type": "started",
    "schema": 1,
    "event_id": "e-1",
    "tenant": "demo",
    "conversation_id": "c-1",
    "channel": "chat",
    "at": "2026-03-02T09:00:00Z",
}
SAID: Final = {
    **STARTED,
    "type": "utterance",
    "event_id": "e-2",
    "utterance_id": "u-1",
    "role": "customer",
    "text": "this is ridiculous, I have called three times",
}


def klankbord(
    *arguments: str | Path, given: str | bytes = "", **settings: str | Path
) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator does, with these settings and no others."""
    environment = {"COLUMNS": "160", "LC_ALL": "C.UTF-8", **{PREFIX + name: str(v) for name, v in settings.items()}}
    done = subprocess.run(
        [SCRIPTS / "klankbord", *arguments],
        input=given.encode() if isinstance(given, str) else given,
        env=environment,
        capture_output=True,
        timeout=60,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def rows(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def written(path: Path, *lines: object) -> Path:
    path.write_text("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines), encoding="utf-8")
    return path


@pytest.fixture
def events(tmp_path: Path) -> Path:
    return written(tmp_path / "events.jsonl", STARTED, SAID, {**STARTED, "type": "ended", "event_id": "e-3"})


def test_score_shows_the_evidence_in_words() -> None:
    done = klankbord("score", "dit is al de derde keer dat ik bel")

    assert done.returncode == 0
    assert "repeat_contact" in done.stdout
    assert "dit is al de derde keer dat ik bel" in done.stdout


def test_score_as_json_has_every_score() -> None:
    done = klankbord("score", "--json", "what a disgrace")

    scores = json.loads(done.stdout)
    assert scores.keys() == SCORE_KEYS - {"id"}
    assert scores["language"] == "en"
    assert scores["emotions"]["anger"] > 0.5


def test_score_believes_the_language_it_is_given() -> None:
    done = klankbord("score", "--json", "--language", "en", "bang")

    scores = json.loads(done.stdout)
    assert scores["language"] == "en"
    assert scores["emotions"].get("anxiety", 0.0) < 0.2


def test_score_answers_every_line_in_order() -> None:
    asked = [
        {"id": "2", "text": "Dank u wel, wat een opluchting"},
        {"id": "1", "text": "you people are useless", "language": "en"},
        {"id": "3", "text": "ok"},
    ]

    done = klankbord("score", "--jsonl", given="\n".join(map(json.dumps, asked)))

    answers = rows(done.stdout)
    assert [answer["id"] for answer in answers] == ["2", "1", "3"]
    for answer in answers:
        assert answer.keys() == SCORE_KEYS
        assert -1 <= answer["valence"] <= 1
        assert answer["emotions"].keys() <= set(EMOTIONS)
        assert all(0 <= value <= 1 for value in answer["emotions"].values())
        assert 0 <= answer["dissatisfaction"] <= 1
    assert answers[0]["emotions"]["relief"] > 0.5
    assert answers[1]["abuse"] >= 0.8
    assert answers[2]["abuse"] < 0.05


def test_score_passes_over_empty_lines() -> None:
    done = klankbord("score", "--jsonl", given='\n{"id": "1", "text": ""}\n\n')

    assert [answer["id"] for answer in rows(done.stdout)] == ["1"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"hello there", id="text"),
        pytest.param(b'{"id": "2"}', id="no text"),
        pytest.param(b'{"id": 2, "text": "x"}', id="a number as id"),
        pytest.param(b'{"id": "2", "text": "\xff"}', id="no UTF-8"),
    ],
)
def test_a_line_that_cannot_be_scored_is_named(line: bytes) -> None:
    done = klankbord("score", "--jsonl", given=b'{"id": "1", "text": "x"}\n' + line + b"\n")

    assert done.returncode == FAILED
    assert done.stderr.startswith("klankbord: standard input, line 2: ")
    assert done.stderr.count("\n") == 1
    assert [answer["id"] for answer in rows(done.stdout)] == ["1"]


def test_score_without_a_text_says_what_to_give() -> None:
    done = klankbord("score")

    assert done.returncode == FAILED
    assert done.stderr == "klankbord: score: give a text, or --jsonl and lines on standard input\n"


def test_explain_shows_a_written_transcript_as_its_golden_file_does() -> None:
    done = klankbord("explain", RECORDING)

    golden = (ROOT / "tests" / "conversations" / RECORDING.name).read_text(encoding="utf-8")
    assert done.returncode == 0
    assert done.stdout.splitlines()[1:] == golden.splitlines()[3:]


def test_explain_says_what_could_have_been_done_about_the_reason(tmp_path: Path) -> None:
    header = ("title: twice", "channel: chat", "language: en", "agent: agent-01", "customer: customer-01", "---")
    lines = ("00:00 customer: I have been charged twice for my order", "00:30 * ended")
    transcript = written(tmp_path / "twice.txt", *header, *lines)

    done = klankbord("explain", transcript, "--reasons", ROOT / "config" / "reasons.toml")

    asked = [line.strip() for line in done.stdout.splitlines() if line.startswith("      ?")]
    assert asked[0].startswith("? reason billing.wrong_charge, ahead by ")
    assert [line.split(" (")[0] for line in asked[1:]] == ["? prevented: yes", "? self-served: no", "? automated: no"]


def test_contact_reasons_that_are_wrong_are_refused_with_their_place(tmp_path: Path) -> None:
    reasons = written(tmp_path / "mine.toml", "[delivery]", 'nl = "Bezorging"')

    done = klankbord("score", "where is it", "--reasons", reasons)

    assert done.returncode == REFUSED
    assert f"- {reasons}: [delivery]: Object missing required field `en`" in done.stderr


def test_explain_reads_canonical_events(events: Path) -> None:
    done = klankbord("explain", events)

    assert done.returncode == 0
    assert done.stdout.splitlines()[:3] == [
        "c-1",
        "00:00 * started",
        "00:00 customer: this is ridiculous, I have called three times",
    ]


def test_explain_as_json_gives_one_observation_an_event(events: Path) -> None:
    done = klankbord("explain", "--json", events)

    assert [row["event_id"] for row in rows(done.stdout)] == ["e-1", "e-2", "e-3"]


def test_replay_shows_where_each_conversation_ended() -> None:
    done = klankbord("replay", RECORDING)

    assert done.returncode == 0
    assert "effort 1-7" in done.stdout
    assert RECORDING.stem in done.stdout
    assert "needs_supervisor" in done.stdout


def test_replay_as_json_gives_one_row_a_conversation(tmp_path: Path) -> None:
    other = {**SAID, "event_id": "e-9", "conversation_id": "c-2"}
    file = written(tmp_path / "two.jsonl", STARTED, other, SAID)

    done = klankbord("replay", "--json", file)

    assert [row["conversation_id"] for row in json.loads(done.stdout)] == ["c-1", "c-2"]


def test_replay_gives_one_row_an_event_in_their_order() -> None:
    done = klankbord("replay", "--jsonl", RECORDING)

    found = rows(done.stdout)
    assert [row["event_id"] for row in found] == sorted(row["event_id"] for row in found)
    assert len(found) == len(RECORDING.read_text(encoding="utf-8").split("---\n")[1].splitlines())
    for row in found:
        assert row.keys() == REPLAY_KEYS
        assert 1 <= row["effort"] <= 7
        assert 0 <= row["escalation"] <= 1
        assert row["emotions"].keys() <= set(EMOTIONS)
    opened = [alert for row in found for alert in row["alerts"] if alert["state"] == "opened"]
    assert {"rule": "needs_supervisor", "state": "opened", "severity": "warning"} in opened
    assert "take_ownership" in found[1]["suggestions"]


def test_replay_reads_packed_events(events: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed.jsonl.gz"
    packed.write_bytes(gzip.compress(events.read_bytes()))

    assert klankbord("replay", "--jsonl", packed).stdout == klankbord("replay", "--jsonl", events).stdout


@pytest.mark.parametrize("command", ["explain", "replay"])
@pytest.mark.parametrize(
    ("name", "lines", "where"),
    [
        pytest.param("bad.jsonl", (STARTED, "no json"), "bad.jsonl, line 2: not valid JSON", id="no JSON"),
        pytest.param("bad.jsonl", (STARTED, SAID, {}), "bad.jsonl, line 3: does not fit", id="no event"),
        pytest.param("bad.txt", ("title: x", "agent"), "bad, line 2: ", id="no transcript"),
    ],
)
def test_a_bad_file_is_refused_in_one_line_that_names_the_place(
    command: str, name: str, lines: tuple[object, ...], where: str, tmp_path: Path
) -> None:
    done = klankbord(command, written(tmp_path / name, *lines))

    assert done.returncode == FAILED
    assert done.stderr.splitlines()[-1].startswith(f"klankbord: {where}")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["explain", "replay"])
@pytest.mark.parametrize("name", ["missing.txt", "missing.jsonl", "missing.jsonl.gz"])
def test_a_missing_file_is_named(command: str, name: str, tmp_path: Path) -> None:
    done = klankbord(command, tmp_path / name)

    assert done.returncode == FAILED
    assert done.stderr.startswith(f"klankbord: {tmp_path / name}: cannot be read")


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    done = klankbord("replay", written(tmp_path / "events.jsonl.gz", "no gzip"))

    assert done.returncode == FAILED
    assert "events.jsonl.gz: cannot be read" in done.stderr


def test_a_policy_with_unknown_names_is_refused_with_every_mistake(tmp_path: Path) -> None:
    rule = 'raise_at = 0.5\nrelease_at = 0.9\nseverity = "info"\nnl = "x"\nen = "x"\n'
    policy = written(
        tmp_path / "mine.toml",
        f'[rules.one]\nwhen = "rage >= raise_at"\nuntil = "rage < release_at"\n{rule}',
        f'[rules.two]\nwhen = "calm >= raise_at"\nuntil = "calm < release_at"\n{rule}',
    )

    done = klankbord("score", "x", "--policy", policy)

    assert done.returncode == REFUSED
    assert len([line for line in done.stderr.splitlines() if line.startswith(f"- {policy}, line ")]) == 4
    assert "'rage' is not known" in done.stderr
    assert "'calm' is not known" in done.stderr


def test_a_policy_with_an_unknown_field_is_refused_with_its_name(tmp_path: Path) -> None:
    done = klankbord("replay", RECORDING, "--policy", written(tmp_path / "mine.toml", "emotion_fad = 0.5"))

    assert done.returncode == REFUSED
    assert "emotion_fad" in done.stderr
    assert str(tmp_path / "mine.toml") in done.stderr


def test_a_policy_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = klankbord("explain", RECORDING, "--policy", tmp_path / "none.toml")

    assert done.returncode == REFUSED
    assert f"{tmp_path / 'none.toml'}: cannot be read" in done.stderr


def test_config_check_is_content_with_what_is_shipped() -> None:
    done = klankbord("config", "check", BROKER="127.0.0.1:9092", REDIS_URL="redis://127.0.0.1")

    assert done.returncode == 0
    assert done.stdout == "the configuration is right\n"


def test_config_check_lists_the_mistakes_of_settings_policy_and_playbook(tmp_path: Path) -> None:
    policy = written(tmp_path / "policy.toml", "emotion_fade = 7")
    playbook = tmp_path / "playbook"
    playbook.mkdir()
    written(playbook / "nl.toml", "not toml")
    written(playbook / "en.toml", '[hand_over]\ntext = "x"', "[dance]")

    done = klankbord("config", "check", POLICY=policy, PLAYBOOK=playbook, PARTITIONS="many", COLOUR="red")

    assert done.returncode == REFUSED
    for mistake in (
        f"- {PREFIX}BROKER is missing",
        f"- {PREFIX}REDIS_URL is missing",
        f"- {PREFIX}PARTITIONS: ",
        f"- {PREFIX}COLOUR is no setting of ours",
        f"- {policy}, line 1: emotion_fade: ",
        f"- {playbook / 'nl.toml'}: ",
        f"- {playbook / 'en.toml'}: 'dance' is no kind of suggestion",
        f"- {playbook / 'en.toml'}: [hand_over] needs a line 'why'",
    ):
        assert [line for line in done.stdout.splitlines() if line.startswith(mistake)] != []


def test_config_check_as_json_lists_the_same_mistakes(tmp_path: Path) -> None:
    done = klankbord("config", "check", "--json", "--policy", tmp_path / "none.toml", BROKER="127.0.0.1:9092")

    assert done.returncode == REFUSED
    assert [mistake.split(" ")[0] for mistake in json.loads(done.stdout)["mistakes"]] == [
        f"{PREFIX}REDIS_URL",
        f"{tmp_path / 'none.toml'}:",
    ]


def test_config_check_of_the_files_needs_no_settings() -> None:
    done = klankbord("config", "check", "--files")

    assert done.returncode == 0
    assert done.stdout == "the configuration is right\n"


def test_config_check_reads_the_contact_reasons(tmp_path: Path) -> None:
    reasons = written(tmp_path / "mine.toml", "delivery = 3")

    done = klankbord("config", "check", "--files", "--reasons", reasons)

    assert done.returncode == REFUSED
    assert f"- {reasons}: delivery: is no table" in done.stdout


def test_config_check_of_the_files_finds_what_is_wrong_in_them(tmp_path: Path) -> None:
    policy = written(tmp_path / "mine.toml", "languages = []")

    done = klankbord("config", "check", "--files", "--policy", policy)

    assert done.returncode == REFUSED
    assert f"- {policy}, line 1: languages: name at least one" in done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    uv = str(SCRIPTS / "uv")
    build = [uv, "build", "--quiet", "--wheel", "--python", sys.executable, "-o", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_core_and_nothing_else(wheel: Path) -> None:
    held = zipfile.ZipFile(wheel).namelist()

    package = ROOT / "klankbord"
    files = {path.relative_to(ROOT).as_posix() for path in package.rglob("*") if path.is_file()}
    assert {name for name in held if ".dist-info/" not in name} == {f for f in files if "__pycache__" not in f}
    assert {name.split("/")[0] for name in held} == {"klankbord", "klankbord-0.1.0.dist-info"}


@pytest.mark.parametrize("part", ["py.typed", "lexicons/valence_nl.tsv", f"recordings/{RECORDING.name}"])
def test_the_wheel_holds_what_the_core_reads(part: str, wheel: Path) -> None:
    assert f"klankbord/{part}" in zipfile.ZipFile(wheel).namelist()


def from_wheel(unpacked: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command of the wheel where the other rooms are not."""
    # -S leaves out the path file of the editable install; what the core depends on is put back by hand.
    program = (
        "import sys; sys.path[:0] = [sys.argv.pop(1)]; sys.path += [sys.argv.pop(1)];"
        "from klankbord.cli import main; main()"
    )
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(unpacked), libraries, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=unpacked,
    )


def test_the_core_scores_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)

    done = from_wheel(tmp_path, "score", "--json", "wat een opluchting")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["emotions"]["relief"] > 0.5


@pytest.mark.parametrize("command", ["demo", "doctor", "topics", "config", "deadletters", "marks", "verify"])
def test_from_the_wheel_alone_the_application_says_where_it_is(command: str, wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)

    done = from_wheel(tmp_path, command)

    assert done.returncode == FAILED
    assert done.stderr == f"klankbord: '{command}' belongs to the application: run it from a checkout or the image\n"


def test_adapt_writes_over_nothing(tmp_path: Path) -> None:
    out = tmp_path / "running.toml"
    out.write_text("# what runs", encoding="utf-8")

    done = klankbord("adapt", *sorted((GOLD_FOLDER / "train").glob("*-en.txt"))[:5], "--out", out)

    assert done.returncode == 2
    assert "is there already" in done.stderr
    assert out.read_text(encoding="utf-8") == "# what runs"


def marked_events(folder: Path, number: int) -> tuple[Path, Path]:
    """Conversations of one angry line each, and a mark of the first of them."""
    events = [contact(f"c-{place}") for place in range(number)]
    recording, marks = folder / "events.jsonl", folder / "marks.jsonl"
    recording.write_bytes(b"".join(encode(event) + b"\n" for of_one in events for event in of_one))
    told = [Mark("demo", f"c-{place}", f"c-{place}-2", False, "angry_customer") for place in range(number)]
    told.append(Mark("demo", "elsewhere", "e-1", True, "angry_customer"))
    marks.write_bytes(b"".join(msgspec.json.encode(mark) + b"\n" for mark in told))
    return recording, marks


def test_adapt_learns_from_marks_that_are_in_a_file_of_their_own(tmp_path: Path) -> None:
    recording, marks = marked_events(tmp_path, 5)
    out = tmp_path / "ours.toml"

    without = klankbord("adapt", recording, "--out", out)
    done = klankbord("adapt", recording, "--marks", marks, "--out", out)

    assert "0 conversations are too few" in without.stderr
    assert done.returncode == 0, done.stderr
    assert "moments with a mark: 5; in the file of marks: 6" in done.stdout
    fitted = read_policy(out.read_text(encoding="utf-8"), source="ours.toml").judges.escalation
    assert fitted.bias < Policy().judges.escalation.bias


def test_marks_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    recording, _ = marked_events(tmp_path, 5)

    done = klankbord("adapt", recording, "--marks", recording, "--out", tmp_path / "ours.toml")
    gone = klankbord("backtest", "--policy", "config/policy.toml", "--marks", tmp_path / "none.jsonl", recording)

    assert (done.returncode, gone.returncode) == (1, 1)
    assert "holds marks only" in done.stderr
    assert "none.jsonl: cannot be read" in gone.stderr


def test_a_backtest_counts_marks_in_its_table_and_says_which_it_did_not_hear(tmp_path: Path) -> None:
    recording, marks = marked_events(tmp_path, 5)
    bold, shy = tmp_path / "bold.toml", tmp_path / "shy.toml"
    bold.write_text(toml(0.2), encoding="utf-8")
    shy.write_text(toml(0.99), encoding="utf-8")

    done = klankbord("backtest", "--policy", bold, "--against", shy, "--marks", marks, recording)

    assert done.returncode == 0, done.stderr
    assert "marks of alerts that are not in the recording: 1 of 6" in done.stdout
    assert re.search(r"angry_customer +5 +5 +100% \(57%-100%\) 5/5 +0 +-", done.stdout), done.stdout


def test_adapt_says_how_many_conversations_are_too_few(tmp_path: Path) -> None:
    done = klankbord("adapt", *sorted((GOLD_FOLDER / "train").glob("*-en.txt"))[:4], "--out", tmp_path / "ours.toml")

    assert (done.returncode, done.stderr) == (
        1,
        "klankbord: adapt: 4 conversations are too few to learn from; give 5 or more\n",
    )
    assert not (tmp_path / "ours.toml").exists()


def test_adapt_names_the_label_that_is_missing(tmp_path: Path) -> None:
    whole = sorted((GOLD_FOLDER / "train").glob("*-en.txt"))[0].read_text(encoding="utf-8")
    broken = tmp_path / "broken-en.txt"
    broken.write_text("\n".join(line for line in whole.splitlines() if not line.startswith("=")), encoding="utf-8")

    done = klankbord("adapt", broken, "--out", tmp_path / "ours.toml")

    assert done.returncode == 1
    assert "a label is due" in done.stderr


def test_a_backtest_answers_as_a_table_as_json_and_as_a_page(tmp_path: Path) -> None:
    bold = tmp_path / "bold.toml"
    shipped = (ROOT / "config" / "policy.toml").read_text(encoding="utf-8")
    bold.write_text(shipped.replace("raise_at = 0.9", "raise_at = 0.5"), encoding="utf-8")
    asked = ("backtest", "--policy", bold, "--budget", "3", "--set", "rules.high_effort.raise_at=4.5:5:0.5", RECORDING)

    table = klankbord(*asked, "--html", tmp_path / "report.html", "--language", "nl")
    found = json.loads(klankbord(*asked, "--json").stdout)

    assert table.returncode == 0
    assert "new: " in table.stdout
    assert "old: built-in" in table.stdout
    assert [point["value"] for point in found["sweep"]["points"]] == [4.5, 5.0]
    assert found["recording"]["scorings"] == 1
    assert found["new"]["alerts"] > found["old"]["alerts"] > 0
    assert found["new"]["budget"]["ceiling"] == 3
    assert found["new"]["alerts"] == sum(rule["alerts"] for rule in found["new"]["by_rule"])
    assert found["new"]["alerts"] == sum(hour["alerts"] for hour in found["new"]["by_hour"])
    assert found["new"]["alerts"] == sum(sum(team["by_rule"].values()) for team in found["new"]["by_team"])
    assert "Wat de nieuwe regels zouden doen" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param((), REFUSED, "give recordings, or --topic", id="nothing to play"),
        pytest.param((RECORDING, "--topic", "x"), REFUSED, "and not both", id="file and topic"),
        pytest.param((RECORDING, "--from", "2026-01-01"), REFUSED, "go with --topic", id="times without a topic"),
        pytest.param((RECORDING, "--set", "emotion_fad=0:1:0.5"), REFUSED, "did you mean 'emotion_fade'", id="typo"),
        pytest.param((RECORDING, "--set", "emotion_fade=0:1:0.001"), REFUSED, "more than 50 steps", id="steps"),
        pytest.param((RECORDING, "--set", "emotion_fade=0:2:1"), REFUSED, "with emotion_fade=2", id="no such value"),
        pytest.param((RECORDING, "--against", "absent.toml"), REFUSED, "cannot be read", id="no old policy"),
        pytest.param((RECORDING, "--budget", "0"), REFUSED, "", id="no budget"),
        pytest.param((RECORDING, "--language", "de"), REFUSED, "", id="language"),
        pytest.param(("absent.jsonl",), FAILED, "absent.jsonl: cannot be read", id="no recording"),
        pytest.param((RECORDING, "--html", "/absent/x.html"), FAILED, "cannot be written", id="no place for the page"),
    ],
)
def test_a_backtest_that_makes_no_sense_is_refused(arguments: tuple[str | Path, ...], code: int, says: str) -> None:
    done = klankbord("backtest", "--policy", ROOT / "config" / "policy.toml", *arguments)

    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_backtest_of_nothing_says_so(tmp_path: Path) -> None:
    done = klankbord("backtest", "--policy", ROOT / "config" / "policy.toml", written(tmp_path / "empty.jsonl"))

    assert done.returncode == FAILED
    assert "no events in it" in done.stderr
