"""Checks of what a running installation needs, each with how to mend it."""

import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import redis

from config.settings import Settings, load_playbook, load_policy
from klankbord.errors import KlankbordError
from streams import topics
from streams.app import assert_compiled
from streams.letterbox import counts, letterbox

# A page and a stream for each of some thousand viewers, and the broker's connections.
OPEN_FILES: Final = 4096
OLDEST_REDIS: Final = (6, 2)
WAIT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `says` is the finding, or what is wrong and what to do."""

    name: str
    ok: bool
    says: str


def checks(settings: Settings) -> Iterator[Check]:
    """Every check in turn; a failing one does not hide the next."""
    looked_at: dict[str, Callable[[Settings], str]] = {
        "Faust's compiled extensions": _extensions,
        "policy and playbook": _configuration,
        "broker and topics": _broker,
        "dead letters": _dead_letters,
        "Redis": _redis,
        "open files": _open_files,
    }
    for name, look in looked_at.items():
        try:
            yield Check(name, True, look(settings))
        except KlankbordError as error:
            yield Check(name, False, str(error))


def _extensions(settings: Settings) -> str:
    assert_compiled()
    return f"loaded, faust-streaming {version('faust-streaming')}, aiokafka {version('aiokafka')}"


def _configuration(settings: Settings) -> str:
    policy = load_policy(settings.policy)
    load_playbook(settings.playbook)
    return f"{len(policy.rules)} alert rules, {len(policy.drivers)} effort drivers"


def _broker(settings: Settings) -> str:
    planned = topics.plan(
        partitions=settings.partitions,
        replication_factor=settings.replication_factor,
        input_retention_ms=settings.input_retention_h * topics.HOUR_MS,
    )
    different = topics.drift(settings.broker, planned, wait_s=WAIT_S)
    if different:
        raise KlankbordError("\n  ".join(["the topics differ from the plan (klankbord topics create):", *different]))
    return f"{settings.broker} answers, {len(planned)} topics as planned"


def _dead_letters(settings: Settings) -> str:
    with letterbox(settings.broker) as box:
        waiting = counts(letter for letter in box.letters() if letter.state != "redriven")
    return ", ".join(f"{reason} {count}" for reason, count in waiting.items()) or "none"


def _redis(settings: Settings) -> str:
    try:
        with redis.Redis.from_url(settings.redis_url, socket_timeout=WAIT_S, socket_connect_timeout=WAIT_S) as client:
            info = client.info("server")
            eviction = client.config_get("maxmemory-policy").get("maxmemory-policy", "unknown")
    except (redis.RedisError, OSError) as error:
        raise KlankbordError(
            f"Redis does not answer ({error}): is it running, and is KLANKBORD_REDIS_URL right?"
        ) from None
    found = str(info["redis_version"])
    if tuple(int(part) for part in found.split(".")[:2]) < OLDEST_REDIS:
        raise KlankbordError(f"Redis {found} is too old: 6.2 is the oldest that has what we use")
    if eviction not in ("noeviction", "unknown"):
        raise KlankbordError(
            f"maxmemory-policy is {eviction}: a full Redis would drop alerts in silence; set noeviction"
        )
    return f"{info.get('server_name', 'redis')} {found}, {eviction}"


def _open_files(settings: Settings) -> str:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < OPEN_FILES:
        raise KlankbordError(f"only {soft} files may be open (hard limit {hard}): raise it to {OPEN_FILES} (ulimit -n)")
    return f"{soft} may be open"
