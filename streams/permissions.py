"""What each process may do in Kafka and in Redis, and nothing beyond: the one description of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from streams import wire

Resource = Literal["topic", "group", "cluster"]
PREFIX: Final = "klankbord-"
MONITOR_GROUP: Final = "klankbord-monitor"
PUBLISHER_GROUP: Final = "klankbord-publisher"
CLUSTER: Final = "kafka-cluster"  # the one name that the cluster has as a resource
TOPICS: Final = (*wire.INPUTS, wire.OBSERVATIONS, wire.DEAD_LETTERS)


@dataclass(frozen=True, slots=True)
class Grant:
    """Operations on Kafka resources of one kind, by the names of kafka-acls."""

    resource: Resource
    names: tuple[str, ...]
    operations: tuple[str, ...]


# Read and Write imply Describe, and to write into any topic is to write idempotently (Kafka 3.0 and later).
KAFKA: Final[Mapping[str, tuple[Grant, ...]]] = {
    # Whatever brings chats and transcripts: it cannot read back what customers said.
    "source": (Grant("topic", wire.INPUTS, ("Write",)),),
    # Before an upgrade, and then no more.
    "topics": (Grant("topic", TOPICS, ("Create", "Describe", "DescribeConfigs")),),
    "monitor": (
        # It writes there too: that a customer waits, and the canary.
        Grant("topic", wire.INPUTS, ("Read", "Write")),
        Grant("topic", (wire.OBSERVATIONS,), ("Read", "Write")),
        Grant("topic", (wire.DEAD_LETTERS,), ("Write",)),
        Grant("group", (MONITOR_GROUP,), ("Read",)),
    ),
    "publisher": (
        Grant("topic", (wire.OBSERVATIONS,), ("Read",)),
        Grant("group", (PUBLISHER_GROUP,), ("Read",)),
        # Faust starts a producer in it, which asks for a producer id and writes nothing.
        Grant("cluster", (CLUSTER,), ("IdempotentWrite",)),
    ),
    # A person with `klankbord doctor`, `deadletters`, `verify` or `backtest --topic`.
    "operator": (
        Grant("topic", (*wire.INPUTS, wire.DEAD_LETTERS), ("Read", "Write", "DescribeConfigs")),
        Grant("topic", (wire.OBSERVATIONS,), ("Read", "DescribeConfigs")),
        Grant("group", (MONITOR_GROUP, PUBLISHER_GROUP), ("Describe",)),
    ),
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """The commands of one Redis user, and the patterns of the keys it reads, and of those it writes or both."""

    commands: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]


# What redis-py says when it connects. AUTH and HELLO are everybody's.
GREETS: Final = ("ping", "select")
SCRIPTS: Final = ("evalsha", "script|exists", "script|load")

REDIS: Final[Mapping[str, Allowed]] = {
    "publisher": Allowed(
        (
            *GREETS,
            *SCRIPTS,
            *("del", "exists", "expire", "get", "hdel", "hexists", "hget", "hincrby", "hmget", "hset", "hsetnx"),
            *("sadd", "scard", "set", "sismember", "smembers", "srem", "time", "xadd", "xtrim", "zadd"),
            *("zrangebyscore", "zrem", "zrevrangebyscore"),
        ),
        # Redis takes every key that a script is told of for one that it writes.
        (),
        (
            *(wire.ALERTS, wire.OPEN_ALERTS, wire.HELD_ALERTS, wire.PLACES, wire.COUNTS, wire.CANARY, wire.WHOLE),
            *(wire.suppressed("*"), wire.spent("*", "*"), wire.folding("*"), wire.once("*"), wire.ended("*")),
            wire.ACTIONS,
            *(wire.LIVES, wire.LIFE_CHANGES, wire.LIVES_UNTIL, wire.BOARD, wire.BOARD_OFFSETS, wire.BOARD_CHANGES),
            *(wire.SUGGESTIONS, wire.current_suggestion("*", "*"), wire.advice("*", "*"), wire.shown_suggestion("*")),
            *(wire.learned("*"), wire.silenced("*", "*", "*")),
        ),
    ),
    "web": Allowed(
        (
            *GREETS,
            *SCRIPTS,
            *("multi", "exec", "xread", "xrange", "xrevrange", "hgetall", "hvals"),
            *(
                "del",
                "expire",
                "get",
                "hdel",
                "hget",
                "hincrby",
                "hmget",
                "hset",
                "pttl",
                "set",
                "smembers",
                "time",
                "ttl",
            ),
            "xadd",
        ),
        (
            *(wire.ALERTS, wire.OPEN_ALERTS, wire.HELD_ALERTS, wire.suppressed("*"), wire.CANARY, wire.REVOKED),
            *(wire.BOARD, wire.BOARD_CHANGES),
        ),
        (
            *(wire.LIVES, wire.LIFE_CHANGES, wire.ACTIONS, wire.AUDIT, wire.AUDIT_HEAD),
            *(wire.SUGGESTIONS, wire.current_suggestion("*", "*"), wire.advice("*", "*"), wire.shown_suggestion("*")),
            *(wire.learned("*"), wire.silenced("*", "*", "*")),
        ),
    ),
    "operator": Allowed(
        (
            *GREETS,
            *("info", "time"),  # doctor
            *("exists", "xinfo|stream", "xlen", "xrange"),  # verify and doctor
            "hscan",  # marks, which ask for xrange too
            *("sadd", "srem", "smembers"),  # to end somebody's tokens
        ),
        (*wire.STREAM_KEPT_S, wire.LIVES, wire.once("*")),
        (wire.REVOKED,),
    ),
}


def kafka_lines(mapped: tuple[str, ...] = ()) -> Iterator[str]:
    """The arguments of `kafka-acls.sh`, a line a grant, after the options that say where Kafka is.

    `mapped` are the topics of another shape that the monitor reads.
    """
    for process, grants in KAFKA.items():
        more = (Grant("topic", mapped, ("Read",)),) if mapped and process == "monitor" else ()
        for grant in (*grants, *more):
            operations = "".join(f" --operation {operation}" for operation in grant.operations)
            named = [f" --{grant.resource} {name}" for name in grant.names]
            names = " --cluster" if grant.resource == "cluster" else "".join(named)
            yield f"--add --allow-principal User:{PREFIX}{process}{operations}{names}"


def redis_lines() -> Iterator[str]:
    """The words after `ACL SETUSER`, a line a user; the password comes last and is yours."""
    for process in REDIS:
        yield " ".join((PREFIX + process, *redis_rules(process)))


def redis_rules(process: str) -> tuple[str, ...]:
    """What a user of Redis 7 or later may do. Redis 6.2 knows no %: there ~ has to stand for %R~ and %RW~."""
    allowed = REDIS[process]
    keys = [f"%R~{_glob(key)}" for key in allowed.reads] + [f"%RW~{_glob(key)}" for key in allowed.writes]
    return ("reset", "on", "resetchannels", "-@all", *keys, *(f"+{command}" for command in allowed.commands))


def _glob(key: str) -> str:
    """A tenant and what follows it are parted by a space, which no ACL rule may hold."""
    return key.replace(" ", "?")
