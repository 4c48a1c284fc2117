"""The application's commands, attached to `klankbord` where these rooms are."""

import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from config.access import redis_access
from config.settings import (
    PREFIX,
    Settings,
    load_budget,
    load_maps,
    load_playbook,
    load_policy,
    load_reasons,
    read_settings,
)
from klankbord.cli import FAILED, REFUSED, AsJson
from klankbord.errors import InvalidConfiguration, KlankbordError
from streams import demo as demonstration
from streams import embedded, permissions, topics, wire
from streams.demo import Running, Summary
from streams.doctor import checks
from streams.effective import effective
from streams.knocking import knock
from streams.letters_cli import TIMES, letters_app
from streams.marks import Marked, marked
from streams.player import Line, bundled, read_lines
from streams.verify import Span, Verified
from streams.verify import verify as verification

ADDRESSES: Final = (
    ("supervisor page", "web", "/supervisor"),
    ("agent panel", "web", "/agent?agent=agent-07"),
    ("metrics of the pages", "web", "/metrics"),
    ("metrics of the monitor", "monitor", "/metrics"),
    ("metrics of the publisher", "publisher", "/metrics"),
)

_POLICY: Final[Path] = Settings.model_fields["policy"].default
_PLAYBOOK: Final[Path] = Settings.model_fields["playbook"].default
_REASONS: Final[Path] = Settings.model_fields["reasons"].default
_BUDGET: Final[Path] = Settings.model_fields["budget"].default

out = Console()
err = Console(stderr=True, soft_wrap=True)

topics_app = typer.Typer(no_args_is_help=True, help="The topic plan and its provisioning.")
acls_app = typer.Typer(no_args_is_help=True, help="What each process may do in Kafka and in Redis, and nothing beyond.")
config_app = typer.Typer(no_args_is_help=True, help="The settings, the policy, the playbook and the contact reasons.")


def attach(app: typer.Typer) -> None:
    """Add the application's commands to the front door."""
    app.command()(demo)
    app.command()(doctor)
    app.command()(verify)
    app.command()(marks)
    app.add_typer(topics_app, name="topics")
    app.add_typer(config_app, name="config")
    app.add_typer(letters_app, name="deadletters")
    app.add_typer(acls_app, name="acls")


def demo(
    once: Annotated[bool, typer.Option(help="Play everything as fast as it goes, account for it and end.")] = False,
    input_: Annotated[Path | None, typer.Option("--input", help="Canonical events, .jsonl or .jsonl.gz.")] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=1000, help="Times talking speed, without --once.")] = 3.0,
    keep_times: Annotated[bool, typer.Option(help="Leave event times as recorded; else moved to now.")] = False,
    end_with_parent: Annotated[bool, typer.Option(hidden=True)] = False,
    as_json: AsJson = False,
) -> None:
    """Run all of Klankbord here, on servers that keep everything in memory, with a replay."""
    if end_with_parent:
        embedded.end_with_parent()
    lines = None if input_ is None else read_lines(input_)
    if lines is not None and not lines:
        raise KlankbordError(f"{input_}: no events in it")
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)  # as Ctrl-C: stop everything, leave nothing
    try:
        with _started() as running:
            if once or lines is not None:
                summary = _play_once(running, bundled() if lines is None else lines, keep_times=keep_times)
                _report(summary, as_json=as_json)
                if not summary.clean:
                    raise typer.Exit(FAILED)
                if not once:
                    _stay(running)
            else:
                _play_on(running, speed=speed, keep_times=keep_times)
    except KeyboardInterrupt:
        err.print("stopped; no process and no file is left")


@topics_app.command("plan")
def topics_plan(as_json: AsJson = False) -> None:
    """Show the topics as they should be."""
    settings = read_settings()
    planned = _plan(settings)
    if as_json:
        out.print_json(data=[{**asdict(topic), "configs": topic.settings()} for topic in planned])
        return
    table = Table("topic", "partitions", "replicas", "configuration", box=None)
    for topic in planned:
        configs = "\n".join(f"{name}={value}" for name, value in topic.settings().items())
        table.add_row(topic.name, str(topic.partitions), str(topic.replication_factor), configs)
    out.print(table)


@topics_app.command("create")
def topics_create(as_json: AsJson = False) -> None:
    """Create the topics that are missing; existing ones are left as they are, and differences named."""
    settings = read_settings()
    planned, access = _plan(settings), knock(settings)
    created = topics.create(settings.broker, planned, access=access)
    different = topics.drift(settings.broker, planned, access=access)
    if as_json:
        out.print_json(data={"created": created, "drift": different})
    else:
        out.print(f"created: {', '.join(created) or 'nothing, all topics exist'}")
        for sentence in different:
            out.print(Text(f"differs: {sentence}", style="yellow"))
    if different:
        raise typer.Exit(FAILED)


@acls_app.command("kafka")
def acls_kafka(
    maps: Annotated[str, typer.Option(envvar=PREFIX + "MAPS", help="The file of maps, whose topics are read.")] = "",
) -> None:
    """Print the arguments of kafka-acls.sh, a line for each grant."""
    for line in permissions.kafka_lines(tuple(load_maps(maps))):
        out.out(line, highlight=False)


@acls_app.command("redis")
def acls_redis() -> None:
    """Print what follows ACL SETUSER, a line for each user; put its password behind it, as >PASSWORD."""
    for line in permissions.redis_lines():
        out.out(line, highlight=False)


@config_app.command("check")
def config_check(
    policy: Annotated[Path, typer.Option(envvar=PREFIX + "POLICY", help="The policy to check.")] = _POLICY,
    playbook: Annotated[Path, typer.Option(envvar=PREFIX + "PLAYBOOK", help="The folder to check.")] = _PLAYBOOK,
    reasons: Annotated[Path, typer.Option(envvar=PREFIX + "REASONS", help="The contact reasons to check.")] = _REASONS,
    budget: Annotated[Path, typer.Option(envvar=PREFIX + "BUDGET", help="The budget for noise to check.")] = _BUDGET,
    maps: Annotated[str, typer.Option(envvar=PREFIX + "MAPS", help="The file of maps to check, if there is one.")] = "",
    files: Annotated[bool, typer.Option("--files", help="Only these files, not the other settings.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read the settings, the policy, the playbook, the contact reasons, the budget and the maps; list every mistake."""
    mistakes = []
    looks: list[Callable[[], object]] = [
        lambda: load_policy(policy),
        lambda: load_playbook(playbook),
        lambda: load_reasons(reasons),
        lambda: load_budget(budget),
        lambda: load_maps(maps),
    ]
    for look in looks if files else [read_settings, *looks]:
        try:
            look()
        except InvalidConfiguration as error:
            mistakes += error.mistakes
    if as_json:
        out.print_json(data={"mistakes": mistakes})
    else:
        for mistake in mistakes:
            out.print(Text(f"- {mistake}"), soft_wrap=True)
        out.print("the configuration is right" if not mistakes else f"{len(mistakes)} mistake(s)")
    if mistakes:
        raise typer.Exit(REFUSED)


@config_app.command("show")
def config_show(as_json: AsJson = False) -> None:
    """Print the settings in force, and what Faust makes of them in the workers; secrets are hidden."""
    settings = read_settings()
    ours = {PREFIX + name.upper(): str(value) for name, value in settings.model_dump().items()}
    shown = ours | effective(settings)
    if as_json:
        out.print_json(data=shown)
    else:
        for name, value in shown.items():
            out.print(Text(f"{name}={value}"), soft_wrap=True)


def doctor(as_json: AsJson = False) -> None:
    """Check what Klankbord needs, and say how to mend what is missing."""
    found = list(checks(read_settings()))
    if as_json:
        out.print_json(data=[asdict(check) for check in found])
    else:
        for check in found:
            mark = (" ok  ", "green") if check.ok else ("FAIL ", "bold red")
            out.print(Text.assemble(mark, f"{check.name}: {check.says}"))
    if not all(check.ok for check in found):
        raise typer.Exit(FAILED)


def verify(
    first: Annotated[
        list[str] | None, typer.Option("--from", help="Begin here: topic:partition:offset; may be repeated.")
    ] = None,
    last: Annotated[
        list[str] | None, typer.Option("--to", help="End before this: topic:partition:offset; may be repeated.")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="Begin with what was produced then, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="End before what was produced then, UTC.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fold the inputs once more, alone, and compare with the observations, the dead letters and Redis' alerts."""
    settings = read_settings()
    span = Span(_offsets(first), _offsets(last), _ms(since), _ms(until))
    policy = load_policy(settings.policy, settings.reasons)
    verified = verification(
        settings.broker,
        settings.redis_url,
        policy,
        span,
        access=knock(settings),
        redis_access=redis_access(settings),
    )
    if as_json:
        out.out(json.dumps(_as_data(verified)), highlight=False)
    else:
        _show(verified)
    if not verified.verdict.clean:
        raise typer.Exit(FAILED)


def marks(
    tenant: Annotated[str | None, typer.Option(help="Only those of this tenant.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=TIMES, help="Only those made from then on, UTC.")] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write them to this file; none is written over.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Which alerts supervisors marked right or wrong, as lines that `adapt` and `backtest` take with --marks."""
    if out_file is not None and out_file.exists():
        raise InvalidConfiguration([f"{out_file}: is there already, and is not written over"])
    since_s = None if since is None else since.replace(tzinfo=UTC).timestamp()
    settings = read_settings()
    found = marked(settings.redis_url, tenant=tenant, since=since_s, access=redis_access(settings))
    lines = [msgspec.json.encode(mark).decode() for mark in found.marks]
    if out_file is not None:
        try:
            out_file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        except OSError as error:
            raise KlankbordError(f"{out_file}: cannot be written: {error}") from None
    if as_json:
        out.out(json.dumps(_counted(found)), highlight=False)
    elif out_file is None:
        for line in lines:
            out.out(line, highlight=False)
    else:
        table = Table("rule", "right", "wrong", box=None)
        for rule, of_rule in _counted(found)["rules"].items():
            table.add_row(Text(rule), str(of_rule["right"]), str(of_rule["wrong"]))
        out.print(table)
        out.print(Text(f"wrote {len(lines)} marks to {out_file}"), soft_wrap=True)
    if found.without_event:
        err.print(f"left out, because their event is not known: {found.without_event}")


def _counted(found: Marked) -> dict[str, Any]:
    rules: dict[str, dict[str, int]] = {}
    for mark in found.marks:
        of_rule = rules.setdefault(mark.rule, {"right": 0, "wrong": 0})
        of_rule["right" if mark.right else "wrong"] += 1
    return {"marks": len(found.marks), "without_event": found.without_event, "rules": dict(sorted(rules.items()))}


def _show(verified: Verified) -> None:
    verdict = verified.verdict
    table = Table("verdict", "number", "among them", box=None)
    for name, keys in verdict.wrong.items():
        table.add_row(name, str(len(keys)), Text(", ".join(sorted(keys)[:3])), style="bold red" if keys else None)
    table.add_row("physical_dup", str(verdict.physical_dup), "allowed: copies of what was written before")
    out.print(table)
    out.print(
        f"read: {verified.records} inputs, {verified.observations} observations, {verified.dead_letters} dead letters, "
        f"{verified.alerts} alerts; folded: {verdict.judged} conversations"
    )
    for what, number in sorted(verdict.unjudged.items()):
        out.print(Text(f"not judged: {number} {what}", style="yellow"))
    if verdict.clean:
        out.print("nothing lost, nothing twice" if verdict.judged else Text("nothing could be judged", style="yellow"))
    else:
        out.print(Text("SOMETHING IS WRONG", style="bold red"))
        if len(verdict.conflict) > verdict.judged > 1:
            out.print("Were they scored under this policy, and by this version of Klankbord?")


def _as_data(verified: Verified) -> dict[str, object]:
    verdict = verified.verdict
    return {
        "clean": verdict.clean,
        "verdicts": {name: sorted(keys) for name, keys in verdict.wrong.items()},
        "physical_dup": verdict.physical_dup,
        "judged": verdict.judged,
        "unjudged": dict(verdict.unjudged),
        "inputs": verified.records,
        "observations": verified.observations,
        "dead_letters": verified.dead_letters,
        "alerts": verified.alerts,
        "from": {f"{topic}:{number}": offset for (topic, number), offset in verified.first.items()},
        "to": {f"{topic}:{number}": offset for (topic, number), offset in verified.last.items()},
    }


def _offsets(given: list[str] | None) -> dict[tuple[str, int], int]:
    found = {}
    for one in given or ():
        match = re.fullmatch(r"([\w.-]+):(\d+):(\d+)", one)
        if match is None or match[1] not in wire.INPUTS:
            raise KlankbordError(f"{one}: not an offset; give one as {wire.CHAT_MESSAGES}:0:1200")
        found[match[1], int(match[2])] = int(match[3])
    return found


def _ms(time_: datetime | None) -> int | None:
    return None if time_ is None else round(time_.replace(tzinfo=UTC).timestamp() * 1000)


def _plan(settings: Settings) -> tuple[topics.Topic, ...]:
    return topics.plan(
        partitions=settings.partitions,
        replication_factor=settings.replication_factor,
        input_retention_ms=settings.input_retention_h * topics.HOUR_MS,
    )


@contextmanager
def _started() -> Iterator[Running]:
    """Everything up, with its addresses printed."""
    err.print("starting a broker, a Redis-compatible server, the monitor, the publisher and the pages …")
    began = time.monotonic()
    with demonstration.running() as running:
        err.print(f"ready after {time.monotonic() - began:.1f} s")
        for name, process, path in ADDRESSES:
            err.print(Text(f"  {name:<26}{running.address(process, path)}"))
        err.print(Text(f"  {'Kafka':<26}{running.broker}  (in memory)"))
        err.print(Text(f"  {'Redis':<26}{running.redis_url}  (in memory)"))
        yield running


def _play_once(running: Running, lines: tuple[Line, ...], *, keep_times: bool) -> Summary:
    columns = TextColumn("playing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
        task = bar.add_task("play", total=len(lines))
        return demonstration.replay_once(
            running, lines, keep_times=keep_times, progress=lambda done: bar.update(task, completed=done)
        )


def _play_on(running: Running, *, speed: float, keep_times: bool) -> None:
    err.print(f"a replay of bundled conversations at {speed:g} times talking speed; Ctrl-C ends it")
    demonstration.replay_on(running, speed=speed, keep_times=keep_times)


def _stay(running: Running) -> None:
    err.print("everything was played; the pages stay up until Ctrl-C")
    while True:
        running.check()
        time.sleep(0.5)


def _report(summary: Summary, *, as_json: bool) -> None:
    if as_json:
        out.out(json.dumps(asdict(summary)), highlight=False)
        return
    table = Table(box=None, show_header=False)
    for name, value in (
        ("events sent", summary.sent),
        ("observations", summary.observations),
        ("dead letters", summary.dead_letters),
        ("alerts", _by(summary.alerts, summary.alerts_by_rule)),
        ("suggestions", _by(summary.suggestions, summary.suggestions_by_kind)),
        ("lost", summary.lost),
        ("duplicates", summary.duplicates),
        ("missing in Redis", summary.alerts_missing_in_redis + summary.suggestions_missing_in_redis),
        ("events a second", f"{summary.observations / max(summary.seconds, 0.001):.0f}"),
        ("event to Redis", f"p50 {summary.p50_ms} ms, p95 {summary.p95_ms} ms, p99 {summary.p99_ms} ms"),
    ):
        table.add_row(name, str(value))
    out.print(table)
    out.print("nothing lost, nothing twice" if summary.clean else Text("SOMETHING IS WRONG", style="bold red"))


def _by(total: int, parts: dict[str, int]) -> str:
    listed = ", ".join(f"{name} {number}" for name, number in sorted(parts.items(), key=lambda item: -item[1]))
    return f"{total} ({listed})" if listed else str(total)
