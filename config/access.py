"""How every client reaches Kafka and Redis: over TLS, and as whom."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError

from config.settings import PREFIX, Settings
from klankbord.errors import InvalidConfiguration

# Keyword arguments of a client. They hold passwords: pass them on, and print them nowhere.
Access: TypeAlias = Mapping[str, Any]
WAIT_S: Final = 5.0
OPEN: Final[Access] = {}  # neither TLS nor a login, as in the demo and the tests


def kafka_access(settings: Settings) -> Access:
    """What kafka-python and aiokafka both take, or `InvalidConfiguration` when a file is not what it should be."""
    options: dict[str, Any] = {"security_protocol": settings.broker_security}
    if settings.broker_security.endswith("SSL"):
        options["ssl_context"] = _context(
            "BROKER", settings.broker_ca, settings.broker_certificate, settings.broker_key
        )
    if settings.broker_security.startswith("SASL_"):
        options |= {
            "sasl_mechanism": settings.broker_sasl,
            "sasl_plain_username": settings.broker_user,
            "sasl_plain_password": settings.broker_password.get_secret_value(),
        }
    return options


def redis_access(settings: Settings) -> Access:
    """What `Redis.from_url` takes beside the address, or `InvalidConfiguration`."""
    options: dict[str, Any] = {}
    if password := settings.redis_password.get_secret_value():
        # No driver_info: CLIENT SETINFO is a permission more, and one that Redis 7.0 refuses to know.
        options |= {"username": settings.redis_user or None, "password": password, "driver_info": None}
    if settings.redis_url.startswith("rediss://"):
        # redis-py takes names of files, and reads them at the first connection: what is wrong is told now.
        _context("REDIS", settings.redis_ca, settings.redis_certificate, settings.redis_key)
        options |= {
            "ssl_cert_reqs": "required",
            "ssl_check_hostname": True,
            "ssl_ca_certs": settings.redis_ca or None,
            "ssl_certfile": settings.redis_certificate or None,
            "ssl_keyfile": settings.redis_key or None,
            "ssl_min_version": ssl.TLSVersion.TLSv1_2,
        }
    return options


def _context(name: str, ca: str, certificate: str, key: str) -> ssl.SSLContext:
    with _told(f"{name}_CA", ca):
        context = ssl.create_default_context(cafile=ca or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate:
        for what, path in (("CERTIFICATE", certificate), ("KEY", key)):
            with _told(f"{name}_{what}", path):
                Path(path).read_bytes()
        with _told(f"{name}_CERTIFICATE", certificate):
            # An encrypted key would ask for its passphrase on the terminal, and a container would wait for ever.
            context.load_cert_chain(certificate, key, password="")
    return context


@contextmanager
def _told(setting: str, path: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        why = "its key is another's" if error.reason == "KEY_VALUES_MISMATCH" else "no certificate or key in PEM"
        raise InvalidConfiguration([f"{PREFIX}{setting}: {path}: {why}"]) from None
    except OSError as error:
        raise InvalidConfiguration([f"{PREFIX}{setting}: {path} cannot be read: {error.strerror or error}"]) from None


def knock_redis(settings: Settings) -> None:
    """`InvalidConfiguration` when Redis refuses us or is not who it should be; that it is away is no mistake."""
    client = Redis.from_url(
        settings.redis_url, socket_timeout=WAIT_S, socket_connect_timeout=WAIT_S, **redis_access(settings)
    )
    try:
        with closing(client):
            client.ping()
    except (AuthenticationError, NoPermissionError) as error:
        who = f"'{settings.redis_user}'" if settings.redis_user else "its default user"
        why = f"the login of {who} is refused ({error}): see {PREFIX}REDIS_USER and {PREFIX}REDIS_PASSWORD"
    except RedisConnectionError as error:
        cause = error.__cause__ or error.__context__
        if not isinstance(cause, ssl.SSLError):
            return
        told = getattr(cause, "verify_message", None) or cause.reason
        why = f"no TLS with it ({told}): see {PREFIX}REDIS_URL, {PREFIX}REDIS_CA and {PREFIX}REDIS_CERTIFICATE"
    except RedisError:
        return
    else:
        return
    raise InvalidConfiguration([f"Redis at {urlsplit(settings.redis_url).netloc}: {why}"])
