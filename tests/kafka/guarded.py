"""Apache Kafka as production has it: TLS, a login for each process, and nothing allowed that is not listed."""

import secrets
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kafka.admin import ACL, ACLOperation, ACLPermissionType, KafkaAdminClient, ResourcePattern, ResourceType

from config.access import kafka_access
from config.settings import Settings, read_settings
from streams import permissions
from tests.certificates import Certified, certified
from tests.kafka.cluster import Guard, cluster

ADMIN: Final = "admin"
SCRAM: Final = "org.apache.kafka.common.security.scram.ScramLoginModule"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A running broker, who signed its certificate, and everybody's password."""

    servers: str
    certificates: Certified
    passwords: Mapping[str, str]

    def environment(self, process: str, **more: str) -> dict[str, str]:
        """The settings with which this process reaches the broker."""
        return {
            "KLANKBORD_BROKER": self.servers,
            "KLANKBORD_BROKER_SECURITY": "SASL_SSL",
            "KLANKBORD_BROKER_USER": process if process == ADMIN else permissions.PREFIX + process,
            "KLANKBORD_BROKER_PASSWORD": self.passwords[process],
            "KLANKBORD_BROKER_CA": str(self.certificates.ca),
            "KLANKBORD_REDIS_URL": "redis://127.0.0.1:1/0",
            "KLANKBORD_PARTITIONS": "2",
            **more,
        }

    def settings(self, process: str, **more: str) -> Settings:
        """The same, read."""
        return read_settings(self.environment(process, **more))

    def access(self, process: str) -> Mapping[str, Any]:
        """The same, as clients take it."""
        return kafka_access(self.settings(process))


@contextmanager
def guarded(directory: Path) -> Iterator[Guarded]:
    """One broker with SASL_SSL, SCRAM and the lists of `klankbord acls kafka`."""
    certificates = certified(directory / "certificates")
    passwords = {name: secrets.token_hex(16) for name in (ADMIN, *permissions.KAFKA)}
    users = {name if name == ADMIN else permissions.PREFIX + name: password for name, password in passwords.items()}
    with cluster(directory, guard=Guard("SASL_SSL", _properties(certificates, passwords[ADMIN]), users)) as made:
        running = Guarded(made.bootstrap_servers, certificates, passwords)
        admin = KafkaAdminClient(bootstrap_servers=running.servers, **running.access(ADMIN))
        admin.create_acls([acl for line in permissions.kafka_lines() for acl in acls(line)])
        admin.close()
        yield running


def acls(line: str) -> Iterator[ACL]:
    """What kafka-acls would add for one of our lines; whatever else stands in a line is an error."""
    words = shlex.split(line)
    assert words[:2] == ["--add", "--allow-principal"], line
    if words[-1] == "--cluster":
        words.append(permissions.CLUSTER)
    options = list(zip(words[3::2], words[4::2], strict=True))
    operations = [value for name, value in options if name == "--operation"]
    resources = [(name.removeprefix("--"), value) for name, value in options if name != "--operation"]
    assert operations, line
    assert resources, line
    for kind, name in resources:
        for operation in operations:
            yield ACL(
                principal=words[2],
                host="*",
                operation=ACLOperation[_constant(operation)],
                permission_type=ACLPermissionType.ALLOW,
                resource_pattern=ResourcePattern(ResourceType[kind.upper()], name),
            )


def _constant(operation: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in operation).strip("_").upper()


def _properties(certificates: Certified, password: str) -> dict[str, str]:
    return {
        "inter.broker.listener.name": "SASL_SSL",
        "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
            f'{SCRAM} required username="{ADMIN}" password="{password}";'
        ),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates.both),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificates.ca),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        # The controller's listener is the broker's own, in the same process.
        "super.users": f"User:{ADMIN};User:ANONYMOUS",
    }
