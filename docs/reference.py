"""Pages about commands, and about what each process may do in Kafka and Redis."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import typer

from klankbord.cli import app
from streams import permissions
from streams.cli import attach

MADE: Final = "<!-- made by `python -m docs.generate` -->"


def commands() -> str:
    """Every command with its arguments and options."""
    lines = []
    for name, command in sorted(every_command().items()):
        lines += ["", f"## {name}", "", _first(command), *_parameters(command)]
    return "\n".join(
        [
            "# Commands",
            "",
            MADE,
            "",
            "A command ends with 0 when all is well, with 1 when it failed or found something wrong, and with 2 when "
            "what it was given, or a setting, is wrong.",
            *lines,
            "",
        ]
    )


def access() -> str:
    """The lists for Kafka and Redis, and how a process is told who it is."""
    kafka = [
        f'kafka-acls.sh --bootstrap-server "$BROKER" --command-config admin.properties {line}'
        for line in permissions.kafka_lines()
    ]
    redis = [f"ACL SETUSER {line} >PASSWORD" for line in permissions.redis_lines()]
    return "\n".join(
        [
            "# Access to Kafka and Redis",
            "",
            MADE,
            "",
            "Each process is a user of its own, and may do what is listed here and nothing else.",
            "`klankbord acls kafka` and `klankbord acls redis` print the same, and the demo runs with these lists.",
            "The tests hold real servers to them: Apache Kafka 4.1 with SASL_SSL, SCRAM-SHA-512 and its KRaft "
            "authorizer, and Valkey 9.1.",
            "",
            "## Who there is",
            "",
            "| user | what it is |",
            "|---|---|",
            *(f"| `{permissions.PREFIX}{process}` | {WHO[process]} |" for process in WHO),
            "",
            "## Kafka",
            "",
            "`Read` and `Write` imply `Describe`. The broker should refuse what no list allows "
            "(`allow.everyone.if.no.acl.found=false`, which is the default).",
            "",
            "```text",
            *kafka,
            "```",
            "",
            "## Redis",
            "",
            "For Redis 7 and later, and Valkey; Redis 6.2 knows no `%R~` and `%RW~`, write `~` for both.",
            "`?` stands for the space in a key, which no rule may hold.",
            "Switch the default user off: `ACL SETUSER default off`.",
            "What lacks a permission looks like a Redis that is away: the publisher waits and says "
            "`NoPermissionError`, and `ACL LOG` says of what.",
            "",
            "```text",
            *redis,
            "```",
            "",
            "## What a process is told",
            "",
            "```",
            "KLANKBORD_BROKER_SECURITY=SASL_SSL",
            "KLANKBORD_BROKER_USER=klankbord-monitor",
            "KLANKBORD_BROKER_PASSWORD_FILE=/etc/klankbord/secrets/broker-password",
            "KLANKBORD_BROKER_CA=/etc/klankbord/authorities/kafka.pem",
            "KLANKBORD_REDIS_URL=rediss://redis.example:6380/0",
            "KLANKBORD_REDIS_USER=klankbord-publisher",
            "KLANKBORD_REDIS_PASSWORD_FILE=/etc/klankbord/secrets/redis-password",
            "KLANKBORD_REDIS_CA=/etc/klankbord/authorities/redis.pem",
            "```",
            "",
            "Names of hosts are checked, TLS 1.2 is the oldest that is spoken, and there is no setting to believe "
            "any certificate.",
            "A certificate that is not believed, a file that is missing or a login that is refused ends the process "
            "with 2 and one sentence; a server that is away is waited for.",
            "All of it is read at the start: after a change of a password or a certificate, start the process again.",
            "A process without `BROKER_SECURITY` speaks plain text, which is for one machine.",
            "Not supported: Kerberos and OAUTHBEARER, keys with a passphrase, and a cluster or sentinels of Redis.",
            "",
        ]
    )


WHO: Final = {
    "source": "whatever writes events; it cannot read what customers said",
    "topics": "`klankbord topics create`",
    "monitor": "the monitor; it asks Redis nothing",
    "publisher": "the publisher",
    "web": "the pages; they ask Kafka nothing",
    "operator": "a person with `klankbord doctor`, `deadletters`, `verify`, `marks` or `backtest --topic`",
}


def every_command() -> dict[str, Any]:
    """Every command that can be typed, from `klankbord acls kafka` on."""
    front = typer.Typer(name="klankbord", add_completion=False)
    front.registered_commands += [command for command in app.registered_commands if not command.hidden]
    front.registered_groups += app.registered_groups
    attach(front)
    return dict(_leaves("klankbord", typer.main.get_command(front)))


# Typer brings a click of its own, whose classes are not those of the package click.
def _leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for below, each in command.commands.items():
        yield from _leaves(f"{name} {below}", each)


def _first(command: Any) -> str:
    return str(command.help or "").split("\n\n")[0].replace("\n", " ").strip()


def _parameters(command: Any) -> Iterator[str]:
    rows = [
        f"| {_name(one)} | {str(one.help or '').replace('|', chr(92) + '|') or 'what it works on'} |"
        for one in command.params
        if not getattr(one, "hidden", False) and one.name != "help"
    ]
    if rows:
        yield from ("", "| given | what it is |", "|---|---|", *rows)


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{(parameter.metavar or parameter.name).upper()}`"
    return ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))


PAGES: Final[dict[str, Callable[[], str]]] = {"commands.md": commands, "access.md": access}
