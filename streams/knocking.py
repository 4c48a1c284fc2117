"""Asks Kafka whether it lets us in, before a client waits half a minute and says only that nobody answered."""

import asyncio
import ssl
from collections.abc import Coroutine
from typing import Final

from aiokafka.conn import create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
    UnsupportedVersionError,
)

from config.access import Access, kafka_access
from config.settings import PREFIX, Settings
from klankbord.errors import InvalidConfiguration

WAIT_S: Final = 5.0


def knock(settings: Settings) -> Access:
    """How clients reach Kafka, or `InvalidConfiguration` when a broker refuses us or is not who it should be.

    A broker that does not answer at all is no mistake in the settings: the client that asks next says so.
    """
    access = kafka_access(settings)
    for server in settings.broker.split(","):
        host, _, port = server.strip().rpartition(":")
        if not port.isdigit():
            raise InvalidConfiguration([f"{PREFIX}BROKER: {server.strip()} is no host:port"])
        why = _now(_refused(host, int(port), access))
        if why:
            raise InvalidConfiguration([f"Kafka at {server.strip()}: {why.format(user=settings.broker_user)}"])
        if why is not None:
            break
    return access


def _now(question: Coroutine[None, None, str | None]) -> str | None:
    # Not asyncio.run(): it leaves this thread without the event loop that Faust's command line asks for.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(question)
    finally:
        loop.close()


async def _refused(host: str, port: int, access: Access) -> str | None:
    """Why we are not let in; empty when we are, and None when nobody is there."""
    try:
        connection = await asyncio.wait_for(
            create_conn(host.strip("[]"), port, request_timeout_ms=int(WAIT_S * 1000), **access), WAIT_S
        )
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not believed ({error.verify_message}): see {PREFIX}BROKER_CA and the address"
    except ssl.SSLError as error:
        return f"no TLS with it ({error.reason}): see {PREFIX}BROKER_SECURITY and {PREFIX}BROKER_CERTIFICATE"
    except SaslAuthenticationFailed:
        return f"the login of '{{user}}' is refused: see {PREFIX}BROKER_USER and {PREFIX}BROKER_PASSWORD"
    except (UnsupportedSaslMechanismError, IllegalSaslStateError):
        return f"it takes no login of this kind: see {PREFIX}BROKER_SASL and {PREFIX}BROKER_SECURITY"
    except UnsupportedVersionError:
        return ""  # an older broker; the client that asks next knows which
    except (KafkaError, OSError, TimeoutError, asyncio.IncompleteReadError):
        return None
    connection.close()
    return ""
