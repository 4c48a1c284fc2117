"""Checks of what a running installation needs, each with how to mend it."""

import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, cast
from urllib.parse import urlsplit

import redis

from config.access import kafka_access, knock_redis, redis_access
from config.settings import PREFIX, Settings, load_maps, load_playbook, load_policy
from klankbord.errors import InvalidConfiguration, KlankbordError
from streams import topics, wire
from streams.app import assert_compiled
from streams.knocking import knock
from streams.letterbox import counts, letterbox

# A page and a stream for each of some thousand viewers, and the broker's connections.
OPEN_FILES: Final = 4096
OLDEST_REDIS: Final = (6, 2)
# All that Redis and Valkey know but noeviction.
EVICTS: Final = frozenset(
    f"{whose}-{how}" for whose in ("allkeys", "volatile") for how in ("lru", "lfu", "lrm", "random", "ttl")
)
WAIT_S: Final = 5.0
OVERDUE_S: Final = 600.0
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
APART_S: Final = 1.0  # of two clocks; the shortest wait that is counted is longer


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
        "TLS and logins": _logins,
        "broker and topics": _broker,
        "dead letters": _dead_letters,
        "Redis": _redis,
        "clock": _clock,
        "open files": _open_files,
    }
    for name, look in looked_at.items():
        try:
            yield Check(name, True, look(settings))
        except InvalidConfiguration as error:
            yield Check(name, False, "\n  ".join(error.mistakes))
        except KlankbordError as error:
            yield Check(name, False, str(error))


def _extensions(settings: Settings) -> str:
    assert_compiled()
    return f"loaded, faust-streaming {version('faust-streaming')}, aiokafka {version('aiokafka')}"


def _configuration(settings: Settings) -> str:
    policy = load_policy(settings.policy)
    load_playbook(settings.playbook)
    mapped = len(load_maps(settings.maps))
    return f"{len(policy.rules)} alert rules, {len(policy.drivers)} effort drivers, {mapped} mapped topics"


def _logins(settings: Settings) -> str:
    kafka_access(settings)
    redis_access(settings)
    if exposed := [*_exposed(settings)]:
        raise KlankbordError("\n  ".join(exposed))
    kafka = f"as {settings.broker_user}" if settings.broker_user else "without a login"
    tls = "over TLS" if settings.redis_url.startswith("rediss://") else "in plain text"
    return f"Kafka by {settings.broker_security} {kafka}; Redis {tls} as {settings.redis_user or 'its default user'}"


def _exposed(settings: Settings) -> Iterator[str]:
    """Passwords that would cross a network in plain text."""
    hosts = [server.strip().rpartition(":")[0].strip("[]") for server in settings.broker.split(",")]
    if settings.broker_security == "SASL_PLAINTEXT" and not LOOPBACK.issuperset(hosts):
        yield f"the login of Kafka goes to {settings.broker} without TLS: set {PREFIX}BROKER_SECURITY=SASL_SSL"
    url = urlsplit(settings.redis_url)
    if settings.redis_password.get_secret_value() and url.scheme == "redis" and url.hostname not in LOOPBACK:
        yield f"the password of Redis goes to {url.netloc} without TLS: begin {PREFIX}REDIS_URL with rediss://"


def _broker(settings: Settings) -> str:
    planned = topics.plan(
        partitions=settings.partitions,
        replication_factor=settings.replication_factor,
        input_retention_ms=settings.input_retention_h * topics.HOUR_MS,
    )
    access = knock(settings)
    different = topics.drift(settings.broker, planned, access=access, wait_s=WAIT_S)
    if different:
        raise KlankbordError("\n  ".join(["the topics differ from the plan:", *different]))
    absent = topics.absent(settings.broker, tuple(load_maps(settings.maps)), access=access, wait_s=WAIT_S)
    if absent:
        raise KlankbordError(f"a map names what is not there: {', '.join(absent)}; create it, or mend KLANKBORD_MAPS")
    return f"{settings.broker} answers, {len(planned)} topics as planned"


def _dead_letters(settings: Settings) -> str:
    with letterbox(settings.broker, access=knock(settings), wait_s=WAIT_S) as box:
        waiting = counts(letter for letter in box.letters() if letter.state != "redriven")
    return ", ".join(f"{reason} {count}" for reason, count in waiting.items()) or "none"


def _redis(settings: Settings) -> str:
    knock_redis(settings)
    try:
        with _client(settings) as client:
            # Not CONFIG GET: a Redis that others run for you refuses it.
            info = client.info("server") | client.info("memory")
            overdue = [stream for stream in wire.STREAM_KEPT_S if _is_overdue(client, stream)]
    except redis.ResponseError as error:
        raise KlankbordError(
            f"Redis refuses to tell ({error}): give this user what `klankbord acls redis` prints"
        ) from None
    except (redis.RedisError, OSError) as error:
        raise KlankbordError(
            f"Redis does not answer ({error}): is it running, and is KLANKBORD_REDIS_URL right?"
        ) from None
    found = str(info["redis_version"])
    if tuple(int(part) for part in found.split(".")[:2]) < OLDEST_REDIS:
        raise KlankbordError(f"Redis {found} is too old: 6.2 is the oldest that has what we use")
    eviction = info.get("maxmemory_policy", "an eviction that it does not tell")
    if eviction in EVICTS:
        raise KlankbordError(
            f"maxmemory-policy is {eviction}: a full Redis would drop alerts in silence; "
            "redis-cli config set maxmemory-policy noeviction, and the same in its file"
        )
    if overdue:
        raise KlankbordError(f"older entries than are kept lie in {', '.join(overdue)}: is a publisher running?")
    return f"{info.get('server_name', 'redis')} {found}, {eviction}"


def _is_overdue(client: redis.Redis, stream: str) -> bool:
    """Whether its oldest entry should be gone; the publisher looks once a minute."""
    oldest = cast(list[tuple[bytes, object]], client.xrange(stream, count=1))
    if not oldest:
        return False
    entered_s = int(oldest[0][0].partition(b"-")[0]) / 1000
    return time.time() - entered_s > wire.STREAM_KEPT_S[stream] + OVERDUE_S


def _clock(settings: Settings) -> str:
    try:
        with _client(settings) as client:
            asked = time.time()
            seconds, micros = client.time()
            answered = time.time()
    except (redis.RedisError, OSError) as error:
        raise KlankbordError(f"nothing to compare it with: Redis does not answer ({type(error).__name__})") from None
    # What the way there and back took is no difference.
    there = seconds + micros / 1e6
    apart = max(asked - there, there - answered, 0.0)
    if apart > APART_S:
        raise KlankbordError(f"{apart:.1f} s away from Redis' clock: waits and deadlines are wrong; start NTP on both")
    return f"within {APART_S:g} s of Redis' clock"


def _client(settings: Settings) -> redis.Redis:
    return redis.Redis.from_url(
        settings.redis_url, socket_timeout=WAIT_S, socket_connect_timeout=WAIT_S, **redis_access(settings)
    )


def _open_files(settings: Settings) -> str:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < OPEN_FILES:
        raise KlankbordError(f"only {soft} files may be open (hard limit {hard}): raise it to {OPEN_FILES} (ulimit -n)")
    return f"{soft} may be open"
