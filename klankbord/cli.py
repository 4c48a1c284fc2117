"""The front door: `klankbord`. The core's commands; the application's are attached where its rooms are."""

import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table
from rich.text import Text

from klankbord.adaptation import Talk, adapted, gains
from klankbord.backtest.page import page
from klankbord.backtest.playing import Play
from klankbord.backtest.recording import Part, parts
from klankbord.backtest.report import BUILT_IN, Report, report
from klankbord.backtest.sweep import read_sweep, varied
from klankbord.backtest.table import show
from klankbord.channels.transcript import read_transcript
from klankbord.conversation import Conversation
from klankbord.errors import InvalidConfiguration, KlankbordError
from klankbord.events import Channel, Event, Language, Role, Utterance
from klankbord.explanation import explanation
from klankbord.labels import labelled as read_labelled
from klankbord.map_cli import map_app
from klankbord.models.reasons import known
from klankbord.observation import Observation, observe
from klankbord.parts import taken_apart
from klankbord.policy import Policy
from klankbord.policy_file import read_policy
from klankbord.replay import Unreadable, read_events, replay, replay_lines
from klankbord.taxonomy import UNKNOWN, Taxonomy, read_taxonomy
from klankbord.tenant import LEAST_TALKS, Mark, adapted_policy, read_marked, read_marks

FAILED: Final = 1  # the work was done and the answer is bad, or the work could not be done
REFUSED: Final = 2  # what was asked makes no sense: an argument, a setting, a file

app = typer.Typer(name="klankbord", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(map_app, name="map")
out = Console()

SHOWN: Final = 40
_STYLES: Final = {"·": "cyan", "?": "magenta", "=": "dim", "!": "bold red", ">": "green"}

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
PolicyFile = Annotated[Path | None, typer.Option("--policy", help="A policy file instead of the built-in numbers.")]
ReasonsFile = Annotated[
    Path | None, typer.Option("--reasons", help="A taxonomy of contact reasons, such as config/reasons.toml.")
]
MarksFile = Annotated[Path | None, typer.Option("--marks", help="Marks of alerts, as `klankbord marks` writes them.")]
Recording = Annotated[Path, typer.Argument(help="Canonical events (.jsonl, .jsonl.gz) or a written transcript (.txt).")]


class Line(Struct):
    """One line of `score --jsonl`."""

    id: str
    text: str
    language: str | None = None


@app.callback()
def describe() -> None:
    """Listen to conversations: how the customer feels, and how hard the customer has to work."""


@app.command()
def score(
    text: Annotated[str | None, typer.Argument(help="What a customer said.")] = None,
    language: Annotated[str | None, typer.Option(help="nl or en; found out where it is not given.")] = None,
    jsonl: Annotated[bool, typer.Option(help="Read {id, text, language?} a line from standard input.")] = False,
    as_json: AsJson = False,
    policy: PolicyFile = None,
    reasons: ReasonsFile = None,
) -> None:
    """Score one line of a customer by its words alone."""
    numbers = _policy(policy, reasons)
    if jsonl:
        for asked in _asked(sys.stdin.buffer):
            answer = _scores(_said(asked.text, asked.language, numbers), numbers)
            sys.stdout.write(json.dumps({"id": asked.id, **answer}, ensure_ascii=False) + "\n")
        return
    if text is None:
        raise KlankbordError("score: give a text, or --jsonl and lines on standard input")
    observation = _said(text, language, numbers)
    if as_json:
        out.print_json(data=_scores(observation, numbers))
    else:
        out.print(_said_table(observation))


@app.command()
def explain(file: Recording, as_json: AsJson = False, policy: PolicyFile = None, reasons: ReasonsFile = None) -> None:
    """Show turn by turn which words and facts moved which score."""
    began: dict[str, float] = {}
    numbers = _policy(policy, reasons)
    for event, observation, made in taken_apart(_events(file), numbers):
        if as_json:
            row = {**msgspec.to_builtins(observation), "parts": msgspec.to_builtins(made)}
            out.out(msgspec.json.encode(row).decode(), highlight=False)
            continue
        if event.conversation_id not in began:
            out.print(Text(event.conversation_id, style="bold"), soft_wrap=True)
        started_at = began.setdefault(event.conversation_id, event.at_s)
        for line in explanation(event, observation, made, started_at=started_at, reasons=numbers.reasons):
            style = _STYLES.get(line[6:7] if line.startswith("      ") else "", "")
            out.print(Text(line), style=style, soft_wrap=True)


@app.command("replay")
def replay_command(
    file: Recording,
    jsonl: Annotated[bool, typer.Option(help="One observation a line, for every event, in order.")] = False,
    as_json: AsJson = False,
    policy: PolicyFile = None,
    reasons: ReasonsFile = None,
) -> None:
    """Fold a recording without Kafka: what would have been seen, and when."""
    numbers = _policy(policy, reasons)
    if jsonl:
        for row in _rows(file, numbers):
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        return
    last = {o.conversation_id: o for o in _counting(_observed(file, numbers))}
    if as_json:
        out.print_json(data=[_row(observation) for observation in last.values()])
        return
    table = Table("conversation", "turns", "effort 1-7", "valence", "strongest emotion", "alerts", box=None)
    worst_first = sorted(last.values(), key=lambda o: -o.conversation.escalation)
    for observation in worst_first[:SHOWN]:
        table.add_row(*_cells(observation))
    out.print(table)
    if len(last) > SHOWN:
        out.print(f"… and {len(last) - SHOWN} more; --jsonl shows all")


@app.command()
def adapt(
    labelled: Annotated[
        list[Path],
        typer.Argument(help="Labelled conversations (.txt), or events with marks of alerts (.jsonl, .jsonl.gz)."),
    ],
    out_file: Annotated[Path, typer.Option("--out", help="The policy file to write; none is written over.")],
    marks: MarksFile = None,
    as_json: AsJson = False,
    policy: PolicyFile = None,
) -> None:
    """Fit the scores to your own conversations, and show by how much that helps on those it was not fitted to."""
    if out_file.exists():
        raise InvalidConfiguration([f"{out_file}: is there already; nothing that may be running is written over"])
    numbers = _policy(policy, None)
    told = _marks(marks)
    talks = [talk for path in labelled for talk in _talks(path, told)]
    if len(talks) < LEAST_TALKS:
        raise KlankbordError(f"adapt: {len(talks)} conversations are too few to learn from; give {LEAST_TALKS} or more")
    found = gains(talks, numbers)
    out_file.write_text(adapted_policy(adapted(talks, numbers), len(talks)), encoding="utf-8")
    if as_json:
        out.print_json(data=[asdict(gain) for gain in found])
        return
    if told:
        taken = sum(len(talk.marks) for talk in talks)
        out.print(f"moments with a mark: {taken}; in the file of marks: {len(told)}")
    table = Table("judge", "moments", "of them true", "AUC before", "AUC after", box=None)
    for gain in found:
        before, after = ("-" if value is None else f"{value:.3f}" for value in (gain.before, gain.after))
        table.add_row(gain.judge, str(gain.moments), str(gain.positives), before, after)
    out.print(table)
    out.print(f"wrote {out_file}; try it with: klankbord replay FILE --policy {out_file}", soft_wrap=True)


@app.command()
def backtest(
    policy: Annotated[Path, typer.Option(help="The new policy.")],
    recordings: Annotated[
        list[Path] | None,
        typer.Argument(help="Events (.jsonl, .jsonl.gz), transcripts (.txt), labelled or not, and folders of them."),
    ] = None,
    against: Annotated[Path | None, typer.Option(help="The old policy; the built-in one where none is given.")] = None,
    topic: Annotated[list[str] | None, typer.Option(help="Read this Kafka topic; may be given again.")] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="From this moment, such as 2026-11-01T00:00; UTC.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Until this moment, without it; UTC.")] = None,
    sweep: Annotated[str | None, typer.Option("--set", help="Try a number: PATH=FROM:TO:STEP.")] = None,
    budget: Annotated[int | None, typer.Option(min=1, help="Alerts that a team can take in an hour.")] = None,
    make_waits: Annotated[bool, typer.Option("--make-waits", help="Let silences count while they last.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the answers with pictures to this file.")] = None,
    language: Annotated[Language, typer.Option(help="The language of that file.")] = "en",
    marks: MarksFile = None,
    as_json: AsJson = False,
    reasons: ReasonsFile = None,
) -> None:
    """Hear recorded conversations with a new and an old policy, before the new one goes live."""
    policies = [_policy(policy, reasons), _policy(against, reasons)]
    tried = None if sweep is None else read_sweep(sweep)
    if tried is not None:
        more = varied(_text(policy), tried, source=str(policy))
        policies += [replace(one, reasons=policies[0].reasons) for one in more]
    play = Play(policies, make_waits=make_waits, marks=_marks(marks))
    source, heard = _recorded(recordings or [], topic or [], since, until)
    with Console(stderr=True).status("listening …") as status:
        play.hear_all(
            heard, lambda number: status.update(f"listening … {number} events") if not number % 1000 else None
        )
    if not play.events:
        raise KlankbordError(f"{source}: no events in it")
    names = str(policy), BUILT_IN if against is None else str(against)
    found = report(play, policies, names, source=source, budget=budget, sweep=tried)
    if html is not None:
        _write(html, page(found, language))
    _print(found, as_json=as_json)


def main() -> None:
    """Run the command line: what is wrong is said in one message, never as a traceback."""
    if next((word for word in sys.argv[1:] if not word.startswith("-")), "") not in typer.main.get_group(app).commands:
        _attach_application()
    try:
        app()
    except InvalidConfiguration as error:
        sys.stderr.write(f"klankbord: {error}\n")
        sys.exit(REFUSED)
    except KlankbordError as error:
        sys.stderr.write(f"klankbord: {error}\n")
        sys.exit(FAILED)


def _attach_application() -> None:
    """Add the commands that live with the application; to import them takes longer than most of the core's run."""
    if importlib.util.find_spec("streams") is not None and importlib.util.find_spec("faust") is not None:
        # See the one declared exception in pyproject.toml.
        importlib.import_module("streams.cli").attach(app)
    else:
        _attach_placeholders()


def _attach_placeholders() -> None:
    """From the wheel alone the application's commands say where they are."""
    for name in ("acls", "demo", "topics", "doctor", "config", "deadletters", "marks", "verify"):

        @app.command(name, hidden=True, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
        def elsewhere(name: str = name) -> None:
            raise KlankbordError(f"'{name}' belongs to the application: run it from a checkout or the image")


def _policy(path: Path | None, reasons: Path | None = None) -> Policy:
    named = Taxonomy()
    if reasons is not None:
        named = read_taxonomy(_text(reasons), source=str(reasons), known=known())
    return Policy(reasons=named) if path is None else read_policy(_text(path), source=str(path), reasons=named)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfiguration([f"{path}: cannot be read: {error}"]) from None


def _marks(path: Path | None) -> tuple[Mark, ...]:
    try:
        return () if path is None else read_marks(path)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise KlankbordError(f"{path}: cannot be read: {error}") from None


def _talks(path: Path, marks: tuple[Mark, ...]) -> list[Talk]:
    if path.suffix == ".txt":
        try:
            transcript, labels = read_labelled(path.read_text(encoding="utf-8"), name=path.stem)
        except (OSError, UnicodeDecodeError) as error:
            raise KlankbordError(f"{path}: cannot be read: {error}") from None
        except ValueError as error:
            raise KlankbordError(f"{path}: {error}") from None
        return [Talk(transcript.events, labels)]
    try:
        return list(read_marked(path, marks))
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise KlankbordError(f"{path}: cannot be read: {error}") from None


def _recorded(
    recordings: list[Path], topics: list[str], since: str | None, until: str | None
) -> tuple[str, Iterable[Part]]:
    """What to play, and where it is from."""
    if bool(recordings) == bool(topics):
        raise InvalidConfiguration(["backtest: give recordings, or --topic, and not both"])
    if recordings:
        if since or until:
            raise InvalidConfiguration(["backtest: --from and --to go with --topic"])
        return ", ".join(map(str, recordings)), parts(recordings)
    if importlib.util.find_spec("streams") is None or importlib.util.find_spec("kafka") is None:
        raise KlankbordError("'--topic' belongs to the application: run it from a checkout or the image")
    # The core opens no sockets: the room that does hands over the same parts.
    read: Callable[[list[str], str | None, str | None], Iterable[Part]]
    read = importlib.import_module("streams.recording").of_topics
    return ", ".join(topics), read(topics, since, until)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise KlankbordError(f"{path}: cannot be written: {error}") from None


def _print(found: Report, *, as_json: bool) -> None:
    if as_json:
        out.out(msgspec.json.encode(found).decode(), highlight=False)
    else:
        show(found, out)


def _asked(rows: Iterable[bytes]) -> Iterator[Line]:
    """The lines to score; the first that cannot be read ends the work, so that no answer is missing unseen."""
    decoder = msgspec.json.Decoder(Line)
    for number, row in enumerate(rows, 1):
        if row.strip():
            try:
                yield decoder.decode(row)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise KlankbordError(
                    f"standard input, line {number}: {error}; a line reads " + '{"id": "1", "text": "…"}'
                ) from None


def _said(text: str, language: str | None, policy: Policy) -> Observation:
    event = Utterance(
        schema=1,
        event_id="said",
        tenant="cli",
        conversation_id="said",
        channel=Channel.CHAT,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        language=language,
        utterance_id="said",
        role=Role.CUSTOMER,
        text=text,
    )
    return observe(Conversation(), event, policy)


def _scores(observation: Observation, policy: Policy) -> dict[str, object]:
    return {
        "language": observation.conversation.language or _guess(observation.conversation, policy),
        "valence": observation.valence,
        "emotions": observation.emotions,
        "dissatisfaction": observation.dissatisfaction,
        "unsure": observation.unsure,
        "abuse": observation.abuse,
        "churn": observation.conversation.churn,
        "needs": _needs(observation),
        "reason": observation.conversation.reason or UNKNOWN,
    }


def _needs(observation: Observation) -> dict[str, float]:
    """How sure each need of the conversation is, as it now stands."""
    return {kind: need.sure for kind, need in observation.conversation.needs.items()}


def _guess(conversation: Conversation, policy: Policy) -> str:
    odds = conversation.language_odds
    return "nl" if odds > 0 else "en" if odds < 0 else policy.languages[0]


def _observed(file: Path, policy: Policy) -> Iterator[tuple[Event, Observation]]:
    events = _events(file)
    return zip(events, replay(events, policy), strict=True)


def _events(file: Path) -> list[Event]:
    try:
        if file.suffix == ".txt":
            return list(read_transcript(file.read_text(encoding="utf-8"), name=file.stem).events)
        return list(read_events(file))
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise KlankbordError(f"{file}: cannot be read: {error}") from None


def _counting(pairs: Iterable[tuple[Event, Observation]]) -> Iterator[Observation]:
    """The observations, with a count on a terminal: a recording of a month takes minutes."""
    with Console(stderr=True).status("replaying …") as status:
        for number, (_, observation) in enumerate(pairs):
            if number % 1000 == 0:
                status.update(f"replaying … {number} events")
            yield observation


def _rows(file: Path, policy: Policy) -> Iterator[dict[str, object]]:
    """A row for every line: whoever measures a file of a million events must not lose it to one empty text."""
    if file.suffix == ".txt":
        yield from (_row(observation) for _, observation in _observed(file, policy))
        return
    try:
        for line in replay_lines(file, policy):
            yield _neutral(line) if isinstance(line, Unreadable) else _row(line)
    except (OSError, EOFError) as error:
        raise KlankbordError(f"{file}: cannot be read: {error}") from None


def _neutral(line: Unreadable) -> dict[str, object]:
    return {
        "event_id": line.event_id,
        "conversation_id": line.conversation_id,
        "error": line.error,
        "valence": 0.0,
        "emotions": {},
        "effort": 1.0,
        "dissatisfaction": 0.0,
        "unsure": False,
        "escalation": 0.0,
        "churn": 0.0,
        "needs": {},
        "reason": UNKNOWN,
        "alerts": [],
        "suggestions": [],
    }


def _row(observation: Observation) -> dict[str, object]:
    """One line of `replay --jsonl`: emotions, valence and dissatisfaction of the turn, effort of the conversation."""
    return {
        "event_id": observation.event_id,
        "conversation_id": observation.conversation_id,
        "valence": observation.valence,
        "emotions": observation.emotions,
        "effort": observation.conversation.effort,
        "dissatisfaction": observation.dissatisfaction,
        "unsure": observation.unsure,
        "escalation": observation.conversation.escalation,
        "churn": observation.conversation.churn,
        "needs": _needs(observation),
        "reason": observation.conversation.reason or UNKNOWN,
        "alerts": [{"rule": a.rule, "state": a.state, "severity": a.severity} for a in observation.alerts],
        "suggestions": [suggestion.kind for suggestion in observation.suggestions],
    }


def _said_table(observation: Observation) -> Table:
    table = Table("what", "how much", "because of", box=None)
    for signal in observation.signals:
        table.add_row(signal.kind, f"{signal.strength:.2f}", Text(signal.words))
    table.add_section()
    table.add_row("dissatisfied", f"{observation.dissatisfaction:.2f}", "not sure" if observation.unsure else "")
    table.add_row("valence (-1..1)", f"{observation.valence:+.2f}", "")
    for emotion, value in sorted(observation.emotions.items(), key=lambda item: -item[1]):
        table.add_row(emotion, f"{value:.2f}", "")
    return table


def _cells(observation: Observation) -> tuple[str, ...]:
    now = observation.conversation
    strongest = max(now.emotions.items(), key=lambda item: item[1], default=("none", 0.0))
    return (
        observation.conversation_id,
        str(now.customer_turns),
        f"{now.effort:.2f}",
        f"{now.valence:+.2f}",
        f"{strongest[0]} {strongest[1]:.2f}",
        ", ".join(sorted(now.episodes)),
    )
